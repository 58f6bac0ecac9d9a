"""Reads of lots and stock. What is available is always balances × status × expiry (URS-050, URS-051)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from app.catalog.models import Item
from app.inventory.models import Balance, Location, Lot, LotStatus, Movement, Warehouse
from core.errors import Invalid, NotFound

_WITH_ORIGIN = (joinedload(Lot.item), joinedload(Lot.supplier))


@dataclass(frozen=True)
class Available:
    """Released, unexpired stock of one lot at one location, in the lot's unit."""

    lot: Lot
    location: Location
    quantity: Decimal


def lot(session: Session, lot_id: uuid.UUID) -> Lot:
    """The lot with this id.

    Raises:
        NotFound: ``lot.unknown``.
    """
    found = session.get(Lot, lot_id, options=_WITH_ORIGIN)
    if found is None:
        raise NotFound("lot.unknown", "There is no such lot.")
    return found


def available(
    session: Session, *, site_id: uuid.UUID, today: date, item_id: uuid.UUID | None = None
) -> Sequence[Available]:
    """Stock of a site that may be picked on ``today`` (site's calendar), first expiry first (FEFO)."""
    wanted = (
        select(Balance)
        .join(Balance.lot)
        .where(Lot.site_id == site_id, Lot.status == LotStatus.RELEASED, Balance.status == LotStatus.RELEASED)
        .where(Balance.quantity > 0, or_(Balance.expiry.is_(None), Balance.expiry >= today))
        .order_by(Balance.expiry.is_(None), Balance.expiry, Balance.lot_id)
    )
    if item_id is not None:
        wanted = wanted.where(Balance.item_id == item_id)
    return [Available(row.lot, row.location, row.quantity) for row in session.scalars(wanted)]


def lots_on_label(
    session: Session, site_id: uuid.UUID, label_lot: str, gtin: str | None = None
) -> Sequence[Lot]:
    """Lots of a site that a scanned or typed lot number can mean: the plant's, the label's or the
    supplier's number."""
    named = or_(Lot.number == label_lot, Lot.label_lot == label_lot, Lot.supplier_lot == label_lot)
    wanted = select(Lot).join(Lot.item).where(Lot.site_id == site_id, named)
    if gtin is not None:
        wanted = wanted.where(Item.gtin == gtin)
    return session.scalars(wanted.order_by(Lot.number)).all()


def supplier_lot_known(
    session: Session, item_id: uuid.UUID, supplier_id: uuid.UUID, supplier_lot: str
) -> Lot | None:
    """An earlier lot of this item that came under the same supplier's lot number, if any."""
    same = select(Lot).where(
        Lot.item_id == item_id, Lot.supplier_id == supplier_id, Lot.supplier_lot == supplier_lot
    )
    return session.scalars(same.order_by(Lot.created_at)).first()


def locations(session: Session, site_id: uuid.UUID) -> Sequence[Location]:
    """The locations of a site by warehouse and code."""
    wanted = select(Location).join(Location.warehouse).where(Warehouse.site_id == site_id)
    return session.scalars(wanted.order_by(Warehouse.code, Location.code)).all()


def location_at(session: Session, location_id: uuid.UUID, site_id: uuid.UUID) -> Location:
    """The location with this id at this site.

    Raises:
        Invalid: ``location.unknown``: none such, or another site's.
    """
    found = session.get(Location, location_id)
    if found is None or found.warehouse.site_id != site_id:
        raise Invalid("location.unknown", "Choose a location of this site.", field="location")
    return found


def movements_of(session: Session, lot_id: uuid.UUID) -> Sequence[Movement]:
    """The ledger of a lot, oldest line first."""
    wanted = select(Movement).where(Movement.lot_id == lot_id)
    return session.scalars(wanted.order_by(Movement.at, Movement.quantity)).all()


def on_hand(session: Session, lot_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Decimal]:
    """How much of each lot is in the house, whatever its status."""
    total = func.sum(Balance.quantity, type_=Balance.quantity.type)
    rows = session.execute(
        select(Balance.lot_id, total).where(Balance.lot_id.in_(lot_ids)).group_by(Balance.lot_id)
    )
    return dict(rows.all())


@dataclass(frozen=True)
class BoardFilter:
    """What the stock board shows: words in lot, supplier lot, item or supplier; a status; only what expires
    until a day."""

    words: str = ""
    status: LotStatus | None = None
    expiring_until: date | None = None


SOON = timedelta(days=90)


def board(site_ids: Collection[uuid.UUID] | None, wanted: BoardFilter) -> Select[Lot]:
    """The lots of some sites (None: of all) for the stock board, first expiry first; paged by the caller."""
    found = (
        select(Lot).join(Lot.item).where(_at(site_ids), *_conditions(wanted)).options(selectinload(Lot.item))
    )
    return found.order_by(Lot.expiry.is_(None), Lot.expiry, Lot.number)


def count_by_status(session: Session, site_ids: Collection[uuid.UUID] | None) -> dict[LotStatus, int]:
    """How many lots of some sites (None: of all) stand in each status."""
    counted = select(Lot.status, func.count()).where(_at(site_ids)).group_by(Lot.status)
    found = dict(session.execute(counted).all())
    return {status: found.get(status, 0) for status in LotStatus}


def _at(site_ids: Collection[uuid.UUID] | None) -> ColumnElement[bool]:
    return true() if site_ids is None else Lot.site_id.in_(site_ids)


def _conditions(wanted: BoardFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        conditions.append(Lot.status == wanted.status)
    if wanted.expiring_until is not None:
        conditions.append(Lot.expiry <= wanted.expiring_until)
    if wanted.words:
        conditions.append(or_(*(column.icontains(wanted.words, autoescape=True) for column in _searched())))
    return conditions


def _searched() -> Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]]:
    names = (Item.name["en"].as_string(), Item.name["zh"].as_string())
    return (Lot.number, Lot.supplier_lot, Lot.label_lot, Item.code, Item.gtin, *names)
