"""The administrator's page about work in the background: what waits, what failed, and why."""

import uuid

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.web import access, navigation, paginate, request_time, writing
from core.errors import NotFound
from core.outbox import OutboxEntry, retry
from signatures import audit

bp = Blueprint("jobs", __name__, url_prefix="/admin/jobs")

navigation("jobs.index", _l("Background jobs"), icon="refresh", right="jobs.manage", order=95, group="admin")


@bp.get("")
@access("jobs.manage")
def index() -> str:
    """List the jobs that are not done yet, those that gave up first."""
    waiting = select(OutboxEntry).order_by(OutboxEntry.dead.desc(), OutboxEntry.created_at)
    return render_template("jobs/index.html", jobs=paginate(waiting))


@bp.post("/<uuid:entry_id>/retry")
@access("jobs.manage")
def try_again(entry_id: uuid.UUID) -> Response:
    """Give a job that gave up another round of attempts."""
    with writing() as session:
        entry = session.get(OutboxEntry, entry_id)
        if entry is None:
            raise NotFound("job.none", "This job is done or does not exist.")
        retry(session, entry.id, now=request_time())
        subject = ("outbox_entry", str(entry.id))
        audit.record(session, "job.retried", subject=subject, facts={"job": entry.job})
    return redirect(url_for("jobs.index"))
