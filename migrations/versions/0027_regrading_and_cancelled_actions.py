"""Goods that do not conform become another item; corrective and preventive actions are cancelled.

Revision 0027, after 0026. SQLite cannot change a check constraint; as in 0006 the words of the schema are
edited, and every row stays where it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

WORDS = (
    ("movement", "kind", "movementkind",
     "'receipt', 'output', 'status', 'consumption', 'reversal', 'shipment', 'scrap', 'return'", "'regrade'"),
    ("nonconformity_lot", "disposition", "disposition",
     "'use_as_is', 'rework', 'scrap', 'return'", "'regrade'"),
    ("capa", "state", "capastate", "'open', 'watched', 'closed', 'declined'", "'cancelled'"),
)  # fmt: skip
"""Table, column, name of the check, the words it knew, the word that comes."""


def upgrade() -> None:
    for table, column, check, known, new in WORDS:
        _words(table, column, check, known, f"{known}, {new}")


def downgrade() -> None:
    """Forget the words; rows that say them keep the step from being undone."""
    for table, column, check, known, new in WORDS:
        rows = sa.select(sa.func.count()).select_from(sa.table(table))
        rows = rows.where(sa.column(column) == new.strip("'"))
        if op.get_bind().execute(rows).scalar():
            raise RuntimeError(f"{table}: earlier versions do not know {new}")
        _words(table, column, check, f"{known}, {new}", known)


def _words(table: str, column: str, check: str, before: str, after: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        name = op.f(f"ck_{table}_{check}")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"{column} IN ({after})")
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = :name AND instr(sql, :before) > 0"
        ),
        {"before": f"({before})", "after": f"({after})", "name": table},
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError(f"the words of {table}.{column} are not where they were expected")
