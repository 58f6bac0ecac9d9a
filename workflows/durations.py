"""ISO 8601 durations and moments of models: due times and timers, reckoned exactly and in the calendar."""

import calendar
import re
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(
    r"^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$"
)


def after(moment: datetime, duration: str) -> datetime:
    """Add an ISO 8601 duration such as ``P1MT4H`` to an aware moment; months keep the day if they can.

    Raises:
        ValueError: it is no duration.
    """
    found = _DURATION.match(duration.strip())
    if found is None:
        raise ValueError(f"{duration!r} is no ISO 8601 duration")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    index = moment.year * 12 + moment.month - 1 + years * 12 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    shifted = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
    return shifted + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def moment(text: str) -> datetime:
    """Read an ISO 8601 moment with its zone, as UTC.

    Raises:
        ValueError: it is no moment, or it has no zone.
    """
    read = datetime.fromisoformat(text.strip())
    if read.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return read.astimezone(UTC)


def is_duration(text: str) -> bool:
    """Say whether a text is an ISO 8601 duration."""
    return _DURATION.match(text.strip()) is not None


def is_nothing(duration: str) -> bool:
    """Say whether a duration is no time at all."""
    return not any(digit in duration for digit in "123456789")


def split_days(duration: str) -> tuple[int, str]:
    """Take the days out of a duration, and give them and the rest.

    Raises:
        ValueError: it is no duration.
    """
    found = _DURATION.match(duration.strip())
    if found is None:
        raise ValueError(f"{duration!r} is no ISO 8601 duration")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return days, f"P{years}Y{months}M{weeks}WT{hours}H{minutes}M{seconds}S"
