"""What a change of the schema does to rows that are there already, written into the trail like any act.

A new column with a default fills old rows without telling their triggers, and a table that is audited from
now on may hold rows that the trail has never heard of. Both become entries of ``system:migration``, so that
comparing the tables with the trail still means something (Annex 11 clause 10).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, MetaData, insert, inspect
from sqlalchemy.orm import Session

from core.actor import WriteContext, system_actor
from signatures.audit import link_captures
from signatures.audit_models import AuditCapture
from signatures.audit_plan import plan_of
from signatures.audit_state import raw_rows
from signatures.audit_triggers import install_triggers, is_audited

_BATCH = 500


def audited_columns(connection: Connection, metadata: MetaData) -> dict[str, set[str]]:
    """List the columns of each table whose changes are caught at present; asked before the schema changes."""
    inspector = inspect(connection)
    existing = set(inspector.get_table_names())
    return {
        name: {column["name"] for column in inspector.get_columns(name)}
        for name in metadata.tables
        if name in existing and is_audited(connection, name)
    }


def finish_migration(
    connection: Connection, metadata: MetaData, before: Mapping[str, set[str]], *, now: datetime
) -> None:
    """Put the triggers in place and write down what the change has filled; the caller commits.

    ``before`` is what :func:`audited_columns` gave.
    """
    install_triggers(connection, metadata)
    context = WriteContext(system_actor("migration"), "Change of the schema", now).as_json()
    filled = _filled(connection, metadata, before)
    with Session(connection, join_transaction_mode="rollback_only") as session:
        while captures := [{"context": context, **capture} for capture in islice(filled, _BATCH)]:
            session.execute(insert(AuditCapture), captures)
        link_captures(session)


def _filled(
    connection: Connection, metadata: MetaData, before: Mapping[str, set[str]]
) -> Iterator[dict[str, Any]]:
    existing = set(inspect(connection).get_table_names())
    for plan in map(plan_of, metadata.sorted_tables):
        new = set(plan.columns) - before.get(plan.name, set())
        if not plan.audited or plan.name not in existing or not new:
            continue
        action = "update" if plan.name in before else "insert"
        for raw in raw_rows(connection, plan):
            pairs = {name: [None, value] for name, value in raw.items() if name in new and value is not None}
            if pairs:
                key = "/".join(str(raw[name]) for name in plan.key)
                yield {
                    "action": action,
                    "subject_type": plan.name,
                    "subject_id": key,
                    "changes": json.dumps(pairs, ensure_ascii=False, default=str),
                }
