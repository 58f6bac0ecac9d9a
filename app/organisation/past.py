"""Rows as they were at the end of a day, read from the trail: departments under the name of that day."""

import json
import uuid
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from signatures.audit_models import AuditEntry

ASKED_AT_ONCE = 500


def rows_on(
    session: Session, table: str, ids: Collection[uuid.UUID], on: date, zone: str
) -> dict[str, dict[str, Any]]:
    """What some rows of a table held at the end of a day on a clock: id → column → value as the trail has it.

    A row that was not there yet is left out.
    """
    until = datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone))
    held: dict[str, dict[str, Any]] = {}
    wanted = [str(one) for one in ids]
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        query = select(AuditEntry.subject_id, AuditEntry.entry).where(
            AuditEntry.subject_type == table,
            AuditEntry.subject_id.in_(wanted[start : start + ASKED_AT_ONCE]),
            AuditEntry.at < until,
        )
        for row_id, entry in session.execute(query.order_by(AuditEntry.seq)):
            changes = json.loads(entry)["changes"] or {}
            held.setdefault(row_id, {}).update({name: pair[1] for name, pair in changes.items() if pair})
    return held
