"""Lots can be picked in forms, by their number."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item
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
    newest = query.order_by(Lot.created_at.desc(), Lot.number).limit(SUGGESTED)
    return [(lot.number, _named(lot)) for lot in session.scalars(newest)]


def _label(session: Session, key: str) -> Bilingual | None:
    query = select(Lot).where(Lot.number == key).options(joinedload(Lot.item)).limit(1)
    lot = session.scalar(query)
    return _named(lot) if lot is not None else None


def _named(lot: Lot) -> Bilingual:
    return {lang: f"{lot.item.code} {name}" for lang, name in lot.item.name.items()}


picker("inventory.lot", title={"en": "lot", "zh": "批次"}, suggest=_suggest, label=_label)
