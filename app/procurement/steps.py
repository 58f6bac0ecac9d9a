"""What processes may do with purchase orders: operations of change control (URS-031)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.catalog.changing import item_named
from app.inventory.changes import NOTHING, Disposition
from app.inventory.steps import DISPOSE
from app.procurement.models import OrderState, PurchaseOrder, PurchaseOrderLine
from core.db import lock_row
from signatures import audit
from workflows.registry import OperationCall, operation


@operation(
    "procurement.dispose_orders",
    schema=DISPOSE,
    title={"en": "Dispose of open purchase orders", "zh": "处置未结采购订单"},
)
def dispose_orders(call: OperationCall) -> Mapping[str, Any]:
    """Close the open orders of an item at the site (block, scrap, rework), or let them come in (use up).

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
    for found in call.session.scalars(here).all():
        order = lock_row(call.session, PurchaseOrder, found.id)
        coming = {line.item_id for line in order.lines if line.open_quantity}
        if coming != {item.id}:
            to_settle += [order.number] if item.id in coming else []
            continue
        order.state = OrderState.CLOSED
        facts = {"order": order.number, "document": call.case.number, "why": str(call.params["why"])}
        audit.record(call.session, "order.closed", subject=("procurement.order", order.id), facts=facts)
        closed.append(order.number)
    return {"closed": closed, "to_settle": to_settle}
