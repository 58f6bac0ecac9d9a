"""The engine of a database, and SQLite's connections: what one is told first, how its transactions begin."""

import importlib
import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from core.actor import WriteContext

ConnectHook = Callable[[Any, dict[Any, Any]], None]
_on_connect: list[ConnectHook] = []


def on_connect(hook: ConnectHook) -> ConnectHook:
    """Have ``hook(dbapi_connection, info)`` prepare each new connection; ``info["audit"]`` is its context."""
    _on_connect.append(hook)
    return hook


def make_engine(url: str) -> Engine:
    """Make the engine for a database; what writes says so in the execution option ``qms_write``."""
    if url.startswith("sqlite"):
        made = create_engine(
            url, json_serializer=_dumps, connect_args={"timeout": 30, "check_same_thread": False}
        )
        event.listen(made, "connect", _open_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        event.listen(made, "checkin", _forget_context)
        return made
    postgresql = importlib.import_module("core.postgresql")  # a plant on SQLite does without the driver
    made = create_engine(url, json_serializer=_dumps, **postgresql.OPTIONS)
    postgresql.listen(made, _writes)
    return made


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, (Decimal, uuid.UUID)):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong in JSON")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("qms_write"))


def _open_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    info = record.info
    info["audit"] = {"context": None}
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "busy_timeout=30000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    for name, read in _SQL_FUNCTIONS.items():
        connection.create_function(name, 0, _bound(info["audit"], read))
    for hook in _on_connect:
        hook(connection, info)


def _bound(holder: dict[str, Any], read: Callable[[WriteContext], str | None]) -> Callable[[], str | None]:
    def answer() -> str | None:
        context = holder["context"]
        return None if context is None else read(context)

    return answer


_SQL_FUNCTIONS: dict[str, Callable[[WriteContext], str | None]] = {
    "app_actor": lambda context: context.actor.id,
    "app_reason": lambda context: context.reason,
    "app_now": lambda context: context.now.isoformat(),
    "app_context": WriteContext.as_json,
}


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _forget_context(_connection: Any, record: Any) -> None:
    if record is not None and "audit" in record.info:
        record.info["audit"]["context"] = None
