"""Functions of numbers, in decimal128."""

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DecimalException,
)
from typing import Any

from workflows.feel.faults import Wrong
from workflows.feel.invocation import Calling, Catalogue
from workflows.feel.values import NUMBERS, Days, Months, integer
from workflows.sentences import N_

FUNCTIONS: Catalogue = Catalogue()
_LEAST_SCALE, _MOST_SCALE = -6111, 6176
# Rounding to a scale may need more digits on the way than the result keeps.
_WIDE = Context(prec=13_000, Emin=-999_999, Emax=999_999)


def rounded(value: Decimal, scale: Decimal | None, rounding: str) -> Decimal:
    """Round to so many places behind the point.

    Raises:
        Wrong: the scale is outside what DMN allows.
    """
    places = 0 if scale is None else integer(scale, 10_000)
    if not _LEAST_SCALE <= places <= _MOST_SCALE:
        raise Wrong(N_("a number can be rounded to %(least)s … %(most)s places"), least=-6111, most=6176)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return value
    return NUMBERS.plus(value.quantize(Decimal(1).scaleb(-places), rounding, _WIDE))


def _rounding(name: str, rounding: str, form: str) -> None:
    def act(_calling: Calling, value: Decimal, scale: Decimal | None = None) -> Decimal:
        return rounded(value, scale, rounding)

    FUNCTIONS.add(name, form, "n: number, scale: number")(act)


for _name, _mode, _form in (
    ("decimal", ROUND_HALF_EVEN, "n: number, scale: number"),
    ("floor", ROUND_FLOOR, "n: number"),
    ("ceiling", ROUND_CEILING, "n: number"),
    ("round up", ROUND_UP, "n: number, scale: number"),
    ("round down", ROUND_DOWN, "n: number, scale: number"),
    ("round half up", ROUND_HALF_UP, "n: number, scale: number"),
    ("round half down", ROUND_HALF_DOWN, "n: number, scale: number"),
):
    _rounding(_name, _mode, _form)


def exact(act: Callable[[], Decimal]) -> Decimal:
    """Work out a number.

    Raises:
        Wrong: there is none.
    """
    try:
        found = act()
    except (DecimalException, ArithmeticError):
        raise Wrong(N_("the result is no number")) from None
    if not found.is_finite():
        raise Wrong(N_("the result is no number"))
    return found


@FUNCTIONS.add(
    "abs",
    "n: number",
    "n: days and time duration|years and months duration",
)
def _abs(_calling: Calling, value: Any) -> Any:
    if isinstance(value, Days):
        return Days(abs(value.nanos))
    return Months(abs(value.months)) if isinstance(value, Months) else value.copy_abs()


@FUNCTIONS.add("modulo", "dividend: number, divisor: number")
def _modulo(_calling: Calling, dividend: Decimal, divisor: Decimal) -> Decimal:
    quotient = exact(lambda: NUMBERS.divide(dividend, divisor))
    whole = quotient.to_integral_value(ROUND_FLOOR, NUMBERS)
    return exact(lambda: NUMBERS.subtract(dividend, NUMBERS.multiply(divisor, whole)))


@FUNCTIONS.add("sqrt", "number: number")
def _sqrt(_calling: Calling, value: Decimal) -> Decimal:
    return exact(lambda: NUMBERS.sqrt(value))


@FUNCTIONS.add("log", "number: number")
def _log(_calling: Calling, value: Decimal) -> Decimal:
    return exact(lambda: NUMBERS.ln(value))


@FUNCTIONS.add("exp", "number: number")
def _exp(_calling: Calling, value: Decimal) -> Decimal:
    return exact(lambda: NUMBERS.exp(value))


def _remainder(value: Decimal) -> Decimal:
    return exact(lambda: NUMBERS.remainder(value, Decimal(2)))


@FUNCTIONS.add("even", "number: number")
def _even(_calling: Calling, value: Decimal) -> bool:
    return _remainder(value) == 0


@FUNCTIONS.add("odd", "number: number")
def _odd(_calling: Calling, value: Decimal) -> bool:
    return abs(_remainder(value)) == 1
