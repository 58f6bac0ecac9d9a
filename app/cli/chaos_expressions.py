"""Hostile expressions, made at random: none may escape, change a fact or run over its budget (URS-010).

Hypothesis makes them. Each is tried as a condition, as a cell of a decision table and as a script. What it
does is watched from outside: by Python's own audit events (opening files, importing, compiling, starting
programs), by an object among the facts that tells when it is touched, by the facts themselves, by processor
time and memory.
"""

import gc
import importlib
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.cli.hostile import ATTACKS, PIECES, WORDS
from app.cli.output import CannotCheck, machine
from workflows import expressions
from workflows.expressions import ExpressionError
from workflows.feel import parser
from workflows.feel.evaluator import Evaluator, Setting
from workflows.feel.faults import Fault

MOST_SECONDS = 2.0
MOST_MIB = 256
ROUND = 5_000
"""Expressions made in one go: Hypothesis remembers all of them, and that is not what is to be weighed."""
NOW = datetime(2026, 11, 22, tzinfo=UTC)
_PLAIN = (str, int, bool, Decimal, type(None), list, dict)
_WATCHED = ("open", "os.", "subprocess", "socket", "exec", "compile", "import", "ctypes", "code.", "pickle")
_ZONES = ("zoneinfo", "tzdata", "importlib", "_tzpath")


class Canary:
    """An object of the program among the facts; whatever touches it is remembered."""

    touched = False

    def _touch(self, *_values: Any) -> Any:
        Canary.touched = True
        return self

    __call__ = __len__ = __iter__ = __getitem__ = __lt__ = __gt__ = __add__ = __mul__ = __contains__ = _touch

    def __getattr__(self, _name: str) -> Any:
        return self._touch()

    def __str__(self) -> str:
        self._touch()
        return ""


def facts() -> dict[str, Any]:
    """Make the facts that every expression reads."""
    return {
        "risk": "high",
        "severity": 4,
        "xs": [1, 2, 3],
        "d": {"region": "EU", "items": [{"verdict": "fail", "n": Decimal("0.10")}, {}]},
        "big": list(range(2_000)),
        "digits": "9" * 2_000,
        "day": "2026-11-22",
        "canary": Canary(),
    }


@dataclass
class Watch:
    """What was seen from outside."""

    active: bool = False
    events: list[str] = field(default_factory=list)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an audit event of Python while an expression is worked out; reading time zones is expected."""
        if not self.active or not event.startswith(_WATCHED):
            return
        named = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        if not any(zone in named for zone in _ZONES):
            self.events.append(f"{event} {named}")


@dataclass
class Tally:
    """What came of the expressions."""

    count: int = 0
    answered: int = 0
    refused: int = 0
    slowest: float = 0.0
    missed: list[dict[str, str]] = field(default_factory=list)


_watch = Watch()
_listening: list[bool] = []


def try_one(source: str, tally: Tally) -> None:
    """Try one expression wherever a model may have one, and note what should not have happened."""
    if not _listening:
        _listening.append(True)
        try_one(
            "nothing", Tally()
        )  # catalogues of sentences and time zones are read once, before anybody listens
        try_one('date and time("2026-11-22T00:00:00@Europe/Berlin") > now()', Tally())
        sys.addaudithook(_watch.hear)
    given, before = facts(), facts()
    Canary.touched, _watch.events = False, []
    begun = time.thread_time()
    _watch.active = True
    try:
        answers = [_answer(attempt, source, given) for attempt in _ATTEMPTS]
    finally:
        _watch.active = False
    taken = time.thread_time() - begun
    tally.count += 1
    tally.slowest = max(tally.slowest, taken)
    tally.answered += any(answer is None for answer in answers)
    tally.refused += all(answer is not None for answer in answers)
    touched = Canary.touched
    del given["canary"], before["canary"]
    wrong = {
        "escaped": bool(_watch.events) or touched or any(answer not in (None, "") for answer in answers),
        "mutated": given != before,
        "over budget": taken > MOST_SECONDS,
    }
    found = [name for name, happened in wrong.items() if happened]
    if found:
        seen = ", ".join([*_watch.events[:3], *filter(None, answers)])
        tally.missed.append({"source": source[:300], "what": ", ".join(found), "seen": seen})


def _answer(attempt: Callable[[str, dict[str, Any]], Any], source: str, given: dict[str, Any]) -> str | None:
    """Give nothing for a plain value, an empty text for a refusal, or the name of what came instead."""
    try:
        value = attempt(source, given)
    except (ExpressionError, Fault):
        return ""
    except Exception as unexpected:  # whatever else comes out is what is looked for
        return type(unexpected).__name__
    return None if isinstance(value, _PLAIN) else type(value).__name__


def _condition(source: str, given: dict[str, Any]) -> Any:
    return expressions.explain(source, given, now=NOW).as_json()


def _cell(source: str, given: dict[str, Any]) -> Any:
    try:
        return Evaluator(given, Setting(strict=False, now=NOW)).passes(parser.unary_tests(source), 4)
    except RecursionError:
        return False


def _script(source: str, given: dict[str, Any]) -> Any:
    return [
        expressions.evaluate(text, given, now=NOW) for _, text in expressions.assignments(f"made = {source}")
    ]


_ATTEMPTS = (_condition, _cell, _script)


def hostile_text() -> Any:
    """Give the hypothesis strategy that makes hostile expressions.

    Raises:
        CannotCheck: hypothesis is not installed here.
    """
    try:
        some = importlib.import_module("hypothesis.strategies")
    except ImportError:
        raise CannotCheck("hypothesis is not installed: make setup installs it") from None
    word = some.sampled_from(WORDS)
    piece = some.recursive(
        some.sampled_from([*ATTACKS, *(word for word in WORDS if word.isidentifier()), "1", '"a"', "?"]),
        lambda inner: some.builds(
            lambda shape, one, two, three: shape.format(one, two, three),
            some.sampled_from(PIECES),
            inner,
            inner,
            inner,
        ),
        max_leaves=8,
    )
    return some.one_of(
        piece,
        some.lists(word, min_size=1, max_size=25).map(" ".join),
        some.text(max_size=60),
        some.builds(_spliced, piece, some.integers(0, 400), word),
        some.builds(lambda one, times: (one * times)[:4_500], word, some.integers(1, 600)),
    )


def _spliced(text: str, place: int, word: str) -> str:
    at = place % (len(text) + 1)
    return f"{text[:at]}{word}{text[at:]}"


def measure(count: int, *, seed: int) -> dict[str, Any]:
    """Try ``count`` hostile expressions."""
    strategy = hostile_text()
    hypothesis: Any = importlib.import_module("hypothesis")
    tally, before = Tally(), _peak_mib()
    started = time.perf_counter()
    settings = hypothesis.settings(
        max_examples=min(count, ROUND),
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    while tally.count < count:
        made = tally.count
        hypothesis.seed(seed)(settings(hypothesis.given(strategy)(lambda source: try_one(source, tally))))()
        gc.collect()
        seed += 1
        if tally.count == made:
            break
    grown = _peak_mib() - before
    if grown > MOST_MIB:
        tally.missed.append({"source": "", "what": "over budget", "seen": f"{grown} MiB"})
    return {
        "edits": tally.count,
        "found": tally.count - len(tally.missed),
        "answered": tally.answered,
        "refused": tally.refused,
        "missed": tally.missed[:50],
        "slowest_ms": round(tally.slowest * 1000, 1),
        "memory_mib": grown,
        "seconds": round(time.perf_counter() - started, 1),
        "seed": seed,
        "machine": machine(),
    }


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
