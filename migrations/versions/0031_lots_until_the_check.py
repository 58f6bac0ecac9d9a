"""A check of effectiveness waits for a number of lots of an item.

Revision 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

COLUMNS = (
    ("check_lots", sa.Integer(), True, None),
    ("check_item", sa.String(), False, ""),
    ("check_set_at", sa.DateTime(timezone=True), True, None),
)


def upgrade() -> None:
    with op.batch_alter_table("capa", schema=None) as batch_op:
        for name, kind, nullable, default in COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=nullable, server_default=default))


def downgrade() -> None:
    with op.batch_alter_table("capa", schema=None) as batch_op:
        for name, _kind, _nullable, _default in COLUMNS:
            batch_op.drop_column(name)
