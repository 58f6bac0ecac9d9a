"""Nonconformities with their lots, corrective and preventive actions; goods that are scrapped or returned.

Revision 0018, after 0017. The kinds of ledger lines are changed as revision 0006 did it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BEFORE = "'receipt', 'output', 'status', 'consumption', 'reversal', 'shipment'"
AFTER = f"{BEFORE}, 'scrap', 'return'"


def upgrade() -> None:
    _kinds(BEFORE, AFTER)
    op.create_table(
        "capa",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_number", sa.String(), nullable=False),
        sa.Column("risk", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "watched",
                "closed",
                "declined",
                name="capastate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "effective",
                "ineffective",
                "inconclusive",
                name="capaoutcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("check_due", sa.Date(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["process_case.id"], name=op.f("fk_capa_case_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_capa_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capa")),
        sa.UniqueConstraint("case_id", name=op.f("uq_capa_case_id")),
        sa.UniqueConstraint("number", name=op.f("uq_capa_number")),
    )
    op.create_index(op.f("ix_capa_site_id_state"), "capa", ["site_id", "state"], unique=False)
    op.create_index(op.f("ix_capa_source_number"), "capa", ["source_number"], unique=False)
    op.create_table(
        "nonconformity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column(
            "severity_class",
            sa.Enum(
                "minor",
                "major",
                "critical",
                name="nonconformityclass",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                "cancelled",
                name="nonconformitystate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("equipment_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_by_name", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["process_case.id"], name=op.f("fk_nonconformity_case_id")),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_nonconformity_equipment_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_nonconformity_item_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_nonconformity_site_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_nonconformity_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nonconformity")),
        sa.UniqueConstraint("case_id", name=op.f("uq_nonconformity_case_id")),
        sa.UniqueConstraint("number", name=op.f("uq_nonconformity_number")),
    )
    op.create_index(
        op.f("ix_nonconformity_category_opened_at"), "nonconformity", ["category", "opened_at"], unique=False
    )
    op.create_index(op.f("ix_nonconformity_equipment_id"), "nonconformity", ["equipment_id"], unique=False)
    op.create_index(op.f("ix_nonconformity_item_id"), "nonconformity", ["item_id"], unique=False)
    op.create_index(
        op.f("ix_nonconformity_site_id_state"), "nonconformity", ["site_id", "state"], unique=False
    )
    op.create_index(op.f("ix_nonconformity_supplier_id"), "nonconformity", ["supplier_id"], unique=False)
    op.create_table(
        "capa_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("capa_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "corrective",
                "preventive",
                name="actionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_by_name", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["capa_id"], ["capa.id"], name=op.f("fk_capa_action_capa_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capa_action")),
        sa.UniqueConstraint(
            "capa_id", "round", "position", name=op.f("uq_capa_action_capa_id_round_position")
        ),
    )
    op.create_index(op.f("ix_capa_action_owner_done_at"), "capa_action", ["owner", "done_at"], unique=False)
    op.create_table(
        "nonconformity_lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("nonconformity_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column(
            "status_before",
            sa.Enum(
                "quarantine",
                "released",
                "rejected",
                "hold",
                "expired",
                name="lotstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("suspect", sa.BigInteger().with_variant(sa.Numeric(24, 6), "postgresql"), nullable=True),
        sa.Column(
            "disposition",
            sa.Enum(
                "use_as_is",
                "rework",
                "scrap",
                "return",
                name="disposition",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposed_by", sa.String(), nullable=True),
        sa.Column("disposed_by_name", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("suspect > 0", name=op.f("ck_nonconformity_lot_suspect")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_nonconformity_lot_lot_id")),
        sa.ForeignKeyConstraint(
            ["nonconformity_id"], ["nonconformity.id"], name=op.f("fk_nonconformity_lot_nonconformity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nonconformity_lot")),
        sa.UniqueConstraint(
            "nonconformity_id", "lot_id", name=op.f("uq_nonconformity_lot_nonconformity_id_lot_id")
        ),
    )
    op.create_index(
        op.f("ix_nonconformity_lot_lot_id_disposed_at"),
        "nonconformity_lot",
        ["lot_id", "disposed_at"],
        unique=False,
    )


def downgrade() -> None:
    """Forget the registers; ledger lines of what was scrapped or returned keep the step from being undone."""
    gone = op.get_bind().exec_driver_sql("SELECT count(*) FROM movement WHERE kind IN ('scrap', 'return')")
    if gone.scalar():
        raise RuntimeError("goods have been scrapped or returned: earlier versions do not know such lines")
    for table in ("nonconformity_lot", "capa_action", "nonconformity", "capa"):
        op.drop_table(table)
    _kinds(AFTER, BEFORE)


def _kinds(before: str, after: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_movement_movementkind"), "movement", type_="check")
        op.create_check_constraint(op.f("ck_movement_movementkind"), "movement", f"kind IN ({after})")
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = 'movement' AND instr(sql, :before) > 0"
        ),
        {"before": f"({before})", "after": f"({after})"},
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError("the kinds of stock movements are not where they were expected")
