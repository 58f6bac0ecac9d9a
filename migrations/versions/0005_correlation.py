"""One correlation id from the click to the PDF: kept with the record and with the job that seals it.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("record", sa.Column("correlation_id", sa.String(32), nullable=True))
    op.add_column("outbox_entry", sa.Column("correlation_id", sa.String(), nullable=True))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # this trigger names the columns it guards
        op.execute('DROP TRIGGER IF EXISTS "keep_record_update" ON record')
    for table in ("outbox_entry", "record"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("correlation_id")
