"""The auditor's doors to the trail: list with filters, verification, export (21 CFR 11.10(e), URS-024)."""

from flask import Blueprint, Response, render_template, request
from flask_babel import lazy_gettext as _l

from app.governance import queries
from app.governance.export import csv_lines
from app.governance.inputs import filter_from
from app.governance.lines import lines_of
from app.web import (
    access,
    current_person,
    db,
    listing,
    navigation,
    paginate,
    request_time,
    wording,
    writing,
)
from core.db import read_session
from signatures import audit
from signatures.audit_chain import REASONS

bp = Blueprint("governance", __name__, url_prefix="/audit")

navigation("governance.trail", _l("Audit trail"), icon="history", right="audit.read", order=70)
listing("governance.trail", "who", "what", "kind", "text", "since", "until")

TRAIL = ("audit_entry", "trail")
"""The subject of events about the trail itself."""


@bp.get("")
@access("audit.read")
def trail() -> str:
    """Show the trail, newest first, narrowed by who, what, when and object."""
    wanted = filter_from(request.args, current_person().zone)
    page_of = paginate(queries.trail(db.session(), wanted), size=50)
    return render_template(
        "governance/trail.html",
        page_of=page_of,
        lines=lines_of(db.session(), page_of.items),
        wanted=wanted,
        typed={name: value for name, value in request.args.items() if value and name != "page"},
        actions=[(action, wording.action_name(action)) for action in queries.actions(db.session())],
        kinds=[(kind, wording.table_name(kind)) for kind in queries.kinds(db.session())],
        logins=queries.logins(db.session()),
    )


@bp.get("/verify")
@access("audit.read")
def verify() -> str:
    """Offer to walk the trail."""
    head = queries.head(db.session())
    return render_template("governance/verify.html", head=head, report=None, reason=None)


@bp.post("/verify")
@access("audit.read")
def run_verification() -> str:
    """Walk the whole trail, say whether it holds, and note that somebody looked."""
    with read_session() as own:  # everything as of one moment
        report = audit.verify_chain(own)
    head = queries.head(db.session())
    with writing() as session:
        facts = {"ok": report.ok, "rows": report.rows, "first_bad": report.first_bad, "reason": report.reason}
        facts |= {"rows_compared": report.compared, "findings": report.found}
        audit.record(session, "trail.verified", subject=TRAIL, facts=facts)
    reason = REASONS.get(report.reason or "")
    return render_template(
        "governance/verify.html", head=head, report=report, reason=reason, at=request_time()
    )


@bp.get("/export.csv")
@access("audit.read")
def export() -> Response:
    """Give the filtered trail as CSV, with what is needed to check its hashes elsewhere."""
    wanted = filter_from(request.args, current_person().zone)
    query = queries.trail(db.session(), wanted)
    with writing() as session:
        audit.record(session, "trail.exported", subject=TRAIL, facts=dict(request.args))
    name = f"audit-trail-{request_time():%Y%m%dT%H%M%SZ}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(csv_lines(query), mimetype="text/csv", headers=headers)
