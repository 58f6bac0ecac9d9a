"""What a cell of a list may name of the master data; every room above uses the same."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Supplier
from core.errors import Invalid
from documents.sheets.rows import Reach, Reference


def items_by_code(session: Session, codes: Collection[Any], _reach: Reach = None) -> dict[str, Item]:
    """The items of some codes."""
    return {item.code: item for item in session.scalars(select(Item).where(Item.code.in_(codes)))}


def suppliers_by_code(session: Session, codes: Collection[Any], _reach: Reach = None) -> dict[str, Supplier]:
    """The suppliers of some codes."""
    return {one.code: one for one in session.scalars(select(Supplier).where(Supplier.code.in_(codes)))}


def _no_item(code: Any) -> Invalid:
    return Invalid("item.not_found", "There is no item %(item)s.", item=code)


def _no_supplier(code: Any) -> Invalid:
    return Invalid("supplier.not_found", "There is no supplier %(supplier)s.", supplier=code)


ITEM = Reference(items_by_code, _no_item, "catalog.item")
SUPPLIER = Reference(suppliers_by_code, _no_supplier, "catalog.supplier")
