"""The outbox reaches the workers and nothing else does: real queue server, real relay, real forked worker."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as QueueAway
from rq import Callback, Queue
from sqlalchemy import select

from app.jobs.relay import hand_out
from core import outbox
from core.actor import system_actor
from core.clock import now as present
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry

TESTER = system_actor("test")
Worker = Callable[[], None]


@pytest.fixture
def jobs(home: Path) -> Iterator[None]:
    """Two jobs for tests: one leaves a file named in its payload, one always fails."""

    @outbox.job("test.leave_file")
    def leave_file(entry_id: uuid.UUID, payload: dict[str, str], secret: bytes | None) -> None:
        (home / payload["name"]).write_bytes(secret or b"")
        with unit_of_work(TESTER) as session:
            outbox.done(session, entry_id)

    @outbox.job("test.fail")
    def fail(_entry_id: uuid.UUID, _payload: dict[str, str], _secret: bytes | None) -> None:
        raise ValueError("the printer is on fire")

    yield
    del outbox._handlers["test.leave_file"], outbox._handlers["test.fail"]


@pytest.fixture
def moment() -> datetime:
    """The present: workers keep the true time, so these tests start from it."""
    return present()


def write_down(
    name: str, payload: dict[str, str], *, now: datetime, secret: bytes | None = None
) -> uuid.UUID:
    with unit_of_work(TESTER, now=now) as session:
        entry = outbox.later(session, name, payload, key=f"{name}-{uuid.uuid4()}", secret=secret)
        session.flush()
        return entry.id


def waiting() -> list[OutboxEntry]:
    with read_session() as session:
        return list(session.scalars(select(OutboxEntry)))


@pytest.mark.urs("URS-008")
@pytest.mark.usefixtures("database", "jobs")
def test_what_was_written_down_is_done_and_its_secret_is_gone(
    home: Path, queue: Queue, work: Worker, moment: datetime
) -> None:
    write_down("test.leave_file", {"name": "made"}, now=moment, secret=b"wrapped key")
    assert hand_out(queue, now=moment) == 1
    work()
    assert (home / "made").read_bytes() == b"wrapped key"
    assert waiting() == []


@pytest.mark.usefixtures("database", "jobs")
def test_neither_payload_nor_secret_lies_in_the_queue(
    queue: Queue, connection: Redis, moment: datetime
) -> None:
    entry_id = write_down("test.leave_file", {"name": "made"}, now=moment, secret=b"wrapped key")
    hand_out(queue, now=moment)
    [job_id] = queue.job_ids
    assert job_id == f"outbox-{entry_id}-1"
    assert queue.fetch_job(job_id).args == [str(entry_id)]
    stored = b"".join(value for value in connection.hgetall(f"rq:job:{job_id}").values())
    assert b"wrapped key" not in stored


@pytest.mark.usefixtures("database", "jobs")
def test_a_leased_entry_is_not_handed_out_twice_but_comes_up_again_when_the_queue_was_lost(
    home: Path, queue: Queue, connection: Redis, work: Worker, moment: datetime
) -> None:
    write_down("test.leave_file", {"name": "made"}, now=moment)
    assert hand_out(queue, now=moment) == 1
    assert hand_out(queue, now=moment + timedelta(seconds=1)) == 0
    connection.flushall()
    assert hand_out(queue, now=moment + outbox.LEASE) == 1
    work()
    assert (home / "made").exists()
    assert waiting() == []


@pytest.mark.usefixtures("database", "jobs")
def test_doing_an_entry_twice_gives_one_result(
    home: Path, queue: Queue, work: Worker, moment: datetime
) -> None:
    write_down("test.leave_file", {"name": "made"}, now=moment)
    hand_out(queue, now=moment)
    hand_out(queue, now=moment + outbox.LEASE)
    assert len(queue) == 2
    work()
    assert (home / "made").exists()
    assert waiting() == []


@pytest.mark.usefixtures("database", "jobs")
def test_a_failed_job_keeps_its_reason_and_is_tried_again_later(
    queue: Queue, work: Worker, moment: datetime
) -> None:
    write_down("test.fail", {}, now=moment)
    hand_out(queue, now=moment)
    work()
    [entry] = waiting()
    assert entry.last_error == "ValueError: the printer is on fire"
    assert entry.attempts == 1
    assert moment < entry.due_at < moment + timedelta(seconds=60)


@pytest.mark.usefixtures("database", "jobs")
def test_an_entry_without_a_registered_handler_waits_with_the_reason(
    queue: Queue, work: Worker, moment: datetime
) -> None:
    write_down("os.system", {"name": "touch /tmp/pwned"}, now=moment)
    hand_out(queue, now=moment)
    work()
    [entry] = waiting()
    assert "no job named os.system" in str(entry.last_error)


@pytest.mark.usefixtures("database")
def test_a_function_named_by_hand_in_the_queue_is_never_called(
    home: Path, queue: Queue, work: Worker
) -> None:
    prey = home / "pwned"
    job = queue.enqueue(
        "os.system", f"touch {prey}", on_failure=Callback("os.system"), on_success=Callback("os.system")
    )
    work()
    assert not prey.exists()
    assert job.get_status(refresh=True).value == "failed"
    assert "badly formed" in job.latest_result().exc_string


@pytest.mark.usefixtures("database", "jobs")
def test_while_the_queue_is_away_nothing_is_leased(queue: Queue, connection: Redis, moment: datetime) -> None:
    write_down("test.leave_file", {"name": "made"}, now=moment)
    connection.shutdown(nosave=True)
    with pytest.raises((QueueAway, FileNotFoundError)):
        hand_out(queue, now=moment)
    [entry] = waiting()
    assert entry.attempts == 0


def test_the_queue_server_opens_no_network_port_and_keeps_its_content(
    connection: Redis, home: Path
) -> None:
    assert connection.config_get("port") == {"port": "0"}
    assert connection.config_get("appendonly") == {"appendonly": "yes"}
    assert (home / "valkey.sock").stat().st_mode & 0o077 == 0


