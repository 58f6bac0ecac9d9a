"""The list of work orders that can be brought in (URS-043)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Bom, Item
from app.catalog.standard_lists import positive, unknown_item
from app.catalog.units import STOCK_UNITS, check_quantity
from app.production.models import WorkOrder
from app.production.services import open_work_order
from app.sites.imports import SiteColumn, sites_by_code
from core.actor import Actor
from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.sheets.cells import Column, code, day
from documents.sheets.importers import Finding, Importer, Reach, Row, doubled, register


def check_work_orders(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find work orders that are there already, and items that cannot be made."""
    sites = SiteColumn(session, reach)
    items = {item.code: item for item in session.scalars(select(Item))}
    made = set(session.scalars(select(Item.code).join(Bom, Bom.item_id == Item.id)))
    numbers = set(session.scalars(select(WorkOrder.number)))
    seen: dict[Any, int] = {}
    for row in rows:
        yield from sites.unknown(row)
        yield from unknown_item(row, "item", items)
        yield from doubled(row, "number", seen)
        item = items.get(row.get("item"))
        if row.get("number") in numbers:
            sentence = N_("There is an order %(order)s already.")
            yield row.wrong("number", Conflict("order.exists", sentence, order=row.get("number")))
        if item is not None and item.code not in made:
            sentence = N_("Item %(item)s has no bill of material in force.")
            yield row.wrong("item", Conflict("bom.none", sentence, item=item.code))
        if item is not None and row.get("quantity") is not None:
            try:
                check_quantity(row.get("quantity"), STOCK_UNITS[item.uom])
            except Invalid as error:
                yield row.wrong("quantity", error)


def store_work_orders(session: Session, rows: Iterable[Row], actor: Actor, now: datetime) -> None:
    """Open every work order of a list on the bill of material that is in force."""
    sites = sites_by_code(session)
    items = {item.code: item for item in session.scalars(select(Item))}
    for row in rows:
        open_work_order(
            session,
            row.get("number"),
            items[row.get("item")],
            sites[row.get("site")],
            row.get("quantity"),
            due_on=row.get("due_on"),
            actor=actor,
            now=now,
        )


WORK_ORDERS = register(
    Importer(
        name="production.work_orders",
        title={"en": "Work orders", "zh": "生产工单"},
        about={"en": "What is to be made by when.", "zh": "待生产的产品、数量与日期。"},
        right="orders.import",
        order=70,
        check=check_work_orders,
        store=store_work_orders,
        columns=(
            Column("number", {"en": "Work order", "zh": "工单号"}, code(), "WO-2026-031",
                   {"en": "Never used twice", "zh": "不得重复"}),
            SiteColumn.column,
            Column("item", {"en": "Item made", "zh": "产品编码"}, code(), "FD-IS150",
                   {"en": "An item with a bill of material", "zh": "已有物料清单的产品"}),
            Column("quantity", {"en": "Quantity", "zh": "数量"}, positive, "5000",
                   {"en": "In the item's stock unit", "zh": "按物料库存单位"}),
            Column("due_on", {"en": "Due", "zh": "完工日期"}, day, "2026-12-15",
                   {"en": "A day like 2026-12-15", "zh": "日期，如 2026-12-15"}),
        ),
    )
)  # fmt: skip
