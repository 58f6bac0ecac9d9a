"""What processes may do with purchase orders: operations of change control (URS-031)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.catalog.changing import item_named
from app.inventory.changes import NOTHING, Disposition
from app.inventory.steps import DISPOSE
from app.procurement.cancelling import lock_order, withdraw_rest
from app.procurement.models import OrderState, PurchaseOrder, PurchaseOrderLine
from workflows.registry import OperationCall, operation


@operation(
    "procurement.dispose_orders",
    schema=DISPOSE,
    title={"en": "Dispose of open purchase orders", "zh": "处置未结采购订单"},
)
def dispose_orders(call: OperationCall) -> Mapping[str, Any]:
    """Close the open orders of an item at the site (block, scrap, rework), or let them come in (use up).

    What has come in stays; what is still to come is given up, with the number and the reason of the change.
    An order that also has other items to come stays open and is named, for a buyer to settle.

    Raises:
        NotFound: ``item.unknown``.
    """
    item = item_named(call.session, str(call.params["item"]))
    if Disposition(call.params["disposition"]) in NOTHING:
        return {"closed": [], "to_settle": []}
    wanted = select(PurchaseOrder).join(PurchaseOrderLine)
    wanted = wanted.where(PurchaseOrderLine.item_id == item.id, PurchaseOrder.state == OrderState.OPEN)
    here = wanted.where(PurchaseOrder.site_id == call.case.site_id).order_by(PurchaseOrder.number).distinct()
    closed, to_settle = [], []
    why = f"{call.case.number}: {call.params['why']}"
    for found in call.session.scalars(here).all():
        order = lock_order(call.session, found.id)
        coming = {line.item_id for line in order.lines if line.open_quantity}
        if order.state is not OrderState.OPEN:
            continue  # somebody closed it meanwhile
        if coming != {item.id}:
            to_settle += [order.number] if item.id in coming else []
            continue
        withdraw_rest(call.session, order.id, None, why, actor=call.actor, now=call.now)
        closed.append(order.number)
    return {"closed": closed, "to_settle": to_settle}
