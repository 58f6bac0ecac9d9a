"""Pages of work orders and of goods that come off the line."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.catalog.models import BomLine, Item
from app.catalog.units import STOCK_UNITS, check_unit, quantity_text
from app.inventory.genealogy import inputs_of
from app.inventory.queries import Available, available, locations
from app.production import queries, services
from app.production.inputs import read_output
from app.production.models import WorkOrder
from app.web import (
    access,
    current_actor,
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

bp = Blueprint("production", __name__)

FIELDS = ("scan", "work_order", "quantity", "unit", "location")
SPARE_ROWS = 3

navigation("production.work_orders", _l("Work orders"), icon="assembly", right="output.read", order=37)
listing(
    "production.work_orders",
    "q",
    columns={
        "number": WorkOrder.number,
        "item": Item.code,
        "planned": WorkOrder.quantity,
        "made": WorkOrder.made,
        "due": WorkOrder.due_on,
        "state": WorkOrder.state,
    },
)


@dataclass(frozen=True)
class InputRow:
    """A row of the form for one lot that went in: what is asked for, what was typed, and what FEFO would
    take."""

    item: Item | None
    lot: str
    used: str
    proposed: Sequence[Available]


def _site_of_order(work_order_id: uuid.UUID) -> uuid.UUID:
    return queries.work_order(db.session(), work_order_id).site_id


def _site_of_output(output_id: uuid.UUID) -> uuid.UUID:
    return queries.output(db.session(), output_id).site_id


@bp.get("/work-orders")
@access("output.read")
def work_orders() -> str:
    """List work orders, open ones first."""
    words = request.args.get("q", "").strip()
    page = paginate(in_order(queries.work_orders(reachable_sites("output.read"), words)))
    return render_template("production/work_orders.html", page_of=page, q=words)


@bp.get("/work-orders/<uuid:work_order_id>")
@access("output.read", site=_site_of_order)
def work_order(work_order_id: uuid.UUID) -> str:
    """Show one work order with its materials and what has come off the line."""
    session = db.session()
    return render_template(
        "production/work_order.html",
        order=queries.work_order(session, work_order_id),
        outputs=queries.outputs_of(session, work_order_id),
    )


@bp.get("/output/<uuid:output_id>")
@access("output.read", site=_site_of_output)
def output(output_id: uuid.UUID) -> str:
    """Show one output receipt with its lot, inputs and case."""
    found = queries.output(db.session(), output_id)
    return render_template(
        "production/output.html", output=found, inputs=inputs_of(db.session(), found.lot_id)
    )


@bp.get("/output/new")
@access("output.post")
def new_output() -> str:
    """Show the output form; ``?work_order=`` fills it in advance."""
    return render_template("production/new.html", **_form(request.args, {}))


@bp.get("/output/materials")
@access("output.post")
def materials() -> str:
    """Show the rows for the materials of the chosen work order: a part of the form."""
    return render_template("production/_materials.html", **_form(request.args, {}))


@bp.post("/output")
@access("output.post")
def post_output() -> Response | tuple[str, int]:
    """Take goods from the line in; a form that was sent twice leads to the same receipt."""
    session = db.session()
    order = _chosen(request.form)
    try:
        if order is None:
            raise Invalid("output.work_order", "Choose the work order.", field="work_order")
        command = read_output(session, request.form, _rows_sent(), site_id=order.site_id, today=_today(order))
        with writing() as work:
            posted = services.receive_output(work, command, actor=current_actor(), now=request_time())
            output_id, number, lot = posted.id, posted.number, posted.lot.number
    except (Invalid, Conflict) as refusal:
        return _again(refusal)
    flash(
        _("Output %(number)s is posted. Lot %(lot)s stands in quarantine.", number=number, lot=lot), "success"
    )
    return redirect(url_for("production.output", output_id=output_id), 303)


def _again(refusal: Invalid | Conflict) -> tuple[str, int]:
    """The form as it was sent, with each fault at its field; nothing has been posted."""
    if matters(refusal):
        keep(refusal)
    errors = refusal.errors if isinstance(refusal, FieldErrors) else {refusal.field or "": refusal}
    return render_template("production/new.html", **_form(request.form, errors)), refusal.status


def _form(fields: Mapping[str, str], errors: Mapping[str, QmsError]) -> dict[str, Any]:
    session, order = db.session(), _chosen(fields)
    orders = queries.open_work_orders(session, reachable_sites("output.post"))
    return {
        "fields": {name: fields.get(name, "") for name in FIELDS},
        "errors": errors,
        "orders": orders,
        "order": order,
        "rows": _rows(order) if order else [],
        "units": STOCK_UNITS.values(),
        "places": locations(session, order.site_id) if order else [],
        "key": fields.get("key") or str(uuid.uuid4()),
    }


def _chosen(fields: Mapping[str, str]) -> WorkOrder | None:
    """The work order chosen in the form, open or not, at a site where this person may take output in."""
    where = reachable_sites("output.post")
    try:
        order = db.session().get(WorkOrder, uuid.UUID(fields.get("work_order", "")))
    except ValueError:
        return None
    return order if order and (where is None or order.site_id in where) else None


def _rows_sent() -> list[tuple[str, str]]:
    return list(zip(request.values.getlist("lot"), request.values.getlist("used"), strict=False))


def _rows(order: WorkOrder) -> list[InputRow]:
    """One row for each line of the bill of material, then spare ones for a second lot of the same item.

    A new quantity of the output brings new quantities of the inputs; otherwise what was typed stays.
    """
    sent, again = _rows_sent(), request.headers.get("HX-Trigger-Name") == "quantity"
    rows = []
    for number in range(len(order.bom.lines) + SPARE_ROWS):
        line = order.bom.lines[number] if number < len(order.bom.lines) else None
        lot, used = sent[number] if number < len(sent) else ("", "")
        needed = _needed(line) if line else ""
        rows.append(
            InputRow(
                line.item if line else None, lot, needed if again else used or needed, _fefo(order, line)
            )
        )
    return rows


def _fefo(order: WorkOrder, line: BomLine | None) -> Sequence[Available]:
    if line is None:
        return ()
    return available(db.session(), site_id=order.site_id, today=_today(order), item_id=line.item_id)


def _needed(line: BomLine) -> str:
    """What the quantity typed so far takes of a material, counted things rounded up to whole ones."""
    typed = request.values.get("quantity", "").strip()
    if not (typed.isascii() and typed.isdigit()):
        return ""
    exact = line.quantity * int(typed)
    whole = check_unit(line.item.uom).decimals == 0
    return quantity_text(exact.to_integral_value(ROUND_CEILING) if whole else exact)


def _today(order: WorkOrder) -> date:
    return clock.site_day(request_time(), order.site.zone)
