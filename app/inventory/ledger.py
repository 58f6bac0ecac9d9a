"""Posting to the stock ledger: one line and its balance together, with the lot locked (URS-050).

Lock order is lot, then balance. Because every post locks the lot first, two posts on one lot never race for
a balance row.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inventory.models import STATUS_NAMES, Balance, Lot, LotStatus, Movement, MovementKind
from core.actor import Actor
from core.errors import Conflict, NotFound


@dataclass(frozen=True)
class Entry:
    """A ledger line to be written: signed quantity in the lot's unit; see ``Movement`` for the other
    fields."""

    location_id: uuid.UUID
    status: LotStatus
    quantity: Decimal
    kind: MovementKind
    document: str
    key: str
    reversal_of: uuid.UUID | None = None


def lock_lots(session: Session, lot_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Lot]:
    """Lock lots until commit, always in the order of first expiry first out, and read them afresh.

    Raises:
        NotFound: ``lot.unknown``.
    """
    wanted = (
        select(Lot)
        .where(Lot.id.in_(set(lot_ids)))
        .order_by(Lot.expiry, Lot.id)
        .with_for_update(of=Lot)
        .execution_options(populate_existing=True)
    )
    found = {lot.id: lot for lot in session.scalars(wanted)}
    if len(found) != len(set(lot_ids)):
        raise NotFound("lot.unknown", "There is no such lot.")
    return found


def post(session: Session, lot: Lot, entry: Entry, *, actor: Actor, now: datetime) -> Movement:
    """Write one line for a lot that is locked already, and move its balance; the same ``key`` again changes
    nothing.

    Raises:
        Conflict: ``stock.short`` when the balance would fall below zero, ``movement.key`` when the key
            stands for
            something else.
    """
    earlier = session.scalar(select(Movement).where(Movement.key == entry.key))
    if earlier is not None:
        return _same(earlier, lot, entry)
    balance = _balance(session, lot, entry)
    if balance.quantity + entry.quantity < 0:
        raise Conflict(
            "stock.short",
            "Lot %(lot)s has %(there)s %(unit)s %(status)s here; %(wanted)s were asked for.",
            field="quantity",
            lot=lot.number,
            there=balance.quantity,
            unit=lot.unit,
            status=STATUS_NAMES[entry.status],
            wanted=-entry.quantity,
        )
    movement = Movement(
        at=now,
        lot_id=lot.id,
        location_id=entry.location_id,
        status=entry.status,
        quantity=entry.quantity,
        unit=lot.unit,
        kind=entry.kind,
        document=entry.document,
        key=entry.key,
        reversal_of=entry.reversal_of,
        actor_id=actor.id,
        actor_name=actor.name,
    )
    balance.quantity += entry.quantity
    session.add(movement)
    session.flush()  # the next line of this unit of work must find the balance and the key
    return movement


def balances_of(session: Session, lot_id: uuid.UUID, status: LotStatus | None = None) -> Sequence[Balance]:
    """Where a lot stands now, only places with stock, by location."""
    wanted = (
        select(Balance).where(Balance.lot_id == lot_id, Balance.quantity > 0).order_by(Balance.location_id)
    )
    if status is not None:
        wanted = wanted.where(Balance.status == status)
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def _balance(session: Session, lot: Lot, entry: Entry) -> Balance:
    where = {"lot_id": lot.id, "location_id": entry.location_id, "status": entry.status}
    locked = select(Balance).filter_by(**where).with_for_update(of=Balance)
    found = session.scalar(locked.execution_options(populate_existing=True))
    if found is not None:
        return found
    balance = Balance(item_id=lot.item_id, expiry=lot.expiry, quantity=Decimal(0), **where)
    session.add(balance)
    return balance


def _same(earlier: Movement, lot: Lot, entry: Entry) -> Movement:
    written = (earlier.lot_id, earlier.location_id, earlier.status, earlier.quantity, earlier.kind)
    if written != (lot.id, entry.location_id, entry.status, entry.quantity, entry.kind):
        raise Conflict("movement.key", "This entry was posted before with other values. Open the form again.")
    return earlier
