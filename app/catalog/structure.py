"""What a bill of material may say: no item is part of itself, quantities convert and are whole where counted.

What counts are the approved revisions in force on a day or later; drafts and superseded ones do not.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from app.catalog.conversions import UnitFact, convert, exact_quantity
from app.catalog.models import Bom, BomLine, Item, ItemKind
from app.catalog.units import STOCK_UNITS
from app.sites.queries import earliest_day
from core.db import write_context
from core.effectivity import RevisionState
from core.errors import Invalid
from core.locks import lock_names

Parts = Mapping[uuid.UUID, Collection[uuid.UUID]]
"""What goes directly into some items."""


def stock_quantity(part: Item, quantity: Decimal, unit: str, facts: Collection[UnitFact] = ()) -> Decimal:
    """Say how much of a part, in its stock unit, a line takes.

    Raises:
        Invalid: ``quantity.positive``, ``unit.no_conversion``, ``quantity.inexact``, or ``bom.fraction``: a
            counted part is taken whole; packaging alone is shared by several.
    """
    if quantity <= 0:
        raise Invalid("quantity.positive", "The quantity must be above zero.", field="quantity")
    taken = exact_quantity(convert(quantity, unit, part.uom, facts, item=part.code), unit=part.uom)
    counted = STOCK_UNITS[part.uom].decimals == 0
    if counted and part.kind is not ItemKind.PACKAGING and taken != taken.to_integral_value():
        raise Invalid(
            "bom.fraction",
            "Item %(item)s is counted: a unit takes whole ones. Only packaging is shared by several.",
            field="quantity",
            item=part.code,
        )
    return taken


def refuse_circle(
    session: Session, item: Item, parts: Collection[uuid.UUID], *, more: Parts | None = None
) -> None:
    """Refuse parts of an item that it is a part of itself, over all levels, in force or in future.

    ``more`` are parts that come with the same list. Who writes parts does so alone until commit: two bills of
    different items could close a circle together.

    Raises:
        Invalid: ``bom.circle``, with the way from the item back to itself.
    """
    lock_names(session, "bom.circle")
    came_from: dict[uuid.UUID, uuid.UUID] = {}
    frontier = set(parts)
    came_from.update(dict.fromkeys(frontier, item.id))
    while frontier and item.id not in frontier:
        below = parts_in_force(session, frontier)
        for whole in frontier:
            below.setdefault(whole, set()).update((more or {}).get(whole, ()))
        reached = {(part, whole) for whole, made_of in below.items() for part in made_of}
        fresh = {part: whole for part, whole in reached if part not in came_from}
        came_from |= fresh
        frontier = set(fresh)
    if item.id in came_from:
        raise Invalid(
            "bom.circle",
            "Item %(item)s would be a part of itself: %(way)s. Leave out one of these parts.",
            field="part",
            item=item.code,
            way=_way(session, item.id, came_from),
        )


def parts_in_force(session: Session, items: Collection[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """What goes directly into some items by revisions that are in force or will be."""
    today, later = _today(session), aliased(Bom)
    query = (
        select(Bom.item_id, BomLine.item_id)
        .join(BomLine.bom)
        .where(Bom.item_id.in_(items), Bom.state == RevisionState.APPROVED)
    )
    if today is not None:
        begun = select(later.id).where(
            later.item_id == Bom.item_id,
            later.state == RevisionState.APPROVED,
            later.effective_from > Bom.effective_from,
            later.effective_from <= today,
        )
        superseded = begun.correlate(Bom).exists()
        query = query.where(~superseded, or_(Bom.effective_until.is_(None), Bom.effective_until >= today))
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    for whole, part in session.execute(query):
        found.setdefault(whole, set()).add(part)
    return found


def _today(session: Session) -> date | None:
    """The day of this unit of work at the site where it is earliest: what holds there still counts.

    Where a session only reads, every approved revision counts.
    """
    try:
        now = write_context(session).now
    except LookupError:
        return None
    return earliest_day(session, now)


def _way(session: Session, item_id: uuid.UUID, came_from: Mapping[uuid.UUID, uuid.UUID]) -> str:
    way = [item_id]
    while len(way) < 2 or way[-1] != item_id:
        way.append(came_from[way[-1]])
    found = session.execute(select(Item.id, Item.code).where(Item.id.in_(way)))
    codes = {row.id: row.code for row in found}
    return " → ".join(codes[one] for one in reversed(way))
