"""Who does a task by name, cancelled cases, steps taken back, moved due dates, reminders.

Revision 0022, after 0018.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
_NEW = {
    "human_task": (("assigned_to", sa.Uuid()), ("handover", JSON), ("stuck_since", MOMENT)),
    "process_case": (("ended_by", sa.Uuid()), ("ended_reason", sa.String())),
    "case_state": (("before", sa.LargeBinary()), ("before_task", sa.Uuid())),
}


def upgrade() -> None:
    for table, columns in _NEW.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    _due_extension()
    _step_withdrawal()
    _task_reminder()


def downgrade() -> None:
    """Forget who a task was given to, and what was taken back or moved; cases stay where they are."""
    for table in ("task_reminder", "step_withdrawal", "due_extension"):
        op.drop_table(table)
    for table, columns in _NEW.items():
        _silence(table)
        for name, _kind in columns:
            op.drop_column(table, name)


def _silence(table: str) -> None:
    """Take the audit triggers off a table while its columns go; they are put back after the last step."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        return
    query = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    for name in connection.execute(query, {"name": table}).scalars().all():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _columns(*pairs: tuple[str, sa.types.TypeEngine]) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=False) for name, kind in pairs]


def _due_extension() -> None:
    table = "due_extension"
    op.create_table(
        table,
        *_columns(
            ("id", sa.Uuid()),
            ("case_id", sa.Uuid()),
            ("task_id", sa.Uuid()),
            ("request_id", sa.Uuid()),
            ("due_before", MOMENT),
            ("due_after", MOMENT),
            ("reason", sa.String()),
            ("decided_at", MOMENT),
            ("decided_by", sa.String()),
            ("decided_by_name", sa.String()),
        ),
        _key(table, "case_id", "process_case"),
        _key(table, "task_id", "human_task"),
        _key(table, "request_id", "process_case"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_due_extension_task_id"), table, ["task_id"])


def _step_withdrawal() -> None:
    table = "step_withdrawal"
    op.create_table(
        table,
        *_columns(
            ("id", sa.Uuid()),
            ("case_id", sa.Uuid()),
            ("task_id", sa.Uuid()),
            ("again_id", sa.Uuid()),
            ("first_seq", sa.Integer()),
            ("reason", sa.String()),
            ("withdrawn_at", MOMENT),
            ("withdrawn_by", sa.Uuid()),
            ("withdrawn_by_name", sa.String()),
        ),
        _key(table, "case_id", "process_case"),
        _key(table, "task_id", "human_task"),
        _key(table, "again_id", "human_task"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("task_id", name=op.f(f"uq_{table}_task_id")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_step_withdrawal_case_id"), table, ["case_id"])


def _task_reminder() -> None:
    table = "task_reminder"
    op.create_table(
        table,
        *_columns(
            ("id", sa.Uuid()),
            ("task_id", sa.Uuid()),
            ("level", sa.String()),
            ("due_at", MOMENT),
            ("told", JSON),
            ("told_at", MOMENT),
        ),
        _key(table, "task_id", "human_task"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("task_id", "level", "due_at", name=op.f(f"uq_{table}_task_id_level_due_at")),
        info={"append_only": True},
    )
