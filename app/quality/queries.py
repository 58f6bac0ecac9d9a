"""Reads of inspections."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.quality.models import Inspection, InspectionState


def inspections_of(session: Session, lot_id: uuid.UUID) -> Sequence[Inspection]:
    """The inspections of a lot, newest first."""
    return session.scalars(
        select(Inspection).where(Inspection.lot_id == lot_id).order_by(Inspection.opened_at.desc())
    ).all()


def open_inspection_of(session: Session, case_id: uuid.UUID) -> Inspection | None:
    """The inspection of a case that waits for results, if any."""
    wanted = select(Inspection).where(Inspection.case_id == case_id, Inspection.state == InspectionState.OPEN)
    wanted = wanted.with_for_update(of=Inspection).execution_options(populate_existing=True)
    return session.scalar(wanted)


def waiting_plan(session: Session, lot_id: uuid.UUID) -> Inspection | None:
    """The newest inspection of a lot that waits for results, to read its plan."""
    return next((one for one in inspections_of(session, lot_id) if one.state is InspectionState.OPEN), None)
