"""Pages of the system administrator: house style of records, numbers of forms, numbering rules (URS-144)."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.sites.house import SiteChanged, forms_of, must_be_series, series_rows
from app.sites.models import Site
from app.sites.queries import site_by_code, site_of, sites, style_of
from app.web import (
    access,
    current_actor,
    db,
    must_reach,
    navigation,
    reachable_sites,
    request_time,
    writing,
)
from app.web.control import WantedSetting, propose_setting
from app.web.filters import in_language
from core.errors import Conflict, FieldErrors, Invalid, NotFound
from core.number_rules import ANY_SITE
from core.types import Bilingual
from documents import store
from documents.logos import LARGEST_PNG
from documents.preview import preview_of
from workflows.repository import process_names

Answer = str | Response | tuple[str, int]
Errors = Mapping[str, Invalid]

bp = Blueprint("house", __name__, url_prefix="/admin/house")
navigation(
    "house.index", _l("House style"), icon="building-factory-2", right="house.manage", order=94, group="admin"
)

SERIES = {
    "record": _l("Records"),
    "receipt": _l("Goods receipts"),
    "purchase_order": _l("Purchase orders"),
    "lot": _l("Lots"),
    "inspection": _l("Inspections"),
    "output": _l("Output receipts"),
}
"""Series of numbers in words; those of cases are named by their process."""


@bp.get("")
@access("house.manage")
def index() -> str:
    """List the sites with their styles, and how everything is numbered."""
    return _index_page({}, {})


@bp.post("/numbers")
@access("house.manage")
def numbers() -> Answer:
    """Propose to write a series another way from its next number on."""
    form = request.form
    place = form.get("site_code") or ANY_SITE
    series = form.get("series", "")
    must_be_series(db.session(), series)
    values = {
        "prefix": form.get("prefix", "").strip().upper(),
        "digits": form.get("digits", "").strip(),
        "yearly": "yes" if "yearly" in form else "no",
    }
    setting = f"numbers/{'any' if place == ANY_SITE else place}/{series}"
    errors = _refused_place(place) or _propose(setting, values)
    if errors:
        return _index_page(errors, form), 422
    return redirect(url_for("house.index"), code=303)


@bp.get("/<uuid:site_id>")
@access("house.manage", site=lambda site_id: site_id)
def show(site_id: uuid.UUID) -> str:
    """Show how a site's records look, to be changed."""
    return _site_page(site_id, {}, {})


@bp.post("/<uuid:site_id>")
@access("house.manage", site=lambda site_id: site_id)
def change(site_id: uuid.UUID) -> Answer:
    """Propose another head of a site's records; a sample record is printed first."""
    form, brought = request.form, request.files.get("logo")
    site = site_of(db.session(), site_id)
    if form.get("seen", "") != str(site.revision):
        stale = SiteChanged()
        return _site_page(site_id, {"": Invalid(stale.code, stale.message)}, form), 422
    values = {"layout": form.get("layout", "")}
    for name in ("name", "company", "address"):
        values |= {f"{name}_{lang}": text for lang, text in _both(name).items()}
    logo = brought.stream.read(LARGEST_PNG + 1) if brought and brought.filename else None
    if logo is None and "without_logo" in form:
        values["logo"] = ""
    errors = _propose(f"house_style/{site.code}", values, site_id, logo)
    if errors:
        return _site_page(site_id, errors, form), 422
    return redirect(url_for("house.show", site_id=site_id), code=303)


@bp.post("/<uuid:site_id>/forms")
@access("house.manage", site=lambda site_id: site_id)
def number_form(site_id: uuid.UUID) -> Answer:
    """Propose the site's own number and revision of a form."""
    form, site = request.form, site_of(db.session(), site_id)
    values = {name: form.get(name, "").strip().upper() for name in ("code", "revision")}
    number = form.get("form", "")
    errors = _unknown_form(site, number) or _propose(f"form_code/{site.code}/{number}", values, site_id)
    if errors:
        return _site_page(site_id, {}, form, form_errors=errors), 422
    return redirect(url_for("house.show", site_id=site_id, _anchor="forms"), code=303)


