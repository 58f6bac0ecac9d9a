"""Taking a consumption back: a counter-entry with its reason and a sealed record; the ledger itself stays.

A wrong scan is found while the lot that was made still waits for its release. Once that lot is released its
composition is what was signed for, and stays.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.units import quantity_text
from app.inventory import services
from app.inventory.ledger import lock_lots
from app.inventory.models import STATUS_NAMES, Lot, LotEdge, LotStatus, Movement, MovementKind
from app.inventory.records import reversal_draft
from core import outbox
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from documents.records import create_record
from signatures import audit

OPEN = frozenset({LotStatus.QUARANTINE, LotStatus.HOLD})
"""What a made lot must still be for its composition to be mended."""


@dataclass(frozen=True)
class TakeBack:
    """The consumption that was wrong, and why; ``confirmed`` says that the keeper has seen what follows."""

    movement_id: uuid.UUID
    reason: str
    confirmed: bool


@dataclass(frozen=True)
class Reversible:
    """A consumption as the page shows it: the ledger line, what it went into, why it must stay if it must."""

    movement: Movement
    into: Lot | None
    refusal: Conflict | None


def look_at(session: Session, lot_id: uuid.UUID, movement_id: uuid.UUID) -> Reversible:
    """Find a ledger line of a lot and say whether it can be taken back.

    Raises:
        NotFound: ``movement.unknown``: the lot has no such line.
    """
    movement = session.get(Movement, movement_id)
    if movement is None or movement.lot_id != lot_id:
        raise NotFound("movement.unknown", "There is no such ledger line.")
    edge = session.get(LotEdge, movement.id)
    into = edge.child if edge is not None else None
    return Reversible(movement, into, _refusal(session, movement, into))


def take_back(session: Session, command: TakeBack, *, actor: Actor, now: datetime) -> Movement:
    """Post the counter-entry with its record; stock and genealogy stand as before the consumption.

    Raises:
        Invalid: ``movement.reason`` or ``movement.unconfirmed``.
        NotFound: ``movement.unknown``.
        Conflict: ``movement.kind``, ``movement.reversed`` or ``movement.made_lot``.
    """
    if not command.reason.strip():
        raise Invalid("movement.reason", "Say why the consumption is taken back.", field="reason")
    if not command.confirmed:
        raise Invalid("movement.unconfirmed", "Confirm that the material is back.", field="confirmed")
    movement = session.get(Movement, command.movement_id)
    if movement is None:
        raise NotFound("movement.unknown", "There is no such ledger line.")
    edge = session.get(LotEdge, movement.id)
    lock_lots(session, [movement.lot_id, *([edge.child_id] if edge is not None else [])])
    seen = look_at(session, movement.lot_id, movement.id)
    if seen.refusal is not None:
        raise seen.refusal
    counter = services.reverse_movement(
        session, movement.id, document=movement.document, actor=actor, now=now
    )
    facts = {
        "lot": movement.lot.number,
        "quantity": quantity_text(counter.quantity),
        "document": movement.document,
        "reason": command.reason,
    }
    audit.record(session, "movement.reversed", subject=("inventory.lot", movement.lot_id), facts=facts)
    draft = reversal_draft(movement, counter, seen.into, command.reason, actor=actor)
    record = create_record(session, draft, actor=actor, now=now)
    outbox.later(session, "archive.seal_record", {"record_id": str(record.id)}, key=f"seal:{record.id}")
    return counter


def _refusal(session: Session, movement: Movement, into: Lot | None) -> Conflict | None:
    if movement.kind is not MovementKind.CONSUMPTION:
        return Conflict("movement.kind", "Only a consumption can be taken back here.")
    if session.scalar(select(Movement.id).where(Movement.reversal_of == movement.id)):
        return Conflict("movement.reversed", "This consumption has been taken back already.")
    if into is not None and into.status not in OPEN:
        return Conflict(
            "movement.made_lot",
            "Lot %(lot)s, made of it, is %(status)s: what it is made of is not changed any more.",
            lot=into.number,
            status=STATUS_NAMES[into.status],
        )
    return None
