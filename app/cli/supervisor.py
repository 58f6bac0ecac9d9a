"""The supervisor of `qms run`: starts the processes of an installation and starts again whichever ends.

What a process leaves behind is ended first, so that two of a kind never work at once. A process that keeps
failing by itself ends the product with a sentence instead: nobody is helped by one that pretends to run.
Should the supervisor itself be killed, the system asks its processes to end.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.cli.output import CannotCheck

LOOK_SECONDS = 0.1
STEADY_SECONDS = 60.0
"""Whoever has run so long has started well: earlier failures no longer count."""
EARLY_SECONDS = 5.0
"""Whoever ends sooner is started again after a pause, doubled each time."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
FAILURES = 6
"""So many ends in a row, not one of them by SIGKILL from outside, and it is a fault that stays."""
END_SECONDS = 6.0
_PARENT_DEATH_SIGNAL = 1

logger = logging.getLogger(__name__)


@dataclass
class Program:
    """One kind of process: how it is started, whether it runs, and how it has fared. Times are monotonic."""

    name: str
    command: Sequence[str]
    descriptors: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    began: float = 0.0
    due: float = 0.0
    early: int = 0
    failures: int = 0

    def note_end(self, status: int, *, now: float) -> float:
        """Note that the process has ended; give the seconds to wait before it is started again.

        Being killed (`kill -9`, the system short of memory) comes from outside: it makes the pause longer
        when it happens again and again, but it is no failure of the program.
        """
        lasted = now - self.began
        if lasted >= STEADY_SECONDS:
            self.failures = 0
        if status != -signal.SIGKILL:
            self.failures += 1
        self.early = self.early + 1 if lasted < EARLY_SECONDS else 0
        pause = min(FIRST_PAUSE * 2.0**self.early, LONGEST_PAUSE)
        self.process, self.due = None, now + pause
        return pause


class Supervisor:
    """Keeps programs running until told to stop (SIGINT, SIGTERM, SIGHUP)."""

    def __init__(self, programs: Sequence[Program], *, environment: Mapping[str, str], folder: Path) -> None:
        self._programs = programs
        self._environment = dict(environment)
        self._folder = folder
        self._stop = threading.Event()

    def run(self) -> None:
        """Start everything, keep it running, and end it when told to.

        Raises:
            CannotCheck: one of the programs cannot be kept running; everything has been ended.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())
        try:
            while not self._stop.is_set():
                for program in self._programs:
                    self._look_after(program)
                self._stop.wait(LOOK_SECONDS)
        finally:
            self._end()

    def _look_after(self, program: Program) -> None:
        now = time.monotonic()
        if program.process is None:
            if now >= program.due:
                self._start(program)
            return
        status = program.process.poll()
        if status is None:
            return
        _end_session(program.process.pid)
        pause = program.note_end(status, now=now)
        facts = {"program": program.name, "because": because(status), "pause_seconds": pause}
        if program.failures >= FAILURES:
            logger.error("a process cannot be kept running", extra=facts)
            raise CannotCheck(
                f"{program.name} has failed {program.failures} times in a row, the last time with"
                f" {because(status)}. Everything was stopped; the lines above say what went wrong."
            )
        logger.warning("a process has ended and is started again", extra=facts)

    def _start(self, program: Program) -> None:
        program.began = time.monotonic()
        program.process = subprocess.Popen(
            program.command,
            cwd=self._folder,
            env=self._environment | {"QMS_STARTED": repr(time.time())},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends the others in order
            pass_fds=program.descriptors,
            preexec_fn=_end_with_the_supervisor(),
        )

    def _end(self) -> None:
        """End all programs, the first named (the queue, which the others use) last."""
        first, *others = self._programs
        for group in (others, [first]):
            running = [program.process for program in group if program.process]
            for process in running:
                process.terminate()
            deadline = time.monotonic() + END_SECONDS
            for process in running:
                try:
                    process.wait(max(deadline - time.monotonic(), 0))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                _end_session(process.pid)


def because(status: int) -> str:
    """Say how a process ended, from its exit status: negative for a signal."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _end_session(leader: int) -> None:
    """Kill what a process has left behind: its children, wherever they have put themselves."""
    for pid in _processes():
        try:
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _end_with_the_supervisor() -> Callable[[], None] | None:
    """What a child does before it becomes the program: ask the system for SIGTERM when its parent dies."""
    if not sys.platform.startswith("linux"):
        return None
    control = ctypes.CDLL(None).prctl
    return lambda: control(_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))
