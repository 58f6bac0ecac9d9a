"""Shipments: what left the house, and the kind of ledger line that takes it out.

Revision 0006, after 0005. SQLite cannot change a check constraint; its own documented way is followed, which
edits the words of the schema and leaves every line of the ledger where it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = "'receipt', 'output', 'status', 'consumption', 'reversal'"
AFTER = f"{BEFORE}, 'shipment'"


def upgrade() -> None:
    _kinds(BEFORE, AFTER)
    op.create_table(
        "shipment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column(
            "quantity", sa.BigInteger().with_variant(sa.Numeric(24, 6), "postgresql"), nullable=False
        ),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("delivery_note", sa.String(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipped_by", sa.String(), nullable=False),
        sa.Column("shipped_by_name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_quantity")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_shipment_lot_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_shipment_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("key", name=op.f("uq_shipment_key")),
        sa.UniqueConstraint("number", name=op.f("uq_shipment_number")),
    )
    op.create_index(op.f("ix_shipment_lot_id"), "shipment", ["lot_id"])


def downgrade() -> None:
    """Forget shipments; their ledger lines, if there are any, keep the step from being undone."""
    shipped = op.get_bind().exec_driver_sql("SELECT count(*) FROM movement WHERE kind = 'shipment'").scalar()
    if shipped:
        raise RuntimeError("goods have been shipped: the ledger cannot go back to a schema without shipments")
    op.drop_index(op.f("ix_shipment_lot_id"), "shipment")
    op.drop_table("shipment")
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
