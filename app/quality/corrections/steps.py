"""What processes may do with wrong entries: service operations of ``bpmn/`` models (URS-004)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.quality.corrections import services
from workflows.registry import OperationCall, operation

_TEXT = {"type": "string", "minLength": 1}
_OPEN = {
    "type": "object",
    "properties": {"record": {**_TEXT, "description": "number of the record"}},
    "required": ["record"],
    "additionalProperties": False,
}
_WRITE = {
    "type": "object",
    "properties": {
        "record": {**_TEXT, "description": "number of the record"},
        "field": {**_TEXT, "description": "which entry of it"},
        "old": {**_TEXT, "description": "what stands there"},
        "new": {**_TEXT, "description": "what it should be"},
        "hold": {"type": "boolean", "description": "the entry decided a release, which is judged again"},
    },
    "required": ["record", "field", "old", "new", "hold"],
    "additionalProperties": False,
}


@operation("quality.open_correction", schema=_OPEN, title={"en": "Look the record up", "zh": "核对记录"})
def open_correction(call: OperationCall) -> Mapping[str, Any]:
    """Find the record that is to be corrected.

    Raises:
        Invalid: ``correction.no_record``.
    """
    found = services.record_numbered(call.session, str(call.params["record"]), call.case.site_id)
    return {"record": found.number, "sha256": found.sha256, "lot": found.lot_number or None}


@operation("quality.record_correction", schema=_WRITE, title={"en": "Write the correction", "zh": "写入更正"})
def record_correction(call: OperationCall) -> Mapping[str, Any]:
    """Write the correction as an entry of its own; if a release rested on it, the release is judged again.

    Raises:
        Invalid: ``correction.old_value``: the record does not hold the old value.
    """
    wanted = services.Correction(*(str(call.params[name]) for name in ("record", "field", "old", "new")))
    found = services.record_correction(call.session, call.case, wanted, actor=call.actor, now=call.now)
    again = None
    if call.params["hold"]:
        again = services.judge_release_again(call.session, found, actor=call.actor, now=call.now)
    return {"record": found.number, "lot": found.lot_number or None, "release": again and again.number}
