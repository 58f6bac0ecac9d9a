"""House style: a site's own numbers of forms; prefixes that stay with their series.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_form_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("of_revision", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("code_revision", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_form_code_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_form_code")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_site_form_code_site_id_code")),
        sa.UniqueConstraint("site_id", "form", name=op.f("uq_site_form_code_site_id_form")),
    )
    former = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("number_rule") as batch_op:
        batch_op.add_column(sa.Column("former", former, nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    with op.batch_alter_table("number_rule") as batch_op:
        batch_op.drop_column("former")
    op.drop_table("site_form_code")
