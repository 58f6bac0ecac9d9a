"""Reads what an auditor typed into the filter of the trail."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.governance.queries import TrailFilter


def filter_from(args: Mapping[str, str], zone: str) -> TrailFilter:
    """Read a filter from the query string; days are whole days of the reader's zone, nonsense is none."""
    words = {name: args.get(name, "").strip() for name in ("who", "what", "kind", "object_id", "text")}
    until = _midnight(args.get("until", ""), zone, days=1)
    return TrailFilter(**words, since=_midnight(args.get("since", ""), zone), until=until)


def _midnight(text: str, zone: str, days: int = 0) -> datetime | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=days), time(), tzinfo=ZoneInfo(zone))
