"""Trade item numbers: whose a GTIN is, at whichever level of packaging (URS-032)."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.gs1 import check_gtin
from app.catalog.models import Item, PackagingLevel
from core.errors import Conflict, Invalid
from core.locks import lock_parents
from core.types import Bilingual
from documents.sheets.cells import code
from documents.sheets.rows import Finding, Reach, Row

LEVELS: dict[str, Bilingual] = {
    "inner": {"en": "Inner pack", "zh": "内包装"},
    "carton": {"en": "Carton", "zh": "外箱"},
    "pallet": {"en": "Pallet", "zh": "托盘"},
}
"""What people call the levels of packaging."""


def read_gtin(value: Any) -> str:
    """A trade item number with the right check digit, as 14 digits.

    Raises:
        Invalid: ``gtin.format`` or ``gtin.check_digit``.
    """
    return check_gtin(code(20)(value))


def gtin_taken(gtin: Any) -> Conflict:
    """What a row is told whose GTIN is another item's, or another level's."""
    return Conflict("item.gtin_taken", "Another item has GTIN %(gtin)s.", gtin=gtin)


def gtin_owners(session: Session, gtins: Collection[Any]) -> dict[Any, tuple[Any, ...]]:
    """Whose some GTINs are: the code of the item, for a pack the level too."""
    items = session.execute(select(Item.gtin, Item.code).where(Item.gtin.in_(gtins)))
    found: dict[Any, tuple[Any, ...]] = {row.gtin: (row.code,) for row in items}
    packs = select(PackagingLevel.gtin, Item.code, PackagingLevel.level).join(PackagingLevel.item)
    for row in session.execute(packs.where(PackagingLevel.gtin.in_(gtins))):
        found[row.gtin] = (row.code, row.level.value)
    return found


def pack_with_gtin(session: Session, gtin: str) -> PackagingLevel | None:
    """The pack a GTIN-14 stands for, with how many units of use of its item it contains; None if it is of no
    pack, such as that of a unit of use."""
    return session.scalar(select(PackagingLevel).where(PackagingLevel.gtin == gtin))


def check_packs(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find packs that would not hold whole packs of the level below: a pallet of 130 over cartons of 100."""
    listed = [row for row in rows if "item" in row.found and row.get("level") and row.get("contains")]
    held = _held(session, {row.found["item"].id for row in listed})
    for row in listed:
        held.setdefault(row.found["item"].id, {})[row.get("level")] = row.get("contains")
    for row in listed:
        levels = held[row.found["item"].id]
        for outer, inner in _pairs(row.get("level"), levels):
            if levels[outer] <= levels[inner] or levels[outer] % levels[inner]:
                yield row.wrong("contains", _not_nested(outer, inner, levels))
                break


def _not_nested(outer: str, inner: str, levels: Mapping[str, int]) -> Invalid:
    return Invalid(
        "pack.nested",
        "%(outer)s of %(units)s would not hold whole packs of %(inner)s, of %(count)s. What a level contains "
        "is counted in units of use, not in packs.",
        field="contains",
        outer=LEVELS[outer],
        units=levels[outer],
        inner=LEVELS[inner],
        count=levels[inner],
    )


def _held(session: Session, items: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    lock_parents(session, Item, items)
    held: dict[uuid.UUID, dict[str, int]] = {}
    query = select(PackagingLevel).where(PackagingLevel.item_id.in_(items)) if items else None
    for one in session.scalars(query.execution_options(populate_existing=True)) if query is not None else ():
        held.setdefault(one.item_id, {})[one.level.value] = one.contains
    return held


def _pairs(level: str, levels: Collection[str]) -> Iterator[tuple[str, str]]:
    """Pairs of levels that are there, the outer one first, of which one is ``level``."""
    there = [one for one in LEVELS if one in levels]
    for place, inner in enumerate(there):
        yield from ((outer, inner) for outer in there[place + 1 :] if level in (outer, inner))
