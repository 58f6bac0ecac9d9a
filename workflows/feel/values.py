"""Values of FEEL: decimal128 numbers, texts, booleans, days, times, durations, ranges, lists, contexts.

Numbers are ``Decimal`` within 34 digits, contexts are ``dict``, lists are ``list``, nothing is ``None``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from workflows.feel.faults import Denied, Wrong
from workflows.sentences import N_

NUMBERS = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""The arithmetic that DMN demands: IEEE 754 decimal128."""

NANO = 1_000_000_000
_DIGITS = 10**34


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """A day of the Gregorian calendar, for any year DMN knows."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day; ``offset`` in seconds east of UTC, or ``zone`` an IANA name, or neither: local."""

    hour: int
    minute: int
    second: int
    nano: int = 0
    offset: int | None = None
    zone: str | None = None

    @property
    def nanos(self) -> int:
        """Nanoseconds since midnight."""
        return ((self.hour * 60 + self.minute) * 60 + self.second) * NANO + self.nano


@dataclass(frozen=True, slots=True)
class Moment:
    """A day with a time of day."""

    day: Day
    clock: Clock


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration of years and months."""

    months: int


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """A duration of days and time, in nanoseconds."""

    nanos: int


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end that is ``None`` is open to that side."""

    low: Any
    high: Any
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function a model made: its parameters with their types, its body, the names it was made among."""

    parameters: tuple[tuple[str, Any], ...]
    body: Any
    frames: tuple[Mapping[str, Any], ...]
    returns: Any = None


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of the language: its name, the names of its parameters in each form, what it does."""

    name: str
    forms: tuple[Any, ...]
    run: Callable[..., Any]


def day_of(value: date) -> Day:
    """Read a Python day."""
    return Day(value.year, value.month, value.day)


def moment_of(value: datetime) -> Moment:
    """Read a Python moment; its zone becomes the offset it has at that moment."""
    return Moment(day_of(value), clock_of(value.timetz(), value))


def clock_of(value: time, at: datetime | None = None) -> Clock:
    """Read a Python time of day."""
    away = at.utcoffset() if at is not None else value.utcoffset()
    offset = None if away is None else int(away.total_seconds())
    return Clock(value.hour, value.minute, value.second, value.microsecond * 1000, offset)


def number(value: int) -> Decimal:
    """Read a whole number.

    Raises:
        Denied: it has more than 34 digits.
    """
    if not -_DIGITS < value < _DIGITS:
        raise Denied(N_("a number is too large"))
    return Decimal(value)


def _float(value: float) -> Decimal:
    return _finite(Decimal(repr(value)))


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise Denied(N_("a number is too large"))
    return value


def _same(value: Any) -> Any:
    return value


_READ: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys((str, bool, type(None), dict, list), _same),
    **dict.fromkeys((Day, Clock, Moment, Months, Days, Range, Function, Builtin), _same),
    Decimal: _finite,
    int: number,
    float: _float,
    tuple: list,
    date: day_of,
    datetime: moment_of,
    time: clock_of,
}


def normal(value: Any) -> Any:
    """Read a fact as a value of FEEL, one level deep.

    Raises:
        Denied: it is an object of the program.
    """
    read = _READ.get(type(value))
    if read is not None:
        return read(value)
    bases: tuple[Any, ...] = (str, int, dict, list)
    for base in bases:
        if isinstance(value, base):
            return normal(base(value))
    raise Denied(N_("%(what)s is not allowed"), what=type(value).__name__)


KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    str: "string",
    Decimal: "number",
    Day: "date",
    Clock: "time",
    Moment: "date and time",
    Months: "years and months duration",
    Days: "days and time duration",
    Range: "range",
    list: "list",
    dict: "context",
    Function: "function",
    Builtin: "function",
}


def kind_of(value: Any) -> str:
    """Say what kind of value this is, in the words of DMN."""
    return KINDS.get(type(value), "?")


def is_number(value: Any) -> bool:
    """Say whether a value is a number; a boolean is none."""
    return type(value) is Decimal


def integer(value: Any, most: int = _DIGITS) -> int:
    """Read a value as a whole number, cutting off what stands behind the point.

    Raises:
        Wrong: it is no number, or larger than ``most``.
    """
    if type(value) is not Decimal or not -most <= value <= most:
        raise Wrong(N_("“%(value)s” is no number that fits here"), value=shown(value))
    return int(value)


def shown(value: Any) -> str:
    """Give a value briefly, for a sentence about it."""
    if isinstance(value, (list, dict, Function, Builtin)):
        return kind_of(value)
    return f"{value}"[:60]
