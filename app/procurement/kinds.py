"""Purchase orders as objects: placed by a form or by a program, read, never changed (docs/adr/0008).

An order holds at once, by whom it is placed; what may be ordered at all, two persons have signed before
(app.suppliers). What is brought in as a list is accepted by a second person.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.objects.kinds import Key, ObjectKind, Values
from app.procurement.imports import ORDERS
from app.procurement.models import PurchaseOrder, PurchaseOrderLine
from app.suppliers.columns import code_of, names_of
from core.types import Bilingual


def order_with(session: Session, key: Key) -> Any:
    """The order with a number, if there is one."""
    return session.scalar(select(PurchaseOrder).where(PurchaseOrder.number == key[0]))


def heads(_session: Session, orders: Sequence[PurchaseOrder]) -> list[Values]:
    """What orders hold once."""
    return [{**_head(order), "state": order.standing} for order in orders]


def lines(_session: Session, order: PurchaseOrder) -> list[Values]:
    """The lines of an order, with what has come in on them."""
    return [{**_head(order), **_line(line)} for line in order.lines]


def label(order: PurchaseOrder) -> Bilingual:
    """What people call an order."""
    return {lang: f"{order.number} · {order.supplier.name[lang]}" for lang in ("en", "zh")}


def _head(order: PurchaseOrder) -> dict[str, Any]:
    return {"number": order.number, "supplier": order.supplier.code, "site": order.site.code}


def _line(line: PurchaseOrderLine) -> dict[str, Any]:
    return {
        "item": line.item.code,
        "quantity": line.quantity,
        "due_on": line.due_on,
        "over_percent": line.over_percent,
        "received": line.received,
        "state": "cancelled" if line.cancelled_because else "open" if line.open_quantity else "received",
    }


ORDER = ObjectKind(
    name="procurement.order",
    title={"en": "Purchase order", "zh": "采购订单"},
    listed=replace(ORDERS, right="orders.place", proposal=False),
    model=PurchaseOrder,
    plural="orders",
    icon="file-invoice",
    read="orders.read",
    find=order_with,
    key_of=lambda row: (row.number,),
    label=label,
    shown={
        "number": PurchaseOrder.number,
        "supplier": code_of(PurchaseOrder),
        "state": PurchaseOrder.state,
    },
    words=(PurchaseOrder.number, code_of(PurchaseOrder), *names_of(PurchaseOrder)),
    values=heads,
    lines=lines,
    site_of=lambda row: row.site_id,
)
