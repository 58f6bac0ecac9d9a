"""What steps show about quality: the inspection plan to fill, earlier results, and the materials inside a
lot."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.access.queries import name_of
from app.inventory import genealogy
from app.inventory.models import STATUS_NAMES, LotEdge
from app.inventory.records import amount, row, section, table
from app.quality import queries
from app.quality.models import Inspection, InspectionResult, Verdict
from core.types import Bilingual
from documents.records import moment_text
from documents.registry import Section, facts
from forms.sources import source

VERDICT_NAMES: dict[Verdict, Bilingual] = {
    Verdict.PASS: {"en": "Pass", "zh": "合格"},
    Verdict.FAIL: {"en": "Fail", "zh": "不合格"},
}
_RESULT_COLUMNS = (
    ("Characteristic", "检验项目"),
    ("Limits", "限值"),
    ("Found", "结果"),
    ("Verdict", "单项结论"),
)
_INPUT_COLUMNS = (
    ("Item", "物料"),
    ("Lot", "批号"),
    ("Supplier's lot", "供应商批号"),
    ("Status", "状态"),
    ("Quantity", "用量"),
)


@source("quality.inspection_plan")
def inspection_plan(
    session: Session, subject_id: uuid.UUID | None, data: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The frozen rows an inspector fills for a lot; none when no inspection of it is open."""
    inspection = None if subject_id is None else queries.waiting_plan(session, subject_id)
    return [] if inspection is None else [dict(line) for line in inspection.plan]


@facts("quality.inspection")
def inspection_facts(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """The recorded inspections of a lot with every result, newest first."""
    recorded = [one for one in queries.inspections_of(session, subject_id) if one.conclusion is not None]
    return [_inspection_section(session, inspection) for inspection in recorded]


@facts("quality.genealogy")
def genealogy_facts(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """The lots that went into a lot, with what they are worth today; nothing for bought goods."""
    edges = genealogy.inputs_of(session, subject_id)
    if not edges:
        return []
    return [
        section(
            "Materials in this lot",
            "投入物料批次",
            [],
            table(_INPUT_COLUMNS, [_input_row(edge) for edge in edges]),
        )
    ]


def _inspection_section(session: Session, inspection: Inspection) -> Section:
    inspector = name_of(session, inspection.recorded_by, inspection.recorded_by_name)
    rows = [
        row("Inspection", "检验单号", inspection.number),
        row("Specification", "规格依据", inspection.specification),
        row("Sample size", "抽样数量", str(inspection.sample_size) if inspection.sample_size else None),
        row(
            "Conclusion", "检验结论", VERDICT_NAMES[inspection.conclusion] if inspection.conclusion else None
        ),
        row("Inspected by", "检验人", inspector),
        row("Inspected", "检验时间", moment_text(inspection.recorded_at) if inspection.recorded_at else None),
        row("Remarks", "备注", inspection.remarks),
    ]
    found = table(_RESULT_COLUMNS, [_result_row(result) for result in inspection.results])
    return section("Inspection", "检验", rows, found)


def _result_row(result: InspectionResult) -> list[str | Bilingual]:
    verdict = VERDICT_NAMES[result.verdict]
    return [result.name, result.limits_text, result.value_text or verdict, verdict]


def _input_row(edge: LotEdge) -> list[str | Bilingual]:
    lot = edge.parent
    name = {side: f"{lot.item.code} · {lot.item.name[side]}" for side in ("en", "zh")}
    return [
        name,
        lot.number,
        lot.supplier_lot or "–",
        STATUS_NAMES[lot.status],
        amount(edge.quantity, edge.unit),
    ]
