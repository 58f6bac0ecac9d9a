"""Pages of the system administrator: house style of records, numbers of forms, numbering rules (URS-144)."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.sites.house import (
    ChangeFormCode,
    ChangeStyle,
    change_form_code,
    change_numbers,
    change_style,
    forms_of,
    series_rows,
)
from app.sites.models import Site
from app.sites.queries import site_by_code, site_of, sites, style_of
from app.web import access, db, must_reach, navigation, reachable_sites, request_time, writing
from core.errors import Conflict, FieldErrors, Invalid, NotFound
from core.number_rules import ANY_SITE, WriteNumbers
from core.types import Bilingual
from documents.logos import LARGEST_PNG
from documents.preview import preview_of

Answer = str | Response | tuple[str, int]
Errors = Mapping[str, Invalid]

bp = Blueprint("house", __name__, url_prefix="/admin/house")
navigation(
    "house.index", _l("House style"), icon="building-factory-2", right="house.manage", order=94, group="admin"
)

SERIES = {
    "record": _l("Records"),
    "receipt": _l("Goods receipts"),
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
    """Write a series another way from its next number on."""
    form = request.form
    place = form.get("site_code") or ANY_SITE
    command = WriteNumbers(
        series=form.get("series", ""),
        site_code=place,
        prefix=form.get("prefix", "").strip().upper(),
        digits=int(form["digits"]) if form.get("digits", "").isdecimal() else 0,
        yearly="yearly" in form,
    )
    errors = _refused_place(place) or _try(
        lambda session: change_numbers(session, command, reason=_reason())
    )
    if errors:
        return _index_page(errors, form), 422
    flash(_("The next number is written the new way."), "success")
    return redirect(url_for("house.index"), code=303)


@bp.get("/<uuid:site_id>")
@access("house.manage", site=lambda site_id: site_id)
def show(site_id: uuid.UUID) -> str:
    """Show how a site's records look, to be changed."""
    return _site_page(site_id, {}, {})


@bp.post("/<uuid:site_id>")
@access("house.manage", site=lambda site_id: site_id)
def change(site_id: uuid.UUID) -> Answer:
    """Change the head of a site's records; a sample record is printed first."""
    form, brought = request.form, request.files.get("logo")
    command = ChangeStyle(
        site_id=site_id,
        seen=int(form["seen"]) if form.get("seen", "").isdecimal() else 0,
        name=_both("name"),
        company=_both("company"),
        address=_both("address"),
        layout=form.get("layout", ""),
        logo=brought.stream.read(LARGEST_PNG + 1) if brought and brought.filename else None,
        without_logo="without_logo" in form,
    )
    errors = _try(lambda session: change_style(session, command, reason=_reason()))
    if errors:
        return _site_page(site_id, errors, form), 422
    flash(_("The house style is changed; a sample record with it could be printed."), "success")
    return redirect(url_for("house.show", site_id=site_id), code=303)


@bp.post("/<uuid:site_id>/forms")
@access("house.manage", site=lambda site_id: site_id)
def number_form(site_id: uuid.UUID) -> Answer:
    """Give a form the site's own number and revision."""
    form = request.form
    command = ChangeFormCode(
        site_id=site_id,
        form=form.get("form", ""),
        code=form.get("code", "").strip().upper(),
        revision=form.get("revision", "").strip().upper(),
    )
    errors = _try(lambda session: change_form_code(session, command, reason=_reason()))
    if errors:
        return _site_page(site_id, {}, form, form_errors=errors), 422
    flash(_("Records are printed with the new form number from now on."), "success")
    return redirect(url_for("house.show", site_id=site_id, _anchor="forms"), code=303)


@bp.get("/<uuid:site_id>/preview.pdf")
@access("house.manage", site=lambda site_id: site_id)
def preview(site_id: uuid.UUID) -> Response:
    """Print a sample record in the site's style."""
    page = preview_of(style_of(site_of(db.session(), site_id)))
    return Response(page, mimetype="application/pdf")


def _try(verb: Callable[[Session], object]) -> Errors:
    """Run a change with its reason; give what is wrong with it, by field."""
    try:
        with writing(reason=_reason() or None) as session:
            verb(session)
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
    return str(SERIES.get(series, _("Cases: %(process)s", process=series.partition(".")[2] or series)))


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
