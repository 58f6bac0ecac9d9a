"""Messages between cases, and from outside: each is kept, finds its case by its values, is delivered once.

A message goes to the event that has waited longest for its name and exactly these values. If nobody waits, it
starts a case of the process that begins with it; otherwise it is kept, shown, and delivered as soon as
somebody waits for it.
"""

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor, system_actor
from core.errors import Conflict
from core.types import Bilingual
from workflows import advance, codec, events, repository, runtime, store, waits
from workflows.compiled import CompiledProcess
from workflows.engine import Move
from workflows.facts import Facts, correlation_text, plain
from workflows.message_models import CaseMessage, CaseWait, MessageState, WaitKind
from workflows.models import CaseState, ProcessCase

POST = system_actor("message")
SUBJECT = "workflows.message"


def send(
    session: Session,
    name: str,
    payload: Mapping[str, Any],
    correlation: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> CaseMessage:
    """Send a message; it is delivered once, after this unit of work has been committed.

    ``correlation`` are the values by which it finds its case, for example ``{"order": "PO-2026-0007"}``;
    ``payload`` are the facts that it brings: they lie under the step key of the event that receives it.

    Raises:
        Conflict: ``message.correlation``: a value of the correlation is missing.
    """
    message = CaseMessage(
        kind=WaitKind.MESSAGE,
        name=name,
        correlation=correlation_text(correlation),
        payload=codec.as_stored(plain(payload)),
        state=MessageState.SENT,
        sent_at=now,
        sent_by=actor.id,
        sent_by_name=actor.name,
    )
    session.add(message)
    waits.dispatch(session, message)
    return message


def ask(
    session: Session,
    case: ProcessCase,
    name: str,
    keys: Mapping[str, Any],
    payload: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> CaseMessage:
    """Send a message in the name of a case, found again by its number and ``keys``; both cases then link.

    It brings ``payload``, the number of the case as ``from``, and the case's site.
    """
    sites = {"sites": {"plant": str(case.site_id)}} if case.site_id else {}
    brought = {**payload, "from": case.number, **sites}
    sent = send(session, name, brought, {**keys, "case": case.number}, actor=actor, now=now)
    sent.from_case_id = case.id
    return sent


def asked_for(session: Session, names: Collection[str], key: str, value: str) -> list[CaseMessage]:
    """The messages of some names by which cases asked for one thing, such as a document; newest first."""
    query = select(CaseMessage).where(CaseMessage.name.in_(names), CaseMessage.from_case_id.is_not(None))
    found = session.scalars(query.order_by(CaseMessage.sent_at.desc()))
    return [one for one in found if _brings(one.payload.get(key), value)]


def _brings(brought: Any, value: str) -> bool:
    return value in brought if isinstance(brought, list) else brought == value


def withdraw(session: Session, message_id: uuid.UUID, *, reason: str, now: datetime) -> CaseMessage:
    """Take back a message that nobody has received, with the reason.

    Raises:
        Conflict: ``message.not_kept``: it has been delivered or withdrawn already.
    """
    message = _lock(session, message_id)
    if message.state not in _OPEN:
        raise Conflict("message.not_kept", "The message has been delivered or withdrawn already.")
    message.state, message.note, message.delivered_at = MessageState.WITHDRAWN, reason, now
    return message


def kept(session: Session, *, limit: int = 200) -> list[CaseMessage]:
    """List the messages that nobody waits for, oldest first."""
    query = select(CaseMessage).filter_by(state=MessageState.KEPT).order_by(CaseMessage.sent_at)
    return list(session.scalars(query.limit(limit)))


def of_case(session: Session, case_id: uuid.UUID) -> list[CaseMessage]:
    """List the messages that a case has sent or received, oldest first."""
    query = select(CaseMessage).where(
        (CaseMessage.from_case_id == case_id) | (CaseMessage.to_case_id == case_id)
    )
    return list(session.scalars(query.order_by(CaseMessage.sent_at)))


def deliver(session: Session, message_id: uuid.UUID, *, now: datetime) -> ProcessCase | None:
    """Bring a message to whoever waits for it, or start the case it starts; otherwise keep it.

    Locks the case first, then the message; a message that has been delivered is left alone.

    Raises:
        StepFailed: ``case.step_failed``: the case that waits cannot go on with it; the message stays sent.
    """
    message = session.get_one(CaseMessage, message_id)
    for _ in range(_TRIES):
        wait = _wait_for(session, message)
        if wait is None:
            return _start_or_keep(session, _lock(session, message_id), now)
        case = runtime.lock_case(session, wait.case_id)
        message = _lock(session, message_id)
        if message.state not in _OPEN:
            return None
        loaded = store.load(Move(session, case, POST, now))
        task = _still_waiting(loaded, wait.engine_id) if case.state == CaseState.RUNNING else None
        if task is not None:
            _hand_over(session, message, loaded, task, now)
            return case
        if message.for_case_id is not None:
            break
        session.expire_all()
    return _start_or_keep(session, _lock(session, message_id), now)


_TRIES = 5
_OPEN = (MessageState.SENT, MessageState.KEPT)
_LOOK_AGAIN = timedelta(seconds=30)
"""A case that begins to wait while its message is put aside does not see it: it is looked for once more."""


def _wait_for(session: Session, message: CaseMessage) -> CaseWait | None:
    if message.for_case_id is None:
        return waits.for_message(session, message.name, message.correlation)
    return session.scalar(
        select(CaseWait).filter_by(case_id=message.for_case_id, engine_id=message.for_engine_id)
    )


def _lock(session: Session, message_id: uuid.UUID) -> CaseMessage:
    return session.get_one(CaseMessage, message_id, with_for_update=True, populate_existing=True)


def _still_waiting(loaded: store.LoadedCase, engine_id: str) -> Any:
    return next((task for task in events.catching(loaded.workflow) if task.id.hex == engine_id), None)


def _hand_over(
    session: Session, message: CaseMessage, loaded: store.LoadedCase, task: Any, now: datetime
) -> None:
    events.fire(task, codec.as_facts(message.payload))
    _delivered(message, loaded.move.case, task.task_spec.bpmn_id, now)
    advance.run(loaded)
    session.flush()  # the caller may look up the new tasks


def _delivered(message: CaseMessage, case: ProcessCase, element: str, now: datetime) -> None:
    message.state = MessageState.DELIVERED
    message.delivered_at = now
    message.to_case_id, message.to_element = case.id, element


def _start_or_keep(session: Session, message: CaseMessage, now: datetime) -> ProcessCase | None:
    if message.state != MessageState.SENT:
        return None
    if message.kind == WaitKind.SIGNAL:
        message.state = MessageState.WITHDRAWN  # whoever waited when it was thrown has gone on since
        return None
    for release in repository.effective_releases(session):
        start = repository.compiled(release).started_by
        if start is not None and start.trigger is not None and start.trigger.name == message.name:
            case = _start(session, release.process_key, message, now)
            _delivered(message, case, start.id, now)
            return case
    message.state = MessageState.KEPT
    waits.dispatch(session, message, due=now + _LOOK_AGAIN)
    return None


def _start(session: Session, process_key: str, message: CaseMessage, now: datetime) -> ProcessCase:
    payload: Facts = codec.as_facts(message.payload)
    process = repository.compiled(repository.effective_release(session, process_key))
    sites = payload.get("sites")
    plant = sites.get("plant") if isinstance(sites, dict) else None
    return runtime.start_case(
        session,
        process_key,
        title=_title(process, message),
        site_id=uuid.UUID(str(plant)) if plant is not None else None,
        subject=_subject(payload, message),
        data={"sites": sites} if isinstance(sites, dict) else {},
        actor=POST,
        now=now,
        message=payload,
    )


def first_title(session: Session, case: ProcessCase) -> Bilingual:
    """What a case is called before its own facts name it: its process, and what a message began it about."""
    process = repository.compiled_for(session, case.release_id)
    start = process.started_by
    began = select(CaseMessage).filter_by(to_case_id=case.id, to_element=start.id if start else "")
    return _title(process, session.scalars(began.order_by(CaseMessage.sent_at)).first())


def _title(process: CompiledProcess, message: CaseMessage | None) -> Bilingual:
    about = _about(message) if message is not None else ""
    return {
        language: " · ".join(part for part in (name or process.key, about) if part)
        for language, name in process.name.items()
    }


def _about(message: CaseMessage) -> str:
    """What a message is about: the title that it brings, else the values by which it finds its case."""
    title = message.payload.get("title")
    return title if isinstance(title, str) and title else ", ".join(json.loads(message.correlation).values())


def _subject(payload: Facts, message: CaseMessage) -> tuple[str, uuid.UUID]:
    named = payload.get("subject")
    if isinstance(named, dict) and {"type", "id"} <= set(named):
        return str(named["type"]), uuid.UUID(str(named["id"]))
    return SUBJECT, message.id
