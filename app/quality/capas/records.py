"""What steps of a CAPA show: what asked for it, its actions, and the criteria that were set beforehand."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inventory.records import row, section, table
from app.quality.capas import queries
from app.quality.capas.models import ActionKind, Capa
from core.types import Bilingual
from documents.records import moment_text
from documents.registry import Section, facts

KIND_NAMES: dict[ActionKind, Bilingual] = {
    ActionKind.CORRECTIVE: {"en": "Corrective", "zh": "纠正"},
    ActionKind.PREVENTIVE: {"en": "Preventive", "zh": "预防"},
}
_COLUMNS = (
    ("No.", "序号"),
    ("Kind", "类型"),
    ("Action", "措施"),
    ("Owner", "责任人"),
    ("Due", "期限"),
    ("Done", "完成"),
)


@facts("quality.capa_source")
def source_facts(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """What asked for the CAPA, as its message said; nothing for one that a person began."""
    wanted = data.get("wanted") or {}
    if not wanted.get("from"):
        return []
    lots = ", ".join(str(one.get("lot", "")) for one in wanted.get("lots") or () if isinstance(one, Mapping))
    rows = [
        row("Case", "案例", str(wanted["from"])),
        row("Problem", "问题", str(wanted.get("title") or "")),
        row("Severity", "严重度", str(wanted.get("severity") or "")),
        row("Lots", "批次", lots),
    ]
    return [section("Asked for by", "请求来源", rows)]


def day_text(due: date, before: date | None) -> str | Bilingual:
    """A day as it stands, and the day before if it was moved."""
    if before is None:
        return due.isoformat()
    return {"en": f"{due} (before: {before})", "zh": f"{due}（原为 {before}）"}


@facts("quality.capa_action")
def action_facts(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """The one action that a step carries out, with its day as planned or as it was moved."""
    planned, number = data.get("action") or {}, (data.get("capa") or {}).get("number")
    found = session.scalar(select(Capa).filter_by(number=number)) if number else None
    due: str | Bilingual = str(planned.get("due") or "")
    if found is not None and "loopCounter" in data:
        action = queries.action_of(found, int(data["loopCounter"]))
        due = day_text(action.due, action.due_before)
    rows = [
        row("Action", "措施", str(planned.get("action") or "")),
        row("Owner", "责任人", str(planned.get("owner") or "")),
        row("Due", "期限", due),
        row("Verified by", "验证方法", str(planned.get("verification") or "")),
    ]
    return [section("This action", "本项措施", rows)]


@facts("quality.capa_plan")
def plan_facts(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """The approved actions with what is done of them, and the criteria of the check of effectiveness."""
    plan, number = data.get("plan") or {}, (data.get("capa") or {}).get("number")
    found = session.scalar(select(Capa).filter_by(number=number)) if number else None
    rows = [
        row("Measure of effect", "有效性指标", str(plan.get("metric") or "")),
        row("Target", "目标值", str(plan.get("target") or "")),
        row("Number looked at and period", "样本量与观察期", str(plan.get("sample") or "")),
    ]
    if found is not None and found.check_due is not None:
        checked = day_text(found.check_due, found.check_due_before)
        rows.append(row("Effect checked on", "有效性检查日", checked))
        if found.check_lots is not None:
            waited = {
                "en": f"{found.check_lots} lots of {found.check_item}, at the latest on this day",
                "zh": f"{found.check_item} {found.check_lots} 批，最迟至该日",
            }
            rows.append(row("Waits for", "等待", waited))
    answer = (data.get("change_done") or {}).get("outcome") if plan.get("change") == "yes" else None
    if answer is not None:
        changed = row("Change asked for", "所请求的变更", str(answer))
        rows.append({**changed, "fact": "change_done.outcome"})
    lines: list[list[str | Bilingual]] = [
        [
            f"{one.round}.{one.position}",
            KIND_NAMES[one.kind],
            one.action,
            one.owner,
            day_text(one.due, one.due_before),
            moment_text(one.done_at) if one.done_at else "–",
        ]
        for one in (found.actions if found else ())
    ]
    return [section("Plan and criteria", "计划与准则", rows, table(_COLUMNS, lines) if lines else None)]
