"""The index for searching holds the texts by which lists are sorted; it is made anew after this.

Revision 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TEXTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _empty()
    op.add_column("object_search", sa.Column("sorted_by", TEXTS, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("object_search", "sorted_by")


def _empty() -> None:
    """Take all rows out of the index: those in it lack the texts, and what lacks rows is filled (qms db)."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO object_search_fts (object_search_fts) VALUES ('delete-all')")
    op.execute("DELETE FROM object_search")
