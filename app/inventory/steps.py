"""What processes may do with stock: service operations of ``bpmn/`` models (URS-004)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from app.catalog.changing import item_named
from app.inventory import changes, disposing, obstacles, queries, services
from app.inventory.changes import Disposition, dispose_stock
from app.inventory.keys import lots_named
from app.inventory.models import Lot
from workflows.registry import OperationCall, operation

DISPOSE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "minLength": 1, "description": "code of the item"},
        "disposition": {"enum": [one.value for one in Disposition], "description": "what is done with it"},
        "why": {"type": "string", "minLength": 1, "description": "why"},
    },
    "required": ["item", "disposition", "why"],
    "additionalProperties": False,
}
"""Parameters of what a change decides about stock, orders and work in process of an item."""

_LOT = {
    "type": "object",
    "properties": {"lot": {"type": "string", "format": "uuid", "description": "id of the lot"}},
    "required": ["lot"],
    "additionalProperties": False,
}


@operation(
    "inventory.release_lot",
    schema=_LOT,
    title={"en": "Release the lot", "zh": "批放行"},
    settles="inventory.lot",
)
def release_lot(call: OperationCall) -> Mapping[str, Any]:
    """Make the lot available, unless anything stands against it; in one transaction with the signature.

    Raises:
        Conflict: ``release.<rule>``, see ``inventory.check_release``.
    """
    check_release(call)
    return _apply(services.release_lot, call)


@operation(
    "inventory.reject_lot",
    schema=_LOT,
    title={"en": "Block the rejected lot", "zh": "拒收并隔离"},
    settles="inventory.lot",
)
def reject_lot(call: OperationCall) -> Mapping[str, Any]:
    """Put the lot into blocked stock."""
    return _apply(services.reject_lot, call)


@operation(
    "inventory.check_release",
    schema=_LOT,
    title={"en": "Check what stands against the release", "zh": "检查放行障碍"},
)
def check_release(call: OperationCall) -> Mapping[str, Any]:
    """Refuse the release while anything stands against the lot: the signature that decided it is not made.

    Raises:
        Conflict: ``release.<rule>`` with the rule: expired, expired_material, nonconformity,
            inspection_missing, inspection_failed, calibration, training.
    """
    lot = queries.lot(call.session, call.uuid("lot"))
    obstacles.check_release(call.session, lot, now=call.now)
    return {"lot": lot.number}


@operation(
    "inventory.hold_lot",
    schema=_LOT,
    title={"en": "Put the lot on hold", "zh": "冻结批次"},
    holds="inventory.lot",
)
def hold_lot(call: OperationCall) -> Mapping[str, Any]:
    """Freeze the lot while something about it is in question."""
    return _apply(services.hold_lot, call)


def _apply(verb: Callable[..., Lot], call: OperationCall) -> Mapping[str, Any]:
    lot_id = uuid.UUID(str(call.params["lot"]))
    lot = verb(call.session, lot_id, document=call.case.number, actor=call.actor, now=call.now)
    return {"lot": lot.number, "status": lot.status.value}


@operation(
    "inventory.dispose_stock",
    schema=DISPOSE,
    title={"en": "Dispose of the stock of an item", "zh": "处置物料库存"},
)
def dispose_of_stock(call: OperationCall) -> Mapping[str, Any]:
    """Hold or scrap the lots of an item at the site of the change, or leave them to be used up.

    Raises:
        NotFound: ``item.unknown``.
    """
    item = item_named(call.session, str(call.params["item"]))
    how = Disposition(call.params["disposition"])
    site_id = call.case.site_id
    lots = (
        dispose_stock(
            call.session, item, site_id, how, document=call.case.number, actor=call.actor, now=call.now
        )
        if site_id is not None
        else []
    )
    return {"lots": list(lots)}


_ITEM = {
    "type": "object",
    "properties": {"item": {"type": "string", "minLength": 1, "description": "code of the item"}},
    "required": ["item"],
    "additionalProperties": False,
}


@operation(
    "inventory.release_reworked",
    schema=_ITEM,
    title={"en": "Reworked lots to their release", "zh": "返工批次重新放行"},
)
def release_reworked(call: OperationCall) -> Mapping[str, Any]:
    """Bring the lots that this change held for rework back to quarantine; each gets a release of its own.

    Raises:
        NotFound: ``item.unknown``; no lot release is in effect.
    """
    item, site_id = item_named(call.session, str(call.params["item"])), call.case.site_id
    if site_id is None:
        return {"lots": []}
    lots = changes.release_reworked(
        call.session, item, site_id, document=call.case.number, actor=call.actor, now=call.now
    )
    return {"lots": list(lots)}


_NAMED = {
    "type": "object",
    "properties": {
        "lots": {"type": "array", "items": {"type": "string"}, "description": "numbers of lots at the site"}
    },
    "required": ["lots"],
    "additionalProperties": False,
}


@operation("inventory.hold_named_lots", schema=_NAMED, title={"en": "Hold lots", "zh": "冻结批次"})
def hold_named_lots(call: OperationCall) -> Mapping[str, Any]:
    """Put lots on hold that somebody could still use; the others stand still already.

    Raises:
        Invalid: ``lot.no_such`` or ``lot.ambiguous``.
    """
    named = lots_named(call.session, call.case.site_id, [str(key) for key in call.params["lots"]])
    free = [lot for lot in named.values() if lot.status in disposing.HOLDABLE]
    for lot in free:
        services.hold_lot(call.session, lot.id, document=call.case.number, actor=call.actor, now=call.now)
    return {"held": [lot.number for lot in free]}
