"""SQLite's side of the audit trail: trigger texts, the functions they call, and the guard of connections.

SQLite has neither roles nor a hash function. Who writes is told by functions registered on the product's own
connections (a connection without them cannot write), digests come from Python, and an authorizer refuses to
drop or alter. ``INSERT OR REPLACE`` deletes without telling delete triggers, hence the insert guards.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from typing import Any

from core.engines import on_connect
from signatures.audit_plan import TablePlan

PRESENT = "SELECT name, sql AS state FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"

_REFUSED = {
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_TRIGGER,
    sqlite3.SQLITE_DROP_INDEX,
    sqlite3.SQLITE_DROP_VIEW,
    sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_CREATE_TRIGGER,
    sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
}
_REFUSED_PRAGMAS = {"writable_schema", "recursive_triggers", "ignore_check_constraints", "trusted_schema"}

_CAPTURE = """CREATE TRIGGER "audit_{table}_{action}" AFTER {action} ON "{table}" {condition}
BEGIN
  SELECT RAISE(ABORT, 'nobody is named as the author of this change') WHERE app_actor() IS NULL;
  INSERT INTO audit_capture (context, action, subject_type, subject_id, changes)
  VALUES (app_context(), '{action}', '{table}', {key}, (
    SELECT json_group_object(name, json(pair)) FROM (
      {pairs}
    ) WHERE pair IS NOT NULL));
END"""

_GUARD = """CREATE TRIGGER "keep_{table}_{part}" BEFORE {moment} ON "{table}" {condition}
BEGIN
  SELECT RAISE(ABORT, '{table} is append-only');
END"""


@on_connect
def prepare_connection(connection: Any, _info: dict[Any, Any]) -> None:
    """Give a new connection the digest the triggers need and forbid it to take the triggers away."""
    connection.create_function("app_digest", 1, digest, deterministic=True)
    connection.set_authorizer(refuse_schema_changes)


def refuse_schema_changes(action: int, subject: str | None, value: str | None, *_: str | None) -> int:
    """Answer SQLite's authorizer: no dropping, no altering, no pragma that would blind the triggers."""
    if action in _REFUSED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and value is not None and str(subject).lower() in _REFUSED_PRAGMAS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def digest(value: bytes | str | int | float | None) -> str | None:
    """Give the SHA-256 that stands for a large value in the trail."""
    if value is None:
        return None
    content = value if isinstance(value, bytes) else str(value).encode()
    return "sha256:" + hashlib.sha256(content).hexdigest()


def shared_statements() -> list[str]:
    """List what all triggers share; here nothing."""
    return []


def removal_statements(_table: str, present: Mapping[str, str]) -> list[str]:
    """Take the product's triggers off a table."""
    return [f'DROP TRIGGER "{name}"' for name in present if name.startswith(("audit_", "keep_"))]


def trigger_statements(plan: TablePlan) -> dict[str, str]:
    """Write the triggers of one table, by name."""
    return {**(_captures(plan) if plan.audited else {}), **(_guards(plan) if plan.append_only else {})}


def not_in_force(_table: str, wanted: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """Name the wanted triggers that are absent or say something else."""
    return [name for name, statement in wanted.items() if present.get(name) != statement]


def _captures(plan: TablePlan) -> dict[str, str]:
    return {
        f"audit_{plan.name}_{action}": _capture(plan, action) for action in ("insert", "update", "delete")
    }


def _capture(plan: TablePlan, action: str) -> str:
    row = "OLD" if action == "delete" else "NEW"
    key = " || '/' || ".join(f'{row}."{name}"' for name in plan.key)
    changed = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in plan.columns)
    condition = f"WHEN {changed}" if action == "update" else ""
    return _CAPTURE.format(
        table=plan.name, action=action, condition=condition, key=key, pairs=_pairs(plan, action)
    )


def _pairs(plan: TablePlan, action: str) -> str:
    return "\n      UNION ALL ".join(_pair(plan, name, action) for name in plan.columns)


def _pair(plan: TablePlan, name: str, action: str) -> str:
    old = "NULL" if action == "insert" else f'OLD."{name}"'
    new = "NULL" if action == "delete" else f'NEW."{name}"'
    shown_old, shown_new = (f"app_digest({old})", f"app_digest({new})") if name in plan.hashed else (old, new)
    pair = "'null'" if name in plan.omitted else f"json_array({shown_old}, {shown_new})"
    return f"SELECT '{name}' AS name, CASE WHEN {old} IS NOT {new} THEN {pair} END AS pair"


def _guards(plan: TablePlan) -> dict[str, str]:
    closed = ", ".join(f'"{name}"' for name in plan.columns if name not in plan.open_columns)
    moments = {
        "update": f"UPDATE OF {closed}" if plan.open_columns else "UPDATE",
        "delete": "DELETE",
        "replace": "INSERT",
        **({"closed": "UPDATE"} if plan.closed_by else {}),
    }
    conditions = {
        "replace": f'WHEN EXISTS (SELECT 1 FROM "{plan.name}" WHERE {_same_row(plan)})',  # noqa: S608 -- our names
        "closed": f'WHEN OLD."{plan.closed_by}" IS NOT NULL',
    }
    return {
        f"keep_{plan.name}_{part}": _GUARD.format(
            table=plan.name, part=part, moment=moment, condition=conditions.get(part, "")
        )
        for part, moment in moments.items()
    }


def _same_row(plan: TablePlan) -> str:
    """Find the rows a REPLACE would silently delete: same rowid, or equal in any unique set of columns."""
    sets = [" AND ".join(f'"{name}" = NEW."{name}"' for name in names) for names in plan.unique]
    return " OR ".join(["rowid = NEW.rowid", *(f"({condition})" for condition in sets)])
