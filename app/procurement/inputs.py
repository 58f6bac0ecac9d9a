"""The posted receipt form, read into a command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

from app.catalog.gs1 import parse_scan
from app.catalog.units import STOCK_UNITS, check_unit, read_quantity
from app.inventory.entry import Entered
from app.procurement.services import ReceiveGoods
from core.errors import Invalid


def read_receipt(fields: Mapping[str, str], *, today: date) -> ReceiveGoods:
    """Read fields ``scan``, ``line``, ``quantity``, ``unit``, ``supplier_lot``, ``expiry``, ``location``,
    ``delivery_note``, ``same_lot_again`` and ``key``. An expiry left empty is taken from the label, and so
    is the
    supplier's lot.

    Raises:
        FieldErrors: every fault by field.
    """
    entered = Entered(fields)
    label = entered.read("scan", lambda: parse_scan(entered.text("scan"), today=today))
    line_id = entered.key("line", Invalid("receipt.line", "Choose the order line.", field="line"))
    location_id = entered.key("location", Invalid("location.unknown", "Choose a location.", field="location"))
    unit = entered.read("unit", partial(check_unit, entered.text("unit")))
    # Without a unit the quantity is still read, to mark both faults at once.
    quantity = entered.read(
        "quantity", lambda: read_quantity(entered.text("quantity"), unit or STOCK_UNITS["kg"])
    )
    expiry = entered.day("expiry")
    supplier_lot, delivery_note = entered.printable("supplier_lot"), entered.printable("delivery_note")
    if not entered.text("key"):
        entered.errors["key"] = Invalid("form.key", "Open the form again.", field="key")
    entered.check()
    assert label is not None
    assert line_id is not None
    assert location_id is not None
    assert unit is not None
    assert quantity is not None
    return ReceiveGoods(
        line_id=line_id,
        label=label,
        quantity=quantity,
        unit=unit.code,
        supplier_lot=supplier_lot or label.lot or "",
        expiry=expiry or label.expiry,
        location_id=location_id,
        delivery_note=delivery_note,
        key=entered.text("key"),
        same_lot_again=bool(entered.text("same_lot_again")),
    )
