"""Cells of decision tables: the unary tests of DMN (S-FEEL), meaning here what they mean elsewhere.

``-`` · ``"a"`` · ``"a","b"`` · ``not("a")`` · ``[3..10]`` ``]3..10[`` ``(3..10)`` · ``>= 3`` · ``? > 3 and ?
< 9``
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows import expressions
from workflows.sentences import same

CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
INPUT = "dmn_input"

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_RANGE = re.compile(r"^([\[\](])(.+?)\.\.(.+)([\[\])])$", re.DOTALL)
_NOT = re.compile(r"^not\s*\((.*)\)$", re.DOTALL)
_OUTSIDE_QUOTES = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\?""")


@dataclass(frozen=True)
class Test:
    """One cell, read: what kind of test, and the expressions it needs."""

    kind: str
    sources: tuple[str, ...] = ()
    parts: tuple["Test", ...] = ()
    sign: str = ""

    def names(self) -> frozenset[str]:
        """List the facts that the cell itself names."""
        own = {name for source in self.sources for name in expressions.check(source)}
        inner = {name for part in self.parts for name in part.names()}
        return frozenset(own | inner) - {INPUT, *CONSTANTS}

    def matches(self, value: Any, facts: Mapping[str, Any], now: datetime | None) -> bool:
        """Say whether the input value passes.

        Raises:
            ExpressionError: the cell does not fit the facts, e.g. a number compared with a text.
        """
        return _MATCH[self.kind](self, value, {**facts, **CONSTANTS, INPUT: value}, now)


def parse(cell: str) -> Test:
    """Read the text of an input cell.

    Raises:
        ExpressionError: it is no unary test.
    """
    cell = cell.strip()
    if cell in ("", "-"):
        return Test("any")
    inverse = _NOT.match(cell)
    if inverse:
        return Test("not", parts=(parse(inverse.group(1)),))
    pieces = _split(cell)
    if len(pieces) > 1:
        return Test("or", parts=tuple(parse(piece) for piece in pieces))
    return _single(cell)


def _single(cell: str) -> Test:
    interval = _RANGE.match(cell)
    if interval:
        opening, low, high, closing = interval.groups()
        test = Test("range", (low.strip(), high.strip()), sign=("[" if opening == "[" else "(") + closing)
    elif any(cell.startswith(sign) for sign in _SIGNS):
        sign = next(sign for sign in _SIGNS if cell.startswith(sign))
        test = Test("compare", (cell[len(sign) :].strip(),), sign=sign)
    else:
        asked = _OUTSIDE_QUOTES.sub(lambda found: found.group(1) or INPUT, cell)
        test = Test("true" if asked != cell else "equal", (asked,))
    for source in test.sources:
        expressions.check(source)
    return test


def _split(cell: str) -> list[str]:
    pieces, depth, quote, start = [], 0, "", 0
    for place, sign in enumerate(cell):
        if quote:
            quote = "" if sign == quote and cell[place - 1] != "\\" else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and depth == 0:
            pieces.append(cell[start:place].strip())
            start = place + 1
    return [*pieces, cell[start:].strip()]


def _any(_test: Test, _value: Any, _names: Mapping[str, Any], _now: datetime | None) -> bool:
    return True


def _not(test: Test, value: Any, names: Mapping[str, Any], now: datetime | None) -> bool:
    return not test.parts[0].matches(value, names, now)


def _or(test: Test, value: Any, names: Mapping[str, Any], now: datetime | None) -> bool:
    return any(part.matches(value, names, now) for part in test.parts)


def _true(test: Test, _value: Any, names: Mapping[str, Any], now: datetime | None) -> bool:
    return expressions.evaluate(test.sources[0], names, now=now) is True


def _equal(test: Test, value: Any, names: Mapping[str, Any], now: datetime | None) -> bool:
    wanted = expressions.evaluate(test.sources[0], names, now=now)
    return value in wanted if isinstance(wanted, list) else _same(value, wanted)


def _same(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _compare(test: Test, value: Any, names: Mapping[str, Any], now: datetime | None) -> bool:
    wanted = expressions.evaluate(test.sources[0], names, now=now)
    return _ordered(test.sign, value, wanted)


def _range(test: Test, value: Any, names: Mapping[str, Any], now: datetime | None) -> bool:
    low, high = (expressions.evaluate(source, names, now=now) for source in test.sources)
    above = _ordered(">=" if test.sign[0] == "[" else ">", value, low)
    return above and _ordered("<=" if test.sign[1] == "]" else "<", value, high)


def _ordered(sign: str, value: Any, wanted: Any) -> bool:
    try:
        return bool(_SIGNS[sign](value, wanted))
    except TypeError as wrong:
        raise expressions.ExpressionError(f"{value!r} {sign} {wanted!r}", same(str(wrong))) from None


_MATCH: dict[str, Callable[[Test, Any, Mapping[str, Any], datetime | None], bool]] = {
    "any": _any,
    "not": _not,
    "or": _or,
    "true": _true,
    "equal": _equal,
    "compare": _compare,
    "range": _range,
}
