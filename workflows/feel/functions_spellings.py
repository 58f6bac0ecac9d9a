"""Names that models of earlier releases use for functions of FEEL; new models need none of them."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from workflows.feel.faults import Wrong
from workflows.feel.functions_lists import FUNCTIONS as LISTS
from workflows.feel.functions_numbers import rounded
from workflows.feel.functions_texts import FUNCTIONS as TEXTS
from workflows.feel.invocation import Calling, Catalogue
from workflows.feel.values import Day, normal
from workflows.sentences import N_

FUNCTIONS: Catalogue = Catalogue(str=TEXTS["string"], sorted=LISTS["sort"])


@FUNCTIONS.add("len", "value: list|string|context")
def _len(_calling: Calling, value: Any) -> Decimal:
    return Decimal(len(value))


@FUNCTIONS.add("get", "holder:, key: string, default:", "holder:, key: string")
def _get(_calling: Calling, holder: Any, key: str, default: Any = None) -> Any:
    return normal(holder.get(key, default)) if isinstance(holder, dict) else default


@FUNCTIONS.add("bool", "value:")
def _bool(_calling: Calling, value: Any) -> bool:
    return bool(value)


@FUNCTIONS.add("int", "value: number")
def _int(_calling: Calling, value: Decimal) -> Decimal:
    return value.to_integral_value("ROUND_DOWN")


@FUNCTIONS.add("round", "value: number, places: number?")
def _round(_calling: Calling, value: Decimal, places: Decimal | None) -> Decimal:
    return rounded(value, places, ROUND_HALF_EVEN)


@FUNCTIONS.add("days_between", "first: date|string, last: date|string")
def _days_between(_calling: Calling, first: Any, last: Any) -> Decimal:
    return Decimal((_day(last) - _day(first)).days)


def _day(value: Day | str) -> date:
    try:
        return (
            date(value.year, value.month, value.day)
            if isinstance(value, Day)
            else date.fromisoformat(value[:10])
        )
    except ValueError:
        raise Wrong(N_("“%(text)s” is no %(kind)s"), text=f"{value}"[:60], kind="date") from None
