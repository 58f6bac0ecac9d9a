"""The administrator's overview: does everything work, what waits, what went wrong (URS-134)."""

import platform
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.jobs.figures import VERSION, Kept, hear, read_kept
from app.web import access, db, navigation, piece, request_time, visitor
from app.web.probes import State, examine
from core import schema
from core.config import settings
from core.db import engine
from core.outbox import OutboxEntry

bp = Blueprint("operation", __name__, url_prefix="/admin/operation")

navigation(
    "operation.show",
    _l("Operation"),
    icon="heart-rate-monitor",
    right="jobs.manage",
    order=94,
    group="admin",
    count="operation_alarms",
)

UNSEALED_TOO_LONG = timedelta(minutes=5)
"""A record is sealed within seconds; one that waits so long needs somebody: its lot cannot leave."""
JOB_TOO_LONG = timedelta(minutes=15)
"""A job, a mail among them, that waits so long needs somebody."""


@piece("operation_alarms")
def count_alarms() -> int:
    """Count what the system administrator has to look at, for the menu."""
    person = visitor()
    if person is None or not person.may("jobs.manage"):
        return 0
    return len(alarms(read_kept(db.session(), now=request_time())))


@bp.get("")
@access("jobs.manage")
def show() -> str:
    """Show each part with its state, the oldest unsealed record, jobs that wait or gave up, last errors."""
    session, now = db.session(), request_time()
    kept, checks = read_kept(session, now=now), list(examine())
    failing = [one for one in checks if one.state is State.FAILING]
    wrong = select(OutboxEntry).where(OutboxEntry.last_error.is_not(None))
    return render_template(
        "jobs/operation.html",
        now=now,
        kept=kept,
        checks=checks,
        failing=failing,
        alarms=alarms(kept),
        heard=hear(now=now),
        errors=session.scalars(wrong.order_by(OutboxEntry.created_at.desc()).limit(5)).all(),
        limit_minutes=int(UNSEALED_TOO_LONG.total_seconds() // 60),
        versions=_versions(),
        mail=settings().mail.rpartition("@")[2],
    )


def alarms(kept: Kept) -> list[str]:
    """Name what is beyond its limit: ``unsealed``, ``jobs``, ``dead``."""
    beyond = {
        "unsealed": kept.oldest_unsealed_seconds > UNSEALED_TOO_LONG.total_seconds(),
        "jobs": kept.oldest_job_seconds > JOB_TOO_LONG.total_seconds(),
        "dead": kept.dead_jobs > 0,
    }
    return [name for name, is_beyond in beyond.items() if is_beyond]


def _versions() -> list[tuple[Any, str]]:
    return [
        (_l("Product"), VERSION),
        (_l("Schema of the database"), schema.newest_step()),
        (_l("Database"), engine().dialect.name),
        ("Python", platform.python_version()),
    ]
