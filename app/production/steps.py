"""What processes may do with work orders: operations of change control (URS-031)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select

from app.catalog.changing import item_named
from app.catalog.models import BomLine
from app.inventory.changes import Disposition
from app.inventory.steps import DISPOSE
from app.production.models import WorkOrder, WorkOrderState
from core.db import lock_row
from signatures import audit
from workflows.registry import OperationCall, operation

_STOPS = frozenset({Disposition.BLOCK, Disposition.SCRAP})


@operation(
    "production.dispose_work",
    schema=DISPOSE,
    title={"en": "Dispose of work in process", "zh": "处置在制品"},
)
def dispose_work(call: OperationCall) -> Mapping[str, Any]:
    """Close the open work orders that make or take the item (block, scrap), or let them go on.

    Work that goes on for rework is named, so that its rework is planned.

    Raises:
        NotFound: ``item.unknown``.
    """
    item, how = item_named(call.session, str(call.params["item"])), Disposition(call.params["disposition"])
    if how not in _STOPS and how is not Disposition.REWORK:
        return {"closed": [], "to_rework": []}
    takes = select(BomLine.bom_id).where(BomLine.item_id == item.id)
    wanted = select(WorkOrder).where(
        WorkOrder.site_id == call.case.site_id,
        WorkOrder.state == WorkOrderState.OPEN,
        or_(WorkOrder.item_id == item.id, WorkOrder.bom_id.in_(takes)),
    )
    found = call.session.scalars(wanted.order_by(WorkOrder.number)).all()
    if how is Disposition.REWORK:
        return {"closed": [], "to_rework": [order.number for order in found]}
    for one in found:
        order = lock_row(call.session, WorkOrder, one.id)
        order.state = WorkOrderState.CLOSED
        facts = {"order": order.number, "document": call.case.number, "why": str(call.params["why"])}
        audit.record(call.session, "work_order.closed", subject=("production.order", order.id), facts=facts)
    return {"closed": [order.number for order in found], "to_rework": []}
