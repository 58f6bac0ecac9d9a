"""The posted output form, read into a command: the label of the goods, and the lots that went into them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from app.catalog.gs1 import Scan, parse_scan
from app.catalog.units import STOCK_UNITS, check_unit, read_quantity
from app.inventory.entry import Entered
from app.inventory.models import Lot, LotStatus
from app.inventory.queries import lots_on_label
from app.production.services import ReceiveOutput, UsedLot
from core.errors import Invalid


def read_output(
    session: Session,
    fields: Mapping[str, str],
    inputs: Sequence[tuple[str, str]],
    *,
    site_id: uuid.UUID,
    today: date,
) -> ReceiveOutput:
    """Read fields ``scan``, ``work_order``, ``quantity``, ``unit``, ``location`` and ``key``, and
    ``inputs``, pairs of
    a scanned lot and a quantity in that lot's unit; rows left empty are skipped.

    Raises:
        FieldErrors: every fault by field; rows are ``input-0``, ``input-1`` ….
    """
    entered = Entered(fields)
    label = entered.read("scan", lambda: parse_scan(entered.text("scan"), today=today))
    order_id = entered.key(
        "work_order", Invalid("output.work_order", "Choose the work order.", field="work_order")
    )
    location_id = entered.key("location", Invalid("location.unknown", "Choose a location.", field="location"))
    unit = entered.read("unit", partial(check_unit, entered.text("unit")))
    # Without a unit the quantity is still read, to mark both faults at once.
    quantity = entered.read(
        "quantity", lambda: read_quantity(entered.text("quantity"), unit or STOCK_UNITS["kg"])
    )
    used = [
        entered.read(
            f"input-{number}", partial(_used, session, scan, amount, site_id, today, f"input-{number}")
        )
        for number, (scan, amount) in enumerate(inputs)
        if scan.strip() or amount.strip()
    ]
    entered.check()
    assert label is not None
    assert order_id is not None
    assert location_id is not None
    assert unit is not None
    assert quantity is not None
    return ReceiveOutput(
        work_order_id=order_id,
        label=label,
        quantity=quantity,
        unit=unit.code,
        location_id=location_id,
        inputs=[one for one in used if one is not None],
        key=entered.text("key"),
    )


def _used(session: Session, scan: str, amount: str, site_id: uuid.UUID, today: date, field: str) -> UsedLot:
    lot = find_lot(session, scan, site_id=site_id, today=today, field=field)
    return UsedLot(lot.id, read_quantity(amount, check_unit(lot.unit), field=field))


def find_lot(session: Session, scan: str, *, site_id: uuid.UUID, today: date, field: str) -> Lot:
    """The lot of a site that a scanned label, or a typed lot number, means; a released one before others.

    Raises:
        Invalid: ``lot.not_found`` or ``lot.ambiguous``, or the label cannot be read.
    """
    label = _label(scan, today, field)
    found = lots_on_label(
        session, site_id, (label.lot or "") if label else scan.strip(), label.gtin if label else None
    )
    usable = [lot for lot in found if lot.status is LotStatus.RELEASED] or found
    if not usable:
        raise Invalid(
            "lot.not_found", "No lot of this site has the number “%(scan)s”.", field=field, scan=scan.strip()
        )
    if len(usable) > 1:
        raise Invalid(
            "lot.ambiguous",
            "“%(scan)s” means more than one lot: %(lots)s. Type the plant's own lot number.",
            field=field,
            scan=scan.strip(),
            lots=", ".join(lot.number for lot in usable),
        )
    return usable[0]


def _label(scan: str, today: date, field: str) -> Scan | None:
    """A label where the text looks like one; anything else is taken as a lot number."""
    text = scan.strip()
    if text.startswith(("(", "]")) or (text.startswith("01") and text[:16].isdigit() and len(text) > 16):
        return parse_scan(text, today=today, field=field)
    return None
