"""Evaluations of suppliers: score, grade and the day of the next review.

Revision 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

QUANTITY = sa.BigInteger().with_variant(sa.Numeric(24, 6), "postgresql")


def upgrade() -> None:
    grade = sa.Enum(
        "approve",
        "conditional",
        "blocked",
        name="grade",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "supplier_evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("risk_class", sa.String(), nullable=False),
        sa.Column("average", QUANTITY, nullable=False),
        sa.Column("grade", grade, nullable=False),
        sa.Column("evaluated_on", sa.Date(), nullable=False),
        sa.Column("next_review", sa.Date(), nullable=False),
        sa.CheckConstraint("average >= 0", name=op.f("ck_supplier_evaluation_average")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_evaluation_supplier_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["process_case.id"], name=op.f("fk_supplier_evaluation_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_evaluation")),
        sa.UniqueConstraint(
            "supplier_id", "case_id", "round", name=op.f("uq_supplier_evaluation_supplier_id_case_id_round")
        ),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_supplier_evaluation_supplier_id"), "supplier_evaluation", ["supplier_id"])
    op.create_index(op.f("ix_supplier_evaluation_next_review"), "supplier_evaluation", ["next_review"])


def downgrade() -> None:
    op.drop_table("supplier_evaluation")
