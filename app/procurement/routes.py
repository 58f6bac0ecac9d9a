"""Pages of orders and receipts. The buyer sees what the keeper posts, and may not post it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.catalog.gs1 import Scan, parse_scan
from app.catalog.models import Item, PackagingLevel, Supplier
from app.catalog.packs import pack_with_gtin
from app.catalog.units import STOCK_UNITS
from app.inventory.models import Lot
from app.inventory.queries import locations
from app.objects.pages import furnish
from app.procurement import queries, services
from app.procurement.cancelling import cancel, withdraw_rest
from app.procurement.inputs import read_packs, read_receipt
from app.procurement.kinds import ORDER
from app.procurement.models import OrderState, PurchaseOrder, PurchaseOrderLine, Receipt
from app.procurement.records import pack_text
from app.sites.models import Site
from app.sites.queries import sites
from app.web import (
    access,
    current_actor,
    current_person,
    db,
    in_order,
    listing,
    must_reach,
    navigation,
    paginate,
    reachable_sites,
    request_time,
    writing,
)
from app.web.filters import in_language, quantity
from app.web.refusals import keep, matters
from core import clock
from core.errors import Conflict, FieldErrors, Invalid, QmsError

bp = Blueprint("procurement", __name__)

ADDRESS_OF_NOTHING = uuid.UUID(int=0)
REST = "rest:"
"""Before the line whose rest is given up; alone it stands for all that is still to come."""
FIELDS = ("scan", "line", "packs", "quantity", "unit", "supplier_lot", "expiry", "location", "delivery_note")

navigation("procurement.receipts", _l("Receipts"), icon="truck-delivery", right="receipts.read", order=30)
navigation("procurement.orders", _l("Orders"), icon="file-invoice", right="orders.read", order=35)
listing(
    "procurement.orders",
    "q",
    columns={
        "number": PurchaseOrder.number,
        "supplier": Supplier.code,
        "ordered": PurchaseOrder.ordered_on,
        "state": PurchaseOrder.state,
    },
)
listing(
    "procurement.receipts",
    "q",
    columns={
        "number": Receipt.number,
        "item": Item.code,
        "lot": Lot.number,
        "quantity": Receipt.quantity,
        "supplier": Supplier.code,
        "received": Receipt.received_at,
    },
)


furnish(
    bp,
    ORDER,
    without={"", "filter", "show", "edit", "change", "day", "add_file", "file", "remove_file"},
)


def _site_of_order(object_id: uuid.UUID) -> uuid.UUID:
    return queries.order(db.session(), object_id).site_id


def _site_of_receipt(receipt_id: uuid.UUID) -> uuid.UUID:
    return queries.receipt(db.session(), receipt_id).site_id


@bp.get("/orders")
@access("orders.read")
def orders() -> str:
    """List purchase orders with what is still to come."""
    words = request.args.get("q", "").strip()
    page = paginate(in_order(queries.orders(reachable_sites("orders.read"), words)))
    home = db.session().get(Site, current_person().home_site_id)
    return render_template(
        "procurement/orders.html", page_of=page, q=words, home_site=home.code if home is not None else ""
    )


@bp.get("/orders/<uuid:object_id>")
@access("orders.read", site=_site_of_order)
def orders_show(object_id: uuid.UUID) -> str:
    """Show one order with its lines and receipts."""
    return _order_page(object_id, {})


@bp.post("/orders/<uuid:object_id>/cancel")
@access("orders.place", site=_site_of_order)
def cancel_order(object_id: uuid.UUID) -> Response | tuple[str, int]:
    """Cancel an order or one line of it on which nothing has come in, or give up what is still to come."""
    do, line_id = _chosen(request.form.get("line", ""))
    why = request.form.get("why", "")
    try:
        with writing(reason=why.strip()[:300] or None) as session:
            do(session, object_id, line_id, why, actor=current_actor(), now=request_time())
    except (Invalid, Conflict) as refused:
        if matters(refused):
            keep(refused)
        return _order_page(object_id, {refused.field or "": refused}), refused.status
    flash(_("Cancelled. Nothing is received on it any more."), "success")
    return redirect(url_for("procurement.orders_show", object_id=object_id), 303)


def _chosen(written: str) -> tuple[Callable[..., PurchaseOrder], uuid.UUID | None]:
    """What is to be done, and the line, None for the whole order."""
    do = withdraw_rest if written.startswith(REST) else cancel
    line = written.removeprefix(REST)
    try:
        return do, uuid.UUID(line) if line else None
    except ValueError:
        return do, ADDRESS_OF_NOTHING


def _order_page(order_id: uuid.UUID, errors: Mapping[str, QmsError]) -> str:
    session = db.session()
    session.expire_all()  # what was refused may be so because somebody else was faster
    order = queries.order(session, order_id)
    return render_template(
        "procurement/order.html",
        order=order,
        receipts=queries.receipts_of_order(session, order_id),
        cancellable=_cancellable(order),
        errors=errors,
        fields={name: request.form.get(name, "") for name in ("line", "why")},
    )


def _cancellable(order: PurchaseOrder) -> list[tuple[str, str]]:
    """What the reader may give up: the whole order, single lines, rests; the value and what people read."""
    coming = [line for line in order.lines if line.open_quantity]
    if order.state is not OrderState.OPEN or not coming:
        return []
    if not current_person().may("orders.place", order.site_id):
        return []
    whole = ("", _("The whole order"))
    if any(line.received for line in order.lines):
        whole = (REST, _("All that is still to come"))
    return [whole, *(_choice(line) for line in coming)]


def _choice(line: PurchaseOrderLine) -> tuple[str, str]:
    name = f"{line.position} · {in_language(line.item.name)}"
    if not line.received:
        return f"{line.id}", name
    rest = quantity(line.open_quantity, in_language(STOCK_UNITS[line.item.uom].symbol))
    return f"{REST}{line.id}", _("%(line)s, the rest of %(rest)s", line=name, rest=rest)


@bp.get("/receipts")
@access("receipts.read")
def receipts() -> str:
    """List receipts, newest first."""
    words = request.args.get("q", "").strip()
    page = paginate(in_order(queries.receipts(reachable_sites("receipts.read"), words)))
    return render_template("procurement/receipts.html", page_of=page, q=words)


@bp.get("/receipts/<uuid:receipt_id>")
@access("receipts.read", site=_site_of_receipt)
def receipt(receipt_id: uuid.UUID) -> str:
    """Show one receipt with its lot and case."""
    return render_template("procurement/receipt.html", receipt=queries.receipt(db.session(), receipt_id))


@bp.get("/receipts/new")
@access("receipts.post")
def new_receipt() -> str:
    """Show the receipt form; ``?scan=`` and ``?line=`` fill it in advance."""
    return render_template("procurement/new.html", **_form(request.args, {}))


@bp.get("/receipts/label")
@access("receipts.post")
def read_label() -> str:
    """Show what a scanned label says and which order lines wait for it: the part of the form that depends
    on it."""
    return render_template("procurement/_label.html", **_form(request.args, {}))


@bp.post("/receipts")
@access("receipts.post")
def post_receipt() -> Response | tuple[str, int]:
    """Post a receipt; a form that was sent twice leads to the same receipt."""
    try:
        pack = _pack(request.form.get("scan", ""))
        command = read_receipt(request.form, today=_today(), contains=pack.contains if pack else None)
        must_reach(queries.line(db.session(), command.line_id).order.site_id, "receipts.post")
        with writing() as session:
            posted = services.receive_goods(session, command, actor=current_actor(), now=request_time())
            receipt_id, number, lot = posted.id, posted.number, posted.lot.number
            held = posted.held_because
    except (Invalid, Conflict) as refusal:
        return _again(refusal)
    if held:
        flash(
            _("Receipt %(number)s is posted. Lot %(lot)s is on hold: its supplier is blocked.",
              number=number, lot=lot),
            "warning",
        )
        return redirect(url_for("procurement.receipt", receipt_id=receipt_id), 303)
    flash(
        _("Receipt %(number)s is posted. Lot %(lot)s stands in quarantine.", number=number, lot=lot),
        "success",
    )
    return redirect(url_for("procurement.receipt", receipt_id=receipt_id), 303)


def _again(refusal: Invalid | Conflict) -> tuple[str, int]:
    """The form as it was sent, with each fault at its field; nothing has been posted."""
    if matters(refusal):
        keep(refusal)
    errors = refusal.errors if isinstance(refusal, FieldErrors) else {refusal.field or "": refusal}
    return render_template("procurement/new.html", **_form(request.form, errors)), refusal.status


def _form(fields: Mapping[str, str], errors: Mapping[str, QmsError]) -> dict[str, Any]:
    """What the form shows: the fields as sent, what the label says, and the order lines that wait for it."""
    session, where = db.session(), reachable_sites("receipts.post")
    typed = fields.get("scan", "").strip()
    label, unread = _label(typed) if typed else (None, None)
    pack = _pack(typed)
    lines = queries.open_lines(session, where, label.gtin if label else None)
    chosen = next((line for line in lines if str(line.id) == fields.get("line")), None)
    line = chosen or (lines[0] if label and len(lines) == 1 else None)
    return {
        "fields": {name: fields.get(name, "") for name in FIELDS} | _reckoned(fields, pack, errors),
        "errors": {**({"scan": unread} if unread else {}), **errors},
        "label": label,
        "pack": pack_text(pack) if pack is not None else None,
        "lines": lines,
        "line": line,
        "units": STOCK_UNITS.values(),
        "places": [place for site in sites(session, where) for place in locations(session, site.id)],
        "key": fields.get("key") or str(uuid.uuid4()),
    }


def _pack(typed: str) -> PackagingLevel | None:
    """The pack whose label was read, None if it is of a unit of use or cannot be read."""
    label = _label(typed)[0]
    return pack_with_gtin(db.session(), label.gtin) if label is not None else None


def _reckoned(
    fields: Mapping[str, str], pack: PackagingLevel | None, errors: Mapping[str, QmsError]
) -> dict[str, str]:
    """The quantity of so many full packs; a form that was refused keeps what was typed."""
    if pack is None or errors or not fields.get("packs"):
        return {}
    try:
        return {"quantity": str(read_packs(fields["packs"]) * pack.contains)}
    except Invalid:
        return {}


def _label(typed: str) -> tuple[Scan | None, Invalid | None]:
    try:
        return parse_scan(typed, today=_today()), None
    except Invalid as fault:
        return None, fault


def _today() -> date:
    """The day at the reader's receiving site; goods are judged by the calendar of the place where they
    stand."""
    mine = sites(db.session(), reachable_sites("receipts.post"))
    return clock.site_day(request_time(), mine[0].zone if mine else "UTC")