@bp.get("/<uuid:site_id>/preview.pdf")
@access("house.manage", site=lambda site_id: site_id)
def preview(site_id: uuid.UUID) -> Response:
    """Print a sample record in the site's style."""
    page = preview_of(style_of(site_of(db.session(), site_id)))
    return Response(page, mimetype="application/pdf")


def _unknown_form(site: Site, number: str) -> Errors:
    if any(one.form == number for one in forms_of(site)):
        return {}
    return {"form": Invalid("form.choice", "Please choose one of the given answers.", field="form")}


def _propose(
    setting: str, values: Mapping[str, str], site_id: uuid.UUID | None = None, logo: bytes | None = None
) -> Errors:
    """Propose other values of a setting with the reason; give what is wrong with them, by field.

    A logo that was brought is kept when the proposal is.
    """
    try:
        with writing(reason=_reason() or None) as session:
            brought = {} if logo is None else {"logo": store.bring(session, logo)}
            wanted = WantedSetting(setting, {**values, **brought}, _reason(), site_id)
            propose_setting(session, wanted, actor=current_actor(), now=request_time())
        flash(_("Proposed. It holds when a second person has accepted it with a signature."), "success")
    except FieldErrors as wrong:
        return wrong.errors
    except (Invalid, Conflict) as wrong:
        return {wrong.field or "": Invalid(wrong.code, wrong.message, field=wrong.field, **wrong.facts)}
    return {}


def _reason() -> str:
    return " ".join(request.form.get("reason", "").split())[:500]


def _both(name: str) -> Bilingual:
    return {lang: " ".join(request.form.get(f"{name}_{lang}", "").split()) for lang in ("en", "zh")}


def _refused_place(place: str) -> Errors:
    """A rule for every site needs the right at every site; a site's own one needs it there.

    Raises:
        NotFound: there is no such site, or not for this person.
    """
    if place != ANY_SITE:
        site = site_by_code(db.session(), place)
        if site is None:
            raise NotFound("site.unknown", "There is no such site.")
        must_reach(site.id, "house.manage")
        return {}
    mine = reachable_sites("house.manage")
    if mine is None or mine >= {site.id for site in sites(db.session())}:
        return {}
    sentence = "A rule for all sites needs your role at all sites."
    return {"site_code": Invalid("number.all_sites", sentence, field="site_code")}


def _index_page(errors: Errors, given: Mapping[str, str]) -> str:
    rows = series_rows(db.session(), now=request_time())
    mine = sites(db.session(), reachable_sites("house.manage"))
    series = list(dict.fromkeys(row.series for row in rows))
    return render_template(
        "sites/house_index.html",
        sites=mine,
        places=[(one.code, one.code) for one in mine],
        rows=rows,
        series=[(name, _series_name(name)) for name in series],
        series_name=_series_name,
        errors=errors,
        given=given,
    )


def _series_name(series: str) -> str:
    key = series.partition(".")[2] or series
    process = in_language(process_names(db.session()).get(key, key.replace("_", " ")))
    return str(SERIES.get(series, _("Cases: %(process)s", process=process)))


def _site_page(
    site_id: uuid.UUID, errors: Errors, given: Mapping[str, str], form_errors: Errors | None = None
) -> str:
    site = site_of(db.session(), site_id)
    return render_template(
        "sites/house.html",
        site=site,
        values=_values(site) if form_errors is not None else {**_values(site), **given},
        given=given,
        errors=errors,
        forms=forms_of(site),
        form_errors=form_errors or {},
    )


def _values(site: Site) -> dict[str, Any]:
    texts = {
        f"{name}_{lang}": getattr(site, name).get(lang, "")
        for name in ("name", "company", "address")
        for lang in ("en", "zh")
    }
    return {**texts, "layout": site.layout.value, "seen": site.revision, "reason": ""}
