"""Ordering and receiving. A receipt is one transaction: lot, ledger line, receipt, record and the case that
judges the lot."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.gs1 import Scan
from app.catalog.models import Item, ItemState, Supplier
from app.catalog.packs import pack_with_gtin
from app.catalog.units import check_quantity, check_unit, quantity_text
from app.inventory.models import Lot, MovementKind
from app.inventory.queries import location_at, supplier_lot_known
from app.inventory.release import start_release
from app.inventory.services import ReceiveLot, check_expiry, hold_lot, receive_lot, resume_lot
from app.procurement import queries
from app.procurement.cancelling import line_cancelled
from app.procurement.models import OrderState, PurchaseOrder, PurchaseOrderLine, Receipt
from app.procurement.records import receipt_draft
from app.sites.models import Site
from app.suppliers.hearing import when_free
from app.suppliers.queries import OrderGate, block_of
from core import clock, numbers, outbox
from core.actor import Actor
from core.db import new_id
from core.errors import Conflict, Invalid
from documents.records import create_record
from signatures import audit

SERIES = "purchase_order"


@dataclass(frozen=True)
class OrderLine:
    """So much of an item by a day, in its stock unit."""

    item: Item
    quantity: Decimal
    due_on: date
    over_percent: int = 0


def place_order(
    session: Session,
    number: str,
    supplier: Supplier,
    site: Site,
    lines: Sequence[OrderLine],
    *,
    actor: Actor,
    now: datetime,
) -> PurchaseOrder:
    """Open a purchase order; only approved pairs of supplier, item and site are ordered (URS-041).

    Raises:
        Conflict: ``supplier.blocked``, ``supplier.conditional``, ``supplier.not_approved``,
            ``supplier.scope_lapsed``, ``supplier.scope_ahead``, ``supplier.certificate_missing`` or
            ``supplier.certificate_expired``.
        Invalid: a quantity that does not fit its unit.
    """
    _check_approved(session, supplier, site, lines, on=clock.site_day(now, site.zone))
    order = PurchaseOrder(
        number=number,
        supplier_id=supplier.id,
        site_id=site.id,
        ordered_on=clock.site_day(now, site.zone),
        created_at=now,
    )
    for position, line in enumerate(lines, start=1):
        quantity = check_quantity(line.quantity, check_unit(line.item.uom))
        order.lines.append(
            PurchaseOrderLine(
                position=position,
                item_id=line.item.id,
                quantity=quantity,
                received=Decimal(0),
                over_percent=line.over_percent,
                due_on=line.due_on,
            )
        )
    session.add(order)
    session.flush()  # the audit line below names the new row
    audit.record(session, "order.placed", subject=("procurement.order", order.id), facts={"order": number})
    return order


def take_number(session: Session, site: Site, *, now: datetime) -> str:
    """Take the next number of a site's orders; one that somebody has typed before is passed over."""
    numbers.define(session, SERIES, prefix="PO")  # plants set up before orders were numbered have no rule yet
    while True:
        number = numbers.take(session, SERIES, site_code=site.code, now=clock.to_zone(now, site.zone))
        if session.scalar(select(PurchaseOrder.id).where(PurchaseOrder.number == number)) is None:
            return number


def _check_approved(
    session: Session, supplier: Supplier, site: Site, lines: Sequence[OrderLine], *, on: date
) -> None:
    gate = OrderGate(session, [supplier.id], items={line.item.id for line in lines})
    for line in lines:
        for reason in gate.reasons(supplier, line.item, site, on):
            raise reason


@dataclass(frozen=True)
class ReceiveGoods:
    """A delivery as the keeper enters it: label, quantity, the supplier's lot, where it is put.

    ``expiry`` comes from the label, or from the papers when the label has none. ``same_lot_again`` confirms
    that this is
    another delivery of a supplier's lot that came before. ``key`` is the form's own: posting it twice is
    one receipt.
    """

    line_id: uuid.UUID
    label: Scan
    quantity: Decimal
    unit: str
    supplier_lot: str
    expiry: date | None
    location_id: uuid.UUID
    delivery_note: str
    key: str
    same_lot_again: bool = False


def receive_goods(session: Session, command: ReceiveGoods, *, actor: Actor, now: datetime) -> Receipt:
    """Take a delivery in: everything of it or nothing (URS-004, URS-042).

    What comes from a supplier that is blocked by now is put on hold, with the reason of the block (URS-041).

    Raises:
        Invalid: wrong item for the order, unit, quantity or expiry, each at its field.
        Conflict: order closed, more than ordered, or a supplier's lot that came before.
    """
    line = _locked_line(session, command.line_id)  # first, so that a double click waits and finds the receipt
    earlier = queries.receipt_with_key(session, command.key)
    if earlier is not None:
        return earlier
    _check_delivery(session, line, command, today=clock.site_day(now, line.order.site.zone))
    line.received += command.quantity
    receipt_id, site = new_id(), line.order.site
    number = numbers.take(session, "receipt", site_code=site.code, now=clock.to_zone(now, site.zone))
    lot = _lot(session, line, command, number, actor=actor, now=now)
    case = start_release(
        session, lot, command.quantity, receipt_id=receipt_id, receipt_number=number,
        receipt_kind="purchase", actor=actor, now=now,
    )  # fmt: skip
    receipt = Receipt(
        id=receipt_id,
        number=number,
        line=line,
        lot=lot,
        site=site,
        case=case,
        quantity=command.quantity,
        unit=lot.unit,
        delivery_note=command.delivery_note,
        scan=command.label.bracketed,
        received_at=now,
        received_by=actor.id,
        received_by_name=actor.name,
        key=command.key,
        held_because=block_of(session, line.order.supplier) or "",
    )
    session.add(receipt)
    session.flush()  # the record below tells of the posted receipt
    _hold_when_blocked(session, receipt, actor=actor, now=now)
    _write_record(session, receipt, command.label.gtin, actor=actor, now=now)
    return receipt


