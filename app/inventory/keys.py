"""What people call a lot: its number, or ``number@item`` where lots of several items have the number."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item
from app.inventory.models import Lot
from core.errors import Invalid
from documents.labels import N_

AT = "@"


def key_of(lot: Lot, *, shared: bool) -> str:
    """The key of a lot; ``shared``: another item has a lot of this number."""
    return f"{lot.number}{AT}{lot.item.code}" if shared else lot.number


def lots_meant(session: Session, key: str, site_id: uuid.UUID | None = None) -> Sequence[Lot]:
    """The lots that a key can mean, of one site if it is given; a number may mean several, a full key one."""
    number, at, code = key.rpartition(AT)
    named = Lot.number == key
    if at:
        named = or_(named, and_(Lot.number == number, Item.code == code))
    wanted = select(Lot).join(Lot.item).where(named).options(joinedload(Lot.item))
    if site_id is not None:
        wanted = wanted.where(Lot.site_id == site_id)
    return session.scalars(wanted.order_by(Item.code)).all()


def lots_named(session: Session, site_id: uuid.UUID | None, keys: Collection[str]) -> dict[str, Lot]:
    """The lots of a site by some keys, in the order of the keys.

    Raises:
        Invalid: ``lot.no_such``: there is no such lot; ``lot.ambiguous``: several items have one.
    """
    found: dict[str, Lot] = {}
    for key in sorted(set(keys)):
        meant = lots_meant(session, key, site_id)
        if not meant:
            raise Invalid("lot.no_such", "There is no lot %(lot)s at this site.", field="lots", lot=key)
        if len(meant) > 1:
            sentence = N_("Several items have a lot %(lot)s. Say which one is meant: %(keys)s.")
            told = ", ".join(key_of(lot, shared=True) for lot in meant)
            raise Invalid("lot.ambiguous", sentence, field="lots", lot=key, keys=told)
        found[key] = meant[0]
    return found
