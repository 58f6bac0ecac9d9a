"""What happens to goods that do not conform: release as they are, scrap, return (ISO 13485:2016 8.3).

A process decides; these verbs move the stock. ``document`` is the number of the case that decided.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.units import check_quantity, check_unit, quantity_text
from app.inventory.ledger import Entry, balances_of, lock_lots, post
from app.inventory.models import Lot, LotStatus, Movement, MovementKind
from app.inventory.services import move_status
from core.actor import Actor
from core.clock import site_day
from core.errors import Conflict
from signatures import audit

HOLDABLE = frozenset({LotStatus.QUARANTINE, LotStatus.RELEASED})
"""Lots that somebody could still use: what is rejected, expired or on hold stands still already."""
_OUT = {MovementKind.SCRAP: "lot.scrapped", MovementKind.RETURN: "lot.returned"}


def concede_lot(session: Session, lot_id: uuid.UUID, *, document: str, actor: Actor, now: datetime) -> Lot:
    """Make a lot available though it does not conform 让步放行; the case keeps justification and authoriser.

    Raises:
        Conflict: ``lot.expired`` or ``lot.status``.
    """
    return move_status(
        session, lot_id, LotStatus.RELEASED, "lot.conceded",
        document=document, actor=actor, now=now, decided=True,
    )  # fmt: skip


def free_lot(
    session: Session, lot_id: uuid.UUID, to: LotStatus, *, document: str, actor: Actor, now: datetime
) -> Lot:
    """Take a lot off hold, back to where it was; if its last day has passed meanwhile, to expired stock.

    Raises:
        Conflict: ``lot.status``.
    """
    lot = lock_lots(session, [lot_id])[lot_id]
    if lot.expired_on(site_day(now, lot.site.zone)):
        to = LotStatus.EXPIRED
    return move_status(
        session, lot_id, to, "lot.freed", document=document, actor=actor, now=now, decided=True
    )


def take_out(
    session: Session, lot_id: uuid.UUID, quantity: Decimal, kind: MovementKind, *,
    document: str, actor: Actor, now: datetime,
) -> Sequence[Movement]:  # fmt: skip
    """Take a quantity of a lot out of the house: scrapped or returned to its supplier.

    Raises:
        Conflict, Invalid: as :func:`withdraw` says.
    """
    lot = lock_lots(session, [lot_id])[lot_id]
    moved = withdraw(session, lot, quantity, kind, document=document, actor=actor, now=now)
    facts = {"lot": lot.number, "quantity": quantity_text(quantity), "unit": lot.unit, "document": document}
    audit.record(session, _OUT[kind], subject=("inventory.lot", lot.id), facts=facts)
    return moved


def withdraw(
    session: Session, lot: Lot, quantity: Decimal, kind: MovementKind, *,
    document: str, actor: Actor, now: datetime,
) -> Sequence[Movement]:  # fmt: skip
    """Take a quantity of a held lot, which is locked, off its places.

    Raises:
        Conflict: ``lot.not_held``: it is free to be used, so nothing has been decided about it;
            ``stock.short_disposal``: there is less.
        Invalid: the quantity does not fit the unit.
    """
    check_quantity(quantity, check_unit(lot.unit))
    if lot.status in HOLDABLE:
        raise Conflict("lot.not_held", "Lot %(lot)s is not on hold.", lot=lot.number)
    left, moved = quantity, list[Movement]()
    for balance in balances_of(session, lot.id):
        part = min(left, balance.quantity)
        if part <= 0:
            break
        left -= part
        key = f"{kind.value}:{document}:{lot.id}:{lot.revision}:{balance.id}:{balance.quantity}"
        entry = Entry(balance.location_id, balance.status, -part, kind, document, key)
        moved.append(post(session, lot, entry, actor=actor, now=now))
    if left > 0:
        raise Conflict(
            "stock.short_disposal",
            "Of lot %(lot)s only %(there)s %(unit)s are there; %(wanted)s were to go.",
            field="dispositions",
            lot=lot.number,
            there=quantity_text(quantity - left),
            unit=check_unit(lot.unit).symbol,
            wanted=quantity_text(quantity),
        )
    return moved


def makers_of(session: Session, lot_ids: Collection[uuid.UUID]) -> set[str]:
    """Ids of the persons who made some lots: who took them off the line."""
    made = select(Movement.actor_id).where(Movement.lot_id.in_(lot_ids), Movement.kind == MovementKind.OUTPUT)
    return set(session.scalars(made))
