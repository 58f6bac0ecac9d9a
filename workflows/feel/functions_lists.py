"""Functions of lists."""

import functools
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from workflows.feel import operators
from workflows.feel.faults import Wrong
from workflows.feel.functions_numbers import exact
from workflows.feel.invocation import Calling, Catalogue
from workflows.feel.values import NUMBERS, Days, Months, integer, is_number, normal
from workflows.sentences import N_

FUNCTIONS: Catalogue = Catalogue()
_MOST = 10_000
_ONE, _MANY = "list: list", "*list:"


def members(values: Sequence[Any]) -> list[Any]:
    """Read the members of a list."""
    return [normal(value) for value in values]


@FUNCTIONS.add("list contains", "list: list, element:")
def _contains(calling: Calling, values: list[Any], wanted: Any) -> bool:
    calling.spend(len(values))
    return any(operators.equal(one, wanted, calling.spend) for one in members(values))


@FUNCTIONS.add("count", _ONE)
def _count(_calling: Calling, values: list[Any]) -> Decimal:
    return Decimal(len(values))


def _extreme(calling: Calling, values: list[Any], sign: int) -> Any:
    found = None
    calling.spend(len(values))
    for one in members(values):
        if one is None:
            raise Wrong(N_("null cannot be compared"))
        if found is None or operators.order(one, found) * sign > 0:
            found = one
    if len(values) == 1:
        operators.order(found, found)
    return found


@FUNCTIONS.add("min", _ONE, _MANY)
def _min(calling: Calling, values: list[Any]) -> Any:
    return _extreme(calling, values, -1)


@FUNCTIONS.add("max", _ONE, _MANY)
def _max(calling: Calling, values: list[Any]) -> Any:
    return _extreme(calling, values, 1)


def numbers(calling: Calling, values: Sequence[Any]) -> list[Decimal]:
    """Read a list of numbers.

    Raises:
        Wrong: something else is among them.
    """
    calling.spend(len(values))
    found = members(values)
    if not all(is_number(one) for one in found):
        raise Wrong(N_("only numbers are expected here"))
    return found


@FUNCTIONS.add("sum", _ONE, _MANY)
def _sum(calling: Calling, values: list[Any]) -> Any:
    found = members(values)
    calling.spend(len(found))
    if not found:
        return None
    if not (all(is_number(one) for one in found) or _one_kind(found)):
        raise Wrong(N_("only numbers are expected here"))
    return functools.reduce(lambda one, other: operators.arithmetic("+", one, other), found)


def _one_kind(values: list[Any]) -> bool:
    return isinstance(values[0], (Months, Days)) and all(type(one) is type(values[0]) for one in values)


@FUNCTIONS.add("product", _ONE, _MANY)
def _product(calling: Calling, values: list[Any]) -> Any:
    found = numbers(calling, values)
    return (
        functools.reduce(lambda one, other: operators.arithmetic("*", one, other), found) if found else None
    )


@FUNCTIONS.add("mean", _ONE, _MANY)
def _mean(calling: Calling, values: list[Any]) -> Any:
    found = _sum(calling, values)
    return None if found is None else operators.arithmetic("/", found, Decimal(len(values)))


@FUNCTIONS.add("median", _ONE, _MANY)
def _median(calling: Calling, values: list[Any]) -> Any:
    found = sorted(numbers(calling, values))
    if not found:
        return None
    middle = len(found) // 2
    if len(found) % 2:
        return found[middle]
    return exact(lambda: NUMBERS.divide(NUMBERS.add(found[middle - 1], found[middle]), Decimal(2)))


@FUNCTIONS.add("stddev", _ONE, _MANY)
def _stddev(calling: Calling, values: list[Any]) -> Any:
    found = numbers(calling, values)
    if len(found) < 2:
        return None
    mean = _mean(calling, values)
    squares = [NUMBERS.power(NUMBERS.subtract(one, mean), 2) for one in found]
    total = functools.reduce(NUMBERS.add, squares)
    return exact(lambda: NUMBERS.sqrt(NUMBERS.divide(total, Decimal(len(found) - 1))))


