"""Migrations of running cases.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_migration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("reverts_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("cases", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("outcome", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "done",
                "refused",
                "reverted",
                name="migrationstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reverts_id"], ["process_migration.id"], name=op.f("fk_process_migration_reverts_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["process_release.id"], name=op.f("fk_process_migration_target_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_migration")),
    )
    op.create_table(
        "case_migration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("migration_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("from_release_id", sa.Uuid(), nullable=False),
        sa.Column("to_release_id", sa.Uuid(), nullable=False),
        sa.Column("state_before", sa.LargeBinary(), nullable=False),
        sa.Column("tasks_before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("revision_after", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["process_case.id"], name=op.f("fk_case_migration_case_id")),
        sa.ForeignKeyConstraint(
            ["from_release_id"], ["process_release.id"], name=op.f("fk_case_migration_from_release_id")
        ),
        sa.ForeignKeyConstraint(
            ["migration_id"], ["process_migration.id"], name=op.f("fk_case_migration_migration_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_release_id"], ["process_release.id"], name=op.f("fk_case_migration_to_release_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_migration")),
        sa.UniqueConstraint("migration_id", "case_id", name=op.f("uq_case_migration_migration_id_case_id")),
        info={"append_only": True},
    )
    with op.batch_alter_table("case_migration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_migration_case_id"), ["case_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("case_migration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_migration_case_id"))

    op.drop_table("case_migration")
    op.drop_table("process_migration")
