"""Alembic's environment: the product's own engine, every table, and after the last step the audit triggers.

Plain Alembic; the schema and its triggers change in one transaction, on SQLite too.
"""

from alembic import context

import app.factory  # every room's tables; the name is not used
from core.db import Base, engine
from signatures.audit import install_triggers

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
    )
    with context.begin_transaction():
        context.run_migrations()
    if context.get_context().get_current_revision() == context.get_head_revision():
        install_triggers(connection, Base.metadata)


run()
