"""How each database is opened: what a connection is told first, and how its transactions begin and end."""

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
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
    sqlite = url.startswith("sqlite")
    options: dict[str, Any] = {"json_serializer": _dumps}
    if sqlite:
        options["connect_args"] = {"timeout": 30, "check_same_thread": False}
    else:
        options["pool_pre_ping"] = True  # the server may have been started anew since the last click
        options["pool_use_lifo"] = True  # few connections serve quiet hours, and know the statements
    made = create_engine(url, **options)
    if sqlite:
        event.listen(made, "connect", _open_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        event.listen(made, "checkin", _forget_context)
    else:
        event.listen(made, "connect", _open_postgresql)
        event.listen(made, "begin", _begin_postgresql)
        event.listen(made, "rollback", _end_reading)
    return made


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, (Decimal, uuid.UUID)):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong in JSON")


def _open_postgresql(connection: Any, _record: Any) -> None:
    """Keep all pages' statements prepared, one signature has fifty; compile none, that takes longer.

    What only reads is planned anew for each question: lists are asked for rare words and for common ones. A
    unit of work finds rows by their keys, and there the server may keep a plan (``_tell_connection``).
    """
    connection.prepared_max = 1000
    connection.execute("SET jit = off")
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    """Have the server refuse writes where nobody announced any."""
    raw: Any = connection.connection.driver_connection
    raw.read_only = not _writes(connection)


def _end_reading(connection: Connection) -> None:
    """End a transaction that only read with COMMIT: at a ROLLBACK psycopg forgets the connection's plans.

    One that failed is left to the ROLLBACK that follows, and so is a connection that is broken.
    """
    driver: Any = connection.dialect.loaded_dbapi
    raw: Any = connection.connection.driver_connection
    if not _writes(connection) and raw.info.transaction_status == driver.pq.TransactionStatus.INTRANS:
        with suppress(driver.Error):
            raw.commit()


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
