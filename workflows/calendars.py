"""Working days of a site: due dates and timers marked ``qms:calendar="working"`` are reckoned in them.

The sites register their own calendars; until then Monday to Friday are working days everywhere.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from core.clock import to_zone
from workflows import durations
from workflows.places import place_of

WORKING = "working"
_MOST_DAYS = 3660


class Calendar(Protocol):
    """The working days of one site, on the wall clock of its ``zone`` (an IANA name)."""

    @property
    def zone(self) -> str:
        """The zone in which a day begins and ends."""

    def is_working(self, day: date) -> bool:
        """Say whether people work on a day."""


@dataclass(frozen=True)
class Weekdays:
    """Monday to Friday."""

    zone: str = "UTC"

    def is_working(self, day: date) -> bool:
        """Say whether the day is no Saturday and no Sunday."""
        return day.weekday() < 5


Provider = Callable[[Session, uuid.UUID | None], Calendar]
_provider: list[Provider] = []


def provide(provider: Provider) -> Provider:
    """Let ``provider(session, site_id)`` give the calendars from now on."""
    _provider[:] = [provider]
    return provider


def of_site(session: Session, site_id: uuid.UUID | None) -> Calendar:
    """Give the calendar of a site, or Monday to Friday on its clock where nobody keeps one."""
    return _provider[0](session, site_id) if _provider else Weekdays(place_of(session, site_id).zone)


def after(moment: datetime, duration: str, calendar: Calendar | None) -> datetime:
    """Add an ISO 8601 duration; with a calendar its days are working days, and it ends on one.

    Years, months and weeks are those of the calendar on the wall, hours and less elapsed time; if the end
    falls on a day off, it moves to the same time of the next working day.

    Raises:
        ValueError: it is no duration, or no working day comes within ten years.
    """
    if calendar is None:
        return durations.after(moment, duration)
    days, rest = durations.split_days(duration)
    local = to_zone(durations.after(moment, rest), calendar.zone)
    return _move(local, days, calendar).astimezone(moment.tzinfo)


def _move(moment: datetime, days: int, calendar: Calendar) -> datetime:
    for _ in range(_MOST_DAYS):
        if days == 0 and calendar.is_working(moment.date()):
            return moment
        moment += timedelta(days=1)
        if days and calendar.is_working(moment.date()):
            days -= 1
    raise ValueError("no working day within ten years")
