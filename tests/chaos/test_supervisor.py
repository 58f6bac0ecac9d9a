"""What the supervisor keeps running comes back when it is killed, and ends with a sentence when it cannot."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli.scratch import ROOT
from app.cli.supervisor import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS, Program

SOON = 20.0
SUPERVISE = """
import sys
from pathlib import Path
from app.cli import supervisor
from app.cli.output import CannotCheck
from app.cli.supervisor import Program, Supervisor
from core import log
log.configure()
supervisor.FIRST_PAUSE /= 10  # how pauses grow is looked at without waiting for them
programs = [Program(words.split()[1], words.split()) for words in sys.argv[2:]]
try:
    Supervisor(programs, environment={"PATH": "/usr/bin:/bin"}, folder=Path(sys.argv[1])).run()
except CannotCheck as reason:
    print(reason)
    sys.exit(2)
"""
STEADY = """#!/bin/sh
echo $$ >> steady.pids
sleep 600 & echo $! >> steady.children
wait
"""

Supervise = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    """Start a supervisor of shell scripts in the test's folder."""
    started: list[subprocess.Popen[str]] = []
    (tmp_path / "steady").write_text(STEADY)

    def start(*scripts: str) -> "subprocess.Popen[str]":
        words = [sys.executable, "-c", SUPERVISE, str(tmp_path), *(f"/bin/sh {one}" for one in scripts)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(words, cwd=ROOT, text=True, **pipes))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def numbers(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in (Path("/proc") / str(pid) / "status").read_text()
    except OSError:
        return False


@pytest.mark.urs("URS-130")
def test_a_killed_process_is_started_again_and_what_it_left_behind_is_ended(
    supervise: Supervise, tmp_path: Path
) -> None:
    pids, children = tmp_path / "steady.pids", tmp_path / "steady.children"
    supervisor = supervise("steady")
    until(lambda: len(numbers(children)) == 1)
    os.kill(numbers(pids)[0], signal.SIGKILL)
    until(lambda: len(numbers(children)) == 2)
    assert not runs(numbers(children)[0])
    supervisor.send_signal(signal.SIGINT)
    _, logged = supervisor.communicate(timeout=SOON)
    assert supervisor.returncode == 0
    assert not any(map(runs, [*numbers(pids), *numbers(children)]))
    [line] = [json.loads(line) for line in logged.splitlines()]
    assert (line["program"], line["because"], line["level"]) == ("steady", "SIGKILL", "warning")


def test_one_that_fails_again_and_again_ends_the_product_with_a_sentence(
    supervise: Supervise, tmp_path: Path
) -> None:
    (tmp_path / "failing").write_text("exit 3\n")
    supervisor = supervise("steady", "failing")
    printed, logged = supervisor.communicate(timeout=60)
    assert supervisor.returncode == 2
    assert f"failing has failed {FAILURES} times in a row, the last time with exit status 3." in printed
    assert not any(map(runs, numbers(tmp_path / "steady.pids")))
    assert len(logged.splitlines()) == FAILURES


def test_when_the_supervisor_is_killed_its_processes_end_too(supervise: Supervise, tmp_path: Path) -> None:
    supervisor = supervise("steady")
    until(lambda: len(numbers(tmp_path / "steady.pids")) == 1)
    supervisor.kill()
    supervisor.wait()
    until(lambda: not runs(numbers(tmp_path / "steady.pids")[0]))
    for child in numbers(tmp_path / "steady.children"):
        os.kill(child, signal.SIGKILL)


def test_pauses_grow_while_it_ends_at_once_and_are_forgotten_when_it_has_run_for_a_while() -> None:
    program = Program("worker", ())
    pauses = [program.note_end(-signal.SIGKILL, now=1.0) for _ in range(8)]
    assert pauses[:5] == [FIRST_PAUSE * 2**number for number in range(1, 6)]
    assert pauses[-1] == LONGEST_PAUSE
    assert program.failures == 0
    assert program.note_end(1, now=100.0) == FIRST_PAUSE
    program.note_end(1, now=101.0)
    program.began = 101.0
    program.note_end(1, now=101.0 + STEADY_SECONDS)
    assert program.failures == 1
