"""The list of work orders that can be brought in (URS-043)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Bom, Item
from app.catalog.references import ITEM
from app.catalog.standard_lists import positive
from app.catalog.units import STOCK_UNITS, check_quantity
from app.production.models import WorkOrder
from app.production.services import open_work_order
from app.sites.imports import SITE
from app.sites.models import Site
from core.actor import Actor
from core.effectivity import RevisionState
from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.sheets.cells import Column, code, day
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row


def work_orders_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What some work orders hold already."""
    query = (
        select(WorkOrder.number, Site.code, Item.code, WorkOrder.quantity, WorkOrder.due_on)
        .join(Site, Site.id == WorkOrder.site_id)
        .join(Item, Item.id == WorkOrder.item_id)
        .where(WorkOrder.number.in_([number for (number,) in keys]))
    )
    return {
        (number,): {"site": site, "item": item, "quantity": quantity, "due_on": due_on}
        for number, site, item, quantity, due_on in session.execute(query)
    }


def check_work_orders(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find items that cannot be made, and quantities their unit does not have."""
    made = set(session.scalars(select(Bom.item_id).where(Bom.state == RevisionState.APPROVED)))
    for row in rows:
        item = row.found.get("item")
        if item is not None and item.id not in made:
            sentence = N_("Item %(item)s has no bill of material in force.")
            yield row.wrong("item", Conflict("bom.none", sentence, item=item.code))
        if item is not None and row.get("quantity") is not None:
            try:
                check_quantity(row.get("quantity"), STOCK_UNITS[item.uom])
            except Invalid as error:
                yield row.wrong("quantity", error)


def create_work_orders(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the work orders of a list on the bill of material that is in force."""
    for row in rows:
        open_work_order(
            session,
            row.get("number"),
            row.found["item"],
            row.found["site"],
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
        key=("number",),
        existing=work_orders_there,
        create=create_work_orders,
        check=check_work_orders,
        columns=(
            Column("number", {"en": "Work order", "zh": "工单号"}, code(), "WO-2026-031",
                   {"en": "Never used twice", "zh": "不得重复"}),
            SITE,
            Column("item", {"en": "Item made", "zh": "产品编码"}, code(), "FD-IS150",
                   {"en": "An item with a bill of material", "zh": "已有物料清单的产品"}, refers=ITEM),
            Column("quantity", {"en": "Quantity", "zh": "数量"}, positive, "5000",
                   {"en": "In the item's stock unit", "zh": "按物料库存单位"}),
            Column("due_on", {"en": "Due", "zh": "完工日期"}, day, "2026-12-15",
                   {"en": "A day like 2026-12-15", "zh": "日期，如 2026-12-15"}),
        ),
    )
)  # fmt: skip
