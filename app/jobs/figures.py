"""How the installation does, in figures read at the moment: for ``/metrics`` and the administrator's page.

No figure and no label holds personal data (URS-146): people are counted, never named.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.access.models import LoginFailure
from app.jobs.health import ask_queue, free_mib, last_sign, seconds_behind
from app.jobs.queue import RELAY_ALIVE, WORKERS_ALIVE, open_queue
from app.web.measures import figures
from app.web.probes import State, examine
from core import clock, schema
from core.db import engine, read_session
from core.outbox import OutboxEntry
from documents.models import Record, RecordState
from signatures.audit_models import AuditEntry, AuditHead
from workflows.models import HumanTask, TaskState

VERSION = metadata.version("open-qms")


@dataclass(frozen=True)
class Kept:
    """What the database says: counts, and ages in seconds (zero where nothing waits)."""

    open_tasks: int
    overdue_tasks: int
    outbox: int
    oldest_job_seconds: float
    dead_jobs: int
    oldest_unsealed: Record | None
    oldest_unsealed_seconds: float
    unsealed: int
    sealed: int
    failed_sign_ins: int
    audit_seq: int
    audit_head_seconds: float


@dataclass(frozen=True)
class Heard:
    """What the queue says; None where nobody gave a sign of life or the queue is away."""

    answers: bool
    waiting: int = 0
    relay_seconds: float | None = None
    worker_seconds: float | None = None


def read_kept(session: Session, *, now: datetime) -> Kept:
    """Read the figures of the database."""
    waiting = select(func.count(), func.min(OutboxEntry.created_at)).where(OutboxEntry.dead.is_(False))
    jobs, oldest_job = session.execute(waiting).one()
    unsealed = session.scalar(select(Record).where(*PENDING).order_by(Record.created_at).limit(1))
    head_at = session.scalar(select(AuditEntry.at).join(AuditHead, AuditHead.seq == AuditEntry.seq))
    pending = _count(session, Record, *PENDING)
    return Kept(
        open_tasks=_count(session, HumanTask, HumanTask.state == TaskState.OPEN),
        overdue_tasks=_count(session, HumanTask, HumanTask.state == TaskState.OPEN, HumanTask.due_at < now),
        outbox=jobs,
        oldest_job_seconds=_age(oldest_job, now),
        dead_jobs=_count(session, OutboxEntry, OutboxEntry.dead.is_(True)),
        oldest_unsealed=unsealed,
        oldest_unsealed_seconds=_age(unsealed.created_at if unsealed else None, now),
        unsealed=pending,
        sealed=_count(session, Record) - pending,
        failed_sign_ins=_count(session, LoginFailure),
        audit_seq=session.scalar(select(AuditHead.seq)) or 0,
        audit_head_seconds=_age(head_at, now),
    )


def hear(*, now: datetime) -> Heard:
    """Ask the queue for its figures; one that is away is itself a figure."""
    try:
        with ask_queue() as connection:
            queue: Queue = open_queue(connection)
            signs = [last_sign(connection, name) for name in (RELAY_ALIVE, WORKERS_ALIVE)]
            relay, worker = (_age(at, now) if at is not None else None for at in signs)
            return Heard(True, queue.count, relay, worker)
    except RedisError:
        return Heard(answers=False)


@figures
def collect() -> Iterable[Metric]:
    """Give the figures of the database, the queue and the checks, as Prometheus wants them."""
    now = clock.now()
    build = {"version": VERSION, "schema": schema.newest_step()}
    yield InfoMetricFamily("qms_build", "Version of the product.", build)
    holds = GaugeMetricFamily("qms_check_ok", "1 while a check of /readyz holds.", labels=["check"])
    for one in examine():
        holds.add_metric([one.name], int(one.state is not State.FAILING))
    yield holds
    yield _gauge("disk_free_bytes", "Free space of the data folder.", free_mib() * 2**20)
    yield _gauge("database_connections_in_use", "Connections the answering process uses.", _connections())
    yield from _of_queue(hear(now=now))
    try:
        yield from _of_database(now)
    except SQLAlchemyError:  # qms_check_ok{check="database"} says so
        return


def _of_database(now: datetime) -> Iterable[Metric]:
    with read_session() as session:
        kept = read_kept(session, now=now)
    behind = seconds_behind(now)
    yield _gauge("clock_behind_trail_seconds", "By how much the clock lies behind the trail.", behind)
    yield _gauge("open_tasks", "Human tasks that are open.", kept.open_tasks)
    yield _gauge("overdue_tasks", "Open human tasks past their due time.", kept.overdue_tasks)
    yield _gauge("outbox_entries", "Jobs written down and not done yet.", kept.outbox)
    yield _gauge("outbox_oldest_seconds", "Age of the oldest job not done yet.", kept.oldest_job_seconds)
    yield _gauge("outbox_dead_letters", "Jobs that gave up and wait for somebody.", kept.dead_jobs)
    yield _gauge("records_unsealed", "Records that wait for their seal.", kept.unsealed)
    yield _gauge("oldest_unsealed_record_seconds", "Age of the oldest of them.", kept.oldest_unsealed_seconds)
    yield _counter("records_sealed", "Records that have been sealed.", kept.sealed)
    yield _counter("failed_sign_ins", "Failed proofs of identity.", kept.failed_sign_ins)
    yield _counter("audit_entries", "Number of the last entry of the audit trail.", kept.audit_seq)
    yield _gauge("audit_head_age_seconds", "Age of the last entry of the trail.", kept.audit_head_seconds)


def _of_queue(heard: Heard) -> Iterable[Metric]:
    yield _gauge("queue_up", "1 while the queue answers.", int(heard.answers))
    yield _gauge("queue_jobs", "Jobs that lie in the queue.", heard.waiting)
    for name, age in (("relay", heard.relay_seconds), ("worker", heard.worker_seconds)):
        if age is not None:
            yield _gauge(f"{name}_heartbeat_age_seconds", f"Time since the {name} gave a sign of life.", age)


PENDING = (Record.state == RecordState.PENDING,)


def _count(session: Session, table: type, *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]


def _age(at: datetime | None, now: datetime) -> float:
    return max((now - at).total_seconds(), 0.0) if at is not None else 0.0


def _connections() -> int:
    pool = engine().pool
    return int(pool.checkedout()) if hasattr(pool, "checkedout") else 0


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"qms_{name}", words, value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"qms_{name}", words, value)
