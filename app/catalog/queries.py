"""Reads of master data."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import Bom, Item, ItemKind, Supplier
from core.errors import NotFound


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


def items(*, words: str = "", kind: ItemKind | None = None) -> Select[Item]:
    """Items by code; ``words`` is looked for in code, GTIN and both names, ignoring case."""
    wanted = select(Item).order_by(Item.code)
    if kind is not None:
        wanted = wanted.where(Item.kind == kind)
    if words:
        english, chinese = Item.name["en"].as_string(), Item.name["zh"].as_string()
        columns = (Item.code, Item.gtin, english, chinese)
        wanted = wanted.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return wanted


def suppliers(*, words: str = "") -> Select[Supplier]:
    """Suppliers by code; ``words`` is looked for in code, certificate and both names."""
    wanted = select(Supplier).order_by(Supplier.code)
    if words:
        english, chinese = Supplier.name["en"].as_string(), Supplier.name["zh"].as_string()
        columns = (Supplier.code, Supplier.certificate, english, chinese)
        wanted = wanted.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return wanted


def boms_of(session: Session, item_id: uuid.UUID) -> Sequence[Bom]:
    """The bills of material of an item, newest effective day first."""
    wanted = (
        select(Bom).where(Bom.item_id == item_id).order_by(Bom.effective_from.desc(), Bom.bom_revision.desc())
    )
    return session.scalars(wanted).all()


def effective_bom(session: Session, item_id: uuid.UUID, on: date) -> Bom | None:
    """The bill of material that is in force on a day in the site's calendar."""
    return next((bom for bom in boms_of(session, item_id) if bom.effective_from <= on), None)
