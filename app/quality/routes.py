"""Registers of nonconformities and of CAPA: lists with search, linked to their cases and lots."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from app.quality.capas import queries as capas
from app.quality.capas.models import Capa, CapaState
from app.quality.deviations import queries as deviations
from app.quality.deviations.models import (
    CLASS_NAMES,
    DISPOSITION_NAMES,
    Nonconformity,
    NonconformityClass,
    NonconformityState,
)
from app.web import (
    access,
    current_person,
    db,
    in_order,
    listing,
    navigation,
    paginate,
    reachable_sites,
    request_time,
)
from core import clock

bp = Blueprint("quality", __name__)

navigation(
    "quality.nonconformities", _l("Nonconformities"), icon="alert-triangle",
    right="nonconformities.read", order=42,
)  # fmt: skip
navigation(
    "quality.corrective_actions", _l("CAPA"), icon="refresh-alert", right="nonconformities.read", order=43
)
listing(
    "quality.nonconformities",
    "q",
    "state",
    "class",
    columns={
        "number": Nonconformity.number,
        "title": Nonconformity.title,
        "opened": Nonconformity.opened_at,
        "state": Nonconformity.state,
    },
)
listing(
    "quality.corrective_actions",
    "q",
    "state",
    columns={"number": Capa.number, "title": Capa.title, "check": Capa.check_due, "state": Capa.state},
)


@bp.get("/nonconformities")
@access("nonconformities.read")
def nonconformities() -> str:
    """List nonconformities, newest first, with the lots they are about."""
    words, state, grave = (request.args.get(name, "").strip() for name in ("q", "state", "class"))
    found = deviations.register(
        reachable_sites("nonconformities.read"),
        words,
        NonconformityState(state) if state in set(NonconformityState) else None,
        NonconformityClass(grave) if grave in set(NonconformityClass) else None,
    )
    return render_template(
        "quality/nonconformities.html",
        page_of=paginate(in_order(found)),
        words=words,
        state=state if state in set(NonconformityState) else "",
        grave=grave if grave in set(NonconformityClass) else "",
        states=list(NonconformityState),
        classes={one.value: name for one, name in CLASS_NAMES.items()},
        dispositions=DISPOSITION_NAMES,
    )


@bp.get("/corrective-actions")
@access("nonconformities.read")
def corrective_actions() -> str:
    """List CAPAs, newest first, with what asked for them, open actions and the next check of effect."""
    words, state = (request.args.get(name, "").strip() for name in ("q", "state"))
    sites = reachable_sites("nonconformities.read")
    found = capas.register(sites, words, CapaState(state) if state in set(CapaState) else None)
    page = paginate(in_order(found))
    return render_template(
        "quality/capas.html",
        page_of=page,
        words=words,
        state=state if state in set(CapaState) else "",
        states=list(CapaState),
        sources=deviations.by_number(db.session(), {one.source_number for one in page.items}),
        today=clock.site_day(request_time(), current_person().zone),
    )
