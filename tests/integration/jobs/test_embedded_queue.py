"""The queue of the installation outlives whatever kills its server, however often."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from app.cli.chaos_targets import children

SOON = 30.0


@pytest.fixture
def queue(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    home = tmp_path / "h"
    home.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.jobs.embedded"], env={**os.environ, "QMS_HOME": str(home)}
    )
    yield process
    process.terminate()
    process.wait(SOON)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.urs("URS-130")
def test_a_server_killed_again_and_again_is_there_again(
    queue: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    client = Redis(unix_socket_path=str(tmp_path / "h" / "valkey.sock"))

    def answers() -> bool:
        try:
            return bool(client.ping())
        except RedisError:
            return False

    until(answers)
    client.set("kept", "yes")
    for _ in range(3):
        time.sleep(1.2)  # started for good; and what is older than a second outlives a kill (appendfsync)
        [server] = children(queue.pid)
        os.kill(server, signal.SIGKILL)
        until(lambda gone=server: gone not in children(queue.pid) and answers())
        assert queue.poll() is None
    assert client.get("kept") == b"yes"
