"""The list of purchase orders that can be brought in, one row a line of an order (URS-042)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item, ItemState, Supplier, SupplierState
from app.catalog.standard_lists import positive
from app.catalog.units import STOCK_UNITS, check_quantity
from app.procurement.models import PurchaseOrder
from app.procurement.services import OrderLine, place_order
from app.sites.imports import SiteColumn, sites_by_code
from core.actor import Actor
from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.sheets.cells import Column, code, day, whole
from documents.sheets.importers import Finding, Importer, Reach, Row, register


def check_orders(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find orders that are there already or disagree with themselves, and lines that could not be ordered."""
    sites = SiteColumn(session, reach)
    items = {item.code: item for item in session.scalars(select(Item))}
    suppliers = {one.code: one.state for one in session.scalars(select(Supplier))}
    numbers = set(session.scalars(select(PurchaseOrder.number)))
    heads: dict[Any, tuple[Any, Any]] = {}
    for row in rows:
        yield from sites.unknown(row)
        yield from _supplier(row, suppliers)
        yield from _line(row, items)
        number = row.get("number")
        if number in numbers:
            exists = Conflict("order.exists", "There is an order %(order)s already.", order=number)
            yield row.wrong("number", exists)
        head = (row.get("supplier"), row.get("site"))
        if number is not None and heads.setdefault(number, head) != head:
            sentence = N_("Order %(order)s has another supplier or site further up.")
            yield row.wrong("supplier", Conflict("order.heads", sentence, order=number))


def store_orders(session: Session, rows: Iterable[Row], actor: Actor, now: datetime) -> None:
    """Open every order of a list with its lines in the order of the list."""
    sites = sites_by_code(session)
    items = {item.code: item for item in session.scalars(select(Item))}
    suppliers = {one.code: one for one in session.scalars(select(Supplier))}
    wanted: dict[str, list[Row]] = {}
    for row in rows:
        wanted.setdefault(row.get("number"), []).append(row)
    for number, found in wanted.items():
        lines = [
            OrderLine(
                items[row.get("item")],
                row.get("quantity"),
                row.get("due_on"),
                over_percent=row.get("over_percent") or 0,
            )
            for row in found
        ]
        supplier, site = suppliers[found[0].get("supplier")], sites[found[0].get("site")]
        place_order(session, number, supplier, site, lines, actor=actor, now=now)


def _supplier(row: Row, suppliers: dict[str, SupplierState]) -> Iterator[Finding]:
    wanted = row.get("supplier")
    if wanted is None:
        return
    if wanted not in suppliers:
        sentence = N_("There is no supplier %(supplier)s.")
        yield row.wrong("supplier", Invalid("supplier.not_found", sentence, supplier=wanted))
    elif suppliers[wanted] is SupplierState.BLOCKED:
        blocked = Conflict("supplier.blocked", "Supplier %(supplier)s is blocked.", supplier=wanted)
        yield row.wrong("supplier", blocked)


def _line(row: Row, items: dict[str, Item]) -> Iterator[Finding]:
    wanted, quantity = row.get("item"), row.get("quantity")
    item = items.get(wanted)
    if wanted is not None and item is None:
        yield row.wrong("item", Invalid("item.not_found", "There is no item %(item)s.", item=wanted))
    elif item is not None and item.state is not ItemState.ACTIVE:
        sentence = N_("Item %(item)s may not be received.")
        yield row.wrong("item", Conflict("item.inactive", sentence, item=wanted))
    elif item is not None and quantity is not None:
        try:
            check_quantity(quantity, STOCK_UNITS[item.uom])
        except Invalid as error:
            yield row.wrong("quantity", error)


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
        check=check_orders,
        store=store_orders,
        columns=(
            Column("number", {"en": "Order", "zh": "订单号"}, code(), "PO-2026-0118",
                   {"en": "As printed on the order; the same in all its lines",
                    "zh": "订单上的编号，同一订单各行相同"}),
            Column("supplier", {"en": "Supplier", "zh": "供应商"}, code(), "S-101",
                   {"en": "The code of a supplier that is there already", "zh": "系统中已有的供应商编码"}),
            SiteColumn.column,
            Column("item", {"en": "Item", "zh": "物料"}, code(), "RM-PVC-70",
                   {"en": "The code of an item that is there already", "zh": "系统中已有的物料编码"}),
            Column("quantity", {"en": "Quantity", "zh": "数量"}, positive, "1000",
                   {"en": "In the item's stock unit", "zh": "按物料库存单位"}),
            Column("due_on", {"en": "Due", "zh": "交货日期"}, day, "2026-12-15",
                   {"en": "A day like 2026-12-15", "zh": "日期，如 2026-12-15"}),
            Column("over_percent", {"en": "Over-delivery (%)", "zh": "允许超收（%）"}, whole(0, 100), "5",
                   {"en": "0 if empty", "zh": "留空为 0"}, required=False),
        ),
    )
)  # fmt: skip
