"""Verbs on lots and stock. Every one locks the lot, changes status or quantity through the ledger, and
names itself in the
audit trail; ``document`` is the number of the receipt, output or case that causes it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.units import check_quantity, check_unit, quantity_text
from app.inventory import genealogy
from app.inventory.ledger import Entry, balances_of, lock_lots, post
from app.inventory.models import (
    STATUS_NAMES,
    Location,
    Lot,
    LotEdge,
    LotStatus,
    Movement,
    MovementKind,
    Warehouse,
)
from app.sites.models import Site
from core import clock, numbers
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.types import Bilingual
from signatures import audit


@dataclass(frozen=True)
class ReceiveLot:
    """A new lot as it comes in: into quarantine, at one location, with one ledger line.

    ``kind`` is receipt (bought) or output (made); ``document`` the receipt's number; ``key`` makes a
    repetition harmless.
    """

    item: Item
    site: Site
    location_id: uuid.UUID
    number: str
    quantity: Decimal
    expiry: date | None
    kind: MovementKind
    document: str
    key: str
    supplier_id: uuid.UUID | None = None
    supplier_lot: str | None = None
    label_lot: str | None = None


def receive_lot(session: Session, command: ReceiveLot, *, actor: Actor, now: datetime) -> Lot:
    """Open a lot in quarantine with one ledger line.

    Raises:
        Invalid: an expiry that cannot be accepted (see ``check_expiry``) or a quantity that does not fit
            the unit.
        Conflict: ``lot.exists``.
    """
    quantity = check_quantity(command.quantity, check_unit(command.item.uom))
    check_expiry(command.item, command.expiry, today=clock.site_day(now, command.site.zone))
    if session.scalar(select(Lot.id).filter_by(item_id=command.item.id, number=command.number)):
        raise Conflict(
            "lot.exists",
            "Lot %(lot)s of item %(item)s exists already.",
            field="scan",
            lot=command.number,
            item=command.item.code,
        )
    lot = Lot(
        number=command.number,
        item_id=command.item.id,
        site_id=command.site.id,
        supplier_id=command.supplier_id,
        supplier_lot=command.supplier_lot,
        label_lot=command.label_lot,
        expiry=command.expiry,
        unit=command.item.uom,
        status=LotStatus.QUARANTINE,
        created_at=now,
    )
    session.add(lot)
    session.flush()  # the ledger line refers to the lot
    entry = Entry(
        command.location_id, LotStatus.QUARANTINE, quantity, command.kind, command.document, command.key
    )
    post(session, lot, entry, actor=actor, now=now)
    audit.record(
        session,
        "lot.received",
        subject=("inventory.lot", lot.id),
        facts={
            "lot": lot.number,
            "quantity": quantity_text(quantity),
            "unit": lot.unit,
            "document": command.document,
        },
    )
    return lot


def check_expiry(item: Item, expiry: date | None, *, today: date) -> None:
    """Refuse goods that are expired, do not say when they expire, or claim to last longer than their shelf
    life.

    ``today`` is the day in the site's calendar.

    Raises:
        Invalid: ``lot.expired_on_arrival``, ``lot.expiry_missing`` or ``lot.expiry_far``, at field
            ``expiry``.
    """
    if expiry is None and item.shelf_life_days is not None:
        raise Invalid(
            "lot.expiry_missing",
            "Item %(item)s expires: the expiry day is needed.",
            field="expiry",
            item=item.code,
        )
    if expiry is not None and expiry < today:
        raise Invalid(
            "lot.expired_on_arrival",
            "It expired on %(expiry)s. Expired goods are not received.",
            field="expiry",
            expiry=expiry,
        )
    if (
        expiry is not None
        and item.shelf_life_days is not None
        and expiry > today + timedelta(item.shelf_life_days)
    ):
        raise Invalid(
            "lot.expiry_far",
            "%(expiry)s is beyond the item's shelf life of %(days)s days. Check the label.",
            field="expiry",
            expiry=expiry,
            days=item.shelf_life_days,
        )


def release_lot(session: Session, lot_id: uuid.UUID, *, document: str, actor: Actor, now: datetime) -> Lot:
    """Make a quarantined lot available 放行.

    Raises:
        Conflict: ``lot.expired`` or ``lot.status``.
    """
    return move_status(
        session, lot_id, LotStatus.RELEASED, "lot.released", document=document, actor=actor, now=now
    )


def reject_lot(session: Session, lot_id: uuid.UUID, *, document: str, actor: Actor, now: datetime) -> Lot:
    """Block a lot for good 拒收: it stays in stock as rejected until it is disposed of.

    Raises:
        Conflict: ``lot.status``.
    """
    return move_status(
        session, lot_id, LotStatus.REJECTED, "lot.rejected", document=document, actor=actor, now=now
    )


def hold_lot(session: Session, lot_id: uuid.UUID, *, document: str, actor: Actor, now: datetime) -> Lot:
    """Freeze a lot 冻结 while something about it is in question.

    Raises:
        Conflict: ``lot.status``.
    """
    return move_status(session, lot_id, LotStatus.HOLD, "lot.held", document=document, actor=actor, now=now)


def resume_lot(session: Session, lot_id: uuid.UUID, *, document: str, actor: Actor, now: datetime) -> Lot:
    """Take a lot off hold 解冻: it goes back to quarantine and waits for its release.

    Raises:
        Conflict: ``lot.status``.
    """
    return move_status(
        session, lot_id, LotStatus.QUARANTINE, "lot.resumed", document=document, actor=actor, now=now
    )


def expire_lots(session: Session, site: Site, *, actor: Actor, now: datetime) -> Sequence[Lot]:
    """Move every lot of a site whose last day of use has passed to expired stock; safe to repeat."""
    today = clock.site_day(now, site.zone)
    open_statuses = (LotStatus.QUARANTINE, LotStatus.RELEASED, LotStatus.HOLD)
    due = select(Lot.id).where(Lot.site_id == site.id, Lot.expiry < today, Lot.status.in_(open_statuses))
    document = f"expiry {today.isoformat()}"
    return [
        move_status(
            session, lot_id, LotStatus.EXPIRED, "lot.expired", document=document, actor=actor, now=now
        )
        for lot_id in session.scalars(due.order_by(Lot.expiry, Lot.id)).all()
    ]


@dataclass(frozen=True)
class Consumption:
    """So much of a released lot goes into another lot, for a work order's ``document``."""

    lot_id: uuid.UUID
    quantity: Decimal
    into_lot_id: uuid.UUID
    document: str
    key: str


