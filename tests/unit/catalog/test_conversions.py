"""Units convert exactly, by UCUM or by what one item says, and never silently."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.coding import fits, read_pattern
from app.catalog.conversions import UnitFact, convert, exact_quantity, must_be_new
from core.errors import Conflict, Invalid

CARTON = UnitFact("{box}", "{pcs}", Fraction(200))
WEIGHT = UnitFact("{pcs}", "g", Fraction(1, 3))


@pytest.mark.urs("URS-030")
@given(
    st.fractions(min_value=Fraction(1, 1000), max_value=1000),
    st.sampled_from([("kg", "mg"), ("L", "mL"), ("m", "um"), ("h", "s"), ("{box}", "kg"), ("t", "{pcs}")]),
)
def test_there_and_back_is_the_same_quantity(quantity: Fraction, units: tuple[str, str]) -> None:
    there = convert(quantity, *units, [CARTON, WEIGHT])
    assert convert(there, *reversed(units), [CARTON, WEIGHT]) == quantity


def test_what_does_not_convert_is_refused() -> None:
    assert convert(Decimal("0.5"), "{box}", "{pcs}", [CARTON]) == 100
    with pytest.raises(Invalid) as refused:
        convert(Decimal(1), "{box}", "{pcs}")
    assert refused.value.code == "unit.no_conversion"
    with pytest.raises(Invalid):
        exact_quantity(Fraction(1, 3), unit="kg")
    with pytest.raises(Conflict):
        must_be_new("kg", "g", [], item="X")
    with pytest.raises(Conflict):
        must_be_new("{pcs}", "{box}", [CARTON], item="X")


@pytest.mark.urs("URS-030")
@pytest.mark.parametrize(
    ("code", "pattern", "good"),
    [
        ("RM-0001", "RM-####", True),
        ("RM-001", "RM-####", False),
        ("RM-PVC-70", "RM-*", True),
        ("XM-1", "RM-*", False),
    ],
)
def test_a_code_fits_its_pattern_or_not(code: str, pattern: str, good: bool) -> None:
    assert fits(code, read_pattern(pattern)) is good
