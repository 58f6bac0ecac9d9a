"""Many waiting timers, few of them due: how long it takes to find these, and to fire each exactly once.

The cases that are due are real ones, started by the product; the others are rows like theirs, due next year.
Two workers get the same list of due entries and race; the database decides who fires.
"""

import threading
import time
import uuid
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.orm import Session

from core import outbox
from core.actor import Actor
from core.db import unit_of_work
from core.outbox import OutboxEntry
from workflows import repository, runtime, store, timers
from workflows.bench.stores import MODELS
from workflows.models import StepHistory

KEY = "bench_reminder"
BEHIND = timedelta(hours=2)
NEXT_YEAR = timedelta(days=365)
WORKERS = 2
SOMEBODY = Actor(str(uuid.UUID(int=1)), "bench", "Bench")
SOMEBODY_ELSE = Actor(str(uuid.UUID(int=2)), "bench2", "Bench 2")
_BATCH = 10_000


def fill(connection: Connection, waiting: int, now: datetime) -> None:
    """Leave so many entries of timers that are due next year; before the triggers: nobody did it."""
    for start in range(0, waiting, _BATCH):
        rows = [_entry(now) for _ in range(min(_BATCH, waiting - start))]
        connection.execute(insert(OutboxEntry), rows)


def start_due(count: int, now: datetime) -> None:
    """Start cases whose timer has been due for an hour."""
    begun = now - BEHIND
    with unit_of_work(SOMEBODY, now=begun) as session:
        files = {"reminder.bpmn": (MODELS / "reminder.bpmn").read_bytes()}
        release = repository.propose_release(session, KEY, files, actor=SOMEBODY, now=begun)
        repository.make_effective(session, release, actor=SOMEBODY_ELSE, now=begun)
    with unit_of_work(SOMEBODY, now=begun) as session:
        for _ in range(count):
            _start(session, begun)


def find_ms(now: datetime, count: int) -> tuple[float, list[tuple[uuid.UUID, dict[str, str]]]]:
    """Find the due entries as the relay does; in ms, with the entries."""
    with unit_of_work(SOMEBODY, now=now) as session:
        begun = time.perf_counter()
        due = outbox.find_due(session, now=now, limit=count + 1)
        took = time.perf_counter() - begun
        return took * 1000, [(entry.id, dict(entry.payload)) for entry in due]


def fire_seconds(due: list[tuple[uuid.UUID, dict[str, str]]]) -> float:
    """Let two workers do all entries; in seconds."""
    begun = time.perf_counter()
    workers = [threading.Thread(target=_fire_all, args=(due,)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - begun


def fired(session: Session) -> tuple[int, int]:
    """Count how often the timer has fired, and in how many cases."""
    late = StepHistory.element_id == "late"
    counted = select(func.count(), func.count(StepHistory.case_id.distinct())).where(late)
    row = session.execute(counted).one()
    return int(row[0]), int(row[1])


def _fire_all(due: list[tuple[uuid.UUID, dict[str, str]]]) -> None:
    for entry_id, payload in due:
        timers.fire(entry_id, payload, None)


def _start(session: Session, begun: datetime) -> None:
    runtime.start_case(
        session,
        KEY,
        title={"en": "Reminder", "zh": "提醒"},
        site_id=uuid.UUID(int=7),
        subject=("bench.thing", uuid.UUID(int=8)),
        data={},
        actor=SOMEBODY,
        now=begun,
    )


def _entry(now: datetime) -> dict[str, object]:
    case = uuid.uuid4()
    return {
        "job": store.FIRE,
        "key": f"timer-{case}",
        "payload": {"case_id": str(case)},
        "created_at": now,
        "due_at": now + NEXT_YEAR,
    }
