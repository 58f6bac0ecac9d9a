"""Sending a lot out: only released stock whose release stands sealed on paper (URS-050, ISO 13485 8.2.6).

A release is signed in a moment, its sealed page is made by a worker seconds later. Goods that have left
cannot be called back by a page that was never made, so nothing leaves before every record of the release is
sealed.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.models import ItemKind
from app.catalog.units import check_quantity, check_unit, quantity_text
from app.inventory.ledger import Entry, balances_of, lock_lots, post
from app.inventory.models import STATUS_NAMES, Lot, LotStatus, MovementKind, Shipment
from app.inventory.records import shipment_draft
from core import clock, numbers, outbox
from core.actor import Actor
from core.db import new_id
from core.errors import Conflict, Invalid
from documents.models import Record, RecordState
from documents.records import create_record
from signatures import audit
from signatures.models import Signature
from workflows.models import ProcessCase

SERIES = "shipment"
RELEASED = "released"
"""The meaning of a signature that releases (``qms:meaning`` of the model)."""


@dataclass(frozen=True)
class ShipLot:
    """So much of a lot leaves the house for a customer, under a delivery note.

    ``confirmed`` says that the keeper knows it cannot be undone. ``key`` is the form's own: posting it twice
    is one shipment.
    """

    lot_id: uuid.UUID
    quantity: Decimal
    customer: str
    delivery_note: str
    confirmed: bool
    key: str


def ship_lot(session: Session, command: ShipLot, *, actor: Actor, now: datetime) -> Shipment:
    """Take finished goods out of released stock, with their own sealed record.

    Raises:
        Invalid: a quantity that does not fit its unit, a customer or delivery note left empty, or nobody
            confirmed.
        Conflict: ``inventory.not_released``, ``inventory.expired``, ``inventory.not_finished``,
            ``inventory.short``, ``inventory.release_record_missing`` or
            ``inventory.release_record_unsealed``.
    """
    lot = lock_lots(session, [command.lot_id])[command.lot_id]
    earlier = session.scalar(select(Shipment).where(Shipment.key == command.key))
    if earlier is not None:
        return earlier
    _check_form(lot, command)
    _check_shippable(lot, now=now)
    _check_release_is_sealed(session, lot)
    numbers.define(session, SERIES, prefix="SH")  # plants set up before shipments existed have no rule yet
    site_now = clock.to_zone(now, lot.site.zone)
    shipment = Shipment(
        id=new_id(),
        number=numbers.take(session, SERIES, site_code=lot.site.code, now=site_now),
        lot=lot,
        site_id=lot.site_id,
        quantity=command.quantity,
        unit=lot.unit,
        customer=command.customer,
        delivery_note=command.delivery_note,
        shipped_at=now,
        shipped_by=actor.id,
        shipped_by_name=actor.name,
        key=command.key,
    )
    _take_out(session, shipment, actor=actor, now=now)
    session.add(shipment)
    _write_record(session, shipment, actor=actor, now=now)
    return shipment


def unsealed_release_records(session: Session, lot_id: uuid.UUID) -> Sequence[Record]:
    """The records of a lot's release that wait for their seal, the longest waiting first."""
    waiting = select(Record).where(Record.case_id.in_(_cases(lot_id)), Record.state == RecordState.PENDING)
    return session.scalars(waiting.order_by(Record.created_at, Record.number)).all()


def shipments_of(session: Session, lot_ids: Sequence[uuid.UUID]) -> Sequence[Shipment]:
    """Where lots went outside the house, oldest first: whom a recall has to reach."""
    sent = select(Shipment).where(Shipment.lot_id.in_(lot_ids))
    return session.scalars(sent.order_by(Shipment.shipped_at, Shipment.number)).all()


