"""The page about the plant's clock: what the trail says of it, and who confirms that it is right (URS-147).

The system administrator sets the clock, the audit administrator confirms it: two persons, neither signs.
"""

import json

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.web import access, db, navigation, piece, request_time, visitor, writing
from core.errors import Conflict, Invalid
from signatures import audit
from signatures.audit_clock import (
    CLOCK,
    CONFIRMED,
    STEPPED,
    STEPPED_BACK,
    TOLERANCE,
    ClockStep,
    latest_moment,
    open_step,
)

bp = Blueprint("clock", __name__, url_prefix="/admin/clock")

navigation(
    "clock.show", _l("Clock"), icon="clock", right="clock.read", order=96, group="admin", count="clock_steps"
)


EVENTS = {
    STEPPED: _l("Clock set"),
    STEPPED_BACK: _l("Clock ran back"),
    CONFIRMED: _l("Clock confirmed"),
}
"""What happened to the clock, by action of the trail."""


@piece("clock_step")
def step() -> ClockStep | None:
    """Give every administrator's page the step of the clock that nobody has confirmed yet."""
    person = visitor()
    return open_step(db.session()) if person and person.may("clock.read") else None


@piece("clock_steps")
def count_steps() -> int:
    """Count the steps of the clock that wait to be confirmed: none or one."""
    return 0 if step() is None else 1


@bp.get("")
@access("clock.read")
def show() -> str:
    """Show the present moment, the latest one of the trail, and a step back nobody has confirmed."""
    return _page({})


@bp.post("")
@access("clock.confirm")
def confirm() -> Response | tuple[str, int]:
    """Confirm that the clock is right again, with the reason; from here on the trail counts from now."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        missing = Invalid("clock.reason", "Say what happened and how the clock was checked.", field="reason")
        return _page({"reason": missing}), 422
    with writing(reason=reason) as session:
        found = open_step(session)
        if found is None:
            raise Conflict("clock.no_step", "There is no step of the clock to confirm.")
        facts = {"step": found.seq, "before": found.before.isoformat(), "after": found.after.isoformat()}
        audit.record(session, CONFIRMED, subject=CLOCK, facts=facts)
    flash(_("The clock is confirmed; records can be signed again."), "success")
    return redirect(url_for("clock.show"))


def _page(errors: dict[str, Invalid]) -> str:
    session = db.session()
    return render_template(
        "governance/clock.html",
        now=request_time(),
        latest=latest_moment(session),
        step=open_step(session),
        tolerance=int(TOLERANCE.total_seconds()),
        history=[
            (entry.at, EVENTS.get(entry.action, entry.action), json.loads(entry.entry))
            for entry in audit.history_of(session, *CLOCK, limit=20)
        ],
        errors=errors,
    )
