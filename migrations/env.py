"""Alembic's environment: the product's own engine, every table, and after the last step the audit triggers.

Plain Alembic; the schema and its triggers change in one transaction, on SQLite too.
"""

from alembic import context

import app.factory  # every room's tables; the name is not used
from core.db import Base, engine
from core.types import JSON_TYPE, Amount, Quantity, UtcDateTime
from signatures.audit import install_triggers, schema_changes

assert app.factory


def run() -> None:
    """Run the steps asked for on the database of this process.

    A connection given as ``attributes["connection"]`` is used as it is, so that tests can migrate their own.
    """
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    with engine().execution_options(qms_write=True).begin() as connection:
        _run_on(connection)


def _run_on(connection):  # type: ignore[no-untyped-def]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=False,
        render_item=_plain_type,
    )
    with schema_changes(connection), context.begin_transaction():
        context.run_migrations()
    if context.get_context().get_current_revision() == context.get_head_revision():
        install_triggers(connection, Base.metadata)


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
