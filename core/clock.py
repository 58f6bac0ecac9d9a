"""The plant's one clock.

Only the edges (routes, jobs, commands) ask it; everything below takes ``now`` as an argument (URS-147).
"""

from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def now() -> datetime:
    """Say the present moment, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)


@cache
def zones() -> frozenset[str]:
    """Name the time zones there are (IANA); the machine's six hundred files are opened once."""
    return frozenset(available_timezones())


def to_zone(moment: datetime, zone: str) -> datetime:
    """Show an aware moment on the wall clock of an IANA zone such as ``Asia/Shanghai``.

    Raises:
        ValueError: the moment is naive; a time without a zone proves nothing.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return moment.astimezone(ZoneInfo(zone))


def wall_time(moment: datetime, zone: str, *, precision: str = "minutes") -> str:
    """Write a moment as a record does, on the wall clock of an IANA zone: ``2026-11-22 16:10 UTC+08:00``.

    ``precision`` is what :meth:`datetime.datetime.isoformat` calls its ``timespec``.
    """
    local = to_zone(moment, zone)
    text, offset = local.replace(tzinfo=None).isoformat(" ", precision), local.strftime("%z")
    return f"{text} UTC{offset[:3]}:{offset[3:5]}"


def site_day(moment: datetime, zone: str) -> date:
    """Name the calendar day that a moment belongs to at a site; expiry and due days are counted in it."""
    return to_zone(moment, zone).date()


def day_begins(day: date, zone: str) -> datetime:
    """Say when a calendar day begins on the wall clock of an IANA zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
