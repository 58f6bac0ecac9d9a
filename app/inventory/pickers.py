"""Lots can be picked in forms: by their number, or by number and item where several items have it."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item
from app.inventory.keys import key_of, lots_meant
from app.inventory.models import Lot
from core.types import Bilingual
from forms.pickers import SUGGESTED, picker


def _suggest(session: Session, words: str, site_id: uuid.UUID | None) -> Sequence[tuple[str, Bilingual]]:
    query = select(Lot).join(Lot.item).options(joinedload(Lot.item))
    if site_id is not None:
        query = query.where(Lot.site_id == site_id)
    for word in words.split():
        texts = (Lot.number, Item.code, cast(Item.name, Text))
        query = query.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    found = session.scalars(query.order_by(Lot.created_at.desc(), Lot.number).limit(SUGGESTED)).all()
    shared = _shared(session, {lot.number for lot in found})
    return [(key_of(lot, shared=lot.number in shared), _named(lot)) for lot in found]


def _shared(session: Session, numbers: set[str]) -> set[str]:
    """Those of some numbers that lots of several items have."""
    counted = select(Lot.number).where(Lot.number.in_(numbers)).group_by(Lot.number)
    return set(session.scalars(counted.having(func.count() > 1)))


def _label(session: Session, key: str) -> Bilingual | None:
    found = lots_meant(session, key)
    return _named(found[0]) if len(found) == 1 else None


def _meant(session: Session, key: str) -> Sequence[str]:
    found = lots_meant(session, key)
    return [key_of(lot, shared=len(found) > 1) for lot in found]


def _named(lot: Lot) -> Bilingual:
    return {lang: f"{lot.item.code} {name}" for lang, name in lot.item.name.items()}


picker("inventory.lot", title={"en": "lot", "zh": "批次"}, suggest=_suggest, label=_label, meant=_meant)
