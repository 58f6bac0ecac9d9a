"""Finds handed-out jobs that nobody will do any more: the queue lost them, their worker was killed, or it had
no database to note in how the job ended.

The lease of an entry would bring it up again as well, but only much later.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from redis import Redis
from rq import Queue
from rq.job import Job, JobStatus
from sqlalchemy import select

from core.actor import Actor
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry, due_again, pause_after

SILENT = timedelta(seconds=15)
"""A worker at work gives a sign every three seconds (:data:`HEARTBEAT_SECONDS`)."""
HEARTBEAT_SECONDS = 3
LOST = "The queue has lost the job."
KILLED = "The worker that did the job has been killed."
UNSAID = "The job ended, and how could not be noted: the database was away."

OVER = frozenset({JobStatus.FAILED.value, JobStatus.STOPPED.value, JobStatus.CANCELED.value})
"""How a job has ended, as the queue says it."""


def job_id(entry: OutboxEntry) -> str:
    """The name of an entry's present attempt in the queue."""
    return f"outbox-{entry.id}-{entry.attempts}"


def take_back(queue: Queue, *, actor: Actor, now: datetime) -> int:
    """Make entries due again whose job is lost; give how many. Doing one twice gives one result.

    Raises:
        RedisError: the queue does not answer.
    """
    handed_out = _handed_out(now)
    waiting = set(queue.get_job_ids()) if handed_out else set()
    asked = [entry for entry in handed_out if job_id(entry) not in waiting]
    facts = _what_the_queue_knows(queue.connection, [job_id(entry) for entry in asked])
    lost = [(entry, why) for entry in asked if (why := _why_lost(facts[job_id(entry)], now=now))]
    if lost:
        with unit_of_work(actor, now=now) as session:
            for entry, why in lost:
                begun = why != LOST
                due_again(session, entry.id, attempt=entry.attempts, begun=begun, why=why, now=now)
    return len(lost)


def _handed_out(now: datetime) -> Sequence[OutboxEntry]:
    """Entries on their lease; one whose failure has been noted is due sooner and waits for that."""
    leased = select(OutboxEntry).where(
        OutboxEntry.due_at > now, OutboxEntry.attempts > 0, OutboxEntry.dead.is_(False)
    )
    with read_session() as session:
        entries = session.scalars(leased.order_by(OutboxEntry.due_at.desc()).limit(500)).all()
    return [entry for entry in entries if entry.due_at - now > pause_after(entry.attempts) + SILENT]


def _what_the_queue_knows(connection: "Redis", ids: Sequence[str]) -> Mapping[str, tuple[str, str] | None]:
    """Status and last sign of life of each job, None if there is none of that name."""
    with connection.pipeline() as pipeline:
        for one in ids:
            pipeline.hmget(Job.key_for(one), "status", "last_heartbeat", "enqueued_at")
        answers = pipeline.execute()
    known: dict[str, tuple[str, str] | None] = {}
    for one, (status, heartbeat, enqueued) in zip(ids, answers, strict=True):
        sign = heartbeat or enqueued
        known[one] = (status.decode(), sign.decode()) if status and sign else None
    return known


def _why_lost(known: tuple[str, str] | None, *, now: datetime) -> str | None:
    """Say why nobody will do a job, None if somebody may."""
    if known is None:
        return LOST
    status, sign = known
    if status in OVER:
        return UNSAID
    return KILLED if now - datetime.fromisoformat(sign) >= SILENT else None
