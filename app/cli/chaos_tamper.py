"""One edit of a plant's database past the product: by the owner of its file, or a superuser of PostgreSQL.

Whoever edits knows what he does: he takes the table's guards away for the moment and puts them back as they
were, so that nothing but the changed row itself can give him away.
"""

import itertools
import random
import string
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Row,
    String,
    Table,
    Time,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from core.db import Base
from core.types import Amount, Quantity, UtcDateTime
from signatures.audit_plan import plan_of

NAMED: dict[str, tuple[str, ...]] = {
    "trail": ("audit_entry", "audit_entry", "audit_head"),
    "ledger": ("movement", "balance", "lot_edge"),
    "signatures": ("signature",),
    "records": ("record", "stored_file"),
    "cases": ("process_case", "human_task", "step_history", "case_state", "process_release"),
}
"""Kinds of regulated rows that are edited for themselves, and their tables."""

ROUND = tuple(kind for name in NAMED for kind in (name, "master"))
"""The kinds in turn; every other edit is of the many tables that no other kind has."""

IGNORED = {"balance": ("id",)}
"""Columns that mean nothing: a balance is found by its place, never by its key."""

_KINDS = ("value", "value", "value", "delete", "insert")
_TRIES = 200


@dataclass(frozen=True)
class Edit:
    """What was done: kind (value, delete, insert), table, row as the trail names it, column."""

    kind: str
    table: str
    row: str
    column: str | None = None


def targets(metadata: MetaData) -> dict[str, tuple[str, ...]]:
    """What is edited: the tables of each kind; every audited table that no other kind names is a master's."""
    named = {name for names in NAMED.values() for name in names}
    audited = [plan_of(table) for table in metadata.sorted_tables]
    return {**NAMED, "master": tuple(one.name for one in audited if one.audited and one.name not in named)}


