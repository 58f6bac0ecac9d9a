"""ISO 8601 durations and moments of models: due times and timers, reckoned exactly and in the calendar."""

import calendar
import re
from datetime import UTC, date, datetime, timedelta

from core.languages import LANGUAGES, count
from core.types import Bilingual
from workflows.sentences import NN_

_UNITS = (
    NN_("%(num)d year", "%(num)d years"),
    NN_("%(num)d month", "%(num)d months"),
    NN_("%(num)d week", "%(num)d weeks"),
    NN_("%(num)d day", "%(num)d days"),
    NN_("%(num)d hour", "%(num)d hours"),
    NN_("%(num)d minute", "%(num)d minutes"),
    NN_("%(num)d second", "%(num)d seconds"),
)
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


def as_day(text: str) -> date | None:
    """Read a day such as ``2026-12-31``; None if the text is something else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def is_duration(text: str) -> bool:
    """Say whether a text is an ISO 8601 duration."""
    return _DURATION.match(text.strip()) is not None


def in_words(text: str) -> Bilingual:
    """Say a duration such as ``P2DT4H`` in words: ``2 days 4 hours``.

    Raises:
        ValueError: it is no duration.
    """
    found = _DURATION.match(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no ISO 8601 duration")
    counted = [(unit, int(part)) for unit, part in zip(_UNITS, found.groups(), strict=True) if part]
    return {
        language: " ".join(count(one, many, number, language) for (one, many), number in counted)
        for language in LANGUAGES
    }


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
