"""Functions of days, times and durations."""

from decimal import Decimal
from typing import Any

from workflows.feel import calendar, operators, temporal
from workflows.feel.faults import Wrong
from workflows.feel.invocation import Calling, Catalogue
from workflows.feel.values import (
    NANO,
    Clock,
    Day,
    Days,
    Moment,
    Months,
    Range,
    integer,
    kind_of,
    moment_of,
)
from workflows.sentences import N_

FUNCTIONS: Catalogue = Catalogue()
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAY = "date|date and time"
_PARTS = "year: number, month: number, day: number, hour: number, minute: number, second: number"


def _read(found: Any, text: str, kind: str) -> Any:
    if found is None:
        raise Wrong(N_("“%(text)s” is no %(kind)s"), text=text[:60], kind=kind)
    return found


@FUNCTIONS.add("date", "from: string", f"from: {_DAY}", "year: number, month: number, day: number")
def _date(_calling: Calling, source: Any, month: Any = None, day: Any = None) -> Day:
    if isinstance(source, str):
        found: Day = _read(temporal.read_day(source), source, "date")
        return found
    if isinstance(source, Moment):
        return source.day
    if isinstance(source, Day):
        return source
    if any(part != part.to_integral_value() for part in (source, month, day)):
        raise Wrong(N_("there is no such day"))
    return calendar.day(integer(source, 10**10), integer(month, 10**10), integer(day, 10**10))


@FUNCTIONS.add(
    "time",
    "from: string",
    "from: time|date and time|date",
    "hour: number, minute: number, second: number, offset: days and time duration?",
)
def _time(
    _calling: Calling, source: Any, minute: Any = None, second: Any = None, offset: Any = None
) -> Clock:
    if isinstance(source, str):
        text = source.removeprefix("T")
        found: Clock = _read(temporal.read_clock(text), source, "time")
        return found
    if isinstance(source, Moment):
        return source.clock
    if isinstance(source, Day):
        return Clock(0, 0, 0, 0, 0)
    return source if isinstance(source, Clock) else _clock(source, minute, second, offset)


def _clock(hour: Decimal, minute: Decimal, second: Decimal, offset: Days | None) -> Clock:
    whole = integer(second, 10**6)
    nano = int((second - whole) * NANO)
    parts = (integer(hour, 10**6), integer(minute, 10**6), whole)
    if hour != parts[0] or minute != parts[1]:
        raise Wrong(N_("there is no such time of day"))
    away = offset.nanos // NANO if offset is not None else None
    in_day = 0 <= parts[0] < 24 and 0 <= parts[1] < 60 and 0 <= second < 60
    if not in_day or abs(away or 0) > 18 * 3600:
        raise Wrong(N_("there is no such time of day"))
    return Clock(*parts, nano, away)


@FUNCTIONS.add(
    "date and time",
    "from: string",
    f"from: {_DAY}",
    f"date: {_DAY}, time: time",
    "date: date and time, timezone: string",
    _PARTS,
    f"{_PARTS}, offset: days and time duration?",
    f"{_PARTS}, timezone: string?",
)
def _moment(_calling: Calling, source: Any, *rest: Any) -> Moment:
    if isinstance(source, str):
        found: Moment = _read(temporal.read_moment(source), source, "date and time")
        return found
    if isinstance(source, Decimal):
        return _moment_of_parts(source, *rest)
    day = source.day if isinstance(source, Moment) else source
    if not rest:
        return source if isinstance(source, Moment) else Moment(day, Clock(0, 0, 0, 0, 0))
    if isinstance(rest[0], Clock):
        return Moment(day, rest[0])
    return _in_zone(source, rest[0])


def _moment_of_parts(
    year: Any, month: Any, day: Any, hour: Any, minute: Any, second: Any, zone: Any = None
) -> Moment:
    offset = zone if isinstance(zone, Days) else None
    clock = _clock(hour, minute, second, offset)
    if isinstance(zone, str):
        clock = _read(temporal.read_clock(f"{temporal.write_clock(clock)}@{zone}"), zone, "timezone")
    return Moment(calendar.day(integer(year, 10**10), integer(month, 10**10), integer(day, 10**10)), clock)


def _in_zone(moment: Moment, zone: str) -> Moment:
    if not calendar.is_zone(zone) or calendar.is_local(moment):
        raise Wrong(N_("“%(text)s” is no %(kind)s"), text=zone[:60], kind="timezone")
    utc = calendar.instant(moment)
    days, nanos = divmod(utc, calendar.DAY_NANOS)
    there = Clock(0, 0, 0, 0, None, zone)
    guess = Moment(calendar.day_from(days), calendar.clock_from(nanos, there))
    away = (calendar.offset_of(guess.clock, guess.day) or 0) * NANO
    days, nanos = divmod(utc + away, calendar.DAY_NANOS)
    return Moment(calendar.day_from(days), calendar.clock_from(nanos, there))


@FUNCTIONS.add("duration", "from: string", "from: days and time duration|years and months duration")
def _duration(_calling: Calling, source: Any) -> Months | Days:
    if not isinstance(source, str):
        return source  # type: ignore[no-any-return]
    found: Months | Days = _read(temporal.read_duration(source), source, "duration")
    return found


@FUNCTIONS.add("years and months duration", f"from: {_DAY}, to: {_DAY}")
def _months_between(_calling: Calling, first: Any, last: Any) -> Months:
    one = first.day if isinstance(first, Moment) else first
    other = last.day if isinstance(last, Moment) else last
    return calendar.months_between(one, other)


@FUNCTIONS.add("now", "")
def _now(calling: Calling) -> Moment:
    if calling.setting.now is None:
        raise Wrong(N_("there is no day here"))
    return moment_of(calling.setting.now)


@FUNCTIONS.add("today", "")
def _today(calling: Calling) -> Day:
    day: Day = _now(calling).day
    return day


def _day_of(value: Day | Moment) -> Day:
    return value.day if isinstance(value, Moment) else value


@FUNCTIONS.add("day of year", f"date: {_DAY}")
def _day_of_year(_calling: Calling, value: Any) -> Decimal:
    return Decimal(calendar.day_of_year(_day_of(value)))


@FUNCTIONS.add("day of week", f"date: {_DAY}")
def _day_of_week(_calling: Calling, value: Any) -> str:
    return _WEEKDAYS[calendar.weekday(_day_of(value)) - 1]


@FUNCTIONS.add("month of year", f"date: {_DAY}")
def _month_of_year(_calling: Calling, value: Any) -> str:
    return _MONTHS[_day_of(value).month - 1]


@FUNCTIONS.add("week of year", f"date: {_DAY}")
def _week_of_year(_calling: Calling, value: Any) -> Decimal:
    return Decimal(calendar.week_of_year(_day_of(value)))


@FUNCTIONS.add("is", "value1:?, value2:?")
def _is(calling: Calling, one: Any, other: Any) -> bool:
    if kind_of(one) != kind_of(other):
        return False
    if isinstance(one, (Clock, Moment, Range)):
        return bool(one == other)
    return bool(operators.equal(one, other, calling.spend))
