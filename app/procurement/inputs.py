"""The posted receipt form, read into a command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import partial

from app.catalog.gs1 import parse_scan
from app.catalog.units import STOCK_UNITS, Unit, check_quantity, check_unit, quantity_text, read_quantity
from app.inventory.entry import Entered
from app.procurement.services import ReceiveGoods
from core.errors import Invalid


def read_receipt(fields: Mapping[str, str], *, today: date, contains: int | None = None) -> ReceiveGoods:
    """Read fields ``scan``, ``line``, ``packs``, ``quantity``, ``unit``, ``supplier_lot``, ``expiry``,
    ``location``, ``delivery_note``, ``same_lot_again`` and ``key``.

    An expiry left empty is taken from the label, and so is the supplier's lot. ``contains`` is how many
    units of use the pack holds whose label was read, None if it is of no pack; a quantity left empty is
    then that of so many full ``packs``.

    Raises:
        FieldErrors: every fault by field.
    """
    entered = Entered(fields)
    label = entered.read("scan", lambda: parse_scan(entered.text("scan"), today=today))
    line_id = entered.key("line", Invalid("receipt.line", "Choose the order line.", field="line"))
    location_id = entered.key("location", Invalid("location.unknown", "Choose a location.", field="location"))
    unit = entered.read("unit", partial(check_unit, entered.text("unit")))
    # Without a unit the quantity is still read, to mark both faults at once.
    quantity = entered.read("quantity", lambda: _quantity(entered, unit or STOCK_UNITS["kg"], contains))
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


def read_packs(typed: str) -> int:
    """Read how many packs came: digits, one to six.

    Raises:
        Invalid: ``receipt.packs``.
    """
    if not re.fullmatch(r"0*[1-9][0-9]{0,5}", typed.strip()):
        raise Invalid("receipt.packs", "Type how many full packs came, for example 10.", field="packs")
    return int(typed)


def _quantity(entered: Entered, unit: Unit, contains: int | None) -> Decimal:
    typed, packs = entered.text("quantity"), entered.text("packs")
    if not packs:
        return read_quantity(typed, unit)
    if contains is None:
        sentence = "The label is of no pack. Leave the number of packs empty and type the quantity."
        raise Invalid("receipt.no_pack", sentence, field="packs")
    whole = check_quantity(Decimal(read_packs(packs) * contains), unit)
    if typed and read_quantity(typed, unit) != whole:
        raise Invalid(
            "receipt.packs_differ",
            "%(packs)s packs of %(contains)s are %(whole)s, not %(quantity)s. If a pack is not full, leave "
            "the number of packs empty and type what came.",
            field="quantity",
            packs=packs,
            contains=contains,
            whole=quantity_text(whole),
            quantity=typed,
        )
    return whole
