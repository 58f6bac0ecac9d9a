"""How many days before and after a due date people are told; what no longer counts of a step taken back.

Revision 0026, after 0025.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("human_task", sa.Column("taken_back", JSON, nullable=True))
    op.create_table(
        "reminder_rule",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("days_manager", sa.Integer(), nullable=False),
        sa.Column("days_head", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_reminder_rule_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_rule")),
    )


def downgrade() -> None:
    op.drop_table("reminder_rule")
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":  # its audit triggers name the column; they are put back
        query = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'human_task'")
        for name in connection.execute(query).scalars().all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    op.drop_column("human_task", "taken_back")
