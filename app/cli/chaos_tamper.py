"""One edit of a plant's database past the product: by the owner of its file, or a superuser of PostgreSQL.

Whoever edits knows what he does: he takes the table's guards away for the moment and puts them back as they
were, so that nothing but the changed row itself can give him away.
"""

import random
import string
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Enum, Row, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from core.db import Base
from signatures.audit_plan import plan_of

TARGETS: dict[str, tuple[str, ...]] = {
    "trail": ("audit_entry", "audit_entry", "audit_head"),
    "ledger": ("movement", "balance", "lot_edge"),
    "signatures": ("signature",),
    "records": ("record", "stored_file"),
    "cases": ("process_case", "human_task", "step_history", "case_state", "process_release"),
    "master": (
        *("item", "supplier", "site", "person", "role_grant", "lot", "inspection_characteristic", "bom"),
        *("bom_line", "purchase_order", "purchase_order_line", "work_order", "warehouse", "location"),
        *("number_rule", "number_counter", "inspection", "inspection_result", "receipt", "output"),
    ),
}
"""What is edited: kinds of regulated rows, in turn, and their tables."""

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


def tamper(connection: Connection, chance: random.Random, target: str) -> Edit:
    """Make one edit among the tables of ``target``; the caller commits.

    Raises:
        LookupError: there is no row of that kind, or no edit that the database's own constraints let pass.
    """
    for _ in range(_TRIES):
        table = Base.metadata.tables[chance.choice(TARGETS[target])]
        row = _some_row(connection, chance, table)
        if row is None:
            continue
        kind = "value" if table.name == "audit_head" else chance.choice(_KINDS)
        try:
            with connection.begin_nested(), _without_guards(connection, table.name):
                return _ACTS[kind](connection, chance, table, row)
        except (DBAPIError, LookupError):
            continue  # a constraint, or nothing in this row to change: another one
    raise LookupError(f"no edit of {target} is possible")


def _some_row(connection: Connection, chance: random.Random, table: Table) -> Row[Any] | None:
    rows = connection.scalar(select(func.count()).select_from(table)) or 0
    if not rows:
        return None
    query = select(table).order_by(*table.primary_key).offset(chance.randrange(rows)).limit(1)
    return connection.execute(query).one()


def _change_value(connection: Connection, chance: random.Random, table: Table, row: Row[Any]) -> Edit:
    column = chance.choice(_columns(table))
    new = _another(connection, chance, column, row._mapping[column.name])
    connection.execute(update(table).where(*_this(table, row)).values({column.name: new}))
    return Edit("value", table.name, _key(table, row), column.name)


def _delete(connection: Connection, _chance: random.Random, table: Table, row: Row[Any]) -> Edit:
    connection.execute(delete(table).where(*_this(table, row)))
    return Edit("delete", table.name, _key(table, row))


def _insert(connection: Connection, chance: random.Random, table: Table, row: Row[Any]) -> Edit:
    values = dict(row._mapping)
    unique = {name for names in plan_of(table).unique for name in names}
    for name in sorted(unique):
        values[name] = _another(connection, chance, table.columns[name], values[name])
    connection.execute(insert(table).values(values))
    return Edit("insert", table.name, "/".join(str(values[name]) for name in plan_of(table).key))


Act = Callable[[Connection, random.Random, Table, Row[Any]], Edit]
_ACTS: dict[str, Act] = {"value": _change_value, "delete": _delete, "insert": _insert}


def _columns(table: Table) -> list[Column[Any]]:
    left_out = {*plan_of(table).omitted, *IGNORED.get(table.name, ())}
    if table.name == "audit_head":
        left_out.add("id")
    return [column for column in table.columns if column.name not in left_out]


def _this(table: Table, row: Row[Any]) -> list[Any]:
    return [column == row._mapping[column.name] for column in table.primary_key]


def _key(table: Table, row: Row[Any]) -> str:
    return "/".join(str(row._mapping[column.name]) for column in table.primary_key)


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
        return _first(column)
    for kind, change in _CHANGES.items():
        if isinstance(value, kind):
            return change(chance, value)
    raise LookupError(f"no other value for {column}")


def _first(column: Column[Any]) -> Any:
    kind = column.type.python_type
    made = {str: "forged", dict: {"forged": "1"}, int: 1, Decimal: Decimal(1), uuid.UUID: uuid.UUID(int=1)}
    made |= {date: date(2026, 1, 1), bool: True, bytes: b"forged"}
    if kind not in made:
        raise LookupError(f"no value for {column}")
    return made[kind]


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
