"""What the search form of the archive asks for."""

from collections.abc import Mapping
from datetime import date

from app.archive.queries import Wanted
from core.errors import Invalid

FIELDS = ("q", "lot", "supplier", "person", "since", "until")
LONGEST = 120


def read_search(sent: Mapping[str, str], *, zone: str) -> tuple[Wanted, dict[str, str], dict[str, Invalid]]:
    """Read the search form: what is wanted, the fields to keep while paging, and what was not a day."""
    kept = {name: sent.get(name, "").strip()[:LONGEST] for name in FIELDS}
    errors: dict[str, Invalid] = {}
    wanted = Wanted(
        words=kept["q"],
        lot=kept["lot"],
        supplier=kept["supplier"],
        person=kept["person"],
        since=_day(kept["since"], "since", errors),
        until=_day(kept["until"], "until", errors),
        zone=zone,
    )
    return wanted, {name: value for name, value in kept.items() if value}, errors


def _day(text: str, field: str, errors: dict[str, Invalid]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[field] = Invalid(
            "search.not_a_day", "Please write a day as year-month-day, such as 2026-11-22.", field=field
        )
        return None
