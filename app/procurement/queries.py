"""Reads of orders and receipts."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session, selectinload

from app.catalog.models import Item, PackagingLevel, Supplier
from app.inventory.models import Lot, LotStatus
from app.procurement.models import OrderState, PurchaseOrder, PurchaseOrderLine, Receipt
from core.errors import NotFound


def order(session: Session, order_id: uuid.UUID) -> PurchaseOrder:
    """The order with this id.

    Raises:
        NotFound: ``order.unknown``.
    """
    found = session.get(PurchaseOrder, order_id)
    if found is None:
        raise NotFound("order.unknown", "There is no such order.")
    return found


def line(session: Session, line_id: uuid.UUID) -> PurchaseOrderLine:
    """The order line with this id.

    Raises:
        NotFound: ``order.line_unknown``.
    """
    found = session.get(PurchaseOrderLine, line_id)
    if found is None:
        raise NotFound("order.line_unknown", "There is no such order line.", field="line")
    return found


def orders(site_ids: Collection[uuid.UUID] | None, words: str = "") -> Select[PurchaseOrder]:
    """Orders of some sites (None: of all), open ones first, newest first; ``words`` in number or supplier."""
    at = true() if site_ids is None else PurchaseOrder.site_id.in_(site_ids)
    wanted = (
        select(PurchaseOrder)
        .join(PurchaseOrder.supplier)
        .where(at, _holds(words, (PurchaseOrder.number, Supplier.code, *_names(Supplier))))
        .options(selectinload(PurchaseOrder.lines).selectinload(PurchaseOrderLine.item))
    )
    return wanted.order_by(
        PurchaseOrder.state.desc(), PurchaseOrder.ordered_on.desc(), PurchaseOrder.number.desc()
    )


def open_lines(
    session: Session, site_ids: Collection[uuid.UUID] | None, gtin: str | None = None
) -> Sequence[PurchaseOrderLine]:
    """Lines of open orders that still wait for goods, earliest due first; only of the item that
    ``gtin`` stands for when given, be it of a unit of use or of a pack."""
    wanted = select(PurchaseOrderLine).join(PurchaseOrderLine.order).join(PurchaseOrderLine.item)
    wanted = wanted.where(
        PurchaseOrder.state == OrderState.OPEN,
        PurchaseOrderLine.cancelled_because == "",
        PurchaseOrderLine.received < PurchaseOrderLine.quantity,
    )
    if site_ids is not None:
        wanted = wanted.where(PurchaseOrder.site_id.in_(site_ids))
    if gtin is not None:
        packed = select(PackagingLevel.item_id).where(PackagingLevel.gtin == gtin)
        wanted = wanted.where(or_(Item.gtin == gtin, Item.id.in_(packed)))
    return session.scalars(wanted.order_by(PurchaseOrderLine.due_on, PurchaseOrder.number)).all()


def receipt(session: Session, receipt_id: uuid.UUID) -> Receipt:
    """The receipt with this id.

    Raises:
        NotFound: ``receipt.unknown``.
    """
    found = session.get(Receipt, receipt_id)
    if found is None:
        raise NotFound("receipt.unknown", "There is no such receipt.")
    return found


def receipt_with_key(session: Session, key: str) -> Receipt | None:
    """The receipt that was posted with this form, if any: a double click finds it."""
    return session.scalar(select(Receipt).where(Receipt.key == key))


def receipts(site_ids: Collection[uuid.UUID] | None, words: str = "") -> Select[Receipt]:
    """Receipts of some sites (None: of all), newest first; ``words`` in number, lot, order, item or
    supplier."""
    at = true() if site_ids is None else Receipt.site_id.in_(site_ids)
    wanted = select(Receipt).join(Receipt.lot).join(Receipt.line).join(PurchaseOrderLine.order)
    wanted = wanted.join(PurchaseOrderLine.item).join(PurchaseOrder.supplier).where(at, _found(words))
    supplier = (
        selectinload(Receipt.line).selectinload(PurchaseOrderLine.order).selectinload(PurchaseOrder.supplier)
    )
    wanted = wanted.options(selectinload(Receipt.lot).selectinload(Lot.item), supplier)
    return wanted.order_by(Receipt.received_at.desc())


def receipts_of_order(session: Session, order_id: uuid.UUID) -> Sequence[Receipt]:
    """What has come in on an order, oldest first."""
    wanted = select(Receipt).join(Receipt.line).where(PurchaseOrderLine.order_id == order_id)
    return session.scalars(wanted.order_by(Receipt.received_at)).all()


def receipts_on_hold(session: Session, supplier_id: uuid.UUID) -> Sequence[Receipt]:
    """Receipts whose lots are on hold because their supplier was blocked when they came, oldest first."""
    wanted = select(Receipt).join(Receipt.lot).where(
        Lot.supplier_id == supplier_id, Lot.status == LotStatus.HOLD, Receipt.held_because != ""
    )
    return session.scalars(wanted.order_by(Receipt.received_at, Receipt.id)).all()


def _found(words: str) -> ColumnElement[bool]:
    numbers = (Receipt.number, Lot.number, Lot.supplier_lot, PurchaseOrder.number, Item.code, Supplier.code)
    return _holds(words, (*numbers, *_names(Item), *_names(Supplier)))


def _names(model: type[Item] | type[Supplier]) -> tuple[ColumnElement[str], ColumnElement[str]]:
    return model.name["en"].as_string(), model.name["zh"].as_string()


def _holds(words: str, columns: Sequence[Any]) -> ColumnElement[bool]:
    return or_(*(column.icontains(words, autoescape=True) for column in columns)) if words else true()
