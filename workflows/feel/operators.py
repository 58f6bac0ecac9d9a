"""Equality, order and arithmetic of FEEL values, with the three-valued logic of DMN.

``spend`` is the budget: whatever walks through lists or contexts pays for each member.
"""

from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any

from workflows.feel import calendar
from workflows.feel.faults import Denied, Wrong
from workflows.feel.values import (
    NUMBERS,
    Builtin,
    Clock,
    Day,
    Days,
    Function,
    Moment,
    Months,
    Range,
    integer,
    is_number,
    kind_of,
    normal,
    shown,
)
from workflows.sentences import N_

Spend = Callable[[int], None]
_TEMPORAL = (Day, Clock, Moment)
_LONGEST = 10**30  # nanoseconds or months


def equal(left: Any, right: Any, spend: Spend) -> bool | None:
    """Say whether two values are the same; ``None`` when they are of kinds that have no sameness."""
    if left is None or right is None:
        return left is None and right is None
    if isinstance(left, (Function, Builtin)) or isinstance(right, (Function, Builtin)):
        return None
    if type(left) is not type(right):
        return None
    if isinstance(left, (list, dict, Range)):
        return _EQUAL[type(left)](left, right, spend)
    if isinstance(left, str):
        spend(len(left) // 20)
    if isinstance(left, (Clock, Moment)):
        return _same_time(left, right)
    return bool(left == right)


def _same_time(left: Clock | Moment, right: Any) -> bool:
    if calendar.is_local(left) != calendar.is_local(right):
        return False
    return bool(_place(left) == _place(right))


def _place(value: Any) -> Any:
    if isinstance(value, Moment):
        return calendar.instant(value)
    return calendar.clock_instant(value) if isinstance(value, Clock) else value


def _equal_lists(left: list[Any], right: list[Any], spend: Spend) -> bool | None:
    if len(left) != len(right):
        return False
    spend(len(left))
    for one, other in zip(left, right, strict=True):
        found = equal(normal(one), normal(other), spend)
        if not found:
            return found
    return True


def _equal_contexts(left: dict[str, Any], right: dict[str, Any], spend: Spend) -> bool | None:
    if left.keys() != right.keys():
        return False
    return _equal_lists(list(left.values()), [right[key] for key in left], spend)


def _equal_ranges(left: Range, right: Range, spend: Spend) -> bool | None:
    if (left.low_closed, left.high_closed) != (right.low_closed, right.high_closed):
        return False
    return _equal_lists([left.low, left.high], [right.low, right.high], spend)


_EQUAL: dict[type, Callable[[Any, Any, Spend], bool | None]] = {
    list: _equal_lists,
    dict: _equal_contexts,
    Range: _equal_ranges,
}


def order(left: Any, right: Any) -> int:
    """Compare two values: below 0, 0, above 0.

    Raises:
        Wrong: they have no order, such as a number and a text.
    """
    if type(left) is not type(right) or not isinstance(left, (Decimal, str, *_TEMPORAL, Months, Days)):
        raise Wrong(
            N_("%(left)s and %(right)s cannot be compared"),
            left=f"{shown(left)} ({kind_of(left)})",
            right=f"{shown(right)} ({kind_of(right)})",
        )
    if isinstance(left, (Clock, Moment)) and calendar.is_local(left) != calendar.is_local(right):
        raise Wrong(N_("one time has a zone and the other has none"))
    one, other = _place(left), _place(right)
    return int(one > other) - int(one < other)


_HOLDS: dict[str, Callable[[int], bool]] = {
    "<": lambda found: found < 0,
    "<=": lambda found: found <= 0,
    ">": lambda found: found > 0,
    ">=": lambda found: found >= 0,
}


def compare(sign: str, left: Any, right: Any, spend: Spend) -> bool | None:
    """Work out ``= != < <= > >=``; compared with null, an order is neither true nor false.

    Raises:
        Wrong: the values have no order or no sameness.
    """
    if sign in ("=", "!="):
        same = equal(left, right, spend)
        if same is None:
            raise Wrong(
                N_("%(left)s and %(right)s cannot be compared"),
                left=f"{shown(left)} ({kind_of(left)})",
                right=f"{shown(right)} ({kind_of(right)})",
            )
        return same is (sign == "=")
    if left is None or right is None:
        return None
    return _HOLDS[sign](order(left, right))


def includes(interval: Range, value: Any) -> bool | None:
    """Say whether a value lies in a range; ``None`` for null.

    Raises:
        Wrong: it has no order with the ends.
    """
    if value is None:
        return None
    if interval.low is not None:
        above = order(value, interval.low)
        if above < 0 or (above == 0 and not interval.low_closed):
            return False
    if interval.high is not None:
        below = order(value, interval.high)
        return below < 0 or (below == 0 and interval.high_closed)
    return True


def inside(value: Any, tested: Any, spend: Spend) -> bool | None:
    """Work out ``value in tested``: a range includes it, a list has it, anything else is the same."""
    if isinstance(tested, Range):
        return includes(tested, value)
    if not isinstance(tested, list):
        return equal(value, tested, spend)
    spend(len(tested))
    for member in tested:
        wanted = normal(member)
        if isinstance(wanted, Range) and not isinstance(value, Range):
            found = includes(wanted, value)
        else:
            found = equal(value, wanted, spend)
        if found:
            return True
    return isinstance(value, list) and equal(value, tested, spend) is True


def _no_fit(sign: str, left: Any, right: Any) -> Wrong:
    return Wrong(
        N_("%(left)s %(sign)s %(right)s cannot be worked out"),
        sign=sign,
        left=f"{shown(left)} ({kind_of(left)})",
        right=f"{shown(right)} ({kind_of(right)})",
    )


def arithmetic(sign: str, left: Any, right: Any) -> Any:
    """Work out ``+ - * / **``; null in, null out.

    Raises:
        Wrong: the operator is not made for these values, or the result is no number.
    """
    if is_number(left) and is_number(right):
        return _numbers(sign, left, right)
    if left is None or right is None:
        raise _no_fit(sign, left, right)
    found = _OTHERS.get(sign)
    result = found(left, right) if found else None
    if result is None:
        raise _no_fit(sign, left, right)
    return result


def _numbers(sign: str, left: Decimal, right: Decimal) -> Decimal:
    try:
        found = _NUMBERS[sign](left, right)
    except (DecimalException, ArithmeticError):
        raise _no_fit(sign, left, right) from None
    if not found.is_finite():
        raise _no_fit(sign, left, right)
    return found


_NUMBERS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "**": NUMBERS.power,
}


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, (Months, Days)) and type(left) is type(right):
        return _sum(left, right, 1)
    if isinstance(left, _TEMPORAL) and isinstance(right, (Months, Days)):
        return calendar.later(left, right)
    if isinstance(left, (Months, Days)) and isinstance(right, _TEMPORAL):
        return calendar.later(right, left)
    return None


