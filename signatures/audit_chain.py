"""Walks the hash chain of the audit trail and says the first place where it does not hold."""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import Base
from signatures.audit_models import FIRST_HASH, AuditCapture, AuditHead
from signatures.audit_triggers import missing_triggers


def N_(text: str) -> str:
    """Mark a sentence for the translators."""
    return text


REASONS = {
    "gap": N_("An entry is missing here, or one has been put in."),
    "broken_link": N_("The entry does not follow the one before it."),
    "altered": N_("The text of the entry has been altered."),
    "index_altered": N_("The searchable columns do not say what the entry says."),
    "head_mismatch": N_("The end of the trail is not where its head says: entries are missing at the end."),
    "unlinked": N_("Changes were caught that never reached the trail."),
    "triggers_missing": N_("The triggers that guard the database are not all in force."),
}
"""Why a trail does not hold, as gettext msgids by code."""

_BATCH = 5000
_COLUMNS = ("seq", "at", "actor_id", "action", "subject_type", "subject_id", "entry", "prev_hash", "hash")


@dataclass(frozen=True)
class ChainReport:
    """What walking the trail found: ``rows`` checked, ``seconds`` taken, ``first_bad`` sequence number.

    ``reason`` is a key of :data:`REASONS`; ``triggers`` names triggers that are gone or altered.
    """

    ok: bool
    rows: int
    seconds: float
    first_bad: int | None
    reason: str | None
    triggers: tuple[str, ...] = ()


def chain_hash(previous: str, entry: str) -> str:
    """Give an entry's hash, in hex: SHA-256 over the previous hash (hex, ASCII) and the entry (UTF-8)."""
    return hashlib.sha256(previous.encode() + entry.encode()).hexdigest()


def verify_chain(session: Session) -> ChainReport:
    """Check every entry: its hash, predecessor and searchable columns; then the end and the guards.

    The exact bytes that were hashed are kept, so a million entries take seconds, not minutes.
    """
    started = perf_counter()
    rows, link, bad, reason = _walk(session)
    triggers = tuple(missing_triggers(session.connection(), Base.metadata))
    if reason is None:
        bad, reason = _fault_at_end(session, rows, link, triggers)
    seconds = round(perf_counter() - started, 3)
    return ChainReport(reason is None, rows, seconds, bad, reason, triggers)


def _walk(session: Session) -> tuple[int, str, int | None, str | None]:
    """Follow the chain; give how many entries hold, the last hash, the first bad entry and its reason."""
    rows, link = 0, FIRST_HASH
    with closing(_entries(session)) as entries:
        for row in entries:
            reason = _fault(row, rows, link)
            if reason is not None:
                return rows, link, min(int(row[0]), rows + 1), reason
            rows, link = rows + 1, row[8]
    return rows, link, None, None


def _entries(session: Session) -> Generator[Sequence[Any], None, None]:
    """Read the trail in order, in the driver's own values: a million objects would cost seconds."""
    query = f"SELECT {', '.join(_COLUMNS)} FROM audit_entry ORDER BY seq"  # noqa: S608 -- constants only
    found = session.connection().exec_driver_sql(query, execution_options={"yield_per": _BATCH})
    with closing(found):
        yield from found


def _fault(row: Sequence[Any], seq: int, link: str) -> str | None:
    if row[0] != seq + 1:
        return "gap"
    if row[7] != link:
        return "broken_link"
    entry: str = row[6]
    if hashlib.sha256((link + entry).encode()).hexdigest() != row[8]:
        return "altered"
    return None if _columns_agree(row, orjson.loads(entry)) else "index_altered"


def _columns_agree(row: Sequence[Any], said: dict[str, Any]) -> bool:
    return (
        said["seq"] == row[0]
        and said["actor"]["id"] == row[2]
        and said["action"] == row[3]
        and said["subject"] == [row[4], row[5]]
        and _same_moment(said["at"], row[1])
    )


def _same_moment(said: str, kept: datetime | str) -> bool:
    """Compare a moment of the entry, ISO in UTC, with the column's: text on SQLite, aware on PostgreSQL."""
    if isinstance(kept, str):
        return said[:10] == kept[:10] and said[11:19] == kept[11:19]
    return datetime.fromisoformat(said) == kept


def _fault_at_end(
    session: Session, seq: int, link: str, triggers: tuple[str, ...]
) -> tuple[int | None, str | None]:
    head = session.get(AuditHead, 1, populate_existing=True)
    if (seq, link) != ((head.seq, head.hash) if head else (0, FIRST_HASH)):
        return min(seq, head.seq if head else 0) + 1, "head_mismatch"
    if session.scalar(select(func.count()).select_from(AuditCapture)):
        return None, "unlinked"
    return None, "triggers_missing" if triggers else None
