"""The audit trail: named events, linking into the chain at every commit, and the history of an object.

Triggers catch every change of an audited row in ``audit_capture``; as the last act of each transaction this
module turns the captures into entries of one hash chain (URS-024, 21 CFR 11.10(e)). The head's row is locked
only then, so that transactions wait for each other as briefly as possible: linking to "the last row" without
the lock loses entries on PostgreSQL.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, RowMapping, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.canonical import canonical_json
from core.db import Base, on_every_commit, write_context
from core.many import MANY, insert_rows
from core.tables import table_of
from signatures.audit_chain import ChainReport, chain_hash, verify_chain
from signatures.audit_clock import CLOCK, STEPPED_BACK, step_back
from signatures.audit_models import FIRST_HASH, AuditCapture, AuditEntry, AuditHead
from signatures.audit_roles import grant_application, is_too_mighty
from signatures.audit_triggers import install_triggers, missing_triggers, schema_changes
from signatures.audit_values import plain, readable_changes, row_key

__all__ = [
    "ROW_ACTIONS",
    "ChainReport",
    "grant_application",
    "history_of",
    "install_triggers",
    "is_too_mighty",
    "link_captures",
    "missing_triggers",
    "record",
    "schema_changes",
    "verify_chain",
]

ROW_ACTIONS = ("insert", "update", "delete")
"""Actions written by triggers; every other action is a named event."""

_CAPTURE, _ENTRY, _HEAD = table_of(AuditCapture), table_of(AuditEntry), table_of(AuditHead)
_CAPTURE_EVENT = insert(_CAPTURE)
_TAKE_CAPTURES = delete(_CAPTURE).returning(*_CAPTURE.c)
_ADD_ENTRY = insert(_ENTRY)
_MOVE_HEAD = update(_HEAD).where(_HEAD.c.id == 1)
_AT_HEAD = select(_ENTRY.c.at).where(_ENTRY.c.seq == _HEAD.c.seq)
_LOCK_HEAD = (
    select(_HEAD.c.seq, _HEAD.c.hash, _AT_HEAD.scalar_subquery())
    .where(_HEAD.c.id == 1)
    .with_for_update(of=_HEAD)
)
"""The statements of every commit, built once."""

_CONTEXT_KEYS = {"actor", "login", "name", "on_behalf_of", "reason", "now"}


def record(session: Session, action: str, *, subject: tuple[str, object], facts: Mapping[str, Any]) -> None:
    """Write a named event such as ``lot.released`` or ``signature.refused`` into the trail.

    ``subject`` is type and id of what it happened to; ``facts`` are plain values worth reading later.

    Raises:
        LookupError: the session only reads.
    """
    session.flush()  # row changes that led to the event come before it in the trail
    event = {
        "context": write_context(session).as_json(),
        "action": action,
        "subject_type": subject[0],
        "subject_id": str(subject[1]),
        "facts": json.dumps(plain(facts), ensure_ascii=False),
    }
    session.connection().execute(_CAPTURE_EVENT, event)


@on_every_commit
def link_captures(session: Session) -> None:
    """Move what this transaction caught into the chain; called last, just before COMMIT."""
    captures = _take_captures(session)
    if not captures:
        return
    dialect = session.get_bind().dialect
    written = [_content_of(capture, dialect) for capture in captures]
    seq, previous, before = _lock_head(session)
    written = [*_clock_events(session, before, captures[0]), *written]
    rows: list[dict[str, Any]] = []
    for content in written:
        seq += 1
        entry = canonical_json({**content, "seq": seq}).decode()
        digest = chain_hash(previous, entry)
        rows.append(_row_of(content, seq, entry, previous, digest))
        previous = digest
    _add_entries(session, rows)
    session.connection().execute(_MOVE_HEAD, {"seq": seq, "hash": previous})


def _add_entries(session: Session, rows: list[dict[str, Any]]) -> None:
    """Put entries at the end of the trail; most commits have few of them, a long list may have many."""
    if len(rows) < MANY:
        session.connection().execute(_ADD_ENTRY, rows)
    else:
        insert_rows(session, AuditEntry, rows)


def history_of(session: Session, table: str, row_id: object, *, limit: int = 200) -> list[AuditEntry]:
    """List what happened to one object, newest first: changes of its row and events that name it."""
    query = select(AuditEntry).where(
        AuditEntry.subject_id == str(row_id),
        or_(AuditEntry.subject_type == table, AuditEntry.action.not_in(ROW_ACTIONS)),
    )
    return list(session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)))


def _take_captures(session: Session) -> list[RowMapping]:
    taken = session.connection().execute(_TAKE_CAPTURES).mappings().all()
    return sorted(taken, key=lambda capture: int(capture["id"]))


def _lock_head(session: Session) -> tuple[int, str, datetime | None]:
    """The end of the trail, locked: number, hash and time of the last entry."""
    found = session.execute(_LOCK_HEAD).one_or_none()
    if found is None:
        first = {"id": 1, "seq": 0, "hash": FIRST_HASH}
        writer = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        session.execute(writer.insert(_HEAD).values(first).on_conflict_do_nothing())
        found = session.execute(_LOCK_HEAD).one()
    seq, digest, before = found
    # PostgreSQL, having waited for the head, shows no entry that was added meanwhile: ask again.
    return seq, digest, before or session.scalar(_AT_HEAD.where(_HEAD.c.id == 1))


def _clock_events(
    session: Session, before: datetime | None, capture: Mapping[Any, Any]
) -> list[dict[str, Any]]:
    """Note that the clock has run back since the last entry; it becomes the first entry of this act."""
    facts = step_back(before, datetime.fromisoformat(json.loads(capture["context"])["now"]))
    if facts is None:
        return []
    what = {"action": STEPPED_BACK, "subject_type": CLOCK[0], "subject_id": CLOCK[1]}
    event = {**capture, **what, "changes": None, "facts": json.dumps(facts)}
    return [_content_of(event, session.get_bind().dialect)]


def _content_of(capture: Mapping[Any, Any], dialect: Dialect) -> dict[str, Any]:
    """Everything an entry says but its number: worked out before the head is locked."""
    said, facts = _said_by(capture["context"])
    own = json.loads(capture["facts"]) if capture["facts"] else {}
    return {
        **said,
        "action": capture["action"],
        "subject": [capture["subject_type"], row_key(capture, Base.metadata, dialect)],
        "changes": readable_changes(capture, Base.metadata, dialect),
        "facts": {**facts, **own} or None,
    }


@lru_cache(maxsize=8)
def _said_by(context: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Who, when and why, and the facts beside; a list of many rows is caught under one and the same."""
    told: dict[str, Any] = json.loads(context)
    said = {
        "v": "qms.audit/1",
        "at": datetime.fromisoformat(told["now"]).astimezone(UTC).isoformat(),
        "actor": {
            "id": told["actor"],
            "login": told["login"],
            "name": told["name"],
            "on_behalf_of": told["on_behalf_of"],
        },
        "reason": told["reason"],
    }
    return said, {key: value for key, value in told.items() if key not in _CONTEXT_KEYS}


_moment = lru_cache(maxsize=8)(datetime.fromisoformat)


def _row_of(content: dict[str, Any], seq: int, entry: str, previous: str, digest: str) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": _moment(content["at"]),
        "actor_id": content["actor"]["id"],
        "action": content["action"],
        "subject_type": content["subject"][0],
        "subject_id": content["subject"][1],
        "entry": entry,
        "prev_hash": previous,
        "hash": digest,
    }