def _check_form(lot: Lot, command: ShipLot) -> None:
    check_quantity(command.quantity, check_unit(lot.unit))
    if not command.customer:
        raise Invalid("shipment.customer", "Write who gets it.", field="customer")
    if not command.delivery_note:
        raise Invalid(
            "shipment.delivery_note", "Write the number of the delivery note.", field="delivery_note"
        )
    if not command.confirmed:
        raise Invalid(
            "shipment.unconfirmed",
            "Confirm that goods that have left cannot be taken back.",
            field="confirmed",
        )


def _check_shippable(lot: Lot, *, now: datetime) -> None:
    if lot.item.kind is not ItemKind.FINISHED:
        raise Conflict(
            "inventory.not_finished",
            "Only finished devices are sent to customers; lot %(lot)s is none.",
            lot=lot.number,
        )
    if lot.status is not LotStatus.RELEASED:
        raise Conflict(
            "inventory.not_released",
            "Lot %(lot)s is %(status)s. Only released lots leave the house.",
            lot=lot.number,
            status=STATUS_NAMES[lot.status],
        )
    if lot.expired_on(clock.site_day(now, lot.site.zone)):
        raise Conflict(
            "inventory.expired",
            "Lot %(lot)s expired on %(expiry)s. It cannot be sent out.",
            lot=lot.number,
            expiry=lot.expiry,
        )


def _check_release_is_sealed(session: Session, lot: Lot) -> None:
    releasing = select(Record.id).join(Signature, Signature.record_id == Record.id)
    releasing = releasing.where(Record.case_id.in_(_cases(lot.id)), Signature.meaning_code == RELEASED)
    if session.scalar(releasing.limit(1)) is None:
        raise Conflict(
            "inventory.release_record_missing",
            "There is no signed record of the release of lot %(lot)s. Without it nothing leaves.",
            lot=lot.number,
        )
    for record in unsealed_release_records(session, lot.id)[:1]:
        since = clock.to_zone(record.created_at, lot.site.zone)
        raise Conflict(
            "inventory.release_record_unsealed",
            "Lot %(lot)s cannot leave yet: record %(record)s of its release has been waiting for its seal"
            " since %(since)s. It will be ready shortly; please try again in a minute.",
            lot=lot.number,
            record=record.number,
            since=since.strftime("%Y-%m-%d %H:%M:%S %z"),
        )


def _cases(lot_id: uuid.UUID) -> Select[uuid.UUID]:
    about = ProcessCase.subject_type == "inventory.lot"
    return select(ProcessCase.id).where(about, ProcessCase.subject_id == lot_id)


def _take_out(session: Session, shipment: Shipment, *, actor: Actor, now: datetime) -> None:
    lot, left = shipment.lot, shipment.quantity
    for number, balance in enumerate(balances_of(session, lot.id, LotStatus.RELEASED)):
        part = min(left, balance.quantity)
        if part <= 0:
            break
        left -= part
        key = f"shipment:{shipment.key}:{number}"
        entry = Entry(
            balance.location_id, LotStatus.RELEASED, -part, MovementKind.SHIPMENT, shipment.number, key
        )
        post(session, lot, entry, actor=actor, now=now)
    if left > 0:
        raise Conflict(
            "inventory.short",
            "Only %(there)s %(unit)s of lot %(lot)s are there; %(wanted)s were to leave.",
            field="quantity",
            lot=lot.number,
            there=quantity_text(shipment.quantity - left),
            unit=check_unit(lot.unit).symbol,
            wanted=quantity_text(shipment.quantity),
        )


def _write_record(session: Session, shipment: Shipment, *, actor: Actor, now: datetime) -> None:
    facts = {
        "shipment": shipment.number,
        "lot": shipment.lot.number,
        "quantity": quantity_text(shipment.quantity),
        "unit": shipment.unit,
        "delivery_note": shipment.delivery_note,
    }
    audit.record(session, "lot.shipped", subject=("inventory.lot", shipment.lot_id), facts=facts)
    record = create_record(session, shipment_draft(shipment, actor=actor), actor=actor, now=now)
    outbox.later(session, "archive.seal_record", {"record_id": str(record.id)}, key=f"seal:{record.id}")
