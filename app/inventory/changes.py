"""What a change decides about the stock of an item: use up, rework, scrap, block (ISO 13485:2016 7.3.9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.inventory.disposing import HOLDABLE, take_out
from app.inventory.ledger import balances_of
from app.inventory.models import Lot, LotStatus, Movement, MovementKind
from app.inventory.release import start_release
from app.inventory.services import hold_lot, resume_lot
from core.actor import Actor

_THERE = (*HOLDABLE, LotStatus.HOLD)


class Disposition(StrEnum):
    """What is done with what is there when a change takes effect."""

    USE_UP = "use_up"
    REWORK = "rework"
    SCRAP = "scrap"
    BLOCK = "block"
    NONE = "none"


NOTHING = frozenset({Disposition.USE_UP, Disposition.NONE})
"""What leaves everything as it is."""


def dispose_stock(
    session: Session,
    item: Item,
    site_id: UUID,
    how: Disposition,
    *,
    document: str,
    actor: Actor,
    now: datetime,
) -> Sequence[str]:
    """Hold the lots of an item at a site (block, rework), or scrap what is there; gives their numbers.

    ``document`` is the number of the change. What is to be reworked waits on hold for its rework.
    """
    if how in NOTHING:
        return []
    wanted = select(Lot).where(Lot.item_id == item.id, Lot.site_id == site_id, Lot.status.in_(_THERE))
    touched = []
    for lot in session.scalars(wanted.order_by(Lot.number)).all():
        there = sum(balance.quantity for balance in balances_of(session, lot.id))
        if not there:
            continue
        if lot.status in HOLDABLE:
            hold_lot(session, lot.id, document=document, actor=actor, now=now)
        if how is Disposition.SCRAP:
            take_out(session, lot.id, there, MovementKind.SCRAP, document=document, actor=actor, now=now)
        touched.append(lot.number)
    return touched


def release_reworked(
    session: Session, item: Item, site_id: UUID, *, document: str, actor: Actor, now: datetime
) -> Sequence[str]:
    """Bring lots of an item that a change held for rework back to quarantine, and begin their release anew.

    What stood on hold for another reason stays there; ``document`` is the number of the change.
    """
    held = select(Movement.lot_id).where(
        Movement.document == document,
        Movement.kind == MovementKind.STATUS,
        Movement.status == LotStatus.HOLD,
        Movement.quantity > 0,
    )
    wanted = select(Lot).where(
        Lot.item_id == item.id, Lot.site_id == site_id, Lot.status == LotStatus.HOLD, Lot.id.in_(held)
    )
    done = []
    for lot in session.scalars(wanted.order_by(Lot.number)).all():
        there = sum((balance.quantity for balance in balances_of(session, lot.id)), Decimal(0))
        resume_lot(session, lot.id, document=document, actor=actor, now=now)
        start_release(
            session, lot, there,
            receipt_id=lot.id, receipt_number=document, receipt_kind="rework", actor=actor, now=now,
        )  # fmt: skip
        done.append(lot.number)
    return done
