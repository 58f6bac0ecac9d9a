"""What processes may do with suppliers: service operations of ``bpmn/`` models (URS-004, URS-041)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from app.catalog.models import Item, Supplier
from app.sites.models import Site
from app.suppliers import services
from core.clock import site_day
from core.errors import NotFound
from documents.labels import N_
from workflows.registry import OperationCall, operation

_T = TypeVar("_T")


def _key(of: str) -> dict[str, str]:
    return {"type": "string", "format": "uuid", "description": of}


def _day(of: str) -> dict[str, str]:
    return {"type": "string", "format": "date", "description": of}


_WHY = {"type": "string", "minLength": 1, "maxLength": 300, "description": "why, in a sentence for buyers"}
_APPROVE = {
    "type": "object",
    "properties": {
        "supplier": _key(N_("id of the supplier")),
        "item": _key(N_("id of the item")),
        "site": _key(N_("id of the site")),
        "valid_from": _day(N_("first day; today if absent")),
        "valid_until": _day(N_("last day; absent: until somebody ends it")),
        "when_conditional": {
            "type": "boolean",
            "description": "stands while the supplier is approved on conditions only",
        },
    },
    "required": ["supplier", "item", "site"],
    "additionalProperties": False,
}
_END = {
    "type": "object",
    "properties": {
        "scope": _key(N_("id of the scope")),
        "last_day": _day(N_("last day on which it may be ordered")),
    },
    "required": ["scope"],
    "additionalProperties": False,
}
_STANDING = {
    "type": "object",
    "properties": {"supplier": _key(N_("id of the supplier")), "why": _WHY},
    "required": ["supplier", "why"],
    "additionalProperties": False,
}


@operation(
    "suppliers.approve_scope", schema=_APPROVE, title={"en": "Approve the scope", "zh": "批准供货范围"}
)
def approve_scope(call: OperationCall) -> Mapping[str, Any]:
    """Approve an item of a supplier for a site, so that it may be ordered.

    Raises:
        Conflict: ``scope.overlap``.
        Invalid: it ends before it begins, or is over already.
    """
    site = _one(call, Site, "site")
    command = services.ApproveScope(
        supplier=_one(call, Supplier, "supplier"),
        item=_one(call, Item, "item"),
        site=site,
        valid_from=_given(call, "valid_from") or site_day(call.now, site.zone),
        valid_until=_given(call, "valid_until"),
        when_conditional=bool(call.params.get("when_conditional")),
    )
    scope = services.approve_scope(call.session, command, actor=call.actor, now=call.now)
    return {"scope": str(scope.id)}


@operation("suppliers.end_scope", schema=_END, title={"en": "End the scope", "zh": "终止供货范围"})
def end_scope(call: OperationCall) -> Mapping[str, Any]:
    """End an approved scope on a day, today if none is given.

    Raises:
        Invalid: the day has passed, or lies before the scope begins.
    """
    last = _given(call, "last_day")
    scope = services.end_scope(
        call.session, call.uuid("scope"), last_day=last, actor=call.actor, now=call.now
    )
    return {"scope": str(scope.id), "last_day": str(scope.valid_until)}


@operation("suppliers.block", schema=_STANDING, title={"en": "Block the supplier", "zh": "冻结供应商"})
def block(call: OperationCall) -> Mapping[str, Any]:
    """Block a supplier: nothing is ordered from him, and what comes in is put on hold.

    Raises:
        Conflict: ``supplier.is_blocked``.
    """
    why = str(call.params["why"])
    row = services.block_supplier(call.session, call.uuid("supplier"), why, actor=call.actor, now=call.now)
    return {"standing": row.standing.value}


@operation("suppliers.unblock", schema=_STANDING, title={"en": "Lift the block", "zh": "解除冻结"})
def unblock(call: OperationCall) -> Mapping[str, Any]:
    """Lift the block of a supplier; call it after a signed step only.

    Raises:
        Conflict: ``supplier.not_blocked``.
    """
    why = str(call.params["why"])
    row = services.unblock_supplier(call.session, call.uuid("supplier"), why, actor=call.actor, now=call.now)
    return {"standing": row.standing.value}


def _one(call: OperationCall, model: type[_T], name: str) -> _T:
    found = call.session.get(model, uuid.UUID(str(call.params[name])))
    if found is None:
        raise NotFound("operation.no_such", "There is no such %(what)s.", what=name)
    return found


def _given(call: OperationCall, name: str) -> date | None:
    return date.fromisoformat(str(call.params[name])) if call.params.get(name) else None
