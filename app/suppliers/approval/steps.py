"""What supplier approval and corrective actions do with suppliers: operations of their models (URS-041)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.suppliers import queries, services
from app.suppliers.approval import services as approving
from app.suppliers.approval.models import Grade
from app.suppliers.models import Standing
from core.clock import site_day
from workflows import messages
from workflows.registry import OperationCall, operation

_TEXT = {"type": "string", "minLength": 1}
_SUPPLIER = {**_TEXT, "description": "code of the supplier"}
_WHY = {**_TEXT, "description": "why, in a sentence for buyers"}
_EVALUATION = {
    "type": "object",
    "properties": {
        "supplier": _SUPPLIER,
        "risk_class": {"enum": ["A", "B", "C"], "description": "risk class from today on"},
        "grounds": {**_TEXT, "description": "what the class rests on"},
        "average": {"description": "average of the scores, from 0 to 3"},
        "result": {"enum": [one.value for one in Grade], "description": "what the score allows"},
        "review_months": {"type": "integer", "minimum": 1, "description": "months until the next review"},
        "certificates": {"type": "array", "description": "rows of the form of the supplier's documents"},
    },
    "required": ["supplier", "risk_class", "grounds", "average", "result", "review_months", "certificates"],
    "additionalProperties": False,
}
_SCOPES = {
    "type": "object",
    "properties": {
        "supplier": _SUPPLIER,
        "scope": {"type": "array", "minItems": 1, "description": "rows with the codes of item and site"},
        "until": {"type": "string", "format": "date", "description": "last day on which may be ordered"},
        "conditional": {"type": "boolean", "description": "approved on conditions only"},
        "why": _WHY,
    },
    "required": ["supplier", "scope", "until", "conditional", "why"],
    "additionalProperties": False,
}
_BLOCK = {
    "type": "object",
    "properties": {"supplier": _SUPPLIER, "why": _WHY},
    "required": ["supplier", "why"],
    "additionalProperties": False,
}


@operation(
    "suppliers.record_evaluation",
    schema=_EVALUATION,
    title={"en": "Keep the evaluation of a supplier", "zh": "登记供应商评价"},
)
def record_evaluation(call: OperationCall) -> Mapping[str, Any]:
    """Keep class, certificates, score and next review; say whether the grade has dropped.

    Raises:
        NotFound: ``supplier.unknown``.
        Invalid: ``certificate.expired``.
    """
    params = call.params
    found = approving.Evaluation(
        supplier=str(params["supplier"]),
        risk_class=str(params["risk_class"]),
        grounds=str(params["grounds"]),
        average=Decimal(str(params["average"])),
        grade=Grade(params["result"]),
        review_months=int(params["review_months"]),
        certificates=params["certificates"],
    )
    kept, dropped = approving.record_evaluation(
        call.session, call.case, found, actor=call.actor, now=call.now
    )
    return {"dropped": dropped, "next_review": kept.next_review.isoformat(), "case": call.case.number}


@operation(
    "suppliers.approve_scopes",
    schema=_SCOPES,
    title={"en": "Approve what a supplier may deliver", "zh": "批准供货范围及期限"},
)
def approve_scopes(call: OperationCall) -> Mapping[str, Any]:
    """Let items be ordered for sites until a day; the supplier is free, or free on conditions.

    Raises:
        NotFound: ``supplier.unknown``, ``item.unknown`` or ``site.unknown``.
        Invalid: ``days.over``.
        Conflict: ``scope.overlap``.
    """
    params = call.params
    command = approving.Approval(
        supplier=str(params["supplier"]),
        scope=[(str(row["item"]), str(row["site"])) for row in params["scope"]],
        until=date.fromisoformat(str(params["until"])),
        conditional=bool(params["conditional"]),
        why=str(params["why"]),
    )
    scopes = approving.approve_scopes(call.session, command, actor=call.actor, now=call.now)
    return {"scopes": len(scopes), "until": command.until.isoformat()}


@operation(
    "suppliers.block_by_code",
    schema=_BLOCK,
    title={"en": "Block a supplier by his code", "zh": "按编码冻结供应商"},
)
def block_by_code(call: OperationCall) -> Mapping[str, Any]:
    """Block a supplier at once; one that is blocked already stays so.

    Raises:
        NotFound: ``supplier.unknown``.
    """
    supplier = approving.supplier_by_code(call.session, str(call.params["supplier"]))
    if queries.block_of(call.session, supplier) is None:
        why = str(call.params["why"])
        services.block_supplier(call.session, supplier.id, why, actor=call.actor, now=call.now)
    return {"supplier": supplier.code}


_STANDING = {
    "type": "object",
    "properties": {
        "supplier": _SUPPLIER,
        "standing": {"enum": ["free", "conditional"], "description": "how he stands from now on"},
        "why": _WHY,
    },
    "required": ["supplier", "standing", "why"],
    "additionalProperties": False,
}


@operation(
    "suppliers.set_standing",
    schema=_STANDING,
    title={"en": "Say how a supplier stands", "zh": "更新供应商状态"},
)
def set_standing(call: OperationCall) -> Mapping[str, Any]:
    """Free a supplier, with or without conditions; call it after a signed step only.

    Raises:
        NotFound: ``supplier.unknown``.
    """
    supplier = approving.supplier_by_code(call.session, str(call.params["supplier"]))
    standing, why = Standing(call.params["standing"]), str(call.params["why"])
    approving.stand(call.session, supplier, standing, why, actor=call.actor, now=call.now)
    return {"standing": standing.value}


_END_SUPPLY = {
    "type": "object",
    "properties": {"supplier": _SUPPLIER, "item": {**_TEXT, "description": "code of the item"}},
    "required": ["supplier", "item"],
    "additionalProperties": False,
}


@operation(
    "suppliers.end_supply",
    schema=_END_SUPPLY,
    title={"en": "End what a supplier may deliver", "zh": "终止供应商的某项供货"},
)
def end_supply(call: OperationCall) -> Mapping[str, Any]:
    """End today what is approved of an item from a supplier at the site of the case.

    Raises:
        NotFound: ``supplier.unknown``.
    """
    supplier = approving.supplier_by_code(call.session, str(call.params["supplier"]))
    ended = []
    for scope in queries.scopes_of(call.session, supplier.id):
        here = scope.site_id == call.case.site_id and scope.item.code == call.params["item"]
        today = site_day(call.now, scope.site.zone)
        if here and scope.valid_from <= today and (scope.valid_until is None or scope.valid_until > today):
            services.end_scope(call.session, scope.id, last_day=today, actor=call.actor, now=call.now)
            ended.append(str(scope.id))
    return {"ended": len(ended)}


_ASK = {
    "type": "object",
    "properties": {"supplier": _SUPPLIER, "title": {**_TEXT, "description": "what it is about"}},
    "required": ["supplier", "title"],
    "additionalProperties": False,
}


@operation(
    "suppliers.ask_approval",
    schema=_ASK,
    title={"en": "Ask for the approval of a supplier", "zh": "要求供应商准入"},
)
def ask_approval(call: OperationCall) -> Mapping[str, Any]:
    """Send the message ``supplier_approval_wanted`` in the name of the case; it starts an approval.

    Raises:
        NotFound: ``supplier.unknown``.
    """
    supplier = approving.supplier_by_code(call.session, str(call.params["supplier"]))
    payload = {"supplier": supplier.code, "title": str(call.params["title"])}
    keys, wanted = {"supplier": supplier.code}, "supplier_approval_wanted"
    messages.ask(call.session, call.case, wanted, keys, payload, actor=call.actor, now=call.now)
    return {"supplier": supplier.code}
