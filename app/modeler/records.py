"""What the step that accepts a release shows, and its record prints: what is new, against what runs now."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.modeler import queries
from core.languages import translate
from core.types import Bilingual
from documents.registry import Section, facts
from workflows import changes, repository
from workflows.difference import Change, compare

KINDS: dict[str, Bilingual] = {
    "added": {"en": "added", "zh": "新增"},
    "removed": {"en": "removed", "zh": "删除"},
    "changed": {"en": "changed", "zh": "变更"},
}
WHATS: dict[str, Bilingual] = {
    "step": {"en": "Element", "zh": "元素"},
    "flow": {"en": "Flow", "zh": "流向"},
    "lane": {"en": "Lane", "zh": "泳道"},
    "decision": {"en": "Decision table", "zh": "决策表"},
    "process": {"en": "Process", "zh": "流程"},
}


@facts(changes.SUBJECT)
def release_sections(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """Tell which release is to be accepted and what it changes.

    Raises:
        NotFound: there is no such release.
    """
    release = queries.release_of(session, subject_id)
    base = queries.base_of(session, release)
    proposer = queries.names(session, [release.proposed_by]).get(release.proposed_by)
    rows = [
        _row("Process", "流程", release.name),
        _row("Key", "标识", release.process_key),
        _row("Version", "版本", str(release.version)),
        _row("Replaces version", "替代版本", str(base.version) if base else "–"),
        _row("Proposed by", "提出人", proposer or "–"),
        _row("Reason for the change", "变更原因", release.note or "–"),
        _row("SHA-256 of the files", "文件 SHA-256", release.bundle_sha256),
    ]
    found = [_section("Proposed release", "拟批准的版本", rows)]
    if base is not None:
        made = compare(repository.compiled(base), repository.compiled(release)).changes
        found.append(_section("What changes", "变更内容", [], _table(made)))
    return found


def _table(made: tuple[Change, ...]) -> dict[str, Any]:
    columns = [("What", "对象"), ("Name", "名称"), ("Change", "变更"), ("Details", "细节")]
    return {
        "columns": [{"en": english, "zh": chinese} for english, chinese in columns],
        "rows": [[WHATS[one.what], one.name, KINDS[one.kind], _details(one)] for one in made]
        or [[{"en": "Only the drawing", "zh": "仅图形"}, "–", "–", "–"]],
    }


def _details(change: Change) -> Bilingual | str:
    if change.kind != "changed":
        return change.id
    return {
        language: "; ".join(
            f"{translate(one.label, language)}: {_text(one.old, language)} → {_text(one.new, language)}"
            for one in change.details
        )
        for language in ("en", "zh")
    }


def _text(value: Any, language: str) -> str:
    text = value[language] if isinstance(value, Mapping) else str(value)
    return text or "–"


def _row(english: str, chinese: str, value: str | Bilingual) -> dict[str, Any]:
    return {"label": {"en": english, "zh": chinese}, "value": value, "unit": None, "mark": None}


def _section(
    english: str, chinese: str, rows: list[dict[str, Any]], table: dict[str, Any] | None = None
) -> Section:
    return {"title": {"en": english, "zh": chinese}, "rows": rows, "table": table}
