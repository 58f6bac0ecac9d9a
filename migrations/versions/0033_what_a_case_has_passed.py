"""Running totals of the history of a case; those of cases begun before are counted at their next step.

Revision 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("process_case", sa.Column("passed", JSON, nullable=True))


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":  # its audit triggers name the column; they are put back
        query = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'process_case'")
        for name in connection.execute(query).scalars().all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    op.drop_column("process_case", "passed")