def _sum(left: Any, right: Any, sign: int) -> Months | Days | None:
    if isinstance(left, Months):
        return _duration(left, left.months + sign * right.months)
    return _duration(left, left.nanos + sign * right.nanos)


def _duration(like: Months | Days, size: int) -> Months | Days | None:
    """Make a duration of the kind of another; none is longer than any calendar."""
    if abs(size) > _LONGEST:
        return None
    return Months(size) if isinstance(like, Months) else Days(size)


def _subtract(left: Any, right: Any) -> Any:
    if isinstance(left, (Months, Days)) and type(left) is type(right):
        return _sum(left, right, -1)
    if isinstance(left, _TEMPORAL) and isinstance(right, (Months, Days)):
        return calendar.later(left, negative(right))
    if isinstance(left, _TEMPORAL) and isinstance(right, _TEMPORAL):
        return calendar.between(left, right)
    return None


def negative(value: Any) -> Any:
    """Work out ``-x`` of a number or a duration.

    Raises:
        Wrong: it has no negative.
    """
    if is_number(value):
        return NUMBERS.minus(value)
    if isinstance(value, Months):
        return Months(-value.months)
    if isinstance(value, Days):
        return Days(-value.nanos)
    raise Wrong(N_("%(value)s has no negative"), value=shown(value))


def _scaled(duration: Months | Days, by: Decimal, act: Callable[[Decimal, Decimal], Decimal]) -> Any:
    size = Decimal(duration.months if isinstance(duration, Months) else duration.nanos)
    try:
        found = act(size, by)
    except (DecimalException, ArithmeticError):
        return None
    return _duration(duration, int(found)) if abs(found) <= _LONGEST else None


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, (Months, Days)) and is_number(right):
        return _scaled(left, right, NUMBERS.multiply)
    if is_number(left) and isinstance(right, (Months, Days)):
        return _scaled(right, left, NUMBERS.multiply)
    return None


def _divide(left: Any, right: Any) -> Any:
    if isinstance(left, (Months, Days)) and is_number(right):
        return _scaled(left, right, NUMBERS.divide)
    if isinstance(left, Months) and isinstance(right, Months) and right.months:
        return NUMBERS.divide(Decimal(left.months), Decimal(right.months))
    if isinstance(left, Days) and isinstance(right, Days) and right.nanos:
        return NUMBERS.divide(Decimal(left.nanos), Decimal(right.nanos))
    return None


_OTHERS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
}


def steps(low: Any, high: Any, most: int) -> list[Any]:
    """Give the whole numbers or days from one end to the other, upwards or downwards.

    Raises:
        Wrong: the ends are neither numbers nor days, or too far apart.
    """
    if is_number(low) and is_number(high):
        first, last = integer(low, 10**15), integer(high, 10**15)
        if first != low or last != high:
            raise Wrong(N_("only whole numbers or days can be counted through"))
        return [Decimal(one) for one in _counted(first, last, most)]
    if isinstance(low, Day) and isinstance(high, Day):
        found = _counted(calendar.number_of(low), calendar.number_of(high), most)
        return [calendar.day_from(one) for one in found]
    raise Wrong(N_("only whole numbers or days can be counted through"))


def _counted(first: int, last: int, most: int) -> range:
    found = range(first, last + 1) if first <= last else range(first, last - 1, -1)
    if len(found) > most:
        raise Denied(N_("a value is too long"))
    return found
