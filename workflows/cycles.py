"""When timers fire: once after a duration, once at a moment, or again and again (ISO 8601).

A day without a time is the moment at which it begins at the site of the case.
"""

import re
from datetime import date, datetime

from core.clock import day_begins
from workflows import durations
from workflows.calendars import Calendar, after

ENDLESS = -1
UTC = "UTC"
_CYCLE = re.compile(r"^R(?P<times>\d*)/(?:(?P<start>[^/P][^/]*)/)?(?P<every>P[^/]+)$")


def is_literal(kind: str, text: str) -> bool:
    """Say whether the text of a timer is ISO 8601 itself, as editors write it, and not an expression."""
    try:
        if kind == "timeDuration":
            return durations.is_duration(text)
        if kind == "timeCycle":
            _read(text)
        else:
            _moment(text, UTC)
    except ValueError:
        return False
    return True


def first(
    kind: str, text: str, now: datetime, calendar: Calendar | None, zone: str = UTC
) -> tuple[datetime, int]:
    """Say when a timer fires that starts now, and how often; days begin on the wall clock of ``zone``.

    Raises:
        ValueError: the text cannot be read.
    """
    if kind == "timeDuration":
        return after(now, text, calendar), 1
    if kind == "timeDate":
        return _moment(text, zone), 1
    times, start, every = _read(text)
    return (start if start is not None else after(now, every, calendar)), times


def following(
    text: str, fired: datetime, left: int, now: datetime, calendar: Calendar | None
) -> tuple[datetime, int]:
    """Say when a cycle fires after one firing, and how often still; missed ones have fired with it.

    Raises:
        ValueError: the text cannot be read.
    """
    every = _read(text)[2]
    due, left = after(fired, every, calendar), left - 1 if left > 0 else left
    while due <= now and left != 0:
        due, left = after(due, every, calendar), left - 1 if left > 0 else left
    return due, left


def _moment(text: str, zone: str) -> datetime:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return durations.moment(text)
    return day_begins(day, zone)


def _read(text: str) -> tuple[int, datetime | None, str]:
    found = _CYCLE.match(text.strip())
    if found is None or not durations.is_duration(found["every"]):
        raise ValueError(f"{text!r} is no repeating interval")
    if durations.is_nothing(found["every"]):
        raise ValueError(f"{text!r} repeats without a pause")
    start = durations.moment(found["start"]) if found["start"] else None
    return (int(found["times"]) if found["times"] else ENDLESS), start, found["every"]
