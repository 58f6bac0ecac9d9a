"""Timers of cases: a waiting timer is an entry of the outbox that is due when the timer is.

The entry is written in the transaction that made the case wait, so no timer is ever lost, and running it
twice fires nothing twice.
"""

import uuid
from typing import Any

from core import clock, outbox
from core.actor import system_actor
from core.db import unit_of_work
from workflows import runtime, store

TIMER = system_actor("timer")


@outbox.job(store.FIRE)
def fire(entry_id: uuid.UUID, payload: dict[str, Any], secret: bytes | None) -> None:
    """Let the due timers of a case fire, and strike the entry out, in one transaction.

    Raises:
        StepFailed: ``case.step_failed``: the diagram cannot go on; the entry comes up again later.
    """
    now = clock.now()
    with unit_of_work(TIMER, reason="timer", now=now) as session:
        runtime.fire_timers(session, uuid.UUID(payload["case_id"]), now=now)
        outbox.done(session, entry_id)
