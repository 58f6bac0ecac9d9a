"""Exact conversion between units: what UCUM says of all things, and what holds for one item (URS-030).

Kilograms and grams are one dimension; pieces and cartons become one only by what an item says: 1 {box} =
200 {pcs}. Nothing is rounded: factors are fractions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.errors import Conflict, Invalid

_FACTORS: dict[str, tuple[str, Fraction]] = {
    "mg": ("mass", Fraction(1, 1000)),
    "g": ("mass", Fraction(1)),
    "kg": ("mass", Fraction(1000)),
    "t": ("mass", Fraction(1000000)),
    "mL": ("volume", Fraction(1, 1000)),
    "L": ("volume", Fraction(1)),
    "um": ("length", Fraction(1, 1000000)),
    "mm": ("length", Fraction(1, 1000)),
    "cm": ("length", Fraction(1, 100)),
    "m": ("length", Fraction(1)),
    "s": ("time", Fraction(1)),
    "min": ("time", Fraction(60)),
    "h": ("time", Fraction(3600)),
    "kPa": ("pressure", Fraction(1)),
    "MPa": ("pressure", Fraction(1000)),
    "1": ("ratio", Fraction(1)),
    "%": ("ratio", Fraction(1, 100)),
}
"""UCUM code → dimension and factor to its base; a unit that is not here is a dimension of its own."""

KEPT = 6
"""So many decimals of a quantity are kept."""


@dataclass(frozen=True)
class UnitFact:
    """What holds for one item: one ``unit`` is ``factor`` of ``equals_unit``."""

    unit: str
    equals_unit: str
    factor: Fraction


def convert(
    quantity: Decimal | Fraction, unit: str, to: str, facts: Iterable[UnitFact] = (), *, item: str = "–"
) -> Fraction:
    """Say how much of ``to`` a quantity is, exactly; ``facts`` hold for the item at hand.

    Raises:
        Invalid: ``unit.no_conversion``: another dimension, and nothing about the item leads there.
    """
    (start, up), (goal, down) = _base(unit), _base(to)
    reached, way = {start: Fraction(1)}, [start]
    edges = list(_edges(facts))
    while way and goal not in reached:
        here = way.pop(0)
        for one, other, factor in edges:
            if one == here and other not in reached:
                reached[other] = reached[here] * factor
                way.append(other)
    if goal not in reached:
        raise Invalid(
            "unit.no_conversion",
            "%(unit)s does not convert to %(wanted)s for item %(item)s. Add a unit conversion of the item"
            " first, or use another unit.",
            field="unit",
            unit=unit,
            wanted=to,
            item=item,
        )
    return Fraction(quantity) * up * reached[goal] / down


def exact_quantity(quantity: Fraction, *, unit: str) -> Decimal:
    """Give a converted quantity as a number that is kept; never rounds.

    Raises:
        Invalid: ``quantity.inexact``: it has more than six decimals.
    """
    scaled = quantity * 10**KEPT
    if scaled.denominator != 1:
        raise Invalid(
            "quantity.inexact",
            "This is no exact quantity in %(unit)s: it has more than %(decimals)s decimals.",
            field="quantity",
            unit=unit,
            decimals=KEPT,
        )
    return Decimal(scaled.numerator).scaleb(-KEPT)


def must_be_new(unit: str, equals_unit: str, facts: Iterable[UnitFact], *, item: str) -> None:
    """Refuse a conversion that is known already, so that no two could differ.

    Raises:
        Conflict: ``unit.known``.
    """
    try:
        known = convert(Fraction(1), unit, equals_unit, facts, item=item)
    except Invalid:
        return
    raise Conflict(
        "unit.known",
        "1 %(unit)s is %(factor)s %(equals)s already. There is one way from a unit to another.",
        field="equals_unit",
        unit=unit,
        factor=str(known),
        equals=equals_unit,
    )


def _base(unit: str) -> tuple[str, Fraction]:
    return _FACTORS.get(unit, (unit, Fraction(1)))


def _edges(facts: Iterable[UnitFact]) -> Iterable[tuple[str, str, Fraction]]:
    for fact in facts:
        (one, up), (other, down) = _base(fact.unit), _base(fact.equals_unit)
        factor = fact.factor * down / up
        yield one, other, factor
        yield other, one, 1 / factor
