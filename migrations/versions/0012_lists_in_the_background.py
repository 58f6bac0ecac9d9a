"""Lists that are checked and stored in the background: their states, and why one failed.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BEFORE = "'checked', 'faulty', 'proposed', 'applied', 'refused'"
AFTER = "'checking', 'checked', 'faulty', 'proposed', 'storing', 'applied', 'failed', 'refused'"


def upgrade() -> None:
    with op.batch_alter_table("data_import") as batch_op:
        batch_op.add_column(sa.Column("failure", JSON, nullable=True))
    _states(BEFORE, AFTER)


def downgrade() -> None:
    """Forget why lists failed; one under way keeps the step from being undone."""
    newer = "SELECT count(*) FROM data_import WHERE state IN ('checking', 'storing', 'failed')"
    if op.get_bind().exec_driver_sql(newer).scalar():
        raise RuntimeError("lists are being checked or stored, or have failed: finish or remove them first")
    _states(AFTER, BEFORE)
    with op.batch_alter_table("data_import") as batch_op:
        batch_op.drop_column("failure")


def _states(before: str, after: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_data_import_importstate"), "data_import", type_="check")
        op.create_check_constraint(op.f("ck_data_import_importstate"), "data_import", f"state IN ({after})")
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = 'data_import' AND instr(sql, :before) > 0"
        ),
        {"before": f"({before})", "after": f"({after})"},
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError("the states of lists are not where they were expected")
