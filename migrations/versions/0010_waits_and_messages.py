"""What cases wait for, and messages between them; members and called processes of human tasks.

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KIND = ("timer", "message", "signal")
STATE = ("sent", "delivered", "kept", "withdrawn")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Cases that run now have no rows of their timers until they move on; their timers fire all the same."""
    with op.batch_alter_table("human_task") as batch_op:
        batch_op.add_column(sa.Column("instance", JSON, nullable=True))
    op.create_table(
        "case_wait",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("engine_id", sa.String(), nullable=False),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("kind", _enum("waitkind", *KIND), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["process_case.id"], name=op.f("fk_case_wait_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_wait")),
        info={"audit": False},
    )
    op.create_index(op.f("ix_case_wait_case_id_engine_id"), "case_wait", ["case_id", "engine_id"])
    op.create_index(op.f("ix_case_wait_name_correlation"), "case_wait", ["name", "correlation"])
    op.create_index(op.f("ix_case_wait_due_at"), "case_wait", ["due_at"])
    op.create_table(
        "case_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("waitkind", *KIND), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("state", _enum("messagestate", *STATE), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("sent_by_name", sa.String(), nullable=False),
        sa.Column("from_case_id", sa.Uuid(), nullable=True),
        sa.Column("from_element", sa.String(), nullable=True),
        sa.Column("for_case_id", sa.Uuid(), nullable=True),
        sa.Column("for_engine_id", sa.String(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_case_id", sa.Uuid(), nullable=True),
        sa.Column("to_element", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["from_case_id"], ["process_case.id"], name=op.f("fk_case_message_from_case_id")),
        sa.ForeignKeyConstraint(["for_case_id"], ["process_case.id"], name=op.f("fk_case_message_for_case_id")),
        sa.ForeignKeyConstraint(["to_case_id"], ["process_case.id"], name=op.f("fk_case_message_to_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_message")),
    )
    op.create_index(
        op.f("ix_case_message_name_correlation_state"), "case_message", ["name", "correlation", "state"]
    )
    op.create_index(op.f("ix_case_message_state_sent_at"), "case_message", ["state", "sent_at"])


def downgrade() -> None:
    op.drop_table("case_message")
    op.drop_table("case_wait")
    with op.batch_alter_table("human_task") as batch_op:
        batch_op.drop_column("instance")
