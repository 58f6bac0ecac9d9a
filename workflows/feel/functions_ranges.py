"""Functions that say how points and ranges lie to each other (Allen's interval algebra, as in DMN)."""

from typing import Any

from workflows.feel import operators
from workflows.feel.faults import Wrong
from workflows.feel.invocation import Calling, Catalogue
from workflows.feel.parsing import literal_range
from workflows.feel.values import Range
from workflows.sentences import N_

FUNCTIONS: Catalogue = Catalogue()


def _ends(one: Any, other: Any) -> tuple[Range, Range]:
    """Read both as ranges; a point is the range of itself."""
    if one is None or other is None:
        raise Wrong(N_("null cannot be compared"))
    return _range(one), _range(other)


def _range(value: Any) -> Range:
    return value if isinstance(value, Range) else Range(value, value, low_closed=True, high_closed=True)


def _low(one: Range, other: Range) -> int:
    """Compare where two ranges begin."""
    if one.low is None or other.low is None:
        return (one.low is not None) - (other.low is not None)
    found = operators.order(one.low, other.low)
    return found or other.low_closed - one.low_closed


def _high(one: Range, other: Range) -> int:
    """Compare where two ranges end."""
    if one.high is None or other.high is None:
        return (one.high is None) - (other.high is None)
    found = operators.order(one.high, other.high)
    return found or one.high_closed - other.high_closed


def _gap(one: Range, other: Range) -> int:
    """Compare the end of one with the beginning of the other: 0 where they share that point."""
    if one.high is None or other.low is None:
        return 1
    found = operators.order(one.high, other.low)
    return found or (0 if one.high_closed and other.low_closed else -1)


@FUNCTIONS.add("before", "point1:, point2:", "point:, range:", "range:, point:", "range1:, range2:")
def _before(_calling: Calling, one: Any, other: Any) -> bool:
    first, second = _ends(one, other)
    return _gap(first, second) < 0


@FUNCTIONS.add("after", "point1:, point2:", "point:, range:", "range:, point:", "range1:, range2:")
def _after(_calling: Calling, one: Any, other: Any) -> bool:
    first, second = _ends(one, other)
    return _gap(second, first) < 0


@FUNCTIONS.add("meets", "range1: range, range2: range")
def _meets(_calling: Calling, one: Range, other: Range) -> bool:
    return _gap(one, other) == 0


@FUNCTIONS.add("met by", "range1: range, range2: range")
def _met_by(_calling: Calling, one: Range, other: Range) -> bool:
    return _gap(other, one) == 0


@FUNCTIONS.add("overlaps", "range1: range, range2: range")
def _overlaps(_calling: Calling, one: Range, other: Range) -> bool:
    return _gap(one, other) >= 0 and _gap(other, one) >= 0


@FUNCTIONS.add("overlaps before", "range1: range, range2: range")
def _overlaps_before(calling: Calling, one: Range, other: Range) -> bool:
    return _low(one, other) < 0 and _high(one, other) <= 0 and _overlaps(calling, one, other)


@FUNCTIONS.add("overlaps after", "range1: range, range2: range")
def _overlaps_after(calling: Calling, one: Range, other: Range) -> bool:
    return _low(one, other) > 0 and _high(one, other) >= 0 and _overlaps(calling, one, other)


@FUNCTIONS.add("finishes", "point:, range: range", "range1: range, range2: range")
def _finishes(_calling: Calling, one: Any, other: Range) -> bool:
    first, second = _ends(one, other)
    return _high(first, second) == 0 and _low(first, second) >= 0


@FUNCTIONS.add("finished by", "range: range, point:", "range1: range, range2: range")
def _finished_by(calling: Calling, one: Range, other: Any) -> bool:
    return bool(_finishes(calling, other, one))


@FUNCTIONS.add("includes", "range: range, point:", "range1: range, range2: range")
def _includes(_calling: Calling, one: Range, other: Any) -> bool:
    first, second = _ends(one, other)
    return _low(first, second) <= 0 and _high(first, second) >= 0


@FUNCTIONS.add("during", "point:, range: range", "range1: range, range2: range")
def _during(calling: Calling, one: Any, other: Range) -> bool:
    return bool(_includes(calling, other, one))


@FUNCTIONS.add("starts", "point:, range: range", "range1: range, range2: range")
def _starts(_calling: Calling, one: Any, other: Range) -> bool:
    first, second = _ends(one, other)
    return _low(first, second) == 0 and _high(first, second) <= 0


@FUNCTIONS.add("started by", "range: range, point:", "range1: range, range2: range")
def _started_by(calling: Calling, one: Range, other: Any) -> bool:
    return bool(_starts(calling, other, one))


@FUNCTIONS.add("coincides", "point1:, point2:", "range1: range, range2: range")
def _coincides(_calling: Calling, one: Any, other: Any) -> bool:
    first, second = _ends(one, other)
    return _low(first, second) == 0 and _high(first, second) == 0


@FUNCTIONS.add("range", "from: string")
def _read_range(_calling: Calling, text: str) -> Range:
    return literal_range(text)
