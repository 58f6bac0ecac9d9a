"""Writers queue before SQLite's file, over threads and processes, and nobody is passed by."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import pytest

from core.turns import Turns

FORK = get_context("fork")
ROUNDS = 50
pytestmark = pytest.mark.urs("URS-130")


def _count(turns: Turns, counter: Path) -> None:
    for _ in range(ROUNDS):
        with turns.mine():
            counter.write_text(str(int(counter.read_text()) + 1))


def _count_in_two_threads(queue: Path, counter: Path) -> None:
    turns = Turns(queue)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(_count, [turns] * 2, [counter] * 2))


def test_of_two_processes_with_two_threads_one_at_a_time_has_the_turn(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    others = [
        FORK.Process(target=_count_in_two_threads, args=(tmp_path / "queue", counter)) for _ in range(2)
    ]
    for one in others:
        one.start()
    for one in others:
        one.join(30)
    assert counter.read_text() == str(2 * 2 * ROUNDS)


def _write_without_pause(queue: Path, written: "Synchronized[int]") -> None:
    turns = Turns(queue)
    while True:
        with turns.mine():
            written.value += 1


def test_a_process_that_writes_without_pause_lets_the_other_one_in(tmp_path: Path) -> None:
    written = FORK.Value("i", 0)
    busy = FORK.Process(target=_write_without_pause, args=(tmp_path / "queue", written), daemon=True)
    busy.start()
    try:
        turns = Turns(tmp_path / "queue")
        while written.value < ROUNDS:
            os.sched_yield()
        waited = []
        for _ in range(ROUNDS):
            before = written.value
            with turns.mine():
                waited.append(written.value - before)
    finally:
        busy.kill()
        busy.join(30)
    # most often it only ends its present turn; a few more when this process is not run
    assert sorted(waited)[len(waited) // 2] <= 2


def _die_in_turn(queue: Path) -> None:
    with Turns(queue).mine():
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_turn_of_a_process_that_was_killed_passes_on(tmp_path: Path) -> None:
    killed = FORK.Process(target=_die_in_turn, args=(tmp_path / "queue",))
    killed.start()
    killed.join(30)
    assert killed.exitcode == -signal.SIGKILL
    with Turns(tmp_path / "queue").mine():
        pass


def test_where_no_queue_can_be_kept_writing_goes_on(tmp_path: Path) -> None:
    with Turns(tmp_path / "no such folder" / "queue").mine():
        pass
    with Turns(None).mine():
        pass
