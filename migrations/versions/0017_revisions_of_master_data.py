"""Revisions of items, inspection standards, bills of material and routings; packs, units, parties, codes.

What stood at an item becomes its first revision: the specification a revision of the item, the inspection
characteristics a revision of its standard, each in force since the item was opened. Bills of material that
came into force on the same day as a later one of the same item never held; they are kept without a day.

Revision 0017, after 0016.
"""

import json
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from core.actor import WriteContext, system_actor

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
QUANTITY = sa.BigInteger().with_variant(sa.Numeric(24, 6), "postgresql")
STATES = ("draft", "approved", "abandoned")
CHARACTERISTIC_CHECKS = {
    "limits": "lower <= upper",
    "sample": "sample_size > 0",
    "characteristickind": "kind IN ('measured', 'judged')",
}


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    for table in ("item", "bom", "inspection_characteristic"):
        _silence(table)
    _create_tables()
    _first_revisions()
    _characteristics_to_standards()
    _bom_to_revisions()
    op.add_column("bom_line", sa.Column("entered_quantity", QUANTITY, nullable=True))
    op.add_column("bom_line", sa.Column("entered_unit", sa.String(), nullable=True))
    op.drop_column("item", "specification")
    attempts = sa.text("action = 'object.change_attempted'")
    op.create_index(
        "ix_audit_entry_attempts", "audit_entry", ["seq"], sqlite_where=attempts, postgresql_where=attempts
    )


def downgrade() -> None:
    """Forget revisions; drafts and second revisions keep the step from being undone."""
    _refuse_if("SELECT count(*) FROM bom WHERE effective_from IS NULL", "bills of material without a day")
    for table in ("item_revision", "inspection_standard"):
        _refuse_if(f"SELECT count(*) FROM {table} WHERE state <> 'approved'", f"drafts in {table}")
        second = (
            f"SELECT count(*) FROM (SELECT item_id FROM {table} GROUP BY item_id HAVING count(*) > 1) AS t"
        )
        _refuse_if(second, f"items with several rows in {table}")
    op.drop_index("ix_audit_entry_attempts", "audit_entry")
    for table in ("item", "bom", "bom_line", "inspection_characteristic"):
        _silence(table)
    op.add_column("item", sa.Column("specification", sa.String(), nullable=False, server_default=""))
    op.execute(
        "UPDATE item SET specification = coalesce("
        "(SELECT r.specification FROM item_revision r WHERE r.item_id = item.id), '')"
    )
    _without_default("item", "specification", sa.String(), "DEFAULT '' NOT NULL", "NOT NULL")
    op.drop_column("bom_line", "entered_unit")
    op.drop_column("bom_line", "entered_quantity")
    _bom_as_before()
    _characteristics_to_items()
    for table in (
        "coding_scheme", "party", "unit_conversion", "packaging_level", "routing_operation", "routing",
        "inspection_standard", "item_revision",
    ):  # fmt: skip
        op.drop_table(table)


def _refuse_if(query: str, what: str) -> None:
    if op.get_bind().exec_driver_sql(query).scalar():
        raise RuntimeError(f"there are {what}: earlier versions know only one of each")


