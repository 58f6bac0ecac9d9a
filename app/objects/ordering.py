"""In which order a list of objects stands, by what its table holds or by the texts the index holds of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Enum, FromClause, String
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import visitors

from app.objects.inputs import filters_of
from app.objects.kinds import ObjectKind
from app.objects.models import ObjectSearch


def order_of(kind: ObjectKind, sort: str = "") -> list[Any]:
    """The order of a list: by a shown column, ``-`` before it for the other way; else by the first one."""
    return _order(kind, sort, kind.shown, kind.model.id)  # type: ignore[attr-defined]


def order_in_index(kind: ObjectKind, sort: str = "") -> list[Any] | None:
    """The same order by what the index for searching holds; None where that has no text of it."""
    first = next(iter(kind.shown))
    column = sort.removeprefix("-")
    needed = {first, column if column in kind.shown else first}
    if not needed <= sorted_texts(kind).keys():
        return None
    held = {name: ObjectSearch.sorted_by[name].as_string() for name in kind.shown}
    return _order(kind, sort, held, ObjectSearch.object_id)


def sorted_texts(kind: ObjectKind) -> dict[str, Any]:
    """The shown columns that are texts of the kind's own table and have no choice of answers."""
    free = {name: column for name, column in kind.shown.items() if name not in filters_of(kind)}
    return {name: column for name, column in free.items() if _is_text_of(kind.model.__table__, column)}


def _is_text_of(table: FromClause, column: Any) -> bool:
    expression = getattr(column, "expression", column)
    if not isinstance(expression.type, String) or isinstance(expression.type, Enum):
        return False
    parts = list(visitors.iterate(expression))
    columns = [part for part in parts if isinstance(part, Column)]
    return bool(columns) and all(one.table is table for one in columns) and not _asks_more(parts)


def _asks_more(parts: list[Any]) -> bool:
    """Whether an expression is worked out by a query of its own."""
    return any(part.__visit_name__ in ("select", "compound_select") for part in parts)


def _order(kind: ObjectKind, sort: str, columns: Mapping[str, Any], key: Any) -> list[Any]:
    named = sort.removeprefix("-")
    first_name = next(iter(kind.shown))
    first, column = columns[first_name], columns.get(named)
    if column is None or (named == first_name and not sort.startswith("-")):
        return [first, key]
    never_empty = _never_empty(named, kind.shown[named])
    if sort.startswith("-"):  # all of it turned, so that one index serves both ways
        turned = column.desc() if never_empty else column.desc().nulls_last()
        return [turned, key.desc()] if named == first_name else [turned, first.desc(), key.desc()]
    return [column.asc() if never_empty else column.asc().nulls_last(), first, key]


def _never_empty(name: str, column: Any) -> bool:
    """Whether every row has a value there; a name is there in both languages."""
    if name == "name" or not isinstance(column, InstrumentedAttribute):
        return name == "name"
    held = column.property.columns[0]
    return isinstance(held, Column) and held.nullable is False  # what is worked out for each row may be empty
