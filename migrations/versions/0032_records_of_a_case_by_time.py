"""The index of the records of a case tells their order, number and step, so that no page is read for it.

Revision 0032, after 0031.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BEFORE = "ix_record_case_id"
NAME = "ix_record_case_id_created_at_number_element_id"


def upgrade() -> None:
    op.create_index(NAME, "record", ["case_id", "created_at", "number", "element_id"])
    op.drop_index(BEFORE, "record")


def downgrade() -> None:
    op.create_index(BEFORE, "record", ["case_id"])
    op.drop_index(NAME, "record")
