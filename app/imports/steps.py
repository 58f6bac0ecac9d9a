"""What processes may do with a list that was brought: operations of ``bpmn/data_import``."""

from collections.abc import Mapping
from typing import Any

from app.imports import services
from app.imports.models import DataImport
from workflows.registry import OperationCall, operation

_KEY = {"type": "string", "format": "uuid", "description": "id of the list that was brought"}
_APPLY = {
    "type": "object",
    "properties": {"upload": _KEY},
    "required": ["upload"],
    "additionalProperties": False,
}
_REFUSE = {
    "type": "object",
    "properties": {"upload": _KEY, "reason": {"type": "string", "description": "why it was refused"}},
    "required": ["upload", "reason"],
    "additionalProperties": False,
}


@operation("imports.apply", schema=_APPLY, title={"en": "Bring the list in", "zh": "导入清单"})
def apply_list(call: OperationCall) -> Mapping[str, Any]:
    """Store every row of the accepted list, or none if one does not fit any more.

    Raises:
        Conflict: ``import.overtaken`` or ``import.state``.
    """
    noted = call.session.get_one(DataImport, call.uuid("upload"), with_for_update=True)
    services.apply_accepted(call.session, noted, actor=call.actor, now=call.now)
    return {"list": noted.list_name, "rows": noted.row_count}


@operation(
    "imports.begin",
    schema=_APPLY,
    title={"en": "Bring the list in, a long one later", "zh": "导入清单（长清单稍后写入）"},
)
def begin_storing(call: OperationCall) -> Mapping[str, Any]:
    """Store every row of a short list; a long one is stored by a worker, who sends ``list_stored``.

    Raises:
        Conflict: ``import.overtaken`` or ``import.state``.
    """
    noted = call.session.get_one(DataImport, call.uuid("upload"), with_for_update=True)
    stored = services.begin_storing(call.session, noted, actor=call.actor, now=call.now)
    return {"list": noted.list_name, "rows": noted.row_count, "stored": stored}


@operation("imports.refuse", schema=_REFUSE, title={"en": "Refuse the list", "zh": "不批准清单"})
def refuse_list(call: OperationCall) -> Mapping[str, Any]:
    """Refuse the list, with the reason; nothing of it is stored.

    Raises:
        Conflict: ``import.state``.
    """
    noted = call.session.get_one(DataImport, call.uuid("upload"), with_for_update=True)
    reason = str(call.params["reason"])
    services.refuse(call.session, noted, reason=reason, actor=call.actor, now=call.now)
    return {"list": noted.list_name}
