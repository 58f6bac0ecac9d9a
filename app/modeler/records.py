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
from workflows.migration import plan
from workflows.models import ProcessMigration

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


VERDICTS: dict[str, Bilingual] = {
    "safe": {"en": "safe", "zh": "可安全迁移"},
    "needs_decision": {"en": "needs a decision", "zh": "需决定"},
    "must_finish": {"en": "must finish on its release", "zh": "须按原版本完成"},
}


@facts(plan.SUBJECT)
def migration_sections(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """Tell which cases are to be moved, each with its verdict, the reasons and the decision.

    Raises:
        NotFound: there is no such migration.
    """
    migration = queries.migration_of(session, subject_id)
    target = queries.release_of(session, migration.target_id)
    proposer = queries.names(session, [migration.proposed_by]).get(migration.proposed_by)
    rows = [
        _row("Process", "流程", target.name),
        _row("To version", "迁移至版本", str(target.version)),
        _row("Proposed by", "提出人", proposer or "–"),
        _row("Reason", "原因", migration.reason),
        _row("Takes back an earlier migration", "撤回先前的迁移", _yes_or_no(migration.reverts_id)),
    ]
    return [
        _section("Proposed migration", "拟迁移", rows),
        _section("Running cases to be moved", "拟迁移的流程实例", [], _cases(session, migration)),
    ]


def _cases(session: Session, migration: ProcessMigration) -> dict[str, Any]:
    versions = queries.versions(session, migration.process_key)
    columns = [
        ("Case", "流程实例"),
        ("From version", "原版本"),
        ("Verdict", "判定"),
        ("Why", "理由"),
        ("Decision", "决定"),
    ]
    return {
        "columns": [{"en": english, "zh": chinese} for english, chinese in columns],
        "rows": [
            [
                line["number"],
                str(versions.get(line["release_id"], "–")),
                VERDICTS[line["verdict"]],
                _joined(line["reasons"]),
                line["decision"] or "–",
            ]
            for line in migration.cases
        ],
    }


def _joined(reasons: list[Bilingual]) -> Bilingual | str:
    if not reasons:
        return "–"
    return {language: " ".join(reason[language] for reason in reasons) for language in ("en", "zh")}


def _yes_or_no(value: object) -> Bilingual:
    return {"en": "yes", "zh": "是"} if value else {"en": "no", "zh": "否"}


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
