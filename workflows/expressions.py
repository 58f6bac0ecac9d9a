"""Expressions of models: conditions, parameters, scripts and timers, in FEEL, as decision tables are.

A model is written by people who may not be trusted with the server (URS-010). Its expressions are read and
walked by ``workflows.feel``; nothing is ever compiled or run by Python, no attribute of an object is ever
looked up, every evaluation has a budget, and the facts of the case are never changed. Over facts a mistake is
refused with its reason, never taken for ``null``.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import DecimalException
from typing import Any

from core.errors import Invalid
from core.types import Bilingual
from workflows.feel import parser, tree
from workflows.feel.catalogue import BUILTINS
from workflows.feel.evaluator import Evaluator, Setting
from workflows.feel.faults import Denied, Fault
from workflows.feel.tokens import NAME
from workflows.feel.writing import plain
from workflows.sentences import N_, said

_LINES = N_("only lines of “name = expression” are allowed")
_NOT_TRUTH = N_("it is neither true nor false but %(value)s")


class ExpressionError(Invalid):
    """An expression that is not allowed, not finished within its budget, or does not fit the facts."""

    def __init__(self, source: str, reason: Bilingual) -> None:
        super().__init__(
            "expression.refused",
            N_("The expression “%(source)s” cannot be used: %(reason)s"),
            source=source[:120],
            reason=reason,
        )
        self.reason = reason


@dataclass(frozen=True)
class Evaluation:
    """One evaluation for the record: the text, every fact it read with its value, and what came out."""

    text: str
    inputs: list[dict[str, Any]]
    value: Any

    def as_json(self) -> dict[str, Any]:
        """Give the evaluation as plain facts."""
        return {"condition": self.text, "inputs": self.inputs, "value": self.value}


def refused(source: str, fault: Fault) -> ExpressionError:
    """Make an error of why an evaluation stopped."""
    return ExpressionError(source, fault.said)


def evaluate(source: str, names: Mapping[str, Any], *, now: datetime | None = None) -> Any:
    """Work out an expression over named facts and give its value as a plain fact; facts are never changed.

    ``item.key`` reads ``item["key"]`` of a JSON object. ``today()`` is the UTC day of ``now``; days and times
    come out as ISO texts, whole numbers as whole numbers, all others as exact decimals.

    Raises:
        ExpressionError: ``expression.refused``: not allowed, over budget, or the facts lack what it names.
    """
    return _evaluated(source, names, now, explain=False).value


def explain(source: str, names: Mapping[str, Any], *, now: datetime | None = None) -> Evaluation:
    """Work out an expression as ``evaluate`` does and say which facts it read.

    Raises:
        ExpressionError: ``expression.refused``.
    """
    return _evaluated(source, names, now, explain=True)


def holds(source: str, names: Mapping[str, Any], *, now: datetime | None = None) -> Evaluation:
    """Work out a condition, which has to be true or false.

    Raises:
        ExpressionError: ``expression.refused``: as ``evaluate``, or it is neither.
    """
    found = explain(source, names, now=now)
    if not isinstance(found.value, bool):
        raise ExpressionError(source, said(_NOT_TRUTH, value="null" if found.value is None else found.value))
    return found


def _evaluated(source: str, names: Mapping[str, Any], now: datetime | None, *, explain: bool) -> Evaluation:
    evaluator = Evaluator(names, Setting(strict=True, now=now))
    evaluator.reads = {} if explain else None
    try:
        value = plain(evaluator.value(parser.expression(source)), evaluator.spend)
        inputs = [
            {"expression": name, "value": plain(read, evaluator.spend)}
            for name, read in (evaluator.reads or {}).items()
            if not isinstance(read, (dict, list)) and name not in BUILTINS
        ]
    except Fault as fault:
        raise refused(source, fault) from None
    except RecursionError:
        raise refused(source, Denied(N_("it is too complex"))) from None
    except (ArithmeticError, DecimalException, ValueError) as wrong:
        reason = said(N_("it does not fit the facts (%(detail)s)"), detail=type(wrong).__name__)
        raise ExpressionError(source, reason) from None
    return Evaluation(source, inputs, value)


def check(source: str) -> frozenset[str]:
    """Check an expression without facts and list the top names it reads.

    Raises:
        ExpressionError: ``expression.refused``: it could never be evaluated.
    """
    try:
        node = parser.expression(source)
        _check_calls(node)
    except Denied as denied:
        raise refused(source, denied) from None
    return _read(node, frozenset()) - set(BUILTINS)


def paths_in(source: str) -> frozenset[str]:
    """The names and paths of names in an expression, each with what it begins with; none if it is none."""
    try:
        node = parser.expression(source)
    except Denied:
        return frozenset()
    return frozenset(path for one in tree.walk(node) if (path := tree.dotted(one)))


def is_constant(source: str) -> bool:
    """Say whether an expression reads no fact and no clock, so that its value is known without a case."""
    try:
        node = parser.expression(source)
    except Denied:
        return False
    names = {one.name for one in tree.walk(node) if isinstance(one, tree.Name)}
    return not _read(node, frozenset()) - set(BUILTINS) and not names & {"now", "today"}


def _check_calls(node: tree.Node) -> None:
    for part in tree.walk(node):
        if isinstance(part, tree.Call) and isinstance(part.function, tree.Path):
            raise Denied(
                N_("“.%(name)s()” is no function: functions stand before their value"),
                name=part.function.name,
            )
    for name in sorted(_called(node, frozenset()) - set(BUILTINS)):
        raise Denied(N_("there is no function “%(name)s”"), name=name)


def _called(node: tree.Node, bound: frozenset[str]) -> frozenset[str]:
    """List the names that are called and bound to nothing in the expression itself."""
    inside = bound | _binds(node)
    found: set[str] = set()
    if (
        isinstance(node, tree.Call)
        and isinstance(node.function, tree.Name)
        and node.function.name not in inside
    ):
        found.add(node.function.name)
    return frozenset(found).union(*(_called(part, inside) for part in tree.parts_of(node)))


def _read(node: tree.Node, bound: frozenset[str]) -> frozenset[str]:
    """List the names that are read and bound to nothing in the expression itself."""
    if isinstance(node, tree.Name):
        return frozenset() if node.name in bound else frozenset((node.name,))
    inside = bound | _binds(node)
    return frozenset().union(*(_read(part, inside) for part in tree.parts_of(node)))


def _binds(node: tree.Node) -> frozenset[str]:
    if isinstance(node, (tree.For, tree.Quantified)):
        return frozenset(loop.name for loop in node.loops) | {"partial"}
    if isinstance(node, tree.FunctionOf):
        return frozenset(name for name, _ in node.parameters)
    if isinstance(node, tree.ContextOf):
        return frozenset(name for name, _ in node.entries)
    return frozenset(("item",)) if isinstance(node, tree.Filter) else frozenset()


def assignments(script: str) -> list[tuple[str, str]]:
    """Read a script task: lines of ``name = expression`` and nothing else, as (name, expression) pairs.

    A line that is indented goes on with the expression above it.

    Raises:
        ExpressionError: ``expression.refused``: another statement, or an expression that is not allowed.
    """
    found: list[tuple[str, str]] = []
    for line in _statements(script):
        name, sign, source = line.partition("=")
        name = name.strip()
        if not sign or source.startswith("=") or not _is_step(name):
            raise ExpressionError(script, said(_LINES))
        check(source.strip())
        found.append((name, source.strip()))
    if not found:
        raise ExpressionError(script, said(_LINES))
    return found


def _is_step(name: str) -> bool:
    whole = NAME.fullmatch(name)
    return whole is not None and not name.startswith(("_", "?"))


def _statements(script: str) -> list[str]:
    if len(script) > parser.MAX_SOURCE:
        raise refused(script, Denied(N_("it is longer than %(most)s characters"), most=parser.MAX_SOURCE))
    found: list[str] = []
    for line in script.strip().splitlines():
        if line[:1].isspace() and found:
            found[-1] += f"\n{line}"
        elif line.strip():
            found.append(line)
    return found


def expression_us(source: str, names: Mapping[str, Any], *, rounds: int = 2_000) -> float:
    """Measure the median processor time of one evaluation in microseconds, once the text has been read."""
    evaluate(source, names)
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter_ns()
        evaluate(source, names)
        taken.append(time.perf_counter_ns() - begun)
    return sorted(taken)[rounds // 2] / 1_000
