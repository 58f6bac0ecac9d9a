"""Accounts: password rules and former passwords, proofs of identity, grants that wait for a second person.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GRANT_STATE = sa.Enum(
    "proposed",
    "effective",
    "refused",
    name="grantstate",
    native_enum=False,
    create_constraint=True,
    length=32,
)


def upgrade() -> None:
    """Everybody who has accepted the statement of accountability so far keeps the right to sign."""
    op.create_table(
        "former_password",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_former_password_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_password")),
        info={"append_only": True},
    )
    op.create_index(
        op.f("ix_former_password_person_id_replaced_at"), "former_password", ["person_id", "replaced_at"]
    )
    op.create_table(
        "identity_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("checked_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_check_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_check")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_identity_check_person_id_at"), "identity_check", ["person_id", "at"])
    op.create_table(
        "password_policy",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shortest", sa.Integer(), nullable=False),
        sa.Column("oldest_days", sa.Integer(), nullable=False),
        sa.Column("remembered", sa.Integer(), nullable=False),
        sa.Column("lock_after", sa.Integer(), nullable=False),
        sa.Column("own_words", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_password_policy_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_policy")),
    )
    with op.batch_alter_table("person") as batch_op:
        batch_op.add_column(sa.Column("identity_verified_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("signing_suspended_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("role_grant") as batch_op:
        batch_op.add_column(sa.Column("state", GRANT_STATE, nullable=False, server_default="effective"))
        batch_op.add_column(sa.Column("decided_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Forget the rules, the proofs and the second persons; proposed grants become effective."""
    with op.batch_alter_table("role_grant") as batch_op:
        batch_op.drop_column("decided_at")
        batch_op.drop_column("decided_by")
        batch_op.drop_constraint(op.f("ck_role_grant_grantstate"), type_="check")
        batch_op.drop_column("state")
    with op.batch_alter_table("person") as batch_op:
        batch_op.drop_column("signing_suspended_at")
        batch_op.drop_column("identity_verified_at")
    op.drop_table("password_policy")
    op.drop_table("identity_check")
    op.drop_table("former_password")
