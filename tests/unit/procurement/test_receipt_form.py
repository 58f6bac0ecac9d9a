"""The receipt form as it is posted: every fault is found at once, at its field."""

from datetime import date
from decimal import Decimal

import pytest

from app.procurement.inputs import read_receipt
from core.errors import FieldErrors

TODAY = date(2026, 11, 22)
GOOD = {
    "scan": "(01)06901234567892(17)270531(10)A1",
    "line": "6e29bee0-4676-4bb0-affc-f9819f921e9c",
    "location": "b0697462-10d0-4c1c-9d2c-529fbf03e16f",
    "quantity": "12.5",
    "unit": "kg",
    "key": "form-1",
}


@pytest.mark.urs("URS-042")
def test_expiry_and_suppliers_lot_are_taken_from_the_label() -> None:
    command = read_receipt(GOOD, today=TODAY)
    assert (command.quantity, command.expiry, command.supplier_lot) == (
        Decimal("12.5"),
        date(2027, 5, 31),
        "A1",
    )
    assert not command.same_lot_again


@pytest.mark.urs("URS-042")
def test_an_empty_form_says_everything_that_is_missing() -> None:
    with pytest.raises(FieldErrors) as refusal:
        read_receipt({}, today=TODAY)
    assert set(refusal.value.errors) == {"scan", "line", "location", "unit", "quantity", "key"}


WRONG = {
    "scan": ("hello", "scan.not_gs1"),
    "line": ("1 OR 1=1", "receipt.line"),
    "location": ("", "location.unknown"),
    "quantity": ("many", "quantity.number"),
    "unit": ("bushel", "unit.unknown"),
    "expiry": ("31.05.2027", "day.format"),
    "supplier_lot": ("A1 😀", "record.glyph"),
    "delivery_note": ("x" * 61, "text.long"),
}


@pytest.mark.parametrize(("field", "typed", "code"), [(name, *wrong) for name, wrong in WRONG.items()])
def test_each_wrong_field_is_marked_and_no_other(field: str, typed: str, code: str) -> None:
    with pytest.raises(FieldErrors) as refusal:
        read_receipt(GOOD | {field: typed}, today=TODAY)
    assert {name: error.code for name, error in refusal.value.errors.items()} == {field: code}
    assert refusal.value.errors[field].text("en")
