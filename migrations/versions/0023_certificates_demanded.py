"""Which certificates the risk classes of suppliers demand, as data with days.

Revision 0023, after 0022. A plant that is there already goes on with the delivered table until it writes a
line of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supplier_demand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("risk_class", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("certificates", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "risk_class IN ('A', 'B', 'C')", name=op.f("ck_supplier_demand_risk_class")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_demand")),
        sa.UniqueConstraint(
            "risk_class", "valid_from", name=op.f("uq_supplier_demand_risk_class_valid_from")
        ),
    )


def downgrade() -> None:
    op.drop_table("supplier_demand")
