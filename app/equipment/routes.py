"""Pages of equipment: the register, what is due, what was done, and blocks (URS-078)."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.equipment import pages, queries, services
from app.equipment.imports import EQUIPMENT, blocks_only
from app.equipment.inputs import read_event
from app.equipment.models import Equipment
from app.objects.kinds import Key, ObjectKind
from app.objects.pages import furnish
from app.objects.panels import add_panel
from app.web import (
    access,
    allow,
    current_actor,
    db,
    language,
    navigation,
    request_time,
    writing,
)
from core.errors import Conflict, FieldErrors, Invalid, NotFound, QmsError
from documents import store, uploads

bp = Blueprint("equipment", __name__)


def _equipment(session: Session, key: Key) -> Any:
    return session.scalar(select(Equipment).where(Equipment.code == key[0]))


furnish(
    bp,
    ObjectKind(
        name="equipment.equipment",
        title={"en": "Equipment", "zh": "设备"},
        listed=EQUIPMENT,
        model=Equipment,
        plural="equipment",
        icon="tool",
        read="equipment.read",
        find=_equipment,
        key_of=lambda row: (row.code,),
        label=lambda row: {lang: f"{row.code} · {row.name[lang]}" for lang in ("en", "zh")},
        shown={
            "code": Equipment.code,
            "name": Equipment.name["en"].as_string(),
            "kind": Equipment.kind,
            "calibrated_until": Equipment.calibrated_until,
            "blocked": Equipment.blocked,
            "state": Equipment.state,
        },
        words=(
            Equipment.code,
            Equipment.name["en"].as_string(),
            Equipment.name["zh"].as_string(),
            Equipment.serial,
            Equipment.place,
        ),
        site_of=lambda row: row.site_id,
        at_once=blocks_only,
    ),
    menu=_l("Equipment"),
    order=40,
    group="master",
)
add_panel("equipment.equipment", "equipment/_equipment.html", pages.panel)
navigation(
    "equipment.due", _l("Equipment due"), icon="calendar-due", right="equipment.read", order=41,
    group="master",
)  # fmt: skip


def _site_of(equipment_id: uuid.UUID) -> uuid.UUID:
    return queries.equipment_of(db.session(), equipment_id).site_id


@bp.get("/equipment-due")
@access("equipment.read")
def due() -> str:
    """List what is overdue, or due within 30 days."""
    return render_template("equipment/due.html", **pages.due_page(db.session()))


@bp.post("/equipment/<uuid:equipment_id>/block")
@access("equipment.manage", site=_site_of)
def block(equipment_id: uuid.UUID) -> AnyResponse:
    """Block equipment at once, with the reason."""
    why = request.form.get("why", "")
    try:
        with writing(reason=why.strip()[:300] or None) as session:
            services.block_equipment(session, equipment_id, why, actor=current_actor(), now=request_time())
    except (Invalid, Conflict) as refused:
        flash(refused.text(language()), "danger")
    else:
        flash(_("Blocked. It cannot be used any more."), "success")
    return _shown(equipment_id)


@bp.post("/equipment/<uuid:equipment_id>/events")
@access("equipment.manage", site=_site_of)
def record(equipment_id: uuid.UUID) -> AnyResponse:
    """Record what was done to equipment, with the file of its certificate."""
    brought = request.files.get("file")
    try:
        command = read_event(equipment_id, request.form)
        with writing(reason=command.document or None) as session:
            if brought is not None and brought.filename:
                kept = uploads.accept(
                    session,
                    brought.stream,  # type: ignore[arg-type]
                    brought.filename,
                    actor=current_actor(),
                    now=request_time(),
                )
                command = replace(command, file=kept)
            event = services.record_event(session, command, actor=current_actor(), now=request_time())
            good = event.until is not None
    except FieldErrors as wrong:
        return _refused(equipment_id, *wrong.errors.values())
    except (Invalid, Conflict) as wrong:
        return _refused(equipment_id, wrong)
    if good:
        flash(_("Recorded."), "success")
    else:
        flash(_("Recorded and blocked. Look at what it measured since it was last found good."), "warning")
    return _shown(equipment_id)


@bp.get("/equipment/<uuid:equipment_id>/events/<uuid:event_id>/file")
@access("equipment.read", site=lambda equipment_id, event_id: _site_of(equipment_id))
def event_file(equipment_id: uuid.UUID, event_id: uuid.UUID) -> Response:
    """Give the certificate of something that was done.

    Raises:
        NotFound: ``equipment.no_event``.
    """
    event = queries.event_of(db.session(), equipment_id, event_id)
    if event.sha256 is None:
        raise NotFound("equipment.no_event", "There is no such entry.")
    allow("sandbox", "")
    data = io.BytesIO(store.read(event.sha256))
    return send_file(
        data, mimetype="application/octet-stream", as_attachment=True, download_name=event.file_name
    )


def _refused(equipment_id: uuid.UUID, *wrong: QmsError) -> AnyResponse:
    for one in wrong:
        flash(one.text(language()), "danger")
    return _shown(equipment_id)


def _shown(equipment_id: uuid.UUID) -> AnyResponse:
    return redirect(url_for("equipment.equipment_show", object_id=equipment_id), 303)
