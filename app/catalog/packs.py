"""Trade item numbers: whose a GTIN is, at whichever level of packaging (URS-032)."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.gs1 import check_gtin
from app.catalog.models import Item, PackagingLevel
from core.errors import Conflict
from documents.sheets.cells import code


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
