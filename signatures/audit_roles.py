"""What the application's own role may do on PostgreSQL: it owns nothing and can only add to the trail.

An owner can drop a trigger and a superuser can do anything; the role the product connects as is neither:
whoever takes over the product's connection still cannot rewrite what has been recorded (21 CFR 11.10(e)).
SQLite has no roles; there the connection's authorizer stands in for this.
"""

from sqlalchemy import Connection, MetaData, Table, inspect, text

from signatures.audit_models import AuditHead
from signatures.audit_plan import plan_of

_SCHEMA = text("SELECT current_schema()")
_OWNED = text(
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'S', 'v') AND"
    " pg_has_role(current_user, c.relowner, 'MEMBER')"
)


def grant_application(connection: Connection, metadata: MetaData, role: str) -> None:
    """Give ``role`` what the product needs and take away the rest; run by the owner after each migration."""
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    schema = connection.dialect.identifier_preparer.quote_identifier(str(connection.scalar(_SCHEMA)))
    existing = set(inspect(connection).get_table_names())
    statements = [
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {quoted}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {quoted}",
        f"GRANT USAGE ON SCHEMA {schema} TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}",
        *(f"GRANT SELECT ON {name} TO {quoted}" for name in existing & {"alembic_version"}),
    ]
    for table in metadata.sorted_tables:
        if table.name in existing:
            statements.append(f'GRANT {rights_on(table)} ON "{table.name}" TO {quoted}')
    for statement in statements:
        connection.exec_driver_sql(statement)


def rights_on(table: Table) -> str:
    """Say what the application does with a table, in the words of GRANT."""
    plan = plan_of(table)
    if plan.append_only and plan.open_columns:
        columns = ", ".join(f'"{name}"' for name in plan.open_columns)
        return f"SELECT, INSERT, UPDATE ({columns})"
    if plan.append_only:
        return "SELECT, INSERT"
    if plan.name == AuditHead.__tablename__:
        return "SELECT, INSERT, UPDATE"
    return "SELECT, INSERT, UPDATE, DELETE"


def is_too_mighty(connection: Connection) -> bool:
    """Whether whoever is connected could take the guards away: a superuser, or an owner of tables."""
    if connection.dialect.name != "postgresql":
        return False
    superuser = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return bool(connection.scalar(superuser)) or bool(connection.scalar(_OWNED))
