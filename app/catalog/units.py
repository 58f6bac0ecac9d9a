"""Units of measure as UCUM codes, and quantities as people type them (URS-030, URS-050).

UCUM (Unified Code for Units of Measure) has no code for counted things: they carry an annotation,
``{pcs}``, and are whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from core.errors import Invalid
from core.languages import listed
from core.types import Bilingual

LARGEST = Decimal("1000000000")


@dataclass(frozen=True)
class Unit:
    """A unit: its UCUM code, what people read, and how many decimals a quantity in it may have."""

    code: str
    symbol: dict[str, str]
    decimals: int


def _physical(code: str, symbol: str | None = None) -> Unit:
    read_as = code if symbol is None else symbol
    return Unit(code, {"en": read_as, "zh": read_as}, 6)


def _counted(code: str, english: str, chinese: str) -> Unit:
    return Unit(code, {"en": english, "zh": chinese}, 0)


STOCK_UNITS: dict[str, Unit] = {
    unit.code: unit
    for unit in (
        _counted("{pcs}", "pcs", "件"),
        _counted("{set}", "sets", "套"),
        _counted("{box}", "boxes", "箱"),
        _counted("{roll}", "rolls", "卷"),
        _physical("kg"),
        _physical("g"),
        _physical("mg"),
        _physical("t"),
        _physical("L"),
        _physical("mL"),
        _physical("m"),
        _physical("cm"),
        _physical("mm"),
        _physical("m2", "m²"),
    )
}

MEASURE_UNITS: dict[str, Unit] = STOCK_UNITS | {
    unit.code: unit
    for unit in (
        _physical("1", ""),
        _physical("%"),
        _physical("um", "µm"),
        _physical("N"),
        _physical("N.m", "N·m"),
        _physical("kPa"),
        _physical("MPa"),
        _physical("Cel", "°C"),
        _physical("s"),
        _physical("min"),
        _physical("h"),
        _physical("mL/min"),
        _physical("g/cm3", "g/cm³"),
        _physical("g/m2", "g/m²"),
        _physical("mg/L"),
        _physical("[pH]", "pH"),
        _physical("[EU]/mL", "EU/mL"),
        _physical("[CFU]", "CFU"),
        Unit("[drp]/mL", {"en": "drops/mL", "zh": "滴/mL"}, 6),
    )
}


_BY_SYMBOL = {unit.symbol["en"]: unit for unit in reversed(MEASURE_UNITS.values())}


def with_unit(text: str, symbol: str) -> str | Bilingual:
    """Write a number before its unit, given by the English symbol; in both languages where that is a word."""
    known = _BY_SYMBOL.get(symbol)
    if known is None or known.symbol["en"] == known.symbol["zh"]:
        return f"{text} {symbol}".strip()
    return {language: f"{text} {word}" for language, word in known.symbol.items()}


def symbol_of(code: str) -> Bilingual:
    """What people call a UCUM unit; an unknown one is called by its code."""
    unit = MEASURE_UNITS.get(code)
    return dict(unit.symbol) if unit else {"en": code, "zh": code}


def symbols_of(units: Mapping[str, Unit]) -> Bilingual:
    """What people call some units, one behind the other."""
    return listed(one.symbol for one in units.values() if any(one.symbol.values()))


def check_unit(code: str, *, field: str = "unit") -> Unit:
    """Return the stock unit with this UCUM code.

    Raises:
        Invalid: ``unit.unknown``.
    """
    unit = STOCK_UNITS.get(code.strip())
    if unit is None:
        raise Invalid(
            "unit.unknown",
            "Unknown unit “%(unit)s”. Known are: %(known)s.",
            field=field,
            unit=code,
            known=symbols_of(STOCK_UNITS),
        )
    return unit


def read_quantity(text: str, unit: Unit, *, field: str = "quantity") -> Decimal:
    """Read a quantity above zero as a person types it: digits with a decimal point, no grouping.

    Raises:
        Invalid: ``quantity.number``, ``quantity.positive``, ``quantity.decimals`` or ``quantity.large``.
    """
    try:
        quantity = Decimal(text.strip())
    except InvalidOperation as error:
        raise _not_a_number(text, field) from error
    if not quantity.is_finite():
        raise _not_a_number(text, field)
    return check_quantity(quantity, unit, field=field)


def check_quantity(quantity: Decimal, unit: Unit, *, field: str = "quantity") -> Decimal:
    """Return ``quantity`` when it is above zero and fits the unit's decimals; never rounds.

    Raises:
        Invalid: ``quantity.positive``, ``quantity.decimals`` or ``quantity.large``.
    """
    if quantity <= 0:
        raise Invalid("quantity.positive", "The quantity must be above zero.", field=field)
    if quantity > LARGEST:
        raise Invalid(
            "quantity.large", "The quantity is larger than %(largest)s.", field=field, largest=LARGEST
        )
    if quantity == round(quantity, unit.decimals):
        return quantity
    if unit.decimals == 0:
        raise Invalid(
            "quantity.decimals",
            "The quantity in %(unit)s must be a whole number.",
            field=field,
            unit=unit.symbol,
        )
    raise Invalid(
        "quantity.decimals", "At most %(decimals)s decimals can be kept.", field=field, decimals=unit.decimals
    )


def quantity_text(quantity: Decimal) -> str:
    """The quantity as it stands in records and task data: plain digits, no trailing zeros, never an
    exponent."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _not_a_number(text: str, field: str) -> Invalid:
    return Invalid(
        "quantity.number",
        "“%(text)s” is not a number. Write digits and a decimal point, for example 1250.5.",
        field=field,
        text=text,
    )
