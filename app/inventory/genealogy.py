"""What went into a lot and what it went into, over all levels (URS-032): one recursive query each, no graph
kept beside it.

``UNION`` and not ``UNION ALL``: two ways through the tree meet again, and rework may loop.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.inventory.models import LotEdge, Movement

_LotColumn = InstrumentedAttribute[uuid.UUID]

_counter = Movement.__table__.alias("counter")
_STANDING = ~select(_counter.c.id).where(_counter.c.reversal_of == LotEdge.movement_id).exists()
"""An edge stands unless its consumption was reversed."""


def inputs_of(session: Session, lot_id: uuid.UUID) -> Sequence[LotEdge]:
    """One level up: the lots that went directly into this one."""
    wanted = select(LotEdge).join(LotEdge.parent).where(LotEdge.child_id == lot_id, _STANDING)
    return session.scalars(wanted.order_by(LotEdge.parent_id)).all()


def outputs_of(session: Session, lot_id: uuid.UUID) -> Sequence[LotEdge]:
    """One level down: the lots this one went directly into."""
    wanted = select(LotEdge).where(LotEdge.parent_id == lot_id, _STANDING)
    return session.scalars(wanted.order_by(LotEdge.child_id)).all()


def all_inputs(session: Session, lot_id: uuid.UUID) -> set[uuid.UUID]:
    """Every lot that is in this one, down to the purchased materials; without the lot itself."""
    return _closure(session, lot_id, LotEdge.child_id, LotEdge.parent_id)


def all_outputs(session: Session, lot_id: uuid.UUID) -> set[uuid.UUID]:
    """Every lot that this one is in, up to the finished goods: what a recall has to find; without the lot
    itself."""
    return _closure(session, lot_id, LotEdge.parent_id, LotEdge.child_id)


def edges_between(session: Session, lot_ids: set[uuid.UUID]) -> Sequence[LotEdge]:
    """The standing edges inside a set of lots."""
    wanted = select(LotEdge).where(LotEdge.parent_id.in_(lot_ids), LotEdge.child_id.in_(lot_ids), _STANDING)
    return session.scalars(wanted.order_by(LotEdge.parent_id, LotEdge.child_id)).all()


def _closure(session: Session, lot_id: uuid.UUID, near: _LotColumn, far: _LotColumn) -> set[uuid.UUID]:
    reached = select(far.label("lot_id")).where(near == lot_id, _STANDING).cte("reached", recursive=True)
    reached = reached.union(select(far).join(reached, near == reached.c.lot_id).where(_STANDING))
    return set(session.scalars(select(reached.c.lot_id))) - {lot_id}