def record_consumption(
    session: Session, command: Consumption, *, actor: Actor, now: datetime
) -> Sequence[Movement]:
    """Take material from released stock into another lot, and write the genealogy.

    Raises:
        Conflict: ``lot.not_usable`` (not released), ``lot.expired_use``, ``stock.short`` or
            ``genealogy.loop``.
    """
    lot = lock_lots(session, [command.lot_id])[command.lot_id]
    check_quantity(command.quantity, check_unit(lot.unit))
    earlier = select(Movement).where(Movement.key.startswith(f"{command.key}:", autoescape=True))
    if posted := session.scalars(earlier.order_by(Movement.key)).all():
        return posted
    _check_usable(lot, today=clock.site_day(now, lot.site.zone))
    if lot.id == command.into_lot_id or lot.id in genealogy.all_outputs(session, command.into_lot_id):
        raise Conflict(
            "genealogy.loop", "Lot %(lot)s is made from this very lot.", field="inputs", lot=lot.number
        )
    movements = []
    for number, (location_id, part) in enumerate(_picks(session, lot, command.quantity)):
        entry = Entry(
            location_id,
            LotStatus.RELEASED,
            -part,
            MovementKind.CONSUMPTION,
            command.document,
            f"{command.key}:{number}",
        )
        movement = post(session, lot, entry, actor=actor, now=now)
        _connect(session, movement, command)
        movements.append(movement)
    return movements


def reverse_movement(
    session: Session, movement_id: uuid.UUID, *, document: str, actor: Actor, now: datetime
) -> Movement:
    """Take a consumption back by a counter-entry, for a wrong scan; stock and genealogy stand as before it.

    Raises:
        NotFound: ``movement.unknown``.
        Conflict: ``movement.kind`` (only consumptions) or ``movement.reversed`` (once only).
    """
    movement = session.get(Movement, movement_id)
    if movement is None:
        raise NotFound("movement.unknown", "There is no such ledger line.")
    if movement.kind is not MovementKind.CONSUMPTION:
        raise Conflict("movement.kind", "Only a consumption can be taken back here.")
    lot = lock_lots(session, [movement.lot_id])[movement.lot_id]
    if session.scalar(select(Movement.id).where(Movement.reversal_of == movement.id)):
        raise Conflict("movement.reversed", "This consumption has been taken back already.")
    entry = Entry(
        movement.location_id,
        lot.status,
        -movement.quantity,
        MovementKind.REVERSAL,
        document,
        f"reversal:{movement.id}",
        movement.id,
    )
    return post(session, lot, entry, actor=actor, now=now)


