"""Ratios of the stores, each taken in one run, turn by turn, so that a busy machine hits both sides."""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from SpiffWorkflow.util.task import TaskIterator

from workflows.bench.full import FullStore
from workflows.bench.stores import OwnStore, PlainStore, Store, connect

LAST = 20

APPROVAL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("request", {"title": "x" * 40, "description": "d" * 300}),
    ("assessment", {"severity": 4, "impact": "y" * 200}),
    ("review", {"remark": "ok"}),
    ("approval", {"approved": True}),
    ("effectiveness", {"remark": "ok"}),
)


def step_ratio(folder: Path, cases: int) -> dict[str, float]:
    """Compare a step of the approval: median of plain ÷ ours, and both in ms."""
    own = OwnStore(connect(folder / "own.sqlite3"), "approval")
    plain = PlainStore(connect(folder / "plain.sqlite3"), "approval")
    times: dict[str, list[float]] = {"own": [], "plain": []}
    size = {"own": 0, "plain": 0}
    for _ in range(cases):
        for name, store in (("own", own), ("plain", plain)):
            for took, bytes_kept in _approval(store):
                times[name].append(took)
                size[name] = max(size[name], bytes_kept)
    ours, theirs = (statistics.median(times[name]) for name in ("own", "plain"))
    return {
        "ratio": round(theirs / ours, 2),
        "own_ms": round(ours * 1000, 3),
        "plain_ms": round(theirs * 1000, 3),
        "own_state_bytes": size["own"],
        "plain_state_bytes": size["plain"],
    }


def full_step(folder: Path, cases: int) -> dict[str, float]:
    """Compare the full step, with inbox, timers and audit, on this process's database with plain's step."""
    stores: dict[str, Store] = {
        "full": FullStore(),
        "plain": PlainStore(connect(folder / "plain-beside-full.sqlite3"), "approval"),
    }
    times: dict[str, list[float]] = {name: [] for name in stores}
    for _ in range(cases):
        for name, store in stores.items():
            times[name] += [took for took, _ in _approval(store)]
    full, plain = (statistics.median(times[name]) for name in ("full", "plain"))
    return {"ms": round(full * 1000, 2), "ratio": round(plain / full, 3)}


def rework(folder: Path, rounds: int) -> dict[str, float]:
    """Compare the last rounds of a long rework loop, and our last rounds with our first."""
    own = OwnStore(connect(folder / "rework-own.sqlite3"), "rework")
    plain = PlainStore(connect(folder / "rework-plain.sqlite3"), "rework")
    ours, theirs = _rounds(own, rounds), _rounds_without_depth_limit(plain, rounds)
    first, last = statistics.median(ours[:LAST]), statistics.median(ours[-LAST:])
    return {
        "ratio": round(statistics.median(theirs[-LAST:]) / last, 1),
        "flatness": round(last / first, 3),
        "own_last_ms": round(last * 1000, 3),
        "plain_last_ms": round(statistics.median(theirs[-LAST:]) * 1000, 1),
    }


def members(folder: Path, count: int, steps: int) -> dict[str, float]:
    """Compare a step among many members of a parallel multi-instance task."""
    own = OwnStore(connect(folder / "members-own.sqlite3"), "members")
    plain = PlainStore(connect(folder / "members-plain.sqlite3"), "members")
    cases = {store: store.start({"members": count}) for store in (own, plain)}
    times: dict[Store, list[float]] = {own: [], plain: []}
    for _ in range(steps):
        for store, case in cases.items():
            times[store].append(_timed(partial(store.step, case, "work", {"n": 1})))
    ours, theirs = statistics.median(times[own]), statistics.median(times[plain])
    return {"ratio": round(theirs / ours, 2), "own_ms": round(ours * 1000, 2)}


def _approval(store: Store) -> Iterator[tuple[float, int]]:
    case = store.start({})
    ended = False
    for element, fields in APPROVAL:
        start = time.perf_counter()
        ended = store.step(case, element, fields)
        yield time.perf_counter() - start, store.state_bytes(case)
    if not ended:
        raise RuntimeError(f"{type(store).__name__} has not reached the end")


def _rounds(store: Store, rounds: int) -> list[float]:
    case = store.start({})
    return [_timed(partial(store.step, case, "work", {"again": True})) for _ in range(rounds)]


def _rounds_without_depth_limit(store: Store, rounds: int) -> list[float]:
    with _no_depth_limit():
        return _rounds(store, rounds)


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@contextmanager
def _no_depth_limit() -> Iterator[None]:
    """Let the library see tasks deeper than 1,000, where it stops looking; only for measuring it."""
    first, limit = TaskIterator.__init__, sys.getrecursionlimit()

    def deep(self: Any, *rest: Any, **named: Any) -> None:
        first(self, *rest, **named)
        self.max_depth = sys.maxsize

    TaskIterator.__init__ = deep
    sys.setrecursionlimit(100_000)
    try:
        yield
    finally:
        TaskIterator.__init__ = first
        sys.setrecursionlimit(limit)
