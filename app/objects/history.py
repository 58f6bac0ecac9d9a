"""The history of one object: who changed what, when and why, and what its row held on any day (URS-024)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.access.queries import names_of
from app.objects.kinds import ObjectKind
from app.web import current_person
from app.web.filters import in_language
from app.web.wording import action_name, column_name
from core.types import Bilingual
from signatures import audit
from signatures.audit_models import AuditEntry

MOST = 200
UNSEEN = frozenset({"revision", "id"})
"""Columns that say nothing to people."""


@dataclass(frozen=True)
class Line:
    """One entry of the trail about the object; ``changes`` are name, old and new value."""

    seq: int
    at: datetime
    who: Bilingual | str
    action: str
    reason: str
    changes: list[tuple[str, Any, Any]]


def history_page(session: Session, kind: ObjectKind, found: Any, on: str) -> dict[str, Any]:
    """The history of an object, and what its row held at the end of a day of the reader's clock."""
    entries = audit.history_of(session, kind.table, found.id, limit=MOST)
    said = [(entry, json.loads(entry.entry)) for entry in entries]
    names = names_of(session, [content["actor"]["id"] for _, content in said])
    day = _day(on)
    return {
        "label": in_language(kind.label(found)),
        "lines": [_line(entry, content, names) for entry, content in said],
        "on": day,
        "then": _as_of(said, day, current_person().zone) if day else None,
    }


def _line(entry: AuditEntry, said: Mapping[str, Any], names: Mapping[str, Bilingual]) -> Line:
    actor = said["actor"]
    changes = [
        (column_name(name), *(pair or (None, None)))
        for name, pair in (said["changes"] or {}).items()
        if name not in UNSEEN
    ]
    who = names.get(actor["id"]) or actor["name"]
    return Line(entry.seq, entry.at, who, action_name(entry.action), said["reason"] or "", changes)


def _as_of(said: list[tuple[AuditEntry, dict[str, Any]]], day: date, zone: str) -> list[tuple[str, Any, Any]]:
    """Each column with its value at the end of a day and today's; empty before the object was opened."""
    until = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    then: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for entry, content in reversed(said):
        for name, pair in (content["changes"] or {}).items():
            now[name] = pair[1] if pair else None
            if entry.at < until:
                then[name] = now[name]
    shown = [name for name in now if name not in UNSEEN]
    return [(column_name(name), then.get(name), now[name]) for name in shown] if then else []


def _day(on: str) -> date | None:
    try:
        return date.fromisoformat(on) if on else None
    except ValueError:
        return None
