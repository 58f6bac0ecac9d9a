"""Following lots up and down through everything made of them (URS-032, ISO 13485 7.5.9)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.inventory import genealogy
from app.inventory.models import Lot, LotEdge, Shipment
from app.inventory.queries import on_hand
from app.inventory.shipping import shipments_of
from documents.models import Record
from workflows.models import ProcessCase


@dataclass(frozen=True)
class TraceLine:
    """One lot that was found: how many steps away at least, and how much of it is in the house, in its
    unit."""

    level: int
    lot: Lot
    on_hand: Decimal


def materials_of(session: Session, lot_id: uuid.UUID) -> Sequence[TraceLine]:
    """Every lot that is in this one, nearest first."""
    found = genealogy.all_inputs(session, lot_id)
    edges = genealogy.edges_between(session, found | {lot_id})
    return _lines(session, _levels(lot_id, [(edge.child_id, edge.parent_id) for edge in edges]))


def uses_of(session: Session, lot_id: uuid.UUID) -> Sequence[TraceLine]:
    """Every lot that this one is in, nearest first: what a recall of it has to reach."""
    found = genealogy.all_outputs(session, lot_id)
    edges = genealogy.edges_between(session, found | {lot_id})
    return _lines(session, _levels(lot_id, [(edge.parent_id, edge.child_id) for edge in edges]))


def neighbours(session: Session, lot_id: uuid.UUID) -> tuple[Sequence[LotEdge], Sequence[LotEdge]]:
    """One level up and one level down: the edges into this lot and those out of it."""
    return genealogy.inputs_of(session, lot_id), genealogy.outputs_of(session, lot_id)


def deliveries_of(session: Session, lot_id: uuid.UUID) -> Sequence[Shipment]:
    """Every shipment of this lot and of all lots it is in: where a recall of it has to ask."""
    return shipments_of(session, [lot_id, *genealogy.all_outputs(session, lot_id)])


def cases_of(session: Session, lot_id: uuid.UUID) -> Sequence[ProcessCase]:
    """The cases about a lot, newest first."""
    about = select(ProcessCase).where(
        ProcessCase.subject_type == "inventory.lot", ProcessCase.subject_id == lot_id
    )
    return session.scalars(about.order_by(ProcessCase.started_at.desc())).all()


def records_of(session: Session, lot_id: uuid.UUID) -> Sequence[Record]:
    """The records about a lot, oldest first."""
    about = select(Record).where(Record.subject_type == "inventory.lot", Record.subject_id == lot_id)
    return session.scalars(about.order_by(Record.created_at, Record.number)).all()


def _levels(start: uuid.UUID, steps: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> Mapping[uuid.UUID, int]:
    """The least number of steps from ``start`` to every lot that ``steps`` (from, to) reach."""
    onward: dict[uuid.UUID, list[uuid.UUID]] = {}
    for near, far in steps:
        onward.setdefault(near, []).append(far)
    levels, front, level = {start: 0}, [start], 0
    while front:
        level += 1
        front = list({far for near in front for far in onward.get(near, ()) if far not in levels})
        levels |= dict.fromkeys(front, level)
    del levels[start]
    return levels


def _lines(session: Session, levels: Mapping[uuid.UUID, int]) -> Sequence[TraceLine]:
    wanted = select(Lot).where(Lot.id.in_(levels)).options(joinedload(Lot.item))
    stock = on_hand(session, list(levels))
    lines = [TraceLine(levels[lot.id], lot, stock.get(lot.id, Decimal(0))) for lot in session.scalars(wanted)]
    return sorted(lines, key=lambda line: (line.level, line.lot.item.code, line.lot.number))
