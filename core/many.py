"""New rows by the hundred in one statement, while the triggers of the trail see each.

SQLite is as fast row by row. PostgreSQL plans, runs and answers a statement for each row then; it is told all
of them at once, as JSON.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import JSON, Column, Dialect, Table, TextClause, insert, text
from sqlalchemy.orm import Session

from core.db import Base
from core.tables import table_of

MANY, AT_ONCE = 50, 5_000
"""From so many rows on they are told at once, and at most so many in one statement."""

Write = Callable[[Any], Any]


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; what they leave out gets its default."""
    dialect, table = session.get_bind().dialect, table_of(model)
    session.flush()
    if len(rows) < MANY or dialect.name != "postgresql":
        session.connection().execute(insert(table), [dict(row) for row in rows])
        return
    defaults = {name: give for name, give in _defaults(table).items() if name not in rows[0]}
    names = tuple(name for name in table.columns.keys() if name in rows[0] or name in defaults)  # noqa: SIM118
    statement, writers = _told(table, names, dialect)
    for start in range(0, len(rows), AT_ONCE):
        told = [
            {name: write(row[name] if name in row else defaults[name](None)) for name, write in writers}
            for row in rows[start : start + AT_ONCE]
        ]
        session.execute(statement, {"rows": orjson.dumps(told, default=str).decode()})


@cache
def _defaults(table: Table) -> dict[str, Write]:
    """What stands in the columns that a row leaves out."""
    return {column.name: _default(column) for column in table.columns if column.default is not None}


def _default(column: Column[Any]) -> Write:
    given: Any = column.default
    return given.arg if given.is_callable else lambda _row: given.arg


@cache
def _told(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[TextClause, list[tuple[str, Write]]]:
    """The statement, and what writes the values of each column."""
    quoted = ", ".join(f'"{name}"' for name in names)
    typed = ", ".join(f'"{name}" {table.columns[name].type.compile(dialect)}' for name in names)
    statement = (
        f'INSERT INTO "{table.name}" ({quoted}) SELECT {quoted}'  # noqa: S608 -- names of the models
        f" FROM json_to_recordset(CAST(:rows AS json)) AS told({typed})"
    )
    return text(statement), [(name, _writer(table.columns[name], dialect)) for name in names]


def _writer(column: Column[Any], dialect: Dialect) -> Write:
    """Refuse and turn values as their type does; JSON is told as it is."""
    kind = column.type.dialect_impl(dialect)
    bind = None if isinstance(kind, JSON) else kind.bind_processor(dialect)
    return bind or (lambda value: value)
