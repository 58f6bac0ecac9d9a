"""Members of days, times, durations and ranges: ``date.year``, ``range.start``."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from workflows.feel import calendar
from workflows.feel.faults import Wrong
from workflows.feel.values import NANO, Clock, Day, Days, Moment, Months, Range, kind_of
from workflows.sentences import N_

Read = Callable[[Any], Any]
_DAY: dict[str, Read] = {
    "year": lambda one: Decimal(one.year),
    "month": lambda one: Decimal(one.month),
    "day": lambda one: Decimal(one.day),
    "weekday": lambda one: Decimal(calendar.weekday(one)),
}


def _offset(clock: Clock, on: Day | None = None) -> Days | None:
    found = calendar.offset_of(clock, on)
    return None if found is None else Days(found * NANO)


_CLOCK: dict[str, Read] = {
    "hour": lambda one: Decimal(one.hour),
    "minute": lambda one: Decimal(one.minute),
    "second": lambda one: Decimal(one.second) + Decimal(one.nano) / NANO if one.nano else Decimal(one.second),
    "time offset": _offset,
    "timezone": lambda one: one.zone,
}


def _of_day(read: Read) -> Read:
    return lambda moment: read(moment.day)


def _of_clock(read: Read) -> Read:
    return lambda moment: read(moment.clock)


def _part(size: int, within: int | None) -> Read:
    def read(duration: Days) -> Decimal:
        whole = abs(duration.nanos) // (size * NANO)
        found = Decimal(whole if within is None else whole % within)
        return -found if duration.nanos < 0 and found else found

    return read


def _seconds(duration: Days) -> Decimal:
    found = Decimal(abs(duration.nanos) % (60 * NANO)) / NANO
    found = found.to_integral_value() if found == found.to_integral_value() else found
    return -found if duration.nanos < 0 and found else found


def _months(duration: Months, part: int) -> Decimal:
    found = Decimal(divmod(abs(duration.months), 12)[part])
    return -found if duration.months < 0 and found else found


_MEMBERS: dict[type, dict[str, Read]] = {
    Day: {
        **_DAY,
        **dict.fromkeys(("hour", "minute", "second"), lambda _one: Decimal(0)),
        "time offset": lambda _one: Days(0),
        "timezone": lambda _one: None,
    },
    Clock: _CLOCK,
    Moment: {
        **{name: _of_day(read) for name, read in _DAY.items()},
        **{name: _of_clock(read) for name, read in _CLOCK.items()},
        "time offset": lambda one: _offset(one.clock, one.day),
    },
    Days: {
        "days": _part(86_400, None),
        "hours": _part(3600, 24),
        "minutes": _part(60, 60),
        "seconds": _seconds,
    },
    Months: {"years": lambda one: _months(one, 0), "months": lambda one: _months(one, 1)},
    Range: {
        "start": lambda one: one.low,
        "end": lambda one: one.high,
        "start included": lambda one: one.low_closed,
        "end included": lambda one: one.high_closed,
    },
}


def member_of(value: Any, name: str) -> Any:
    """Read a member.

    Raises:
        Wrong: values of this kind have no such member.
    """
    read = _MEMBERS.get(type(value), {}).get(name)
    if read is None:
        raise Wrong(N_("“.%(name)s” cannot be read of %(kind)s"), name=name, kind=kind_of(value))
    return read(value)
