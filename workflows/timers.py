"""What moves cases without people: time and messages, each as an entry of the outbox.

The entry is written in the transaction that made the case wait or that sent the message, so none is ever
lost, and running it twice fires and delivers nothing twice.
"""

import uuid
from typing import Any

from core import clock, outbox
from core.actor import system_actor
from core.db import unit_of_work
from workflows import messages, runtime, store, waits

TIMER = system_actor("timer")


@outbox.job(store.FIRE)
def fire(entry_id: uuid.UUID, payload: dict[str, Any], secret: bytes | None) -> None:
    """Let the due timers of a case fire, and strike the entry out, in one transaction.

    Raises:
        StepFailed: ``case.step_failed``: the diagram cannot go on; the entry comes up again later.
    """
    now = clock.now()
    with unit_of_work(TIMER, reason="timer", now=now) as session:
        case = runtime.fire_timers(session, uuid.UUID(payload["case_id"]), now=now)
        store.fired(session, case.id, entry_id)


@outbox.job(waits.DELIVER)
def deliver(entry_id: uuid.UUID, payload: dict[str, Any], secret: bytes | None) -> None:
    """Deliver one message and strike the entry out, in one transaction.

    Raises:
        StepFailed: ``case.step_failed``: the case that waits cannot go on with it; it comes up again later.
    """
    now = clock.now()
    with unit_of_work(messages.POST, reason="message", now=now) as session:
        messages.deliver(session, uuid.UUID(payload["message_id"]), now=now)
        outbox.done(session, entry_id)