@when_free
def resume_lots(session: Session, supplier: Supplier, actor: Actor, now: datetime) -> None:
    """Take lots that came in while a supplier was blocked off hold: they wait for inspection again."""
    for receipt in queries.receipts_on_hold(session, supplier.id):
        resume_lot(session, receipt.lot_id, document=receipt.number, actor=actor, now=now)


def define_numbers(session: Session) -> None:
    """Say how receipts are numbered, and orders whose number nobody types."""
    numbers.define(session, "receipt", prefix="GR")
    numbers.define(session, SERIES, prefix="PO")


def _locked_line(session: Session, line_id: uuid.UUID) -> PurchaseOrderLine:
    queries.line(session, line_id)
    wanted = (
        select(PurchaseOrderLine).where(PurchaseOrderLine.id == line_id).with_for_update(of=PurchaseOrderLine)
    )
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def _check_delivery(session: Session, line: PurchaseOrderLine, command: ReceiveGoods, *, today: date) -> None:
    item, order = line.item, line.order
    if line.cancelled_because:
        raise line_cancelled(line, field="line")
    if order.state is not OrderState.OPEN:
        raise Conflict("order.closed", "Order %(order)s is closed.", field="line", order=order.number)
    if item.state is not ItemState.ACTIVE:
        raise Conflict("item.inactive", "Item %(item)s may not be received.", field="line", item=item.code)
    _check_item(session, item, command.label.gtin)
    location_at(session, command.location_id, order.site_id)
    _check_amount(line, command)
    _check_label(command)
    check_expiry(item, command.expiry, today=today)
    _check_supplier_lot(session, line, command)


def _check_item(session: Session, item: Item, gtin: str) -> None:
    """The label is that of a unit of use or of a pack of the item, a carton's for example."""
    pack = pack_with_gtin(session, gtin)
    if item.id == pack.item_id if pack is not None else gtin == item.gtin:
        return
    raise Invalid(
        "receipt.wrong_item",
        "The label is of GTIN %(found)s; the order line is for %(item)s with GTIN %(wanted)s.",
        field="scan",
        found=gtin,
        item=item.code,
        wanted=item.gtin or "–",
    )


def _check_amount(line: PurchaseOrderLine, command: ReceiveGoods) -> None:
    unit = check_unit(command.unit)
    if unit.code != line.item.uom:
        raise Invalid(
            "receipt.unit",
            "Item %(item)s is received in %(wanted)s, not in %(found)s.",
            field="unit",
            item=line.item.code,
            wanted=check_unit(line.item.uom).symbol,
            found=unit.symbol,
        )
    check_quantity(command.quantity, unit)
    if command.quantity > line.acceptable:
        raise Conflict(
            "receipt.too_much",
            "Only %(left)s %(unit)s may still come on this order line, %(percent)s %% over included.",
            field="quantity",
            left=quantity_text(line.acceptable),
            unit=unit.symbol,
            percent=line.over_percent,
        )


def _check_label(command: ReceiveGoods) -> None:
    on_label = command.label.expiry
    if on_label is not None and command.expiry != on_label:
        raise Invalid(
            "receipt.expiry_differs",
            "The label says %(expiry)s. Enter what the label says.",
            field="expiry",
            expiry=on_label,
        )
    if not command.supplier_lot:
        raise Invalid("receipt.supplier_lot", "Enter the supplier's lot number.", field="supplier_lot")


def _check_supplier_lot(session: Session, line: PurchaseOrderLine, command: ReceiveGoods) -> None:
    known = supplier_lot_known(session, line.item_id, line.order.supplier_id, command.supplier_lot)
    if known is not None and not command.same_lot_again:
        raise Conflict(
            "receipt.supplier_lot_known",
            "Supplier lot %(supplier_lot)s came before, as lot %(lot)s. "
            "Confirm below if this is another delivery of it.",
            field="supplier_lot",
            supplier_lot=command.supplier_lot,
            lot=known.number,
        )


def _lot(
    session: Session,
    line: PurchaseOrderLine,
    command: ReceiveGoods,
    document: str,
    *,
    actor: Actor,
    now: datetime,
) -> Lot:
    site = line.order.site
    received = ReceiveLot(
        item=line.item,
        site=site,
        location_id=command.location_id,
        number=numbers.take(session, "lot", site_code=site.code, now=clock.to_zone(now, site.zone)),
        quantity=command.quantity,
        expiry=command.expiry,
        kind=MovementKind.RECEIPT,
        document=document,
        key=f"receipt:{command.key}",
        supplier_id=line.order.supplier_id,
        supplier_lot=command.supplier_lot,
        label_lot=command.label.lot,
    )
    return receive_lot(session, received, actor=actor, now=now)


def _hold_when_blocked(session: Session, receipt: Receipt, *, actor: Actor, now: datetime) -> None:
    if receipt.held_because:
        hold_lot(session, receipt.lot_id, document=receipt.number, actor=actor, now=now)


def _write_record(session: Session, receipt: Receipt, gtin: str, *, actor: Actor, now: datetime) -> None:
    audit.record(
        session,
        "receipt.posted",
        subject=("procurement.receipt", receipt.id),
        facts={"receipt": receipt.number, "lot": receipt.lot.number, "order": receipt.line.order.number},
    )
    pack = pack_with_gtin(session, gtin)
    record = create_record(session, receipt_draft(receipt, pack, actor=actor), actor=actor, now=now)
    outbox.later(session, "archive.seal_record", {"record_id": str(record.id)}, key=f"seal:{record.id}")
