"""Reads of the register of nonconformities."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalog.models import Item
from app.inventory.models import Lot
from app.quality.deviations.models import (
    Disposition,
    Nonconformity,
    NonconformityClass,
    NonconformityLot,
    NonconformityState,
)
from core.db import lock_row
from core.errors import Conflict


def of_case(session: Session, case_id: uuid.UUID) -> Nonconformity | None:
    """The nonconformity that a case is about, if it has been registered."""
    return session.scalar(select(Nonconformity).filter_by(case_id=case_id))


def numbered(session: Session, number: str) -> Nonconformity | None:
    """The nonconformity with this number."""
    return session.scalar(select(Nonconformity).filter_by(number=number))


def by_number(session: Session, numbers: Collection[str]) -> dict[str, Nonconformity]:
    """The nonconformities with some numbers, by number."""
    wanted = select(Nonconformity).where(Nonconformity.number.in_(numbers))
    return {one.number: one for one in session.scalars(wanted)}


def locked(session: Session, case_id: uuid.UUID) -> Nonconformity:
    """The nonconformity of a case, locked until commit.

    Raises:
        Conflict: ``nonconformity.none``: this case has registered none.
    """
    found = of_case(session, case_id)
    if found is None:
        raise Conflict("nonconformity.none", "This case has registered no nonconformity.")
    return lock_row(session, Nonconformity, found.id)


def open_on(session: Session, lot_ids: Collection[uuid.UUID]) -> Sequence[NonconformityLot]:
    """The lots among some that an open nonconformity names, oldest first."""
    wanted = (
        select(NonconformityLot)
        .join(NonconformityLot.nonconformity)
        .where(NonconformityLot.lot_id.in_(lot_ids), Nonconformity.state == NonconformityState.OPEN)
        .options(joinedload(NonconformityLot.nonconformity), joinedload(NonconformityLot.lot))
        .order_by(NonconformityLot.named_at, NonconformityLot.id)
    )
    return session.scalars(wanted).all()


def undecided_elsewhere(session: Session, row: NonconformityLot) -> NonconformityLot | None:
    """Another open nonconformity that names the same lot and has not decided about it yet."""
    others = (one for one in open_on(session, [row.lot_id]) if one.id != row.id and one.disposed_at is None)
    return next(others, None)


def conceded(session: Session, lot_id: uuid.UUID) -> bool:
    """Whether a lot was accepted as it is under a concession."""
    wanted = select(NonconformityLot.id).where(
        NonconformityLot.lot_id == lot_id,
        NonconformityLot.disposition == Disposition.USE_AS_IS,
        NonconformityLot.disposed_at.is_not(None),
    )
    return session.scalar(wanted.limit(1)) is not None


def count_alike(session: Session, found: Nonconformity, since: datetime) -> int:
    """How many nonconformities of the same category were opened since, this one among them.

    Of the same item if this one is about an item; otherwise of the same site. Cancelled ones do not count.
    """
    wanted = select(func.count()).where(
        Nonconformity.category == found.category,
        Nonconformity.opened_at >= since,
        Nonconformity.state != NonconformityState.CANCELLED,
        Nonconformity.site_id == found.site_id,
    )
    if found.item_id is not None:
        wanted = wanted.where(Nonconformity.item_id == found.item_id)
    return session.scalar(wanted) or 0


def about_lot(session: Session, lot_id: uuid.UUID) -> Sequence[NonconformityLot]:
    """The nonconformities that name a lot, newest first."""
    wanted = select(NonconformityLot).where(NonconformityLot.lot_id == lot_id)
    wanted = wanted.options(joinedload(NonconformityLot.nonconformity))
    return session.scalars(wanted.order_by(NonconformityLot.named_at.desc())).all()


def register(
    site_ids: Collection[uuid.UUID] | None,
    words: str = "",
    state: NonconformityState | None = None,
    grave: NonconformityClass | None = None,
) -> Select[Nonconformity]:
    """The register of some sites (None: of all), newest first; ``words`` in number, title, lot or item."""
    wanted = select(Nonconformity).outerjoin(Nonconformity.item).where(_at(site_ids))
    if state is not None:
        wanted = wanted.where(Nonconformity.state == state)
    if grave is not None:
        wanted = wanted.where(Nonconformity.severity_class == grave)
    if words:
        named = select(NonconformityLot.nonconformity_id).join(NonconformityLot.lot)
        named = named.where(Lot.number.icontains(words, autoescape=True))
        columns = (Nonconformity.number, Nonconformity.title, Item.code)
        said = [column.icontains(words, autoescape=True) for column in columns]
        wanted = wanted.where(or_(*said, Nonconformity.id.in_(named)))
    shown = (
        joinedload(Nonconformity.item),
        selectinload(Nonconformity.lots).joinedload(NonconformityLot.lot),
    )
    return wanted.options(*shown).order_by(Nonconformity.opened_at.desc(), Nonconformity.number.desc())


def _at(site_ids: Collection[uuid.UUID] | None) -> ColumnElement[bool]:
    return true() if site_ids is None else Nonconformity.site_id.in_(site_ids)