def define_numbers(session: Session) -> None:
    """Say how shipments are numbered, and the plant's own lots of bought goods; made goods carry theirs."""
    numbers.define(session, "lot", prefix="L")
    numbers.define(session, "shipment", prefix="SH")


def open_warehouse(
    session: Session, site: Site, code: str, name: Bilingual, locations: Sequence[tuple[str, Bilingual]]
) -> Sequence[Location]:
    """Add a warehouse with its locations to a site."""
    warehouse = Warehouse(site_id=site.id, code=code, name=name)
    places = [Location(warehouse=warehouse, code=place, name=called) for place, called in locations]
    session.add_all([warehouse, *places])
    session.flush()  # callers need the new ids
    return places


def add_locations(
    session: Session, site: Site, code: str, name: Bilingual, locations: Sequence[tuple[str, Bilingual]]
) -> Sequence[Location]:
    """Add locations to a warehouse of a site, opening it under this name if it is not there yet."""
    warehouse = session.scalar(select(Warehouse).filter_by(site_id=site.id, code=code))
    if warehouse is None:
        return open_warehouse(session, site, code, name, locations)
    places = [Location(warehouse=warehouse, code=place, name=called) for place, called in locations]
    session.add_all(places)
    session.flush()  # callers need the new ids
    return places


def rename_locations(session: Session, site: Site, code: str, names: Mapping[str, Bilingual]) -> None:
    """Give locations of a warehouse other names: location code → name. The trail holds each old row."""
    query = (
        select(Location)
        .join(Location.warehouse)
        .where(Warehouse.site_id == site.id, Warehouse.code == code, Location.code.in_(names))
    )
    for place in session.scalars(query):
        place.name = dict(names[place.code])
    session.flush()


def move_status(
    session: Session, lot_id: uuid.UUID, to: LotStatus, action: str, *,
    document: str, actor: Actor, now: datetime, decided: bool = False,
) -> Lot:  # fmt: skip
    """Change the status of a lot, its stock along with it; ``action`` is what the trail calls it."""
    lot = lock_lots(session, [lot_id])[lot_id]
    before = lot.status
    key = f"{lot.id}:{lot.revision}"
    lot.change_status(to, today=clock.site_day(now, lot.site.zone), decided=decided)
    for number, balance in enumerate(balances_of(session, lot.id)):
        for side, status, quantity in (
            ("out", balance.status, -balance.quantity),
            ("in", to, balance.quantity),
        ):
            entry = Entry(
                balance.location_id, status, quantity, MovementKind.STATUS, document, f"{key}:{number}:{side}"
            )
            post(session, lot, entry, actor=actor, now=now)
    facts = {"lot": lot.number, "from": before.value, "to": to.value, "document": document}
    audit.record(session, action, subject=("inventory.lot", lot.id), facts=facts)
    return lot


def _check_usable(lot: Lot, *, today: date) -> None:
    if lot.status is not LotStatus.RELEASED:
        raise Conflict(
            "lot.not_usable",
            "Lot %(lot)s is %(status)s. Only released lots can be used.",
            field="inputs",
            lot=lot.number,
            status=STATUS_NAMES[lot.status],
        )
    if lot.expired_on(today):
        raise Conflict(
            "lot.expired_use",
            "Lot %(lot)s expired on %(expiry)s. It cannot be used.",
            field="inputs",
            lot=lot.number,
            expiry=lot.expiry,
        )


def _picks(session: Session, lot: Lot, quantity: Decimal) -> Sequence[tuple[uuid.UUID, Decimal]]:
    left, picks, places = quantity, [], balances_of(session, lot.id, LotStatus.RELEASED)
    for balance in places:
        part = min(left, balance.quantity)
        if part > 0:
            picks.append((balance.location_id, part))
            left -= part
    if left > 0:
        raise Conflict(
            "stock.short_lot",
            "Lot %(lot)s has only %(there)s %(unit)s available; %(wanted)s were asked for.",
            field="inputs",
            lot=lot.number,
            there=quantity_text(quantity - left),
            unit=check_unit(lot.unit).symbol,
            wanted=quantity_text(quantity),
        )
    return picks


def _connect(session: Session, movement: Movement, command: Consumption) -> None:
    if session.get(LotEdge, movement.id) is None:
        edge = LotEdge(
            movement_id=movement.id,
            parent_id=movement.lot_id,
            child_id=command.into_lot_id,
            quantity=-movement.quantity,
            unit=movement.unit,
            document=command.document,
        )
        session.add(edge)
        session.flush()  # the loop check of the next consumption must see this edge
