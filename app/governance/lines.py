"""Turns entries of the trail into lines people can read: who, what, before and after, why."""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.access.queries import names_of
from app.objects.addresses import address_of
from app.objects.kinds import ObjectKind, kinds
from app.web import current_person, refusals, wording
from app.web.doors import declared_rights
from app.web.filters import in_language, moment
from app.web.rights import ROLES
from app.web.statuses import in_words
from core.db import Base
from core.types import Bilingual
from documents.sheets.cells import said_of
from signatures.audit_models import AuditEntry

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
LONGEST = 300
UNSEEN = frozenset({"revision", "correlation_id"})
"""Columns and facts that say nothing to people; the export has them."""

_STATES = frozenset({"state", "status", "state_before", "status_before"})
Names = Mapping[str, Bilingual]


@dataclass(frozen=True)
class Change:
    """One column of a changed row; ``withheld`` values are secrets that never entered the trail."""

    label: str
    old: Any
    new: Any
    withheld: bool = False


@dataclass(frozen=True)
class Line:
    """One entry as it is shown; ``facts`` are pairs of name and value of an event or its circumstances."""

    seq: int
    at: datetime
    who: str
    login: str
    on_behalf_of: str
    action: str
    action_label: str
    kind: str
    kind_label: str
    object_id: str
    url: str | None
    reason: str
    changes: tuple[Change, ...]
    facts: tuple[tuple[str, Any], ...]
    hash: str


def lines_of(session: Session, entries: Iterable[AuditEntry]) -> list[Line]:
    """Read entries with the names of the people they mention, and the numbers and codes of what they name."""
    rows = [(entry, json.loads(entry.entry)) for entry in entries]
    mentioned = {text for _entry, said in rows for text in _ids_in(said)}
    names = _numbers_of(session, [said for _entry, said in rows]) | names_of(session, mentioned)
    return [_line(entry, said, names) for entry, said in rows]


def _numbers_of(session: Session, entries: Iterable[Mapping[str, Any]]) -> dict[str, Bilingual]:
    """What the keys in changed rows point to, by number or code: one query a table."""
    wanted: dict[Table, set[uuid.UUID]] = {}
    for said in entries:
        table = Base.metadata.tables.get(said["subject"][0])
        columns: Mapping[str, Any] = dict(table.c.items()) if table is not None else {}
        for name, pair in (said["changes"] or {}).items():
            for key in columns[name].foreign_keys if name in columns else ():
                held = [uuid.UUID(one) for one in pair or () if isinstance(one, str) and UUID.match(one)]
                wanted.setdefault(key.column.table, set()).update(held)
    found: dict[str, Bilingual] = {}
    for table, ids in wanted.items():
        called = next((table.c[name] for name in ("number", "code") if name in table.c), None)
        if called is not None and ids:
            for key, text in session.execute(select(table.c.id, called).where(table.c.id.in_(ids))):
                found[str(key)] = {"en": text, "zh": text}
    return found


def _line(entry: AuditEntry, said: dict[str, Any], names: Names) -> Line:
    actor = said["actor"]
    person = names.get(actor["id"])
    deputy_for = actor.get("on_behalf_of")
    kind, object_id = said["subject"]
    return Line(
        seq=entry.seq,
        at=entry.at,
        who=in_language(person) if person else actor["name"],
        login=actor["login"],
        on_behalf_of=_value(deputy_for, names) if deputy_for else "",
        action=entry.action,
        action_label=wording.action_name(entry.action),
        kind=kind,
        kind_label=_kind_label(kind),
        object_id=object_id,
        url=_page_of(kind, object_id),
        reason=said["reason"] or "",
        changes=tuple(_change(kind, name, pair, names) for name, pair in _in_order(said["changes"])),
        facts=tuple(
            (wording.column_name(name), _value(_worded(kind, name, value), names))
            for name, value in _in_order(refusals.in_both(said["facts"] or {}))
        ),
        hash=entry.hash,
    )


def _in_order(pairs: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in (pairs or {}).items() if name not in UNSEEN]


def _kind_label(kind: str) -> str:
    of = _object_kind(kind)
    return in_language(of.title) if of is not None and kind == of.name else wording.table_name(kind)


def _object_kind(kind: str) -> ObjectKind | None:
    """The kind of object that a table, or a subject of the trail, is of."""
    return next((one for one in kinds() if kind in (one.name, one.table)), None)


def _worded(kind: str, name: str, value: Any) -> Any:
    """A value that is a code, in words: a role, a state, an answer of the object's list."""
    if not isinstance(value, str):
        return value
    if name == "role":
        return ROLES.get(value, value)
    if name in _STATES:
        return in_words(value) if value else value
    of = _object_kind(kind)
    column = next((one for one in of.head if one.key == name), None) if of is not None else None
    return (said_of(column.read, value) if column is not None else None) or value


def _change(kind: str, name: str, pair: list[Any] | None, names: Names) -> Change:
    label = wording.column_name(name)
    if pair is None:
        return Change(label, None, None, withheld=True)
    old, new = (_value(_worded(kind, name, one), names) for one in pair)
    return Change(label, old, new)


def _value(value: Any, names: Names) -> Any:
    """Show a value of the trail: names for people, the reader's language, moments in his zone."""
    if isinstance(value, dict):
        if set(value) == {"en", "zh"}:
            return in_language(value)
        parts = (f"{_value(key, names)}: {_value(part, names)}" for key, part in value.items())
        return _shortened("; ".join(parts))
    if isinstance(value, list):
        return _shortened(", ".join(str(_value(item, names)) for item in value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if not isinstance(value, str):
        return value
    if value in names:
        return in_language(names[value])
    return _local(value) if MOMENT.match(value) else _shortened(value)


def _local(text: str) -> str:
    """Show a moment on the reader's clock, as plain text: it may stand among others."""
    return moment(text, "seconds").striptags()


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _ids_in(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for item in (*value.keys(), *value.values()):
            yield from _ids_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids_in(item)
    elif isinstance(value, str) and (UUID.match(value) or value.startswith("system:")):
        yield value


def _page_of(kind: str, object_id: str) -> str | None:
    if not UUID.match(object_id):
        return None
    page = wording.PAGES.get(kind.rsplit(".", 1)[-1])
    if page is None:
        return _object_page(kind, object_id)
    right = declared_rights().get(page[0])
    if right is None or not current_person().may(right):
        return None
    arguments: dict[str, Any] = {page[1]: object_id}
    return url_for(page[0], **arguments)


def _object_page(kind: str, object_id: str) -> str | None:
    """The page of an object, for who may see its kind; the trail names it by table or by kind."""
    of = _object_kind(kind)
    if of is None or not current_person().may(of.read):
        return None
    return address_of(of, uuid.UUID(object_id)) or None
