"""Work orders and output. Taking output in is one transaction: consumption of the scanned lots, genealogy,
new lot, record
and the case that judges the lot.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.gs1 import Scan
from app.catalog.models import Item
from app.catalog.queries import effective_bom
from app.catalog.units import check_quantity, check_unit, quantity_text
from app.inventory.genealogy import inputs_of
from app.inventory.ledger import lock_lots
from app.inventory.models import Lot, MovementKind
from app.inventory.queries import location_at
from app.inventory.release import start_release
from app.inventory.services import Consumption, ReceiveLot, receive_lot, record_consumption
from app.production import queries
from app.production.models import Output, WorkOrder, WorkOrderState
from app.production.records import output_draft
from app.sites.models import Site
from core import clock, numbers, outbox
from core.actor import Actor
from core.db import new_id
from core.errors import Conflict, Invalid, NotFound
from documents.records import create_record
from signatures import audit


def open_work_order(
    session: Session,
    number: str,
    item: Item,
    site: Site,
    quantity: Decimal,
    *,
    due_on: date,
    actor: Actor,
    now: datetime,
) -> WorkOrder:
    """Open a work order on the bill of material that is in force today.

    Raises:
        Conflict: ``bom.none``: the item cannot be made yet.
        Invalid: a quantity that does not fit its unit.
    """
    check_quantity(quantity, check_unit(item.uom))
    bom = effective_bom(session, item.id, clock.site_day(now, site.zone))
    if bom is None:
        raise Conflict("bom.none", "Item %(item)s has no bill of material in force.", item=item.code)
    order = WorkOrder(
        number=number,
        item_id=item.id,
        site_id=site.id,
        bom_id=bom.id,
        quantity=quantity,
        made=Decimal(0),
        due_on=due_on,
        created_at=now,
    )
    session.add(order)
    session.flush()  # the audit line below names the new row
    audit.record(
        session, "work_order.opened", subject=("production.work_order", order.id), facts={"order": number}
    )
    return order


@dataclass(frozen=True)
class UsedLot:
    """So much of a released lot went into the output, in that lot's unit."""

    lot_id: uuid.UUID
    quantity: Decimal


@dataclass(frozen=True)
class ReceiveOutput:
    """Goods from the line as the keeper enters them; ``key`` is the form's own: posting it twice is one
    output."""

    work_order_id: uuid.UUID
    label: Scan
    quantity: Decimal
    unit: str
    location_id: uuid.UUID
    inputs: Sequence[UsedLot]
    key: str


def receive_output(session: Session, command: ReceiveOutput, *, actor: Actor, now: datetime) -> Output:
    """Take goods from the line in: everything of it or nothing (URS-004, URS-032).

    Raises:
        Invalid: wrong item, unit, quantity or expiry, or inputs that do not follow the bill of material.
        Conflict: order closed, more than planned, an input that is not released, expired or short.
    """
    order = _locked_order(session, command.work_order_id)  # first, so that a double click waits and finds it
    earlier = queries.output_with_key(session, command.key)
    if earlier is not None:
        return earlier
    _check_output(session, order, command)
    order.made += command.quantity
    output_id, site = new_id(), order.site
    number = numbers.take(session, "output", site_code=site.code, now=clock.to_zone(now, site.zone))
    lot = _lot(session, order, command, number, actor=actor, now=now)
    _consume(session, command, lot, number, actor=actor, now=now)
    case = start_release(
        session,
        lot,
        command.quantity,
        receipt_id=output_id,
        receipt_number=number,
        receipt_kind="output",
        actor=actor,
        now=now,
    )
    output = Output(
        id=output_id,
        number=number,
        work_order=order,
        lot=lot,
        site=site,
        case=case,
        quantity=command.quantity,
        unit=lot.unit,
        scan=command.label.bracketed,
        received_at=now,
        received_by=actor.id,
        received_by_name=actor.name,
        key=command.key,
    )
    session.add(output)
    session.flush()  # the record below tells of the posted output
    _write_record(session, output, actor=actor, now=now)
    return output


def define_numbers(session: Session) -> None:
    """Say how output receipts are numbered."""
    numbers.define(session, "output", prefix="FG")


