"""What processes may do with a proposed change: operations of ``bpmn/object_change``."""

from collections.abc import Mapping
from typing import Any

from app.objects import services
from app.objects.models import ObjectChange
from workflows.registry import OperationCall, operation

_KEY = {"type": "string", "format": "uuid", "description": "id of the proposed change"}
_APPLY = {
    "type": "object",
    "properties": {"change": _KEY},
    "required": ["change"],
    "additionalProperties": False,
}
_REFUSE = {
    "type": "object",
    "properties": {"change": _KEY, "reason": {"type": "string", "description": "why it was refused"}},
    "required": ["change", "reason"],
    "additionalProperties": False,
}


@operation("objects.apply_change", schema=_APPLY, title={"en": "Store the change", "zh": "写入变更"})
def apply_change(call: OperationCall) -> Mapping[str, Any]:
    """Store the accepted change, or nothing if it does not fit any more.

    Raises:
        Conflict: ``change.overtaken`` or ``change.decided``.
    """
    change = call.session.get_one(ObjectChange, call.uuid("change"), with_for_update=True)
    found = services.apply_change(call.session, change, actor=call.actor, now=call.now)
    return {"kind": change.kind, "object": str(found.id)}


@operation("objects.refuse_change", schema=_REFUSE, title={"en": "Refuse the change", "zh": "不批准变更"})
def refuse_change(call: OperationCall) -> Mapping[str, Any]:
    """Refuse the change, with the reason; nothing of it is stored.

    Raises:
        Conflict: ``change.decided``.
    """
    change = call.session.get_one(ObjectChange, call.uuid("change"), with_for_update=True)
    reason = str(call.params["reason"])
    services.refuse_change(call.session, change, reason=reason, actor=call.actor, now=call.now)
    return {"kind": change.kind}
