"""Puts the triggers of the audit trail and of append-only tables in place, and says if they still are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, inspect, text

from signatures import audit_postgresql, audit_sqlite
from signatures.audit_plan import TablePlan, plan_of


def install_triggers(connection: Connection, metadata: MetaData) -> None:
    """Put the triggers of every existing table in place, replacing older ones; run after each migration."""
    writer = _dialect(connection)
    with schema_changes(connection):
        for statement in writer.shared_statements():
            connection.exec_driver_sql(statement)
        for plan in _plans(connection, metadata):
            for statement in writer.removal_statements(plan.name, _present(connection, plan.name)):
                connection.exec_driver_sql(statement)
            for statement in writer.trigger_statements(plan).values():
                connection.exec_driver_sql(statement)


def missing_triggers(connection: Connection, metadata: MetaData) -> list[str]:
    """Name every trigger that should guard the database but is gone, altered or switched off."""
    writer = _dialect(connection)
    missing: list[str] = []
    for plan in _plans(connection, metadata):
        wanted = writer.trigger_statements(plan)
        missing += writer.not_in_force(plan.name, wanted, _present(connection, plan.name))
    return sorted(missing)


def is_audited(connection: Connection, table: str) -> bool:
    """Whether triggers catch the changes of an existing table."""
    return any(name.startswith(f"audit_{table}") for name in _present(connection, table))


@contextmanager
def schema_changes(connection: Connection) -> Iterator[None]:
    """Let set-up and migrations drop and alter tables on this connection, which others may never."""
    if connection.dialect.name != "sqlite" or connection.info.get("schema_changes"):
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.set_authorizer(None)
    connection.info["schema_changes"] = True
    try:
        yield
    finally:
        connection.info["schema_changes"] = False
        raw.set_authorizer(audit_sqlite.refuse_schema_changes)


def _dialect(connection: Connection) -> Any:
    return audit_sqlite if connection.dialect.name == "sqlite" else audit_postgresql


def _plans(connection: Connection, metadata: MetaData) -> list[TablePlan]:
    existing = set(inspect(connection).get_table_names())
    plans = [plan_of(table) for table in metadata.sorted_tables if table.name in existing]
    return [plan for plan in plans if plan.audited or plan.append_only]


def _present(connection: Connection, table: str) -> dict[str, str]:
    query = _dialect(connection).PRESENT
    return {row.name: row.state for row in connection.execute(text(query), {"table": table})}
