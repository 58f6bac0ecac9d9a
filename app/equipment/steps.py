"""What processes may do with equipment: service operations of ``bpmn/`` models (URS-004, URS-078)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.equipment import services
from app.equipment.models import Duty, Verdict
from workflows.registry import OperationCall, operation

_KEY = {"type": "string", "format": "uuid", "description": "id of the equipment"}
_WHY = {"type": "string", "minLength": 1, "maxLength": 300, "description": "why, in a sentence for users"}
_BLOCK = {
    "type": "object",
    "properties": {"equipment": _KEY, "why": _WHY},
    "required": ["equipment", "why"],
    "additionalProperties": False,
}
_RECORD = {
    "type": "object",
    "properties": {
        "equipment": _KEY,
        "done_on": {"type": "string", "format": "date", "description": "day of the calibration"},
        "until": {
            "type": "string",
            "format": "date",
            "description": "last day it is good for; absent: by the interval of the equipment",
        },
        "verdict": {
            "enum": [one.value for one in Verdict],
            "description": "how it was found; out of tolerance blocks it",
        },
        "document": {"type": "string", "minLength": 1, "description": "number of the certificate"},
        "remarks": {"type": "string", "description": "what was found"},
    },
    "required": ["equipment", "done_on", "verdict", "document"],
    "additionalProperties": False,
}


@operation("equipment.block", schema=_BLOCK, title={"en": "Block the equipment", "zh": "停用设备"})
def block(call: OperationCall) -> Mapping[str, Any]:
    """Block equipment: it cannot be named in any step until the block is lifted.

    Raises:
        Conflict: ``equipment.is_blocked``.
    """
    why = str(call.params["why"])
    found = services.block_equipment(
        call.session, call.uuid("equipment"), why, actor=call.actor, now=call.now
    )
    return {"equipment": found.code}


@operation("equipment.unblock", schema=_BLOCK, title={"en": "Lift the block", "zh": "解除停用"})
def unblock(call: OperationCall) -> Mapping[str, Any]:
    """Lift the block of equipment; call it after a signed step only.

    Raises:
        Conflict: ``equipment.not_blocked``.
    """
    why = str(call.params["why"])
    found = services.unblock_equipment(
        call.session, call.uuid("equipment"), why, actor=call.actor, now=call.now
    )
    return {"equipment": found.code}


@operation(
    "equipment.record_calibration",
    schema=_RECORD,
    title={"en": "Record the calibration", "zh": "登记校准"},
)
def record_calibration(call: OperationCall) -> Mapping[str, Any]:
    """Record a calibration; equipment found out of tolerance is blocked, and its uses are in question.

    Raises:
        Invalid: a day in the future, or an end that is over already.
    """
    given = call.params
    command = services.RecordEvent(
        equipment_id=call.uuid("equipment"),
        duty=Duty.CALIBRATION,
        done_on=date.fromisoformat(given["done_on"]),
        document=str(given["document"]),
        verdict=Verdict(given["verdict"]),
        until=date.fromisoformat(given["until"]) if given.get("until") else None,
        remarks=str(given.get("remarks") or ""),
    )
    event = services.record_event(call.session, command, actor=call.actor, now=call.now)
    return {"until": event.until.isoformat() if event.until else None}
