"""Doors that belong to no room: the start page, and what machines ask: health, readiness, figures."""

from flask import Blueprint, Response, abort, jsonify, redirect, request, url_for
from prometheus_client import CONTENT_TYPE_LATEST

from app.web.doors import access
from app.web.measures import exposition
from app.web.pages import PageContext
from app.web.probes import State, examine, may_read_figures
from app.web.rights import ANYBODY, SIGNED_IN

bp = Blueprint("web", __name__)


@bp.get("/")
@access(SIGNED_IN)
def start() -> Response:
    """Go to the first page of the person's menu: the inbox for nearly everybody."""
    entries = PageContext().entries
    return redirect(entries[0].url if entries else url_for("access.me"))  # type: ignore[return-value]


@bp.get("/healthz")
@access(ANYBODY)
def health() -> Response:
    """Say that this process answers, and no more: who restarts it must not be misled by a database away."""
    return jsonify(status="ok")


@bp.get("/readyz")
@access(ANYBODY)
def ready() -> tuple[Response, int]:
    """Say whether work can be done here: each part by name; 503 names the failing ones."""
    found = list(examine())
    failing = [one.name for one in found if one.state is State.FAILING]
    said = {
        "status": "failing" if failing else "ok",
        "checks": {one.name: one.state.value for one in found},
        "failing": failing,
    }
    return jsonify(said), 503 if failing else 200


@bp.get("/metrics")
@access(ANYBODY)
def metrics() -> Response:
    """Give figures in Prometheus' text format, to this machine or to the bearer of the configured token."""
    if not may_read_figures(request):
        abort(403)
    return Response(exposition(), content_type=CONTENT_TYPE_LATEST)
