"""Outside effects happen after the commit, exactly because they were written down before it.

``later`` puts a job beside the change in the same transaction; the relay hands due jobs to the queue, a
worker runs the function registered under the job's name. Handlers are idempotent and call ``done`` in their
own unit of work: a crash anywhere leaves the entry, and running it twice gives one result.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, LargeBinary, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, after_commit, new_id, write_context
from core.log import caused_by

LEASE = timedelta(minutes=10)
"""Longer than any job takes; what is lost before is found and made due again sooner (:func:`due_again`)."""
LAST_ATTEMPT = 12

Handler = Callable[[uuid.UUID, dict[str, Any], bytes | None], None]

_handlers: dict[str, Handler] = {}
_listeners: list[Callable[[], None]] = []


class OutboxEntry(Base):
    """A job that waits: its name, plain payload, and a secret that is erased with the row.

    ``due_at`` is when it may be handed out next; a lease is a due time in the future. ``dead`` entries have
    used up their attempts and wait for an administrator, with ``last_error`` as the reason.
    ``correlation_id`` is that of the click or command that left the entry; its job runs under it.
    """

    __tablename__ = "outbox_entry"
    __table_args__ = (Index(None, "due_at"), {"info": {"audit": False}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    job: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]]
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    correlation_id: Mapped[str | None]
    dead: Mapped[bool] = mapped_column(default=False)


def job(name: str) -> Callable[[Handler], Handler]:
    """Register the handler of a job; only registered names are ever run."""

    def register(handler: Handler) -> Handler:
        _handlers[name] = handler
        return handler

    return register


def handler_of(name: str) -> Handler:
    """Find the handler of a job.

    Raises:
        LookupError: no such job is registered.
    """
    if name not in _handlers:
        raise LookupError(f"no job named {name}")
    return _handlers[name]


def job_names() -> frozenset[str]:
    """List the jobs that may be run."""
    return frozenset(_handlers)


def on_new_entry(listener: Callable[[], None]) -> None:
    """Have ``listener`` called after a commit that left a new entry, to wake the relay."""
    _listeners.append(listener)


def later(
    session: Session, name: str, payload: dict[str, Any], *, key: str, secret: bytes | None = None
) -> OutboxEntry:
    """Write down a job to be done once this unit of work has been committed; ``key`` makes it unique."""
    now = write_context(session).now
    entry = OutboxEntry(
        job=name,
        key=key,
        payload=payload,
        secret=secret,
        created_at=now,
        due_at=now,
        correlation_id=caused_by(),
    )
    session.add(entry)
    for listener in _listeners:
        after_commit(session, listener)
    return entry


def find_due(session: Session, *, now: datetime, limit: int) -> Sequence[OutboxEntry]:
    """Find and lock the entries that are due, the longest overdue first; others' locked ones are left out."""
    return session.scalars(
        select(OutboxEntry)
        .where(OutboxEntry.due_at <= now, OutboxEntry.dead.is_(False))
        .order_by(OutboxEntry.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def lease_due(session: Session, *, now: datetime, limit: int = 100) -> list[OutboxEntry]:
    """Lease the entries that are due: they come up again, later each time, unless they are done by then."""
    entries = find_due(session, now=now, limit=limit)
    for entry in entries:
        entry.attempts += 1
        entry.due_at = now + LEASE * min(2 ** (entry.attempts - 1), 60)
        entry.dead = entry.attempts > LAST_ATTEMPT
    return [entry for entry in entries if not entry.dead]


def failed(session: Session, entry_id: uuid.UUID, error: str, *, now: datetime) -> None:
    """Keep why an attempt failed; the next one is due after a pause that doubles each time."""
    entry = session.get(OutboxEntry, entry_id, with_for_update=True)
    if entry is not None:
        entry.last_error = error[:2000]
        entry.due_at = now + pause_after(entry.attempts)


def pause_after(attempts: int) -> timedelta:
    """Say how long an entry waits after so many failed attempts: always shorter than its lease was."""
    return timedelta(seconds=min(2**attempts, 3600))


def due_again(
    session: Session, entry_id: uuid.UUID, *, attempt: int, begun: bool, why: str, now: datetime
) -> None:
    """Have an entry handed out again at once, for nobody does this attempt; nothing if it is done by now.

    An attempt that nobody has ``begun`` does not count, and the entry keeps its place before newer ones.
    """
    lost = update(OutboxEntry).where(OutboxEntry.id == entry_id, OutboxEntry.attempts == attempt)
    again = {"due_at": now} if begun else {"due_at": OutboxEntry.created_at, "attempts": attempt - 1}
    session.execute(lost.where(OutboxEntry.due_at > now).values(**again, last_error=why))


def retry(session: Session, entry_id: uuid.UUID, *, now: datetime) -> None:
    """Give a dead entry another round of attempts."""
    session.execute(
        update(OutboxEntry).where(OutboxEntry.id == entry_id).values(dead=False, attempts=0, due_at=now)
    )


def noted(session: Session, entry_id: uuid.UUID) -> dict[str, Any]:
    """What an earlier attempt has noted with the entry beside its payload; nothing if it is done by now."""
    entry = session.get(OutboxEntry, entry_id)
    return dict(entry.payload) if entry else {}


def note(session: Session, entry_id: uuid.UUID, facts: dict[str, Any]) -> None:
    """Note how far an attempt has come, for the next one should this one be cut off."""
    entry = session.get(OutboxEntry, entry_id, with_for_update=True)
    if entry is not None:
        entry.payload = {**entry.payload, **facts}


def done(session: Session, entry_id: uuid.UUID) -> None:
    """Strike the entry, and its secret with it, in the transaction that keeps the job's result."""
    session.execute(delete(OutboxEntry).where(OutboxEntry.id == entry_id))
