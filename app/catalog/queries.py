"""Reads of master data."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.conversions import UnitFact
from app.catalog.models import (
    Bom,
    CodingScheme,
    InspectionStandard,
    Item,
    ItemRevision,
    PackagingLevel,
    Routing,
    UnitConversion,
)
from core.effectivity import RevisionState, in_force
from core.errors import NotFound

R = TypeVar("R", ItemRevision, InspectionStandard, Bom, Routing)


def item(session: Session, item_id: uuid.UUID) -> Item:
    """The item with this id.

    Raises:
        NotFound: ``item.unknown``.
    """
    found = session.get(Item, item_id)
    if found is None:
        raise NotFound("item.unknown", "There is no such item.")
    return found


def item_by_code(session: Session, code: str) -> Item | None:
    """The item with this code, if any."""
    return session.scalar(select(Item).where(Item.code == code))


def item_by_gtin(session: Session, gtin: str) -> Item | None:
    """The item that carries this GTIN-14, if any."""
    return session.scalar(select(Item).where(Item.gtin == gtin))


def revisions_of(session: Session, model: type[R], item_id: uuid.UUID) -> Sequence[R]:
    """The revisions of one sort of an item, drafts first, then the latest first."""
    wanted = select(model).where(model.item_id == item_id)
    days = (model.effective_from.is_not(None), model.effective_from.desc(), model.code.desc())
    return session.scalars(wanted.order_by(*days)).all()


def revision_in_force(session: Session, model: type[R], item_id: uuid.UUID, on: date) -> R | None:
    """The revision of an item that is in force on a day in the site's calendar, if any."""
    begun = select(model).where(
        model.item_id == item_id, model.state == RevisionState.APPROVED, model.effective_from <= on
    )
    latest = session.scalar(begun.order_by(model.effective_from.desc()).limit(1))
    return in_force([latest], on) if latest is not None else None


def effective_bom(session: Session, item_id: uuid.UUID, on: date) -> Bom | None:
    """The bill of material that is in force on a day in the site's calendar."""
    return revision_in_force(session, Bom, item_id, on)


def standard_in_force(session: Session, item_id: uuid.UUID, on: date) -> InspectionStandard | None:
    """What is inspected on a lot of an item on a day in the site's calendar."""
    return revision_in_force(session, InspectionStandard, item_id, on)


def specification_of(session: Session, item_id: uuid.UUID, on: date) -> str:
    """The document and revision an item is judged by on a day; empty if none is named."""
    revision = revision_in_force(session, ItemRevision, item_id, on)
    return revision.specification if revision is not None else ""


def conversions_of(session: Session, items: Collection[uuid.UUID]) -> dict[uuid.UUID, list[UnitFact]]:
    """What some items say of their units, all in one query."""
    found: dict[uuid.UUID, list[UnitFact]] = {}
    for one in session.scalars(select(UnitConversion).where(UnitConversion.item_id.in_(items))):
        factor = Fraction(one.equals) / Fraction(one.quantity)
        found.setdefault(one.item_id, []).append(UnitFact(one.unit, one.equals_unit, factor))
    return found


def packs_of(session: Session, item_id: uuid.UUID) -> Sequence[PackagingLevel]:
    """The levels of packaging of an item, the smallest first."""
    wanted = select(PackagingLevel).where(PackagingLevel.item_id == item_id)
    return session.scalars(wanted.order_by(PackagingLevel.contains)).all()


def schemes_of(session: Session, subjects: Collection[str]) -> Sequence[CodingScheme]:
    """The coding schemes of some kinds of thing."""
    return session.scalars(select(CodingScheme).where(CodingScheme.subject.in_(subjects))).all()
