"""The list of purchase orders that can be brought in, one row a line of an order (URS-042)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import ItemState
from app.catalog.references import ITEM, SUPPLIER
from app.catalog.standard_lists import positive
from app.catalog.units import STOCK_UNITS, check_quantity
from app.procurement.models import PurchaseOrder
from app.procurement.services import OrderLine, place_order
from app.sites.imports import SITE
from app.suppliers.queries import OrderGate
from core.actor import Actor
from core.clock import site_day
from core.errors import Conflict, Invalid
from core.moments import moment_of
from documents.labels import N_
from documents.sheets.cells import Column, code, day, whole
from documents.sheets.examining import grouped
from documents.sheets.importers import Group, Importer, register
from documents.sheets.rows import Finding, Reach, Row


def orders_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Which of some orders are there already."""
    numbers = [number for (number,) in keys]
    found = session.scalars(select(PurchaseOrder.number).where(PurchaseOrder.number.in_(numbers)))
    return {(number,): {} for number in found}


def check_orders(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find orders that are there already, and lines that could not be ordered."""
    listed = list(rows)
    found = [row.found.get("supplier") for row in listed]
    gate = OrderGate(session, {supplier.id for supplier in found if supplier is not None})
    moment = moment_of(session)
    for row in listed:
        if row.before is not None:
            sentence = N_(
                "There is an order %(order)s already. A placed order does not change: cancel it, or a line "
                "of it, and place another one."
            )
            yield row.wrong("number", Conflict("order.exists", sentence, order=row.get("number")))
        yield from _approved(row, gate, moment)
        yield from _line(row)


def create_orders(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the orders of a list with their lines in the order of the list."""
    for found in grouped(rows, ("number",)).values():
        lines = [
            OrderLine(
                row.found["item"],
                row.get("quantity"),
                row.get("due_on"),
                over_percent=row.get("over_percent") or 0,
            )
            for row in found
        ]
        supplier, site = found[0].found["supplier"], found[0].found["site"]
        place_order(session, found[0].get("number"), supplier, site, lines, actor=actor, now=now)


def _approved(row: Row, gate: OrderGate, moment: datetime) -> Iterator[Finding]:
    supplier, item, site = (row.found.get(name) for name in ("supplier", "item", "site"))
    if supplier is not None and item is not None and site is not None:
        for reason in gate.reasons(supplier, item, site, site_day(moment, site.zone)):
            yield row.wrong(reason.field or "supplier", reason)


def _line(row: Row) -> Iterator[Finding]:
    item, quantity = row.found.get("item"), row.get("quantity")
    if item is not None and item.state is not ItemState.ACTIVE:
        sentence = N_("Item %(item)s may not be received.")
        yield row.wrong("item", Conflict("item.inactive", sentence, item=item.code))
    elif item is not None and quantity is not None:
        try:
            check_quantity(quantity, STOCK_UNITS[item.uom])
        except Invalid as error:
            yield row.wrong("quantity", error)


def _other_head(row: Row) -> Conflict:
    sentence = N_("Order %(order)s has another supplier or site further up.")
    return Conflict("order.heads", sentence, order=row.get("number"))


ORDERS = register(
    Importer(
        name="procurement.orders",
        title={"en": "Purchase orders", "zh": "采购订单"},
        about={
            "en": "Open orders, one row a line; goods are received against them.",
            "zh": "未完成的采购订单，每行一个订单行；据此收货。",
        },
        right="orders.import",
        order=60,
        key=("number",),
        group=Group(("number",), same=("supplier", "site"), error=_other_head),
        existing=orders_there,
        create=create_orders,
        check=check_orders,
        columns=(
            Column("number", {"en": "Order", "zh": "订单号"}, code(), "PO-2026-0118",
                   {"en": "As printed on the order; the same in all its lines",
                    "zh": "订单上的编号，同一订单各行相同"}),
            Column("supplier", {"en": "Supplier", "zh": "供应商"}, code(), "S-101",
                   {"en": "The code of a supplier that is there already", "zh": "系统中已有的供应商编码"},
                   refers=SUPPLIER),
            SITE,
            Column("item", {"en": "Item", "zh": "物料"}, code(), "RM-PVC-70",
                   {"en": "The code of an item that is there already", "zh": "系统中已有的物料编码"},
                   refers=ITEM),
            Column("quantity", {"en": "Quantity", "zh": "数量"}, positive, "1000",
                   {"en": "In the item's stock unit", "zh": "按物料库存单位"}),
            Column("due_on", {"en": "Due", "zh": "交货日期"}, day, "2026-12-15",
                   {"en": "A day like 2026-12-15", "zh": "日期，如 2026-12-15"}),
            Column("over_percent", {"en": "Over-delivery (%)", "zh": "允许超收（%）"}, whole(0, 100), "5",
                   {"en": "0 if empty", "zh": "留空为 0"}, required=False),
        ),
    )
)  # fmt: skip
