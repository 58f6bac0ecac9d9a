"""The posted forms of the stock pages, read into commands."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from app.catalog.units import check_unit, read_quantity
from app.inventory.entry import Entered
from app.inventory.models import Lot
from app.inventory.reversal import TakeBack
from app.inventory.shipping import ShipLot
from core.errors import Invalid


def read_shipment(fields: Mapping[str, str], lot: Lot) -> ShipLot:
    """Read fields ``quantity`` (in the lot's unit), ``customer``, ``delivery_note``, ``confirmed``, ``key``.

    Raises:
        FieldErrors: every fault by field.
    """
    entered = Entered(fields)
    unit = check_unit(lot.unit)
    quantity = entered.read("quantity", lambda: read_quantity(entered.text("quantity"), unit))
    customer, delivery_note = entered.printable("customer"), entered.printable("delivery_note")
    for name, typed, sentence in (
        ("customer", customer, "Write who gets it."),
        ("delivery_note", delivery_note, "Write the number of the delivery note."),
    ):
        if not typed:
            entered.errors.setdefault(name, Invalid(f"shipment.{name}", sentence, field=name))
    if not entered.text("key"):
        entered.errors["key"] = Invalid("form.key", "Open the form again.", field="key")
    entered.check()
    assert quantity is not None
    return ShipLot(
        lot_id=lot.id,
        quantity=quantity,
        customer=customer,
        delivery_note=delivery_note,
        confirmed=bool(entered.text("confirmed")),
        key=entered.text("key"),
    )


def read_take_back(fields: Mapping[str, str], movement_id: uuid.UUID) -> TakeBack:
    """Read fields ``reason`` and ``confirmed``.

    Raises:
        FieldErrors: every fault by field.
    """
    entered = Entered(fields)
    reason = entered.printable("reason")
    if not reason:
        sentence = "Say why the consumption is taken back."
        entered.errors.setdefault("reason", Invalid("movement.reason", sentence, field="reason"))
    if not entered.text("confirmed"):
        sentence = "Confirm that the material is back."
        entered.errors["confirmed"] = Invalid("movement.unconfirmed", sentence, field="confirmed")
    entered.check()
    return TakeBack(movement_id=movement_id, reason=reason, confirmed=True)
