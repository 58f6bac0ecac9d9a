"""The stock board, the form with which a lot leaves the house, and taking a consumption back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.catalog.models import Item
from app.inventory import queries, reversal, shipping
from app.inventory.inputs import read_shipment, read_take_back
from app.inventory.ledger import balances_of
from app.inventory.models import Lot, LotStatus
from app.web import (
    access,
    current_actor,
    current_person,
    db,
    in_order,
    listing,
    navigation,
    paginate,
    reachable_sites,
    request_time,
    writing,
)
from app.web.refusals import keep, matters
from core import clock
from core.errors import Conflict, FieldErrors, Invalid, QmsError

bp = Blueprint("inventory", __name__)

navigation("inventory.stock", _l("Stock"), icon="packages", right="stock.read", order=40)
listing(
    "inventory.stock",
    "q",
    "status",
    "expiring",
    columns={"number": Lot.number, "item": Item.code, "expiry": Lot.expiry, "status": Lot.status},
)


@bp.get("/stock")
@access("stock.read")
def stock() -> str:
    """List lots by first expiry, with a search, a status, and what expires soon.

    What counts as expired here is told by the reader's day; using a lot is judged by its own site's calendar.
    """
    where, today = reachable_sites("stock.read"), clock.site_day(request_time(), current_person().zone)
    status, expiring = request.args.get("status", ""), request.args.get("expiring") == "1"
    wanted = queries.BoardFilter(
        words=request.args.get("q", "").strip(),
        status=LotStatus(status) if status in set(LotStatus) else None,
        expiring_until=today + queries.SOON if expiring else None,
    )
    page = paginate(in_order(queries.board(where, wanted)))
    on_hand = queries.on_hand(db.session(), [lot.id for lot in page.items])
    return render_template(
        "inventory/stock.html",
        page_of=page,
        on_hand=on_hand,
        wanted=wanted,
        expiring=expiring,
        counts=queries.count_by_status(db.session(), where),
        today=today,
        soon=today + queries.SOON,
    )


def _site_of(lot_id: uuid.UUID) -> uuid.UUID:
    return queries.lot(db.session(), lot_id).site_id


@bp.get("/lots/<uuid:lot_id>/ship")
@access("stock.ship", site=_site_of)
def new_shipment(lot_id: uuid.UUID) -> str:
    """Show the form with which a lot leaves, and what still keeps it here."""
    return _ship_form(lot_id, {}, {})


@bp.post("/lots/<uuid:lot_id>/ship")
@access("stock.ship", site=_site_of)
def ship(lot_id: uuid.UUID) -> Response | tuple[str, int]:
    """Post a shipment; a form that was sent twice leads to the same one."""
    try:
        command = read_shipment(request.form, queries.lot(db.session(), lot_id))
        with writing() as session:
            sent = shipping.ship_lot(session, command, actor=current_actor(), now=request_time())
            number, lot = sent.number, sent.lot.number
    except (Invalid, Conflict) as refusal:
        if matters(refusal):
            keep(refusal)
        errors = refusal.errors if isinstance(refusal, FieldErrors) else {refusal.field or "": refusal}
        return _ship_form(lot_id, request.form, errors), refusal.status
    flash(_("Shipment %(number)s of lot %(lot)s is posted.", number=number, lot=lot), "success")
    return redirect(url_for("traceability.lot", lot_id=lot_id), 303)


@bp.get("/lots/<uuid:lot_id>/ledger/<uuid:movement_id>")
@access("stock.take_back", site=lambda lot_id, movement_id: _site_of(lot_id))
def show_take_back(lot_id: uuid.UUID, movement_id: uuid.UUID) -> str:
    """Show a consumption and what happens when it is taken back."""
    return _take_back_form(lot_id, movement_id, {}, {})


@bp.post("/lots/<uuid:lot_id>/ledger/<uuid:movement_id>")
@access("stock.take_back", site=lambda lot_id, movement_id: _site_of(lot_id))
def take_back(lot_id: uuid.UUID, movement_id: uuid.UUID) -> Response | tuple[str, int]:
    """Take a consumption back by a counter-entry with a reason."""
    reversal.look_at(db.session(), lot_id, movement_id)
    try:
        command = read_take_back(request.form, movement_id)
        with writing(reason=command.reason) as session:
            reversal.take_back(session, command, actor=current_actor(), now=request_time())
    except (Invalid, Conflict) as refusal:
        if matters(refusal):
            keep(refusal)
        errors = refusal.errors if isinstance(refusal, FieldErrors) else {refusal.field or "": refusal}
        return _take_back_form(lot_id, movement_id, request.form, errors), refusal.status
    flash(_("The consumption is taken back; the record of it is being sealed."), "success")
    return redirect(url_for("traceability.lot", lot_id=lot_id), 303)


def _take_back_form(
    lot_id: uuid.UUID, movement_id: uuid.UUID, fields: Mapping[str, str], errors: Mapping[str, QmsError]
) -> str:
    session = db.session()
    return render_template(
        "inventory/take_back.html",
        lot=queries.lot(session, lot_id),
        seen=reversal.look_at(session, lot_id, movement_id),
        fields=fields,
        errors=errors,
    )


def _ship_form(lot_id: uuid.UUID, fields: Mapping[str, str], errors: Mapping[str, QmsError]) -> str:
    session = db.session()
    lot = queries.lot(session, lot_id)
    there = [balance.quantity for balance in balances_of(session, lot_id, LotStatus.RELEASED)]
    return render_template(
        "inventory/ship.html",
        lot=lot,
        there=sum(there, Decimal(0)),
        waiting=shipping.unsealed_release_records(session, lot_id),
        fields=fields,
        errors=errors,
        key=fields.get("key") or str(uuid.uuid4()),
    )
