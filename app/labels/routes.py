"""Pages from which labels are printed, and the list of what was printed."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file, url_for
from flask_babel import lazy_gettext as _l

from app.equipment.queries import equipment_of
from app.inventory.queries import locations as locations_of
from app.inventory.queries import lot as lot_of
from app.labels import queries, services
from app.labels.models import LabelKind
from app.labels.services import PrintLabels, Subject
from app.sites.queries import sites
from app.web import (
    access,
    allow,
    current_actor,
    db,
    navigation,
    paginate,
    reachable_sites,
    request_time,
    writing,
)
from core.errors import Conflict, Invalid, QmsError
from documents.labels import N_
from documents.sticker import Label, draw_label

bp = Blueprint("labels", __name__)
navigation("labels.index", _l("Labels"), icon="qrcode", right="labels.print", order=45, group="master")

Answer = str | Response | tuple[str, int]


def _lot_site(lot_id: uuid.UUID) -> uuid.UUID:
    return lot_of(db.session(), lot_id).site_id


def _location_site(location_id: uuid.UUID) -> uuid.UUID:
    return queries.location(db.session(), location_id).warehouse.site_id


def _equipment_site(equipment_id: uuid.UUID) -> uuid.UUID:
    return equipment_of(db.session(), equipment_id).site_id


@bp.get("/labels")
@access("labels.print")
def index() -> str:
    """List what was printed, and the places whose labels can be printed."""
    where, session = reachable_sites("labels.print"), db.session()
    places = [place for site in sites(session, where) for place in locations_of(session, site.id)]
    return render_template("labels/index.html", page_of=paginate(queries.prints(where)), places=places)


@bp.get("/lots/<uuid:lot_id>/label")
@access("labels.print", site=_lot_site)
def lot(lot_id: uuid.UUID) -> Answer:
    """Show the label of a lot and the form that prints some."""
    return _page(_lot_subject(lot_id), {}, {})


@bp.get("/lots/<uuid:lot_id>/label.svg")
@access("labels.print", site=_lot_site)
def lot_picture(lot_id: uuid.UUID) -> Response:
    """Draw the label of a lot; ``?serial=`` adds a serial number."""
    return _svg(services.lot_label(lot_of(db.session(), lot_id), _serial(request.args)))


@bp.post("/lots/<uuid:lot_id>/label")
@access("labels.print", site=_lot_site)
def print_lot(lot_id: uuid.UUID) -> Answer:
    """Print labels of a lot, with serial numbers counted up from the first one if there is one."""

    def make(copies: int) -> Sequence[Label]:
        found = lot_of(db.session(), lot_id)
        services.check_lot(found)
        made = services.serials(_serial(request.form), copies)
        return [services.lot_label(found, serial) for serial in made]

    return _print(_lot_subject(lot_id), make)


@bp.get("/locations/<uuid:location_id>/label")
@access("labels.print", site=_location_site)
def location(location_id: uuid.UUID) -> Answer:
    """Show the label of a place and the form that prints some."""
    return _page(_location_subject(location_id), {}, {})


@bp.get("/locations/<uuid:location_id>/label.svg")
@access("labels.print", site=_location_site)
def location_picture(location_id: uuid.UUID) -> Response:
    """Draw the label of a place."""
    return _svg(services.location_label(queries.location(db.session(), location_id)))


@bp.post("/locations/<uuid:location_id>/label")
@access("labels.print", site=_location_site)
def print_location(location_id: uuid.UUID) -> Answer:
    """Print labels of a place."""
    label = services.location_label(queries.location(db.session(), location_id))
    return _print(_location_subject(location_id), lambda copies: [label] * copies)


@bp.get("/equipment/<uuid:equipment_id>/label")
@access("labels.print", site=_equipment_site)
def equipment(equipment_id: uuid.UUID) -> Answer:
    """Show the label of equipment and the form that prints some."""
    return _page(_equipment_subject(equipment_id), {}, {})


@bp.get("/equipment/<uuid:equipment_id>/label.svg")
@access("labels.print", site=_equipment_site)
def equipment_picture(equipment_id: uuid.UUID) -> Response:
    """Draw the label of equipment."""
    return _svg(services.equipment_label(equipment_of(db.session(), equipment_id)))


@bp.post("/equipment/<uuid:equipment_id>/label")
@access("labels.print", site=_equipment_site)
def print_equipment(equipment_id: uuid.UUID) -> Answer:
    """Print labels of equipment."""
    label = services.equipment_label(equipment_of(db.session(), equipment_id))
    return _print(_equipment_subject(equipment_id), lambda copies: [label] * copies)


def _lot_subject(lot_id: uuid.UUID) -> Subject:
    found = lot_of(db.session(), lot_id)
    return Subject(LabelKind.LOT, found.id, found.site_id, f"{found.item.code} · {found.number}")


def _location_subject(location_id: uuid.UUID) -> Subject:
    found = queries.location(db.session(), location_id)
    name = f"{found.warehouse.code}/{found.code}"
    return Subject(LabelKind.LOCATION, found.id, found.warehouse.site_id, name)


def _equipment_subject(equipment_id: uuid.UUID) -> Subject:
    found = equipment_of(db.session(), equipment_id)
    return Subject(LabelKind.EQUIPMENT, found.id, found.site_id, found.code)


def _print(subject: Subject, make: Callable[[int], Sequence[Label]]) -> Answer:
    fields = request.form
    try:
        command = PrintLabels(subject, make(_copies(fields.get("copies", ""))), fields.get("reason", ""))
        with writing(reason=command.reason.strip()[:300] or None) as session:
            pdf = services.print_some(session, command, actor=current_actor(), now=request_time())
    except (Invalid, Conflict) as refused:
        return _page(subject, dict(fields), {refused.field or "": refused}), refused.status
    allow("sandbox", "")
    name = f"label-{subject.name.replace(' · ', '-').replace('/', '-')}.pdf"
    return send_file(io.BytesIO(pdf), mimetype="application/pdf", as_attachment=True, download_name=name)


def _copies(written: str) -> int:
    text = written.strip()
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= services.MOST_COPIES:
        sentence = N_("From 1 to %(most)s labels are printed at once.")
        raise Invalid("label.copies", sentence, field="copies", most=services.MOST_COPIES)
    return int(text)


def _serial(fields: Any) -> str:
    return str(fields.get("serial", "")).strip()[:20]


def _page(subject: Subject, fields: dict[str, str], errors: dict[str, QmsError]) -> str:
    at: dict[str, Any] = {f"{subject.kind.value}_id": subject.id}
    unprintable = None
    try:
        if subject.kind is LabelKind.LOT:
            found = lot_of(db.session(), subject.id)
            services.check_lot(found)
            services.lot_label(found)
    except (Invalid, Conflict) as refused:
        unprintable = refused
    return render_template(
        "labels/print.html",
        subject=subject,
        fields=fields,
        errors=errors,
        unprintable=unprintable,
        picture=url_for(f"labels.{subject.kind.value}_picture", **at),
        action=url_for(f"labels.print_{subject.kind.value}", **at),
        printed=queries.prints_of(db.session(), subject.kind, subject.id),
    )


def _svg(label: Label) -> Response:
    allow("sandbox", "")
    return Response(draw_label(label), mimetype="image/svg+xml")
