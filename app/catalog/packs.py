"""Trade item numbers: whose a GTIN is, at whichever level of packaging (URS-032)."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.gs1 import check_gtin
from app.catalog.models import Item, PackagingLevel
from core.errors import Conflict
from core.types import Bilingual
from documents.sheets.cells import code

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