def _locked_order(session: Session, work_order_id: uuid.UUID) -> WorkOrder:
    queries.work_order(session, work_order_id)
    wanted = select(WorkOrder).where(WorkOrder.id == work_order_id).with_for_update(of=WorkOrder)
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def _check_output(session: Session, order: WorkOrder, command: ReceiveOutput) -> None:
    if order.state is not WorkOrderState.OPEN:
        raise Conflict(
            "work_order.closed", "Work order %(order)s is closed.", field="work_order", order=order.number
        )
    if command.label.gtin != order.item.gtin:
        raise Invalid(
            "output.wrong_item",
            "The label is of GTIN %(found)s; the work order makes %(item)s with GTIN %(wanted)s.",
            field="scan",
            found=command.label.gtin,
            item=order.item.code,
            wanted=order.item.gtin or "–",
        )
    location_at(session, command.location_id, order.site_id)
    _check_amount(order, command)
    _check_inputs(session, order, command.inputs)


def _check_amount(order: WorkOrder, command: ReceiveOutput) -> None:
    unit = check_unit(command.unit)
    if unit.code != order.item.uom:
        raise Invalid(
            "output.unit",
            "Item %(item)s is counted in %(wanted)s, not in %(found)s.",
            field="unit",
            item=order.item.code,
            wanted=check_unit(order.item.uom).symbol,
            found=unit.symbol,
        )
    check_quantity(command.quantity, unit)
    if command.quantity > order.open_quantity:
        raise Conflict(
            "output.too_much",
            "Only %(left)s %(unit)s of this work order are still to be made.",
            field="quantity",
            left=quantity_text(order.open_quantity),
            unit=unit.symbol,
        )


def _check_inputs(session: Session, order: WorkOrder, inputs: Sequence[UsedLot]) -> None:
    """Every line of the bill of material needs a lot, and nothing else may go in: the genealogy has no
    holes."""
    lots = lock_lots(session, [used.lot_id for used in inputs])
    if len(lots) != len(inputs):
        raise Invalid(
            "output.input_twice", "The same lot is listed twice. Add its quantities up.", field="inputs"
        )
    wanted = {line.item_id: line.item for line in order.bom.lines}
    for lot in lots.values():
        if lot.site_id != order.site_id:
            raise NotFound("lot.unknown", "There is no such lot.", field="inputs")
        if lot.item_id not in wanted:
            raise Invalid(
                "output.not_in_bom",
                "Lot %(lot)s is of item %(item)s, which is not in the bill of material.",
                field="inputs",
                lot=lot.number,
                item=lot.item.code,
            )
    missing = [item.code for key, item in wanted.items() if key not in {lot.item_id for lot in lots.values()}]
    if missing:
        raise Invalid(
            "output.input_missing",
            "No lot is given for: %(items)s.",
            field="inputs",
            items=", ".join(missing),
        )


def _lot(
    session: Session, order: WorkOrder, command: ReceiveOutput, document: str, *, actor: Actor, now: datetime
) -> Lot:
    if not command.label.lot:
        raise Invalid("output.lot_missing", "The label needs a lot number (10).", field="scan")
    made = ReceiveLot(
        item=order.item,
        site=order.site,
        location_id=command.location_id,
        number=command.label.lot,
        quantity=command.quantity,
        expiry=command.label.expiry,
        kind=MovementKind.OUTPUT,
        document=document,
        key=f"output:{command.key}",
        label_lot=command.label.lot,
    )
    return receive_lot(session, made, actor=actor, now=now)


def _consume(
    session: Session, command: ReceiveOutput, lot: Lot, document: str, *, actor: Actor, now: datetime
) -> None:
    for number, used in enumerate(command.inputs):
        consumption = Consumption(
            used.lot_id, used.quantity, lot.id, document, f"output:{command.key}:{number}"
        )
        record_consumption(session, consumption, actor=actor, now=now)


def _write_record(session: Session, output: Output, *, actor: Actor, now: datetime) -> None:
    audit.record(
        session,
        "output.posted",
        subject=("production.output", output.id),
        facts={"output": output.number, "lot": output.lot.number, "order": output.work_order.number},
    )
    record = create_record(
        session, output_draft(output, inputs_of(session, output.lot_id), actor=actor), actor=actor, now=now
    )
    outbox.later(session, "archive.seal_record", {"record_id": str(record.id)}, key=f"seal:{record.id}")
