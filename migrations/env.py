"""Alembic's environment: the product's own engine, every table, and after the last step the audit triggers
and, on PostgreSQL, what the application's role may do.

Plain Alembic; the schema and its triggers change in one transaction, on SQLite too.
"""

from alembic import context
from sqlalchemy import text

import app.factory  # every room's tables; the name is not used
from app.objects.search import is_own
from core import clock
from core.config import settings
from core.db import Base, engine, owner_connection
from core.types import JSON_TYPE, Amount, Quantity, UtcDateTime
from signatures.audit import grant_application, schema_changes
from signatures.audit_migration import audited_columns, finish_migration

assert app.factory


def run() -> None:
    """Run the steps asked for on the database of this process.

    A connection given as ``attributes["connection"]`` is used as it is, so that tests can migrate their own.
    """
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    with owner_connection() as connection:
        _run_on(connection)
        if settings().owner_url != settings().database_url:
            grant_application(connection, Base.metadata, _application_role())


def _application_role():  # type: ignore[no-untyped-def]
    """Who the product connects as: asked of the server, for an address need not name it."""
    with engine().connect() as connection:
        return connection.scalar(text("SELECT current_user"))


def _run_on(connection):  # type: ignore[no-untyped-def]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=False,
        render_item=_plain_type,
        include_name=is_own,
    )
    before = audited_columns(connection, Base.metadata)
    with schema_changes(connection), context.begin_transaction():
        context.run_migrations()
    if context.get_context().get_current_revision() == context.get_head_revision():
        finish_migration(connection, Base.metadata, before, now=clock.now())


def _plain_type(kind, item, context):  # type: ignore[no-untyped-def]
    """Write column types of the product as SQLAlchemy's own: a step must not change when the product does."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Quantity | Amount):
        return f'sa.BigInteger().with_variant(sa.Numeric(24, {item.digits}), "postgresql")'
    if item is JSON_TYPE:
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


run()
