"""Turns what triggers caught, in each database's own notation, into plain values that read alike everywhere.

Decimals and ids become strings, moments ISO 8601 in UTC, days ISO dates; scaled whole numbers of SQLite
become the quantities they mean.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, MetaData, Table, Uuid
from sqlalchemy.types import TypeEngine

from core.types import Amount, Quantity

SAFE_INTEGER = 2**53 - 1
"""Above this, JSON numbers are not exact everywhere (RFC 8785); they are written as strings."""

Reader = Callable[[Any], Any]
_READY = frozenset({str, bool})
_REPEATED = (Enum, date)
"""What few different values stand for in a list of many rows: each is read once."""
_SQLITE_KEY = re.compile(r"[0-9a-f]{32}")
_decode = json.JSONDecoder(parse_float=Decimal).decode


def plain(value: Any) -> Any:
    """Give a value as JSON knows it, without loss."""
    if value is None or type(value) in _READY:  # most values of a list of many rows
        return value
    if type(value) is UUID:
        return str(value)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > SAFE_INTEGER:
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def readable_changes(
    capture: Mapping[Any, Any], metadata: MetaData, dialect: Dialect
) -> dict[str, list[Any] | None] | None:
    """Read the old and new values of a captured change; null in place of the pair means withheld."""
    if capture["changes"] is None:
        return None
    table = metadata.tables.get(capture["subject_type"])
    raw: dict[str, Any] = _decode(capture["changes"])
    readers = {} if table is None else _readers(table, dialect)
    return {name: _pair(raw[name], readers.get(name, plain)) for name in sorted(raw)}


def row_key(capture: Mapping[Any, Any], metadata: MetaData, dialect: Dialect) -> str:
    """Give the key of the changed row as the rest of the product writes it."""
    key: str = capture["subject_id"]
    table = metadata.tables.get(capture["subject_type"])
    if table is None or capture["changes"] is None:
        return key
    parts, readers = key.split("/"), _key_readers(table, dialect)
    if len(parts) != len(readers):
        return key
    return "/".join([str(read(part)) for read, part in zip(readers, parts, strict=True)])


def readers_of(table: Table, dialect: Dialect) -> dict[str, Reader]:
    """Give for each column what turns the database's own notation into the trail's."""
    return dict(_readers(table, dialect))


def _pair(pair: list[Any] | None, read: Reader) -> list[Any] | None:
    if pair is None:
        return None
    if read is plain:
        return [value if type(value) is str or value is None else plain(value) for value in pair]
    return [None if value is None else read(value) for value in pair]


@cache
def _readers(table: Table, dialect: Dialect) -> dict[str, Reader]:
    return {column.name: _trail_reader(column.type, dialect) for column in table.columns}


@cache
def _key_readers(table: Table, dialect: Dialect) -> tuple[Reader, ...]:
    return tuple(_reader_of(column.type, dialect) for column in table.primary_key)


def _trail_reader(kind: TypeEngine[Any], dialect: Dialect) -> Reader:
    read = _reader_of(kind, dialect)
    if read is plain:
        return plain

    def told(value: Any) -> Any:
        return plain(read(value))

    made = _python_type(kind)
    return lru_cache(maxsize=1_000)(told) if made is not None and issubclass(made, _REPEATED) else told


@cache
def _reader_of(kind: TypeEngine[Any], dialect: Dialect) -> Reader:
    if dialect.name != "sqlite":
        return _postgresql_reader(kind)
    convert = kind.dialect_impl(dialect).result_processor(dialect, None)
    if convert is None:
        return plain

    def read(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("sha256:"):
            return value
        return convert(value)

    return _keys_first(read) if isinstance(kind, Uuid) else read


def _keys_first(read: Reader) -> Reader:
    """Read a key as SQLite keeps it, and leave anything else to the reader that refuses it."""

    def dashed(key: Any) -> Any:
        if not (isinstance(key, str) and _SQLITE_KEY.fullmatch(key)):
            return read(key)
        return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"

    return dashed


def _postgresql_reader(kind: TypeEngine[Any]) -> Reader:
    if isinstance(kind, Quantity | Amount):
        return lambda value: Decimal(str(value))
    if _python_type(kind) is datetime:
        return lambda value: datetime.fromisoformat(value).astimezone(UTC)
    return plain


def _python_type(kind: TypeEngine[Any]) -> type[Any] | None:
    try:
        return kind.python_type
    except NotImplementedError:
        return None
