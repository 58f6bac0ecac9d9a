"""A real queue server, and a real worker that forks, on the test's own data folder."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from app.jobs import embedded
from app.jobs.queue import connect, open_queue
from app.jobs.worker import RegisteredWorker


@pytest.fixture
def connection(home: Path) -> Iterator[Redis]:
    """The embedded queue server of this test, on a socket in its data folder."""
    server = embedded.server()
    server.start()
    client = connect()
    yield client
    client.close()
    if server.is_running():
        server.stop()


@pytest.fixture
def queue(connection: Redis) -> Queue:
    """The product's queue on that server."""
    return open_queue(connection)


@pytest.fixture
def work(connection: Redis) -> Iterator[Callable[[], None]]:
    """Let one worker do whatever is in the queue, each job in a forked child."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def until_empty() -> None:
        RegisteredWorker([open_queue(connection)], connection=connection, serializer="json").work(burst=True)

    yield until_empty
    for number, handler in before.items():
        signal.signal(number, handler)
