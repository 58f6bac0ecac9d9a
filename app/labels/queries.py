"""Reads of printed labels."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.equipment.models import Equipment
from app.inventory.models import Location, Lot
from app.labels.models import LabelKind, LabelPrint
from core.db import lock_row
from core.errors import NotFound

_OF: dict[LabelKind, Any] = {
    LabelKind.LOT: Lot,
    LabelKind.LOCATION: Location,
    LabelKind.EQUIPMENT: Equipment,
}


def prints_of(session: Session, kind: LabelKind, subject_id: uuid.UUID) -> Sequence[LabelPrint]:
    """When labels of something were printed, newest first."""
    wanted = select(LabelPrint).where(LabelPrint.kind == kind, LabelPrint.subject_id == subject_id)
    return session.scalars(wanted.order_by(LabelPrint.printed_at.desc())).all()


def prints(site_ids: Any) -> Select[LabelPrint]:
    """All printings at some sites (None: all), newest first."""
    wanted = select(LabelPrint)
    if site_ids is not None:
        wanted = wanted.where(LabelPrint.site_id.in_(site_ids))
    return wanted.order_by(LabelPrint.printed_at.desc(), LabelPrint.id)


def lock_subject(session: Session, kind: LabelKind, subject_id: uuid.UUID) -> None:
    """Let nobody else print labels of the same thing meanwhile: both would be the first."""
    lock_row(session, _OF[kind], subject_id)


def location(session: Session, location_id: uuid.UUID) -> Location:
    """One place.

    Raises:
        NotFound: ``location.none``.
    """
    found = session.get(Location, location_id)
    if found is None:
        raise NotFound("location.none", "There is no such place.")
    return found
