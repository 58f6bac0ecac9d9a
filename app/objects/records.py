"""What the step that accepts a change shows and its record prints: what is there, what shall be, and why."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.access.queries import name_of
from app.objects import queries
from app.objects.kinds import ObjectKind, kind_of
from app.objects.models import ObjectChange, Verb
from app.objects.named import Names
from app.objects.services import SUBJECT
from app.objects.texts import Text, differences
from core.types import Bilingual
from documents.records import moment_text
from documents.registry import Section, facts

VERBS: dict[Verb, Bilingual] = {
    Verb.OPEN: {"en": "New", "zh": "新建"},
    Verb.CHANGE: {"en": "Change", "zh": "修改"},
    Verb.TAKE_EFFECT: {"en": "Comes into force", "zh": "生效"},
    Verb.END: {"en": "Ends", "zh": "终止"},
}
_DIFFERENT: tuple[tuple[str, str], ...] = (("Field", "字段"), ("Is", "现值"), ("Shall be", "变更为"))


@facts(SUBJECT)
def change_sections(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """Tell what is to be changed, by whom and why, and each value before and after.

    Raises:
        NotFound: there is no such change.
    """
    change = queries.change_of(session, subject_id)
    kind, before = kind_of(change.kind), change.before or {}
    held = [before.get("values", {}), *before.get("lines", ()), *change.rows]
    names = Names(session, kind.listed.columns, held)
    return [_head(session, change), *_value_sections(kind, change, names)]


def _value_sections(kind: ObjectKind, change: ObjectChange, names: Names) -> list[Section]:
    """The values of a change: all of a new object, the differences of another one."""
    if change.verb in (Verb.TAKE_EFFECT, Verb.END):
        return _unchanged(kind, change, names)
    after = change.rows[0] if change.rows else {}
    if change.before is None:
        pairs = [_row(name, text) for name, text in names.pairs(kind.head, after)]
        shown = [{"title": dict(kind.title), "rows": pairs, "table": None}]
    else:
        changed = _differences(kind, change.before["values"], after, names)
        shown = [changed] if changed["table"]["rows"] or not kind.line else []
    if kind.line and change.before is not None:
        shown += _lines(kind, change.before.get("lines", ()), names, "What it consists of", "现有组成")
    return [*shown, *_lines(kind, change.rows, names, "What it will consist of", "组成")]


def _unchanged(kind: ObjectKind, change: ObjectChange, names: Names) -> list[Section]:
    before = change.before or {"values": {}}
    pairs = [_row(name, text) for name, text in names.pairs(kind.head, before["values"])]
    shown: list[Section] = [{"title": dict(kind.title), "rows": pairs, "table": None}]
    return [*shown, *_lines(kind, before.get("lines", ()), names, "What it consists of", "组成")]


def _head(session: Session, change: ObjectChange) -> Section:
    proposer = name_of(session, change.proposed_by, change.proposed_by_name)
    rows = [
        _row({"en": "What", "zh": "对象"}, _both(kind_of(change.kind).title, change.label)),
        _row({"en": "Act", "zh": "操作"}, VERBS[change.verb]),
        *([_row({"en": "Day", "zh": "日期"}, change.day.isoformat())] if change.day else []),
        _row({"en": "Reason", "zh": "原因"}, change.reason),
        _row({"en": "Proposed by", "zh": "提出人"}, proposer),
        _row({"en": "Proposed", "zh": "提出时间"}, moment_text(change.proposed_at)),
    ]
    return {"title": {"en": "Proposed change", "zh": "拟议变更"}, "rows": rows, "table": None}


def _differences(
    kind: ObjectKind, before: Mapping[str, Any], after: Mapping[str, Any], names: Names
) -> Section:
    lines = [
        [dict(column.name), names.text(column, old), names.text(column, new)]
        for column, old, new in differences(kind.head, before, after)
    ]
    title = {"en": "What changes", "zh": "变更内容"}
    return {"title": title, "rows": [], "table": {"columns": _heads(_DIFFERENT), "rows": lines}}


def _lines(
    kind: ObjectKind, lines: Sequence[Mapping[str, Any]], names: Names, english: str, chinese: str
) -> list[Section]:
    if not kind.line or not lines:
        return []
    cells = [[names.text(column, line.get(column.key)) for column in kind.line] for line in lines]
    table = {"columns": [dict(column.name) for column in kind.line], "rows": cells}
    return [{"title": {"en": english, "zh": chinese}, "rows": [], "table": table}]


def _heads(pairs: Sequence[tuple[str, str]]) -> list[Bilingual]:
    return [{"en": english, "zh": chinese} for english, chinese in pairs]


def _both(title: Bilingual, label: Bilingual) -> Bilingual:
    return {lang: f"{title[lang]} {label[lang]}" for lang in ("en", "zh")}


def _row(label: Bilingual, value: Text) -> dict[str, Any]:
    return {"label": dict(label), "value": value, "unit": None, "mark": None}
