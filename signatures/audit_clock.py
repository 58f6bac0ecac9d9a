"""The plant's clock as the audit trail knows it: it never runs back unseen (URS-147).

An entry older than the one before it by more than :data:`TOLERANCE` is a step back; the trail writes it down
by itself, in the same transaction. From then on nothing is signed until the clock has caught up with the
latest moment of the trail, or until an audit administrator has confirmed that the clock is right again.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from signatures.audit_models import AuditEntry
from signatures.errors import ClockRunsBack

TOLERANCE = timedelta(seconds=30)
"""How far behind the trail a moment may lie: a request that waited for others carries an earlier one."""

CLOCK = ("clock", "plant clock")
"""The subject of events about the clock."""

STEPPED, STEPPED_BACK, CONFIRMED = "clock.stepped", "clock.stepped_back", "clock.confirmed"


@dataclass(frozen=True)
class ClockStep:
    """The clock ran back from ``before`` to ``after`` (both UTC); ``seq`` is the entry that says so."""

    seq: int
    before: datetime
    after: datetime


def check_clock(session: Session, now: datetime) -> None:
    """See that the present moment is not behind the trail; asked before every signature.

    Raises:
        ClockRunsBack: it lies further back than the tolerance.
    """
    latest = latest_moment(session)
    if latest is not None and latest - now > TOLERANCE:
        raise ClockRunsBack(now, latest)


_SINCE = (
    select(func.max(AuditEntry.seq))
    .where(AuditEntry.subject_id == CLOCK[1], AuditEntry.action == CONFIRMED)
    .scalar_subquery()
    .label("since")
)
_LATEST = select(AuditEntry.seq, AuditEntry.at, _SINCE).order_by(AuditEntry.at.desc()).limit(1)
_LATEST_SINCE = _LATEST.where(AuditEntry.seq >= bindparam("confirmed"))


def latest_moment(session: Session) -> datetime | None:
    """Give the latest moment of the trail since somebody last confirmed the clock; None in an empty trail."""
    latest = session.execute(_LATEST).one_or_none()
    if latest is not None and latest.since is not None and latest.seq < latest.since:
        latest = session.execute(_LATEST_SINCE, {"confirmed": latest.since}).one_or_none()
    return latest.at if latest else None


def open_step(session: Session) -> ClockStep | None:
    """Give the latest step back that nobody has confirmed yet."""
    step, confirmed = _last(session, STEPPED_BACK), _last(session, CONFIRMED)
    if step is None or (confirmed is not None and confirmed.seq > step.seq):
        return None
    facts = json.loads(step.entry)["facts"]
    before, after = (datetime.fromisoformat(facts[name]) for name in ("before", "after"))
    return ClockStep(step.seq, before, after)


def step_back(before: datetime | None, now: datetime) -> dict[str, str] | None:
    """Say how far ``now`` lies behind the last entry of the trail; None within the tolerance."""
    if before is None or before - now <= TOLERANCE:
        return None
    seconds = str(round((before - now).total_seconds()))
    return {"before": before.isoformat(), "after": now.isoformat(), "seconds": seconds}


def _last(session: Session, action: str) -> AuditEntry | None:
    query = select(AuditEntry).where(AuditEntry.subject_id == CLOCK[1], AuditEntry.action == action)
    return session.scalar(query.order_by(AuditEntry.seq.desc()).limit(1))