def _silence(table: str) -> None:
    """Take the audit triggers off a table while its columns change; they are put back after the last step."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return
    query = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    for name in connection.execute(query, {"name": table}).scalars().all():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def _revision_columns(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", _enum("revisionstate", *STATES), server_default="draft", nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f(f"fk_{table}_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("item_id", "code", name=op.f(f"uq_{table}_item_id_code")),
        sa.UniqueConstraint("item_id", "effective_from", name=op.f(f"uq_{table}_item_id_effective_from")),
    ]


def _create_tables() -> None:
    op.create_table(
        "item_revision",
        *_revision_columns("item_revision"),
        sa.Column("specification", sa.String(), nullable=False),
        sa.Column("drawing", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
    )
    op.create_table("inspection_standard", *_revision_columns("inspection_standard"))
    op.create_table("routing", *_revision_columns("routing"))
    for table in ("item_revision", "inspection_standard", "routing"):
        op.create_index(op.f(f"ix_{table}_item_id"), table, ["item_id"])
    op.create_table(
        "routing_operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("routing_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", JSON, nullable=False),
        sa.Column("equipment", sa.String(), nullable=False),
        sa.Column("setup_minutes", QUANTITY, nullable=False),
        sa.Column("run_minutes", QUANTITY, nullable=False),
        sa.Column("instruction", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.CheckConstraint(
            "setup_minutes >= 0 AND run_minutes >= 0", name=op.f("ck_routing_operation_minutes")
        ),
        sa.ForeignKeyConstraint(["routing_id"], ["routing.id"], name=op.f("fk_routing_operation_routing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_operation")),
        sa.UniqueConstraint("routing_id", "number", name=op.f("uq_routing_operation_routing_id_number")),
    )
    op.create_index(op.f("ix_routing_operation_routing_id"), "routing_operation", ["routing_id"])
    op.create_table(
        "packaging_level",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("level", _enum("packagingkind", "inner", "carton", "pallet"), nullable=False),
        sa.Column("contains", sa.Integer(), nullable=False),
        sa.Column("gtin", sa.String(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("contains > 1", name=op.f("ck_packaging_level_contains")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_packaging_level_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packaging_level")),
        sa.UniqueConstraint("gtin", name=op.f("uq_packaging_level_gtin")),
        sa.UniqueConstraint("item_id", "level", name=op.f("uq_packaging_level_item_id_level")),
    )
    op.create_index(op.f("ix_packaging_level_item_id"), "packaging_level", ["item_id"])
    op.create_table(
        "unit_conversion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("equals", QUANTITY, nullable=False),
        sa.Column("equals_unit", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0 AND equals > 0", name=op.f("ck_unit_conversion_quantities")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_unit_conversion_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_conversion")),
        sa.UniqueConstraint(
            "item_id", "unit", "equals_unit", name=op.f("uq_unit_conversion_item_id_unit_equals_unit")
        ),
    )
    op.create_index(op.f("ix_unit_conversion_item_id"), "unit_conversion", ["item_id"])
    _create_parties()


def _create_parties() -> None:
    op.create_table(
        "party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", JSON, nullable=False),
        sa.Column("role", _enum("partyrole", "manufacturer", "customer", "both"), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("address", JSON, nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("state", _enum("partystate", "active", "blocked", "closed"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_party_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("code", name=op.f("uq_party_code")),
    )
    op.create_index(op.f("ix_party_supplier_id"), "party", ["supplier_id"])
    op.create_table(
        "coding_scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", JSON, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_coding_scheme_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coding_scheme")),
        sa.UniqueConstraint("code", name=op.f("uq_coding_scheme_code")),
    )
    op.create_index(op.f("ix_coding_scheme_subject"), "coding_scheme", ["subject"])


def _first_revisions() -> None:
    """Open revision 1 of every item with a specification, and of every standard with a characteristic."""
    connection = op.get_bind()
    item = sa.table(
        "item", sa.column("id", sa.Uuid()), sa.column("specification", sa.String()),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    inspected = sa.table("inspection_characteristic", sa.column("item_id", sa.Uuid()))
    with_standard = set(connection.scalars(sa.select(inspected.c.item_id).distinct()))
    items = connection.execute(sa.select(item.c.id, item.c.specification, item.c.created_at)).all()
    common = ("id", "item_id", "code", "state", "effective_from", "revision")
    texts = ("specification", "drawing", "note")
    types = {"id": sa.Uuid(), "item_id": sa.Uuid(), "effective_from": sa.Date(), "revision": sa.Integer()}
    for table, wanted, more in (
        ("item_revision", [row for row in items if row.specification], texts),
        ("inspection_standard", [row for row in items if row.id in with_standard], ()),
    ):
        columns = [sa.column(name, types.get(name, sa.String())) for name in (*common, *more)]
        rows = [
            {
                "id": uuid.uuid4(), "item_id": row.id, "code": "1", "state": "approved",
                "effective_from": row.created_at.date(), "revision": 1,
                **({"specification": row.specification, "drawing": "", "note": ""} if more else {}),
            }
            for row in wanted
        ]  # fmt: skip
        if rows:
            connection.execute(sa.insert(sa.table(table, *columns)), rows)


def _characteristics_to_standards() -> None:
    table = "inspection_characteristic"
    op.add_column(table, sa.Column("standard_id", sa.Uuid(), nullable=True))
    op.execute(
        f"UPDATE {table} SET standard_id ="
        f" (SELECT s.id FROM inspection_standard s WHERE s.item_id = {table}.item_id)"
    )
    _move_characteristics("item_id", "item", "standard_id", "inspection_standard")


def _characteristics_to_items() -> None:
    table = "inspection_characteristic"
    op.add_column(table, sa.Column("item_id", sa.Uuid(), nullable=True))
    op.execute(
        f"UPDATE {table} SET item_id ="
        f" (SELECT s.item_id FROM inspection_standard s WHERE s.id = {table}.standard_id)"
    )
    _move_characteristics("standard_id", "inspection_standard", "item_id", "item")


def _move_characteristics(old: str, old_table: str, new: str, new_table: str) -> None:
    name = "inspection_characteristic"
    sqlite = op.get_bind().dialect.name == "sqlite"
    checks = [
        sa.CheckConstraint(sentence, name=op.f(f"ck_{name}_{check}"))
        for check, sentence in CHARACTERISTIC_CHECKS.items()
    ]
    with op.batch_alter_table(name, table_args=checks if sqlite else ()) as batch_op:
        batch_op.drop_index(op.f(f"ix_{name}_{old}"))
        batch_op.drop_constraint(op.f(f"uq_{name}_{old}_code"), type_="unique")
        batch_op.drop_constraint(op.f(f"fk_{name}_{old}"), type_="foreignkey")
        batch_op.alter_column(new, existing_type=sa.Uuid(), nullable=False)
        batch_op.drop_column(old)
        batch_op.create_foreign_key(op.f(f"fk_{name}_{new}"), new_table, [new], ["id"])
        batch_op.create_unique_constraint(op.f(f"uq_{name}_{new}_code"), [new, "code"])
        batch_op.create_index(op.f(f"ix_{name}_{new}"), [new])


def _bom_to_revisions() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("ALTER TABLE bom RENAME COLUMN bom_revision TO code")
    if sqlite:
        op.execute(
            "ALTER TABLE bom ADD COLUMN state VARCHAR(32) DEFAULT 'draft' NOT NULL"
            " CONSTRAINT ck_bom_revisionstate CHECK (state IN ('draft', 'approved', 'abandoned'))"
        )
        _rewrite("bom", "effective_from DATE NOT NULL", "effective_from DATE")
        _rewrite("bom", "uq_bom_item_id_bom_revision", "uq_bom_item_id_code")
    else:
        op.add_column("bom", sa.Column("state", sa.String(32), server_default="draft", nullable=False))
        op.create_check_constraint(
            op.f("ck_bom_revisionstate"), "bom", "state IN ('draft', 'approved', 'abandoned')"
        )
        op.alter_column("bom", "effective_from", existing_type=sa.Date(), nullable=True)
        op.execute("ALTER TABLE bom RENAME CONSTRAINT uq_bom_item_id_bom_revision TO uq_bom_item_id_code")
    op.add_column("bom", sa.Column("effective_until", sa.Date(), nullable=True))
    op.add_column("bom", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    op.execute("UPDATE bom SET state = 'approved'")
    _set_aside_what_never_held()
    op.create_index("uq_bom_item_id_effective_from", "bom", ["item_id", "effective_from"], unique=True)


def _set_aside_what_never_held() -> None:
    """Of bills of material with the same first day the last revision held; the others lose their day."""
    connection = op.get_bind()
    bom = sa.table(
        "bom", sa.column("id", sa.Uuid()), sa.column("item_id", sa.Uuid()), sa.column("code", sa.String()),
        sa.column("effective_from", sa.Date()), sa.column("state", sa.String()),
    )  # fmt: skip
    later, held = bom.alias(), bom.alias()
    never = sa.exists().where(
        later.c.item_id == held.c.item_id,
        later.c.effective_from == held.c.effective_from,
        later.c.code > held.c.code,
    )
    context = WriteContext(system_actor("migration"), "Change of the schema", datetime.now(UTC)).as_json()
    captures = sa.table("audit_capture", *map(sa.column, _CAPTURE))
    for row in connection.execute(sa.select(held).where(never)).all():
        connection.execute(
            sa.update(bom).where(bom.c.id == row.id).values(effective_from=None, state="abandoned")
        )
        changes = json.dumps({"effective_from": [row.effective_from.isoformat(), None]})
        key = str(row.id) if connection.dialect.name == "postgresql" else row.id.hex
        said = dict(zip(_CAPTURE, (context, "update", "bom", key, changes), strict=True))
        connection.execute(sa.insert(captures), said)


_CAPTURE = ("context", "action", "subject_type", "subject_id", "changes")


def _bom_as_before() -> None:
    op.drop_index("uq_bom_item_id_effective_from", "bom")
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.drop_constraint(op.f("ck_bom_revisionstate"), "bom", type_="check")
    for column in ("revision", "effective_until", "state"):
        op.drop_column("bom", column)
    op.execute("ALTER TABLE bom RENAME COLUMN code TO bom_revision")
    if sqlite:
        _rewrite("bom", "effective_from DATE", "effective_from DATE NOT NULL")
        _rewrite("bom", "uq_bom_item_id_code", "uq_bom_item_id_bom_revision")
    else:
        op.alter_column("bom", "effective_from", existing_type=sa.Date(), nullable=False)
        op.execute("ALTER TABLE bom RENAME CONSTRAINT uq_bom_item_id_code TO uq_bom_item_id_bom_revision")


def _without_default(table: str, column: str, kind: sa.types.TypeEngine, before: str, after: str) -> None:
    """Take away the default that was needed to fill a column."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, column, existing_type=kind, server_default=None)
        return
    _rewrite(table, f"{column} VARCHAR {before}", f"{column} VARCHAR {after}")


def _rewrite(table: str, before: str, after: str) -> None:
    """Change the definition of a table that others refer to, which SQLite cannot alter otherwise."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = :name AND instr(sql, :before) > 0"
        ),
        {"before": before, "after": after, "name": table},
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError(f"{table} is not as it was expected: {before}")
