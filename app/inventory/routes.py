"""The stock board."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from app.catalog.models import Item
from app.inventory import queries
from app.inventory.models import Lot, LotStatus
from app.web import access, db, in_order, listing, navigation, paginate, reachable_sites, request_time
from core import clock

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

    What counts as expired here is told by the day in UTC; using a lot is judged by its own site's calendar.
    """
    where, today = reachable_sites("stock.read"), clock.site_day(request_time(), "UTC")
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
