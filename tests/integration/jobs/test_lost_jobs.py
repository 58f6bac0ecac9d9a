"""A job that was handed out and lost is found at once; one that fails for good waits with its reason."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.jobs import work as work_of
from app.jobs.lost import LOST, SILENT, UNSAID, job_id, take_back
from app.jobs.relay import RELAY, hand_out
from core import outbox
from core.actor import system_actor
from core.clock import now as present
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry
from workflows.store import FIRE
from workflows.waits import DELIVER

TESTER = system_actor("test")


@pytest.fixture
def jobs(home: Path) -> Iterator[None]:
    """Three jobs for tests: one leaves a file, one fails, one is killed at work."""

    @outbox.job("test.leave_file")
    def leave_file(entry_id: uuid.UUID, _payload: dict[str, str], _secret: bytes | None) -> None:
        (home / "made").touch()
        with unit_of_work(TESTER) as session:
            outbox.done(session, entry_id)

    @outbox.job("test.fail")
    def fail(_entry_id: uuid.UUID, _payload: dict[str, str], _secret: bytes | None) -> None:
        raise ValueError("the printer is on fire")

    @outbox.job("test.be_killed")
    def be_killed(_entry_id: uuid.UUID, _payload: dict[str, str], _secret: bytes | None) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    yield
    for name in ("leave_file", "fail", "be_killed"):
        del outbox._handlers[f"test.{name}"]


def write_down(name: str, *, now: datetime) -> None:
    with unit_of_work(TESTER, now=now) as session:
        outbox.later(session, f"test.{name}", {}, key=f"{name}-{uuid.uuid4()}")


def entry() -> OutboxEntry:
    with read_session() as session:
        return session.scalars(select(OutboxEntry)).one()


@pytest.mark.urs("URS-006")
@pytest.mark.usefixtures("database")
def test_messages_and_timers_are_handed_out_before_pages_that_wait_to_be_printed(queue: Queue) -> None:
    now = present()
    with unit_of_work(TESTER, now=now) as session:
        for minute, job in enumerate(("archive.seal_record", DELIVER, FIRE, "archive.seal_record")):
            left = outbox.later(session, job, {}, key=f"{job}-{minute}")
            left.due_at = now + timedelta(seconds=minute)
    hand_out(queue, now=now)
    hand_out(queue, now=now + timedelta(minutes=1))
    with read_session() as session:
        jobs_of = {job_id(one): one.job for one in session.scalars(select(OutboxEntry))}
    assert [jobs_of[one] for one in queue.job_ids] == [DELIVER, FIRE, *["archive.seal_record"] * 2]


@pytest.mark.urs("URS-130")
@pytest.mark.usefixtures("database", "jobs")
def test_what_a_wiped_queue_forgot_is_handed_out_again_at_once_and_does_not_count(
    home: Path, queue: Queue, connection: Redis, work: Callable[[], None]
) -> None:
    now = present()
    write_down("leave_file", now=now)
    hand_out(queue, now=now)
    connection.flushall()
    assert take_back(queue, actor=RELAY, now=now) == 1
    assert (entry().attempts, entry().last_error) == (0, LOST)
    assert hand_out(queue, now=now) == 1
    work()
    assert (home / "made").exists()
    with read_session() as session:
        assert session.scalars(select(OutboxEntry)).all() == []


@pytest.mark.usefixtures("database", "jobs")
def test_a_job_that_waits_in_the_queue_is_left_there(queue: Queue) -> None:
    now = present()
    write_down("leave_file", now=now)
    hand_out(queue, now=now)
    assert take_back(queue, actor=RELAY, now=now + timedelta(minutes=5)) == 0


@pytest.mark.usefixtures("database", "jobs")
def test_a_job_whose_worker_gives_no_sign_is_handed_out_again(queue: Queue, connection: Redis) -> None:
    now = present()
    write_down("leave_file", now=now)
    hand_out(queue, now=now)
    key = Job.key_for(job_id(entry()))
    connection.lpop(queue.key)
    sign = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    connection.hset(key, mapping={"status": "started", "last_heartbeat": sign})
    assert take_back(queue, actor=RELAY, now=now + SILENT - timedelta(seconds=1)) == 0
    assert take_back(queue, actor=RELAY, now=now + SILENT) == 1
    assert entry().attempts == 1
    assert entry().last_error == "The worker that did the job has been killed."


@pytest.mark.usefixtures("database", "jobs")
def test_a_job_that_failed_waits_for_its_next_attempt(queue: Queue, work: Callable[[], None]) -> None:
    now = present()
    write_down("fail", now=now)
    hand_out(queue, now=now)
    work()
    due = entry().due_at
    assert take_back(queue, actor=RELAY, now=now) == 0
    assert entry().due_at == due


@pytest.mark.urs("URS-130")
@pytest.mark.usefixtures("database", "jobs")
def test_a_job_that_failed_while_the_database_was_away_is_handed_out_again_at_once(
    queue: Queue, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = present()
    write_down("leave_file", now=now)
    hand_out(queue, now=now)

    def away() -> None:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError())

    with monkeypatch.context() as without:
        without.setattr(work_of, "read_session", away)
        work()
    assert entry().last_error is None, "nobody could note it"
    assert take_back(queue, actor=RELAY, now=present()) == 1
    assert entry().last_error == UNSAID
    assert hand_out(queue, now=present()) == 1
    work()
    with read_session() as session:
        assert session.scalars(select(OutboxEntry)).all() == []


@pytest.mark.urs("URS-130")
@pytest.mark.usefixtures("database", "jobs")
def test_a_second_round_is_not_mistaken_for_the_first_that_failed(
    queue: Queue, work: Callable[[], None]
) -> None:
    now = present()
    write_down("fail", now=now)
    hand_out(queue, now=now)
    work()
    with unit_of_work(TESTER, now=now) as session:
        outbox.retry(session, entry().id, now=now)
    assert hand_out(queue, now=now) == 1
    assert queue.get_job_ids() == [job_id(entry())]


@pytest.mark.usefixtures("database", "jobs")
def test_a_worker_killed_at_work_leaves_the_reason_and_a_near_attempt(
    queue: Queue, work: Callable[[], None]
) -> None:
    now = present()
    write_down("be_killed", now=now)
    hand_out(queue, now=now)
    work()
    assert entry().last_error == "The worker was killed at work: SIGKILL."
    assert entry().due_at < present() + timedelta(seconds=5)


@pytest.mark.urs("URS-130")
@pytest.mark.usefixtures("database", "jobs")
def test_after_its_last_attempt_a_job_waits_for_an_administrator_with_its_reason(
    queue: Queue, work: Callable[[], None]
) -> None:
    write_down("fail", now=present())
    with unit_of_work(TESTER) as session:
        session.scalars(select(OutboxEntry)).one().attempts = outbox.LAST_ATTEMPT - 1
    hand_out(queue, now=present())
    work()
    assert hand_out(queue, now=entry().due_at) == 0
    assert entry().dead
    assert entry().last_error == "ValueError: the printer is on fire"
    with unit_of_work(TESTER) as session:
        outbox.retry(session, entry().id, now=present())
    assert (entry().dead, entry().attempts) == (False, 0)
    assert hand_out(queue, now=present()) == 1
