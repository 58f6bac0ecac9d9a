"""Rows of what cases wait for, kept beside their states; messages that were sent too early find them here."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core import outbox
from core.db import new_id
from workflows import codec
from workflows.engine import Move, Sent
from workflows.events import Wait
from workflows.message_models import CaseMessage, CaseWait, MessageState, WaitKind

DELIVER = "workflows.deliver_message"
"""The job that brings one message to whoever waits for it; ``messages`` registers it."""


def keep(
    move: Move,
    before: Mapping[str, Wait] | None,
    after: Mapping[str, Wait],
    *,
    since: Mapping[str, datetime] | None = None,
) -> None:
    """Bring the rows of a case up to date; a case that waits for the same as before costs nothing.

    Without ``before`` all its rows are written anew. ``since`` says when a wait began that did not begin now.
    """
    if before is None:
        move.session.execute(delete(CaseWait).where(CaseWait.case_id == move.case.id))
        before = {}
    gone = [key for key, wait in before.items() if after.get(key) != wait]
    come = [wait for key, wait in after.items() if before.get(key) != wait]
    if gone:
        move.session.execute(
            delete(CaseWait).where(CaseWait.case_id == move.case.id, CaseWait.engine_id.in_(gone))
        )
    if come:
        begun = since or {}
        rows = [_row(move, wait, begun.get(wait.engine_id, move.now)) for wait in come]
        move.session.execute(insert(CaseWait), rows)
    for wait in come:
        if wait.kind == WaitKind.MESSAGE:
            _wake_kept(move.session, wait)


def _row(move: Move, wait: Wait, since: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "case_id": move.case.id,
        "engine_id": wait.engine_id,
        "element_id": wait.element_id,
        "kind": WaitKind(wait.kind),
        "name": wait.name,
        "correlation": wait.correlation,
        "due_at": wait.due,
        "since": since,
    }


def _wake_kept(session: Session, wait: Wait) -> None:
    _deliver_kept(session, limit=1, name=wait.name, correlation=wait.correlation)


def wake_named(session: Session, name: str) -> None:
    """Have every kept message of a name delivered, the oldest first: cases begin with it from now on."""
    _deliver_kept(session, name=name)


def _deliver_kept(session: Session, *, limit: int | None = None, **like: str) -> None:
    query = select(CaseMessage).filter_by(state=MessageState.KEPT, **like).order_by(CaseMessage.sent_at)
    # skipped: another case may be about to take it
    for one in session.scalars(query.limit(limit).with_for_update(skip_locked=True)).all():
        one.state = MessageState.SENT
        dispatch(session, one)


def dispatch(session: Session, message: CaseMessage, *, due: datetime | None = None) -> None:
    """Have a message delivered after the commit, or tried again at a later moment."""
    session.flush()  # its revision makes the key of the job
    key = f"message-{message.id}-{message.revision}"
    entry = outbox.later(session, DELIVER, {"message_id": str(message.id)}, key=key)
    if due is not None:
        entry.due_at = due


def of_case(session: Session, case_id: uuid.UUID) -> list[CaseWait]:
    """List what a case waits for besides people, the earliest timer first."""
    query = select(CaseWait).filter_by(case_id=case_id).order_by(CaseWait.due_at, CaseWait.since)
    return list(session.scalars(query))


def for_message(session: Session, name: str, correlation: str) -> CaseWait | None:
    """Find the event that has waited longest for a message with these values."""
    return session.scalar(
        select(CaseWait)
        .filter_by(kind=WaitKind.MESSAGE, name=name, correlation=correlation)
        .order_by(CaseWait.since, CaseWait.id)
        .limit(1)
    )


def overdue(session: Session, *, now: datetime, limit: int = 1000) -> list[uuid.UUID]:
    """List the cases with a timer whose time has come, the longest overdue first."""
    query = select(CaseWait.case_id).where(CaseWait.due_at <= now).order_by(CaseWait.due_at).limit(limit)
    return list(dict.fromkeys(session.scalars(query)))


def keep_sent(move: Move, sent: list[Sent]) -> None:
    """Keep what the elements of a case have thrown in this move, to be delivered after the commit."""
    for one in sent:
        if one.kind == WaitKind.SIGNAL:
            _keep_signal(move, one)
        else:
            message = _message(move, one)
            move.session.add(message)
            dispatch(move.session, message)


def _keep_signal(move: Move, sent: Sent) -> None:
    """Address a signal to everybody who waits for it now; its own case has had it already."""
    waiting = move.session.scalars(
        select(CaseWait)
        .filter_by(kind=WaitKind.SIGNAL, name=sent.name)
        .where(CaseWait.case_id != move.case.id)
        .order_by(CaseWait.since)
    ).all()
    for wait in waiting:
        message = _message(move, sent)
        message.for_case_id, message.for_engine_id = wait.case_id, wait.engine_id
        move.session.add(message)
        dispatch(move.session, message)


def _message(move: Move, sent: Sent) -> CaseMessage:
    return CaseMessage(
        kind=WaitKind(sent.kind),
        name=sent.name,
        correlation=sent.correlation,
        payload=codec.as_stored(sent.payload),
        state=MessageState.SENT,
        sent_at=move.now,
        sent_by=move.actor.id,
        sent_by_name=move.actor.name,
        from_case_id=move.case.id,
        from_element=sent.element_id,
    )
