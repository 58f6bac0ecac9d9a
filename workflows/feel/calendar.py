"""Reckoning with days, times and durations, for every year DMN knows (proleptic Gregorian calendar)."""

import zoneinfo
from datetime import datetime, timedelta

from core.clock import zones
from workflows.feel.faults import Wrong
from workflows.feel.values import NANO, Clock, Day, Days, Moment, Months
from workflows.sentences import N_

MOST_YEARS = 999_999_999
DAY_NANOS = 86_400 * NANO
_ERA = 146_097  # days in 400 years
_UTC = 0


def is_leap(year: int) -> bool:
    """Say whether a year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def length_of_month(year: int, month: int) -> int:
    """Count the days of a month."""
    return 29 if month == 2 and is_leap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def day(year: int, month: int, of_month: int) -> Day:
    """Make a day.

    Raises:
        Wrong: there is no such day.
    """
    if not (-MOST_YEARS <= year <= MOST_YEARS and 1 <= month <= 12):
        raise Wrong(N_("there is no such day"))
    if not 1 <= of_month <= length_of_month(year, month):
        raise Wrong(N_("there is no such day"))
    return Day(year, month, of_month)


def number_of(one: Day) -> int:
    """Count days from 1970-01-01."""
    year = one.year - (one.month <= 2)
    era, of_era = divmod(year, 400)
    of_year = (153 * (one.month + (-3 if one.month > 2 else 9)) + 2) // 5 + one.day - 1
    return era * _ERA + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def day_from(number: int) -> Day:
    """Give the day that many days after 1970-01-01."""
    era, rest = divmod(number + 719_468, _ERA)
    of_era = (rest - rest // 1460 + rest // 36_524 - rest // 146_096) // 365
    of_year = rest - (365 * of_era + of_era // 4 - of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return day(era * 400 + of_era + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1)


def weekday(one: Day) -> int:
    """Number the day of the week, Monday 1 to Sunday 7 (ISO 8601)."""
    return (number_of(one) + 3) % 7 + 1


def day_of_year(one: Day) -> int:
    """Number the day in its year, from 1."""
    return number_of(one) - number_of(Day(one.year, 1, 1)) + 1


def week_of_year(one: Day) -> int:
    """Number the week (ISO 8601)."""
    thursday = number_of(one) - weekday(one) + 4
    return (thursday - number_of(Day(day_from(thursday).year, 1, 1))) // 7 + 1


def clock_from(nanos: int, like: Clock) -> Clock:
    """Give the time of day that many nanoseconds after midnight, in the zone of another."""
    seconds, nano = divmod(nanos % DAY_NANOS, NANO)
    minutes, second = divmod(seconds, 60)
    return Clock(minutes // 60, minutes % 60, second, nano, like.offset, like.zone)


def is_zone(name: str) -> bool:
    """Say whether this is the name of a time zone (IANA)."""
    return name in zones()


def offset_of(clock: Clock, on: Day | None = None) -> int | None:
    """Give the offset from UTC in seconds; a zone without a day is read at the beginning of 1970."""
    if clock.zone is None:
        return clock.offset
    one = on or Day(1970, 1, 1)
    year = min(max(one.year, 1), 9999)
    of_month = one.day if one.year == year else min(one.day, 28)
    zone = zoneinfo.ZoneInfo(clock.zone)
    local = datetime(year, one.month, of_month, clock.hour, clock.minute, clock.second, tzinfo=zone)
    away = local.utcoffset()
    return int((away or timedelta()).total_seconds())


def instant(moment: Moment) -> int:
    """Give nanoseconds since 1970; of a local moment as if it stood in UTC."""
    local = number_of(moment.day) * DAY_NANOS + moment.clock.nanos
    return local - (offset_of(moment.clock, moment.day) or 0) * NANO


def is_local(value: Clock | Moment) -> bool:
    """Say whether a time has neither offset nor zone."""
    clock = value.clock if isinstance(value, Moment) else value
    return clock.offset is None and clock.zone is None


def add_months(one: Day, months: int) -> Day:
    """Go months forward; the day is that of the month, or its last."""
    year, month = divmod(one.year * 12 + one.month - 1 + months, 12)
    if not -MOST_YEARS <= year <= MOST_YEARS:
        raise Wrong(N_("there is no such day"))
    return Day(year, month + 1, min(one.day, length_of_month(year, month + 1)))


def later(value: Day | Clock | Moment, by: Months | Days) -> Day | Clock | Moment:
    """Add a duration to a day, a time of day or a moment.

    Raises:
        Wrong: there is no such day, or months were added to a time of day.
    """
    if isinstance(by, Months):
        return _months_later(value, by.months)
    if isinstance(value, Clock):
        return clock_from(value.nanos + by.nanos, value)
    if isinstance(value, Day):
        return day_from((number_of(value) * DAY_NANOS + by.nanos) // DAY_NANOS)
    days, nanos = divmod(number_of(value.day) * DAY_NANOS + value.clock.nanos + by.nanos, DAY_NANOS)
    return Moment(day_from(days), clock_from(nanos, value.clock))


def _months_later(value: Day | Clock | Moment, months: int) -> Day | Moment:
    if isinstance(value, Day):
        return add_months(value, months)
    if isinstance(value, Moment):
        return Moment(add_months(value.day, months), value.clock)
    raise Wrong(N_("months cannot be added to a time of day"))


def between(later_one: Day | Clock | Moment, earlier: Day | Clock | Moment) -> Days:
    """Give the duration from one to the other.

    Raises:
        Wrong: one has a zone and the other has none, or they are of different kinds.
    """
    first, second = as_moment(later_one), as_moment(earlier)
    if isinstance(first, Moment) and isinstance(second, Moment):
        if is_local(first) != is_local(second):
            raise Wrong(N_("one time has a zone and the other has none"))
        return Days(instant(first) - instant(second))
    if isinstance(first, Clock) and isinstance(second, Clock):
        if is_local(first) != is_local(second):
            raise Wrong(N_("one time has a zone and the other has none"))
        return Days(clock_instant(first) - clock_instant(second))
    raise Wrong(N_("a day and a time of day have no distance"))


def clock_instant(clock: Clock) -> int:
    """Give nanoseconds since midnight UTC."""
    return clock.nanos - (offset_of(clock) or 0) * NANO


def as_moment(value: Day | Clock | Moment) -> Moment | Clock:
    """Read a day as its midnight in UTC; leave everything else."""
    return Moment(value, Clock(0, 0, 0, 0, _UTC)) if isinstance(value, Day) else value


def months_between(first: Day, last: Day) -> Months:
    """Count the whole months from one day to another."""
    months = (last.year - first.year) * 12 + last.month - first.month
    if months > 0 and last.day < first.day:
        months -= 1
    elif months < 0 and last.day > first.day:
        months += 1
    return Months(months)
