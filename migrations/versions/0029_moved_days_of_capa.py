"""Which day an action and a check of a CAPA had before it was moved.

Revision 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

DAYS = (("capa", "check_due_before"), ("capa_action", "due_before"))


def upgrade() -> None:
    for table, column in DAYS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column(column, sa.Date(), nullable=True))


def downgrade() -> None:
    for table, column in DAYS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)
