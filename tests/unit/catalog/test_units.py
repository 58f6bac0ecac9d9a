"""Quantities as people type them."""

from decimal import Decimal

import pytest

from app.catalog.units import STOCK_UNITS, check_unit, quantity_text, read_quantity
from core.errors import Invalid

KG, PCS = STOCK_UNITS["kg"], STOCK_UNITS["{pcs}"]


@pytest.mark.urs("URS-050")
@pytest.mark.parametrize(
    ("typed", "quantity"), [("12.5", "12.5"), (" 0.000001 ", "0.000001"), ("1e3", "1000"), ("007", "7")]
)
def test_numbers_are_read_exactly(typed: str, quantity: str) -> None:
    assert read_quantity(typed, KG) == Decimal(quantity)


WRONG = {
    "nothing": ("", "quantity.number"),
    "a word": ("many", "quantity.number"),
    "grouped": ("1,250", "quantity.number"),
    "not a number": ("NaN", "quantity.number"),
    "without end": ("Infinity", "quantity.number"),
    "zero": ("0", "quantity.positive"),
    "below zero": ("-3", "quantity.positive"),
    "too fine": ("0.0000001", "quantity.decimals"),
    "too much": ("1000000001", "quantity.large"),
    "far too much": ("1e999999", "quantity.large"),
}


@pytest.mark.urs("URS-050")
@pytest.mark.parametrize(("typed", "code"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_quantity_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_quantity(typed, KG)
    assert (refusal.value.code, refusal.value.field) == (code, "quantity")
    assert refusal.value.text("en")


def test_counted_things_are_whole() -> None:
    assert read_quantity("12", PCS) == 12
    with pytest.raises(Invalid, match="whole number"):
        read_quantity("1.5", PCS)


def test_an_unknown_unit_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid) as refusal:
        check_unit("bushel")
    assert "kg" in refusal.value.text("en")


@pytest.mark.parametrize(
    ("value", "text"), [("1E+3", "1000"), ("2.50", "2.5"), ("0.10", "0.1"), ("100", "100")]
)
def test_quantities_are_written_without_exponent_or_trailing_zeros(value: str, text: str) -> None:
    assert quantity_text(Decimal(value)) == text
