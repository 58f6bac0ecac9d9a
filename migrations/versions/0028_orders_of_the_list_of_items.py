"""By what a long list of items is sorted: kind, unit, state, English name, and GTIN the other way.

Revision 0028, after 0027.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

PLAIN = ("kind", "state", "uom")
SQLITE = {"ix_sorted_item_name": "json_extract(name, '$.en'), code, id"}
POSTGRESQL = {
    "ix_sorted_item_name": "(name ->> 'en'), code, id",
    "ix_sorted_item_gtin": "gtin DESC NULLS LAST, code DESC, id DESC",
}


def _expressions() -> dict[str, str]:
    return POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE


def upgrade() -> None:
    for column in PLAIN:
        op.create_index(op.f(f"ix_item_{column}_code_id"), "item", [column, "code", "id"], unique=False)
    for name, columns in _expressions().items():
        op.execute(f"CREATE INDEX {name} ON item ({columns})")


def downgrade() -> None:
    for name in _expressions():
        op.execute(f"DROP INDEX {name}")
    for column in PLAIN:
        op.drop_index(op.f(f"ix_item_{column}_code_id"), table_name="item")
