"""The history of one object: who changed what, when and why, and what its row held on any day (URS-024)."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.access.queries import names_of
from app.objects import queries
from app.objects.kinds import ObjectKind, kinds
from app.objects.models import ChangeState, ObjectChange
from app.objects.texts import raw_row, text_of
from app.sites.models import Site
from app.web import current_person
from app.web.filters import in_language
from app.web.statuses import in_words
from app.web.wording import action_name, column_name
from core.types import Bilingual
from documents.sheets.cells import Column
from signatures import audit
from signatures.audit_models import AuditEntry

MOST, SHOWN = 20_000, 200
"""So many entries are read, and shown: the state on a day needs them all."""
UNSEEN = frozenset({"revision", "id", "area"})
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
        "lines": [_line(session, kind, entry, content, names) for entry, content in said[:SHOWN]],
        "on": day,
        "then": _as_of(session, kind, said, day) if day else None,
        **(_lines_of(session, kind, found, day) if day else {}),
    }


def _lines_of(session: Session, kind: ObjectKind, found: Any, day: date) -> dict[str, Any]:
    """The lines of an object at the end of a day, and whether they are today's.

    A change keeps what was there before it: the first one after the day tells what the day ended with.
    """
    if kind.lines is None:
        return {}
    today = [raw_row(line) for line in kind.lines(session, found)]
    later = [one for one in queries.changes_of(session, kind, found.id) if _changed_after(one, day)]
    before = later[-1].before or {} if later else {}
    then = before.get("lines", today)
    return {"lines_then": then, "lines_same": then == today}


def _changed_after(change: ObjectChange, day: date) -> bool:
    at = change.decided_at or change.proposed_at
    return change.state is ChangeState.APPLIED and change.before is not None and at >= _end_of(day)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(current_person().zone))


def _line(
    session: Session,
    kind: ObjectKind,
    entry: AuditEntry,
    said: Mapping[str, Any],
    names: Mapping[str, Bilingual],
) -> Line:
    actor = said["actor"]
    changes = [
        (_name(kind, name), *(_shown(session, kind, name, value) for value in pair or (None, None)))
        for name, pair in (said["changes"] or {}).items()
        if name not in UNSEEN
    ]
    who = names.get(actor["id"]) or actor["name"]
    return Line(entry.seq, entry.at, who, action_name(entry.action), said["reason"] or "", changes)


def _as_of(
    session: Session, kind: ObjectKind, said: list[tuple[AuditEntry, dict[str, Any]]], day: date
) -> list[tuple[str, Any, Any]]:
    """Each column with its value at the end of a day and today's; empty before the object was opened."""
    until = _end_of(day)
    then: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for entry, content in reversed(said):
        for name, pair in (content["changes"] or {}).items():
            now[name] = pair[1] if pair else None
            if entry.at < until:
                then[name] = now[name]
    if not then:
        return []
    return [
        (
            _name(kind, name),
            _shown(session, kind, name, then.get(name)),
            _shown(session, kind, name, now[name]),
        )
        for name in now
        if name not in UNSEEN
    ]


def _shown(session: Session, kind: ObjectKind, name: str, value: Any) -> Any:
    """A value of the row as people read it: what it points to by name, answers in words."""
    column = kind.model.__table__.columns.get(name)
    pointed = next(iter(column.foreign_keys), None) if column is not None and value else None
    if pointed is not None:
        return _name_of(session, pointed.column.table.name, value)
    listed = _column(kind, name)
    if listed is None or isinstance(value, dict) or value in (None, ""):
        return in_words(value) if isinstance(value, str | bool) else value
    return text_of(listed, value)


def _name(kind: ObjectKind, name: str) -> str:
    """A column of the row by its name in the list of the kind, or as the trail calls it."""
    listed = _column(kind, name)
    return in_language(listed.name) if listed is not None else column_name(name)


def _column(kind: ObjectKind, name: str) -> Column | None:
    """The column of the kind's list that a column of its row is; a revision's own code is its letter."""
    letter = "revision" if name == "code" and hasattr(kind.model, "effective_from") else name
    head = {column.key: column for column in kind.head}
    return head.get(letter) or head.get(name)


def _name_of(session: Session, table: str, key: str) -> Any:
    if table == "person":
        return names_of(session, [key]).get(key, key)
    other = next((one for one in kinds() if one.table == table), None)
    if other is not None and (found := session.get(other.model, uuid.UUID(key))) is not None:
        return other.label(found)
    site = session.get(Site, uuid.UUID(key)) if table == Site.__tablename__ else None
    if site is None:
        return key
    return {lang: f"{site.code} · {name}" for lang, name in site.name.items()}


def _day(on: str) -> date | None:
    try:
        return date.fromisoformat(on) if on else None
    except ValueError:
        return None
