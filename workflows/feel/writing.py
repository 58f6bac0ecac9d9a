"""Values as text: what ``string()`` gives, and what a text of a number means."""

import re
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any

from workflows.feel import temporal
from workflows.feel.faults import Denied
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
    normal,
)
from workflows.sentences import N_

MAX_TEXT = 10_000
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?", re.ASCII)
Spend = Callable[[int], None]


def write_number(value: Decimal) -> str:
    """Write a number without exponent and without zeros that say nothing."""
    if value == 0:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_number(text: str) -> Decimal | None:
    """Read a number, or nothing."""
    if len(text) > 100 or not _NUMBER.fullmatch(text):
        return None
    try:
        return NUMBERS.create_decimal(text)
    except (DecimalException, ArithmeticError):
        return None


def write(value: Any, spend: Spend) -> str:
    """Write a value as ``string()`` does; a text is itself."""
    return value if isinstance(value, str) else written(value, spend)


def written(value: Any, spend: Spend) -> str:
    """Write a value as it would stand in an expression.

    Raises:
        Denied: the text is too long.
    """
    spend(1)
    make = _WRITE.get(type(value))
    text = make(value, spend) if make else _word(value)
    if len(text) > MAX_TEXT:
        raise Denied(N_("a value is too long"))
    return text


def _word(value: Any) -> str:
    return {None: "null", True: "true", False: "false"}[value]


def _quoted(value: str, spend: Spend) -> str:
    spend(len(value) // 20)
    return '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))


def _list(value: list[Any], spend: Spend) -> str:
    return f"[{_joined((written(normal(member), spend) for member in value), spend)}]"


def _joined(parts: Any, spend: Spend) -> str:
    made, length = [], 0
    for part in parts:
        length += len(part) + 2
        spend(len(part) // 20)
        if length > MAX_TEXT:
            raise Denied(N_("a value is too long"))
        made.append(part)
    return ", ".join(made)


def _context(value: dict[str, Any], spend: Spend) -> str:
    return "{{{}}}".format(
        _joined((f"{_key(k)}: {written(normal(v), spend)}" for k, v in value.items()), spend)
    )


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w ]+", name) else '"{}"'.format(name.replace('"', '\\"'))


def _range(value: Range, spend: Spend) -> str:
    if value.low is None or value.high is None:
        sign = "<" if value.low is None else ">"
        closed = value.high_closed if value.low is None else value.low_closed
        end = value.high if value.low is None else value.low
        return f"{sign}{'=' if closed else ''} {written(end, spend)}"
    low, high = written(normal(value.low), spend), written(normal(value.high), spend)
    return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"


_WRITE: dict[type, Callable[[Any, Spend], str]] = {
    Decimal: lambda value, _spend: write_number(value),
    str: _quoted,
    list: _list,
    dict: _context,
    Range: _range,
    Day: lambda value, _spend: temporal.write_day(value),
    Clock: lambda value, _spend: temporal.write_clock(value),
    Moment: lambda value, _spend: temporal.write_moment(value),
    Months: lambda value, _spend: temporal.write_months(value),
    Days: lambda value, _spend: temporal.write_days(value),
    Function: lambda _value, _spend: "function",
    Builtin: lambda value, _spend: str(value.name),
}


def plain(value: Any, spend: Spend) -> Any:
    """Give a value as a plain fact: days and times become texts, whole numbers whole numbers.

    Raises:
        Denied: a function is no fact.
    """
    spend(1)
    make = _PLAIN.get(type(value))
    return make(value, spend) if make is not None else value


def _no_fact(_value: Any, _spend: Spend) -> Any:
    raise Denied(N_("%(what)s is not allowed"), what="function")


_PLAIN: dict[type, Callable[[Any, Spend], Any]] = {
    Decimal: lambda value, _spend: int(value) if value.as_tuple().exponent == 0 else value,
    list: lambda value, spend: [plain(normal(member), spend) for member in value],
    dict: lambda value, spend: {name: plain(normal(member), spend) for name, member in value.items()},
    **dict.fromkeys((Function, Builtin), _no_fact),
    **dict.fromkeys((Day, Clock, Moment, Months, Days, Range), written),
}


def told(value: Any, spend: Spend) -> Any:
    """Give a value as a plain fact for an explanation, where a function is told as such."""
    try:
        return plain(value, spend)
    except Denied:
        return written(value, spend)
