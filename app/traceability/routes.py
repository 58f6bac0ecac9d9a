"""The lot page: what a lot is, where it stands, what is in it and what it is in, its cases and records."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template

from app.inventory.ledger import balances_of
from app.inventory.models import MOVEMENT_NAMES
from app.inventory.queries import lot as lot_with
from app.inventory.queries import movements_of
from app.inventory.shipping import shipments_of
from app.quality.deviations.models import DISPOSITION_NAMES
from app.quality.deviations.queries import about_lot
from app.quality.queries import inspections_of
from app.traceability import queries
from app.web import access, db, request_time
from core import clock

bp = Blueprint("traceability", __name__)


def _site_of(lot_id: uuid.UUID) -> uuid.UUID:
    return lot_with(db.session(), lot_id).site_id


@bp.get("/lots/<uuid:lot_id>")
@access("stock.read", site=_site_of)
def lot(lot_id: uuid.UUID) -> str:
    """Show one lot with its stock, ledger, nearest genealogy, inspections, cases and records."""
    session = db.session()
    found = lot_with(session, lot_id)
    inputs, outputs = queries.neighbours(session, lot_id)
    movements = movements_of(session, lot_id)
    return render_template(
        "traceability/lot.html",
        lot=found,
        expired=found.expired_on(clock.site_day(request_time(), found.site.zone)),
        balances=balances_of(session, lot_id),
        movements=movements,
        reversed={movement.reversal_of for movement in movements},
        movement_names=MOVEMENT_NAMES,
        inputs=inputs,
        outputs=outputs,
        shipments=shipments_of(session, [lot_id]),
        inspections=inspections_of(session, lot_id),
        nonconformities=about_lot(session, lot_id),
        dispositions=DISPOSITION_NAMES,
        cases=queries.cases_of(session, lot_id),
        records=queries.records_of(session, lot_id),
    )


@bp.get("/lots/<uuid:lot_id>/trace")
@access("stock.read", site=_site_of)
def trace(lot_id: uuid.UUID) -> str:
    """Show every lot inside this one, every lot this one is in, over all levels, and whom they went to."""
    session = db.session()
    return render_template(
        "traceability/trace.html",
        lot=lot_with(session, lot_id),
        materials=queries.materials_of(session, lot_id),
        uses=queries.uses_of(session, lot_id),
        shipments=queries.deliveries_of(session, lot_id),
    )
