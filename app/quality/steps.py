"""What processes may do with inspections: service operations of ``bpmn/`` models (URS-004)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.equipment.services import Use, use_equipment
from app.inventory import queries as stock
from app.quality import queries, services
from app.quality.models import Inspection, Verdict
from core.errors import Conflict
from workflows.registry import OperationCall, operation

_OPEN = {
    "type": "object",
    "properties": {"lot": {"type": "string", "description": "id of the lot"}},
    "required": ["lot"],
    "additionalProperties": False,
}
_RECORD = {
    "type": "object",
    "properties": {
        "inspection": {
            "type": "object",
            "description": "the fields of form lot_inspection, as entered and judged",
        },
    },
    "required": ["inspection"],
    "additionalProperties": False,
}


@operation("quality.open_inspection", schema=_OPEN, title={"en": "Open the inspection", "zh": "建立检验单"})
def open_inspection(call: OperationCall) -> Mapping[str, Any]:
    """Freeze the item's inspection standard for this lot, so that the inspector fills what holds today."""
    lot = stock.lot(call.session, call.uuid("lot"))
    inspection = services.open_inspection(call.session, lot, call.case, actor=call.actor, now=call.now)
    return {"number": inspection.number, "characteristics": str(len(inspection.plan))}


@operation(
    "quality.record_inspection", schema=_RECORD, title={"en": "Record the results", "zh": "登记检验结果"}
)
def record_inspection(call: OperationCall) -> Mapping[str, Any]:
    """Keep the inspector's results as rows that are never changed, and close the inspection.

    Raises:
        Conflict: ``inspection.none``: no inspection of this case waits for results.
    """
    inspection = queries.open_inspection_of(call.session, call.case.id)
    if inspection is None:
        raise Conflict("inspection.none", "No inspection of this case waits for results.")
    entered = call.params["inspection"]
    findings = services.Findings(
        rows=entered.get("results", []),
        conclusion=Verdict(entered.get("conclusion")),
        sample_size=None if entered.get("sample_size") is None else int(entered["sample_size"]),
        remarks=str(entered.get("remarks") or ""),
    )
    services.record_inspection(call.session, inspection, findings, actor=call.actor, now=call.now)
    _note_instruments(call, inspection, str(entered.get("instrument") or ""))
    failed = [result.code for result in inspection.results if result.verdict is Verdict.FAIL]
    return {"number": inspection.number, "conclusion": findings.conclusion.value, "failed": failed}


def _note_instruments(call: OperationCall, inspection: Inspection, text: str) -> None:
    lot = inspection.lot
    what = f"{inspection.number} · {lot.item.code} · {lot.number}"
    use = Use(lot.site_id, text, what, ("inventory.lot", lot.id), call.case.id)
    use_equipment(call.session, use, actor=call.actor, now=call.now)