def deal(chance: random.Random, kinds: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Give the tables to edit, without end: the kinds in turn, of each kind no table again before all."""
    hands = {kind: _shuffled_again_and_again(chance, tables) for kind, tables in kinds.items()}
    for kind in itertools.cycle(ROUND):
        yield next(hands[kind])


def _shuffled_again_and_again(chance: random.Random, tables: Sequence[str]) -> Iterator[str]:
    while True:
        yield from chance.sample(list(tables), len(tables))


def tamper(connection: Connection, chance: random.Random, name: str) -> Edit:
    """Make one edit in a table; an empty one can only be given a row. The caller commits.

    Raises:
        LookupError: there is no edit that the database's own constraints let pass.
    """
    table = Base.metadata.tables[name]
    for _ in range(_TRIES):
        row = _some_row(connection, chance, table)
        kind = "value" if name == "audit_head" else chance.choice(_KINDS)
        try:
            with connection.begin_nested(), _without_guards(connection, name):
                if row is None:
                    return _forge(connection, chance, table)
                return _ACTS[kind](connection, chance, table, row)
        except (DBAPIError, LookupError):
            continue  # a constraint, or nothing in this row to change: another one
    raise LookupError(f"no edit of {name} is possible")


def _some_row(connection: Connection, chance: random.Random, table: Table) -> Row[Any] | None:
    rows = connection.scalar(select(func.count()).select_from(table)) or 0
    if not rows:
        return None
    query = select(table).order_by(*table.primary_key).offset(chance.randrange(rows)).limit(1)
    return connection.execute(query).one()


def _forge(connection: Connection, chance: random.Random, table: Table) -> Edit:
    """Put a row that nobody has made into a table."""
    values = {
        column.name: None if column.nullable and chance.randrange(2) else _changed(chance, column, None)
        for column in table.columns
    }
    connection.execute(insert(table).values(values))
    return Edit("insert", table.name, _named(table, values))


def _change_value(connection: Connection, chance: random.Random, table: Table, row: Row[Any]) -> Edit:
    column = chance.choice(_columns(table))
    new = _another(connection, chance, column, row._mapping[column.name])
    connection.execute(update(table).where(*_this(table, row)).values({column.name: new}))
    return Edit("value", table.name, _named(table, row._mapping), column.name)


def _delete(connection: Connection, _chance: random.Random, table: Table, row: Row[Any]) -> Edit:
    connection.execute(delete(table).where(*_this(table, row)))
    return Edit("delete", table.name, _named(table, row._mapping))


def _insert(connection: Connection, chance: random.Random, table: Table, row: Row[Any]) -> Edit:
    values = dict(row._mapping)
    unique = {name for names in plan_of(table).unique for name in names}
    for name in sorted(unique):
        values[name] = _another(connection, chance, table.columns[name], values[name])
    connection.execute(insert(table).values(values))
    return Edit("insert", table.name, _named(table, values))


Act = Callable[[Connection, random.Random, Table, Row[Any]], Edit]
_ACTS: dict[str, Act] = {"value": _change_value, "delete": _delete, "insert": _insert}


def _columns(table: Table) -> list[Column[Any]]:
    left_out = {*plan_of(table).omitted, *IGNORED.get(table.name, ())}
    if table.name == "audit_head":
        left_out.add("id")
    return [column for column in table.columns if column.name not in left_out]


def _this(table: Table, row: Row[Any]) -> list[Any]:
    return [column == row._mapping[column.name] for column in table.primary_key]


def _named(table: Table, values: Mapping[Any, Any]) -> str:
    return "/".join(str(values[column.name]) for column in table.primary_key)


def _another(connection: Connection, chance: random.Random, column: Column[Any], value: Any) -> Any:
    """Make a value that differs; every third time that of another row, or nothing where that is allowed.

    Raises:
        LookupError: there is no other value.
    """
    draw = chance.randrange(6)
    if draw == 0 and column.nullable and value is not None:
        return None
    if draw == 1:
        others = connection.scalars(select(column).where(column.is_not(None)).limit(20)).all()
        other = chance.choice(list(others)) if others else value
        if other != value:
            return other
    return _changed(chance, column, value)


def _changed(chance: random.Random, column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, Enum):
        return chance.choice([member for member in column.type.python_type if member != value])
    if value is None:
        return _first(chance, column)
    for kind, change in _CHANGES.items():
        if isinstance(value, kind):
            return change(chance, value)
    raise LookupError(f"no other value for {column}")


def _first(chance: random.Random, column: Column[Any]) -> Any:
    """Make a value where there is none; another one each time, for a table may refuse some."""
    for kinds, values in _FIRST:
        if isinstance(column.type, kinds):
            return chance.choice(values)
    return uuid.UUID(int=chance.getrandbits(128))


_FIRST: tuple[tuple[tuple[type, ...], tuple[Any, ...]], ...] = (
    ((UtcDateTime,), (datetime(2026, 1, 1, tzinfo=UTC),)),
    ((Quantity, Amount, Numeric), (Decimal(1), Decimal(12))),
    ((JSON,), ({"forged": "1"},)),
    ((Boolean,), (True, False)),
    ((Integer,), (1, 12)),
    ((Date,), (date(2026, 1, 1),)),
    ((Time,), (time(7),)),
    ((LargeBinary,), (b"forged",)),
    ((String,), ("forged", "A")),
)
"""Values by the type of their column; every other type is that of a key."""


def _text(chance: random.Random, value: str) -> str:
    if not value:
        return "forged"
    place = chance.randrange(len(value))
    letters = [letter for letter in string.ascii_letters + string.digits if letter != value[place]]
    return value[:place] + chance.choice(letters) + value[place + 1 :]


def _bytes(chance: random.Random, value: bytes) -> bytes:
    place = chance.randrange(len(value))
    return value[:place] + bytes([value[place] ^ (1 << chance.randrange(8))]) + value[place + 1 :]


def _mapping(chance: random.Random, value: Mapping[str, Any]) -> dict[str, Any]:
    name = chance.choice(sorted(value) or ["forged"])
    return {**value, name: _inner(chance, value.get(name))}


def _sequence(chance: random.Random, value: Sequence[Any]) -> list[Any]:
    place = chance.randrange(len(value) + 1)
    inner = _inner(chance, value[place]) if place < len(value) else "forged"
    return [*value[:place], inner, *value[place + 1 :]]


def _inner(chance: random.Random, value: Any) -> Any:
    for kind, change in _CHANGES.items():
        if isinstance(value, kind):
            return change(chance, value)
    return "forged"


_CHANGES: dict[type, Callable[[random.Random, Any], Any]] = {
    bool: lambda _chance, value: not value,
    int: lambda chance, value: value + chance.choice([-1, 1, 1000]),
    str: _text,
    bytes: _bytes,
    dict: _mapping,
    list: _sequence,
    uuid.UUID: lambda chance, _value: uuid.UUID(int=chance.getrandbits(128)),
    Decimal: lambda chance, value: value + chance.choice([Decimal("0.001"), Decimal(1), Decimal(-1)]),
    datetime: lambda chance, value: value + chance.choice([timedelta(microseconds=1), timedelta(days=-1)]),
    date: lambda chance, value: value + timedelta(days=chance.choice([-1, 1, 365])),
    time: lambda chance, value: value.replace(minute=(value.minute + chance.choice([1, 30])) % 60),
}


@contextmanager
def _without_guards(connection: Connection, table: str) -> Iterator[None]:
    """Take the triggers of a table away and put the same ones back."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        guards = connection.execute(query, {"table": table}).all()
        for name, _statement in guards:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        yield
        for _name, statement in guards:
            connection.exec_driver_sql(statement)
        return
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # foreign keys
    connection.exec_driver_sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    yield
    query = text(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(quote_ident(:table)) AND NOT tgisinternal"
    )
    for name in connection.scalars(query, {"table": table}).all():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"')
