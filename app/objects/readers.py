"""Objects are found by the names of what they are about: when such a name changes, they are indexed anew.

A hundred thousand rows may be about one item: it is done behind the change, by a job, some at a time.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from functools import cache, partial
from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, event, false, inspect, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from app.objects.kinds import ObjectKind, kinds
from app.objects.queries import leads_to
from core import outbox
from core.db import before_commit, new_id

INDEX_READERS = "objects.index_readers"
AT_ONCE = 500
_RENAMED = "objects_renamed"


@cache
def read_columns() -> Mapping[str, frozenset[str]]:
    """The columns of other tables that kinds are found by: table → names; their keys are not among them."""
    read: dict[str, set[str]] = {}
    for kind in kinds():
        for table, names in _foreign(kind).items():
            if _ways(kind, table):
                read.setdefault(table, set()).update(names)
    return {table: frozenset(names) for table, names in read.items()}


def readers_of(table: str) -> list[ObjectKind]:
    """The kinds that are found by what rows of a table are called."""
    return [kind for kind in kinds() if table in _foreign(kind)]


def about(kind: ObjectKind, table: str, ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """Which rows of a kind name some rows of a table, themselves or by a row between them."""
    return or_(false(), *(way(ids) for way in _ways(kind, table)))


def _ways(kind: ObjectKind, table: str) -> list[Callable[[Collection[uuid.UUID]], ColumnElement[bool]]]:
    """How rows of a kind lead to those of a table."""
    ways: list[Callable[[Collection[uuid.UUID]], ColumnElement[bool]]] = []
    for key in kind.model.__table__.foreign_keys:
        if leads_to(key, table):
            ways.append(key.parent.in_)
        between = key.column.table
        for further in between.foreign_keys:
            if between is not kind.model.__table__ and leads_to(further, table):
                ways.append(partial(_through, key, further))
    return ways


def _through(key: ForeignKey, further: ForeignKey, ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    return key.parent.in_(select(key.column).where(further.parent.in_(ids)))


def _foreign(kind: ObjectKind) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for word in kind.words:
        for part in visitors.iterate(getattr(word, "expression", word)):
            if isinstance(part, Column) and part.table is not kind.model.__table__ and not _is_key(part):
                found.setdefault(str(part.table), set()).add(part.name)
    return found


def _is_key(column: Column[Any]) -> bool:
    return column.primary_key or bool(column.foreign_keys)


@event.listens_for(Session, "after_flush")
def _note_renamed(session: Session, _context: object) -> None:
    if "write" not in session.info:
        return
    for row in session.dirty:
        read = read_columns().get(row.__tablename__)
        if read and any(inspect(row).attrs[name].history.has_changes() for name in read):
            _renamed(session).setdefault(row.__tablename__, set()).add(row.id)


def _renamed(session: Session) -> dict[str, set[uuid.UUID]]:
    if _RENAMED not in session.info:
        session.info[_RENAMED] = {}
        before_commit(session, partial(_leave, session))
    renamed: dict[str, set[uuid.UUID]] = session.info[_RENAMED]
    return renamed


def _leave(session: Session) -> None:
    session.flush()
    for table, ids in session.info.pop(_RENAMED, {}).items():
        ordered = sorted(str(one) for one in ids)
        for start in range(0, len(ordered), AT_ONCE):
            told = {"table": table, "ids": ordered[start : start + AT_ONCE]}
            outbox.later(session, INDEX_READERS, told, key=f"{INDEX_READERS}:{new_id()}")
