"""PostgreSQL's side of the audit trail: one capture function, one refusal, a trigger per table and act.

Who writes is told by ``set_config('app.actor', …, true)``. Triggers are ``ENABLE ALWAYS``, because
``session_replication_role = replica`` would pass by ordinary ones. The application's role should own nothing:
an owner can still drop a trigger. The capture function looks for its tables in ``public`` only: a temporary
table of the same name would otherwise swallow what it catches.
"""

from collections.abc import Mapping

from signatures.audit_plan import TablePlan

PRESENT = (
    "SELECT t.tgname AS name, t.tgenabled::text AS state FROM pg_trigger t"
    " WHERE t.tgrelid = to_regclass(quote_ident(:table)) AND NOT t.tgisinternal"
)

_CAPTURE = r"""
CREATE OR REPLACE FUNCTION audit_capture_row() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $body$
DECLARE
  keys text[] := string_to_array(TG_ARGV[0], ',');
  hashed text[] := string_to_array(TG_ARGV[1], ',');
  binaries text[] := string_to_array(TG_ARGV[2], ',');
  omitted text[] := string_to_array(TG_ARGV[3], ',');
  before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
  after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
  present jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
  changes jsonb;
  row_key text;
BEGIN
  IF coalesce(current_setting('app.actor', true), '') = '' THEN
    RAISE EXCEPTION 'nobody is named as the author of this change' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT coalesce(jsonb_object_agg(name, CASE
      WHEN name = ANY(omitted) THEN 'null'::jsonb
      WHEN name = ANY(hashed) THEN jsonb_build_array(
        audit_digest(before->>name, name = ANY(binaries)), audit_digest(after->>name, name = ANY(binaries)))
      ELSE jsonb_build_array(before->name, after->name) END), '{}'::jsonb)
    INTO changes
    FROM jsonb_object_keys(present) AS name
    WHERE coalesce(before->name, 'null'::jsonb) <> coalesce(after->name, 'null'::jsonb);
  IF TG_OP = 'UPDATE' AND changes = '{}'::jsonb THEN
    RETURN NULL;
  END IF;
  SELECT string_agg(present->>k, '/' ORDER BY place) INTO row_key
    FROM unnest(keys) WITH ORDINALITY AS listed(k, place);
  INSERT INTO audit_capture (context, action, subject_type, subject_id, changes)
    VALUES (current_setting('app.context'), lower(TG_OP), TG_TABLE_NAME, row_key, changes::text);
  RETURN NULL;
END $body$
"""

_DIGEST = r"""
CREATE OR REPLACE FUNCTION audit_digest(value text, is_binary boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $body$
  SELECT 'sha256:' || encode(sha256(
    CASE WHEN is_binary THEN decode(substr(value, 3), 'hex') ELSE convert_to(value, 'UTF8') END), 'hex')
$body$
"""

_REFUSE = r"""
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $body$
"""


def shared_statements() -> list[str]:
    """List the functions all triggers share."""
    return [_DIGEST.replace("%", "%%"), _CAPTURE.replace("%", "%%"), _REFUSE.replace("%", "%%")]


def removal_statements(table: str, present: Mapping[str, str]) -> list[str]:
    """Take the product's triggers off a table."""
    return [f'DROP TRIGGER "{name}" ON "{table}"' for name in present if name.startswith(("audit_", "keep_"))]


def trigger_statements(plan: TablePlan) -> dict[str, str]:
    """Write the triggers of one table, by name; each statement also makes its trigger fire always."""
    bodies = {**(_capture(plan) if plan.audited else {}), **(_guards(plan) if plan.append_only else {})}
    return {
        name: f'CREATE TRIGGER "{name}" {body}; ALTER TABLE "{plan.name}" ENABLE ALWAYS TRIGGER "{name}"'
        for name, body in bodies.items()
    }


def not_in_force(_table: str, wanted: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """Name the wanted triggers that are absent or do not fire always."""
    return [name for name in wanted if present.get(name) != "A"]


def _capture(plan: TablePlan) -> dict[str, str]:
    lists = (plan.key, plan.hashed, plan.binary, plan.omitted)
    arguments = ", ".join(f"'{','.join(names)}'" for names in lists)
    return {
        f"audit_{plan.name}": f'AFTER INSERT OR UPDATE OR DELETE ON "{plan.name}" FOR EACH ROW '
        f"EXECUTE FUNCTION audit_capture_row({arguments})",
        f"keep_{plan.name}_truncate": f'BEFORE TRUNCATE ON "{plan.name}" FOR EACH STATEMENT '
        f"EXECUTE FUNCTION audit_refuse()",
    }


def _guards(plan: TablePlan) -> dict[str, str]:
    closed = ", ".join(f'"{name}"' for name in plan.columns if name not in plan.open_columns)
    of_columns = f" OF {closed}" if plan.open_columns else ""
    refuse = "EXECUTE FUNCTION audit_refuse()"
    closed_row = {
        f"keep_{plan.name}_closed": f'BEFORE UPDATE ON "{plan.name}" FOR EACH ROW '
        f'WHEN (OLD."{plan.closed_by}" IS NOT NULL) {refuse}'
    }
    return (closed_row if plan.closed_by else {}) | {
        f"keep_{plan.name}_update": f'BEFORE UPDATE{of_columns} ON "{plan.name}" FOR EACH ROW {refuse}',
        f"keep_{plan.name}_delete": f'BEFORE DELETE ON "{plan.name}" FOR EACH ROW {refuse}',
        f"keep_{plan.name}_truncate": f'BEFORE TRUNCATE ON "{plan.name}" FOR EACH STATEMENT {refuse}',
    }
