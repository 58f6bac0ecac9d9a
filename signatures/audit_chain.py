"""Walks the hash chain of the audit trail and says the first place where it does not hold.

When the chain holds, every audited row is compared with what the trail last says of it. All is read in one
snapshot, while others go on writing.
"""

import hashlib
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.db import Base
from signatures.audit_head import KeptHead, fault_against
from signatures.audit_models import FIRST_HASH, AuditCapture, AuditHead
from signatures.audit_state import RowFinding, compare_rows, not_compared
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
    "head_cut": N_("The trail ends before the head kept elsewhere: its newest entries were cut off."),
    "head_differs": N_("The trail does not lead to the head kept elsewhere: it was written anew."),
    "rows_differ": N_("The trail holds, but the tables do not say what it last says of them."),
    "damaged": N_("The database cannot be read in full: its file is damaged."),
    "unlinked": N_("Changes were caught that never reached the trail."),
    "triggers_missing": N_("The triggers that guard the database are not all in force."),
}
"""Why a trail does not hold, as gettext msgids by code."""

NOT_PROVEN = (
    N_("Without a head kept elsewhere nobody can prove that the newest entries were not cut off."),
    N_("Without a head kept elsewhere nobody can prove that the whole history was not written anew."),
)
"""What walking a trail cannot show unless its end is compared with one kept elsewhere; gettext msgids."""

NEVER_PROVEN = (
    N_("Whoever owns the database can add entries with correct hashes at the end of the trail."),
)
"""What no chain of hashes shows, with or without a kept head."""

_BATCH = 5000
_DAMAGE = ("malformed", "decode to utf-8", "not a database")
_COLUMNS = ("seq", "at", "actor_id", "action", "subject_type", "subject_id", "entry", "prev_hash", "hash")


@dataclass(frozen=True)
class ChainReport:
    """What walking the trail found: ``rows`` checked, ``seconds`` taken, ``first_bad`` sequence number.

    ``reason`` is a key of :data:`REASONS`; ``triggers`` names triggers that are gone or altered. ``findings``
    tells which rows of the tables differ from the trail (``found`` counts them all), of ``compared`` rows in
    ``compare_seconds``; ``first_bad`` is then the entry that the first of them contradicts. ``kept`` is the
    head kept elsewhere that the trail was compared with; without it :data:`NOT_PROVEN` remains.
    """

    ok: bool
    rows: int
    seconds: float
    first_bad: int | None
    reason: str | None
    triggers: tuple[str, ...] = ()
    findings: tuple[RowFinding, ...] = ()
    found: int = 0
    compared: int = 0
    compare_seconds: float = 0.0
    withheld: tuple[str, ...] = ()
    kept: KeptHead | None = None

    @property
    def not_proven(self) -> tuple[str, ...]:
        """What this report does not show, as gettext msgids."""
        return NEVER_PROVEN if self.kept else (*NOT_PROVEN, *NEVER_PROVEN)


@dataclass
class _Walk:
    """How far the chain holds: entries, the last hash, entries by table and action; the first fault."""

    rows: int = 0
    link: str = FIRST_HASH
    written: Counter[tuple[str, str]] = field(default_factory=Counter)
    bad: int | None = None
    reason: str | None = None


def chain_hash(previous: str, entry: str) -> str:
    """Give an entry's hash, in hex: SHA-256 over the previous hash (hex, ASCII) and the entry (UTF-8)."""
    return hashlib.sha256(previous.encode() + entry.encode()).hexdigest()


def verify_chain(session: Session, *, kept: KeptHead | None = None) -> ChainReport:
    """Check every entry: its hash, predecessor and searchable columns; then the end, the guards, all rows.

    The exact bytes that were hashed are kept, so a million entries take seconds, not minutes. Everything is
    read as of one moment; on PostgreSQL ``session`` must therefore not have read anything yet.
    """
    _read_one_moment(session)
    started = perf_counter()
    try:
        report = _verify(session, kept)
    except DBAPIError as error:
        if not any(sign in str(error.orig).lower() for sign in _DAMAGE):
            raise
        report = ChainReport(False, 0, 0.0, None, "damaged")
    return replace(report, seconds=round(perf_counter() - started - report.compare_seconds, 3), kept=kept)


def _verify(session: Session, kept: KeptHead | None) -> ChainReport:
    walk = _walk(session)
    triggers = tuple(missing_triggers(session.connection(), Base.metadata))
    if walk.reason is None:
        walk.bad, walk.reason = _fault_at_end(session, walk, kept)
    chain = ChainReport(False, walk.rows, 0.0, walk.bad, walk.reason, triggers)
    if walk.reason is not None:
        return chain
    report = _with_rows(session, chain, walk)
    if report.reason is None and triggers:
        return replace(report, reason="triggers_missing")
    return replace(report, ok=report.reason is None)


def _with_rows(session: Session, chain: ChainReport, walk: _Walk) -> ChainReport:
    """Compare the tables with a trail that holds."""
    started = perf_counter()
    damaged = not _file_is_sound(session)
    state = compare_rows(session, Base.metadata, walk.written)
    first = state.findings[0].entry if state.findings else None
    return replace(
        chain,
        reason="rows_differ" if state.found else "damaged" if damaged else None,
        first_bad=first,
        findings=tuple(state.findings),
        found=state.found,
        compared=state.rows,
        withheld=tuple(not_compared(Base.metadata)),
        compare_seconds=round(perf_counter() - started, 3),
    )


def _read_one_moment(session: Session) -> None:
    """See one state of all tables; SQLite's read transactions do so anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _file_is_sound(session: Session) -> bool:
    """Have SQLite check its file: rows, indexes and constraints agree. PostgreSQL has its own checksums."""
    if session.get_bind().dialect.name != "sqlite":
        return True
    return session.connection().exec_driver_sql("PRAGMA integrity_check(1)").scalar() == "ok"


def _walk(session: Session) -> _Walk:
    """Follow the chain to its end or to the first entry that does not hold."""
    walk = _Walk()
    with closing(_entries(session)) as entries:
        for row in entries:
            walk.reason = _fault(row, walk.rows, walk.link)
            if walk.reason is not None:
                walk.bad = min(int(row[0]), walk.rows + 1)
                return walk
            walk.rows, walk.link = walk.rows + 1, row[8]
            walk.written[row[4], row[3]] += 1
    return walk


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
    entry = row[6]
    if not isinstance(entry, str) or hashlib.sha256((link + entry).encode()).hexdigest() != row[8]:
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
        fraction = said[19:26] if said[19] == "." else ".000000"
        return kept == f"{said[:10]} {said[11:19]}{fraction}"
    return datetime.fromisoformat(said) == kept


def _fault_at_end(session: Session, walk: _Walk, kept: KeptHead | None) -> tuple[int | None, str | None]:
    head = session.get(AuditHead, 1, populate_existing=True)
    if (walk.rows, walk.link) != ((head.seq, head.hash) if head else (0, FIRST_HASH)):
        return min(walk.rows, head.seq if head else 0) + 1, "head_mismatch"
    fault = fault_against(session, kept) if kept else None
    if fault is not None:
        return fault
    if session.scalar(select(func.count()).select_from(AuditCapture)):
        return None, "unlinked"
    return None, None