@FUNCTIONS.add("mode", _ONE, _MANY)
def _mode(calling: Calling, values: list[Any]) -> list[Decimal]:
    counts: dict[Decimal, int] = {}
    for one in numbers(calling, values):
        counts[one] = counts.get(one, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(one for one, count in counts.items() if count == most)


def _truths(calling: Calling, values: list[Any], decisive: bool) -> bool | None:
    calling.spend(len(values))
    found = members(values)
    if any(one is decisive for one in found):
        return decisive
    if not all(isinstance(one, bool) for one in found):
        if calling.strict or not all(one is None or isinstance(one, bool) for one in found):
            raise Wrong(N_("only true and false are expected here"))
        return None
    return not decisive


@FUNCTIONS.add("all", _ONE, _MANY)
def _all(calling: Calling, values: list[Any]) -> bool | None:
    return _truths(calling, values, decisive=False)


@FUNCTIONS.add("any", _ONE, _MANY)
def _any(calling: Calling, values: list[Any]) -> bool | None:
    return _truths(calling, values, decisive=True)


def _begin(values: list[Any], place: Decimal, *, behind: int = 0) -> int:
    """Give the index of a place that counts from 1, or from the end when negative."""
    found = integer(place, 10**9)
    if found == 0 or found > len(values) + behind or -found > len(values):
        raise Wrong(N_("there is no member %(place)s; the first is 1"), place=found)
    return found - 1 if found > 0 else len(values) + found


@FUNCTIONS.add("sublist", "list: list, start position: number, length: number?")
def _sublist(_calling: Calling, values: list[Any], start: Decimal, length: Decimal | None) -> list[Any]:
    begin = _begin(values, start)
    end = len(values) if length is None else begin + integer(length, 10**9)
    if end > len(values) or end < begin:
        raise Wrong(N_("there is no member %(place)s; the first is 1"), place=end)
    return values[begin:end]


@FUNCTIONS.add("append", "list: list, *items:")
def _append(_calling: Calling, values: list[Any], more: list[Any]) -> list[Any]:
    return [*values, *more]


@FUNCTIONS.add("concatenate", "*lists: list")
def _concatenate(calling: Calling, lists: list[Any]) -> list[Any]:
    made: list[Any] = []
    for one in members(lists):
        if one is None:
            raise Wrong(N_("only lists can be joined"))
        made.extend(one if isinstance(one, list) else [one])
        calling.sized(made)
    return made


@FUNCTIONS.add("insert before", "list: list, position: number, newItem:")
def _insert(_calling: Calling, values: list[Any], place: Decimal, item: Any) -> list[Any]:
    begin = _begin(values, place, behind=0)
    return [*values[:begin], item, *values[begin:]]


@FUNCTIONS.add("remove", "list: list, position: number")
def _remove(_calling: Calling, values: list[Any], place: Decimal) -> list[Any]:
    begin = _begin(values, place)
    return [*values[:begin], *values[begin + 1 :]]


@FUNCTIONS.add(
    "list replace",
    "list: list, position: number, newItem:",
    "list: list, match: function, newItem:",
)
def _replace(calling: Calling, values: list[Any], which: Any, item: Any) -> list[Any]:
    if isinstance(which, Decimal):
        begin = _begin(values, which)
        return [*values[:begin], item, *values[begin + 1 :]]
    calling.spend(len(values))
    made = []
    for one in members(values):
        found = calling.apply(which, [one, item])
        if not isinstance(found, bool):
            raise Wrong(N_("only true and false are expected here"))
        made.append(item if found else one)
    return made


@FUNCTIONS.add("reverse", "list: list")
def _reverse(_calling: Calling, values: list[Any]) -> list[Any]:
    return values[::-1]


@FUNCTIONS.add("index of", "list: list, match:")
def _index_of(calling: Calling, values: list[Any], wanted: Any) -> list[Decimal]:
    calling.spend(len(values))
    found = enumerate(members(values), 1)
    return [Decimal(place) for place, one in found if operators.equal(one, wanted, calling.spend)]


def _distinct(calling: Calling, values: Sequence[Any]) -> list[Any]:
    made: list[Any] = []
    for one in members(values):
        calling.spend(1 + len(made))
        if not any(operators.equal(one, other, calling.spend) for other in made):
            made.append(one)
    return made


@FUNCTIONS.add("distinct values", "list: list")
def _distinct_values(calling: Calling, values: list[Any]) -> list[Any]:
    return _distinct(calling, values)


@FUNCTIONS.add("union", "*lists: list")
def _union(calling: Calling, lists: list[Any]) -> list[Any]:
    return _distinct(calling, _concatenate(calling, lists))


@FUNCTIONS.add("flatten", "list: list")
def _flatten(calling: Calling, values: list[Any]) -> list[Any]:
    made: list[Any] = []
    _flatten_into(calling, values, made)
    return made


def _flatten_into(calling: Calling, values: list[Any], made: list[Any]) -> None:
    calling.spend(len(values))
    for one in members(values):
        if isinstance(one, list):
            _flatten_into(calling, one, made)
        else:
            made.append(one)
    if len(made) > _MOST:
        calling.sized(made)


@FUNCTIONS.add("sort", "list: list, precedes: function?")
def _sort(calling: Calling, values: list[Any], precedes: Any) -> list[Any]:
    compare = _by(calling, precedes) if precedes is not None else operators.order
    calling.spend(len(values))

    def ordered(one: Any, other: Any) -> int:
        calling.spend(1)
        return compare(one, other)

    return sorted(members(values), key=functools.cmp_to_key(ordered))


def _by(calling: Calling, precedes: Any) -> Callable[[Any, Any], int]:
    def compare(one: Any, other: Any) -> int:
        found = calling.apply(precedes, [one, other])
        if not isinstance(found, bool):
            raise Wrong(N_("only true and false are expected here"))
        if found:
            return -1
        return 1 if calling.apply(precedes, [other, one]) is True else 0

    return compare
