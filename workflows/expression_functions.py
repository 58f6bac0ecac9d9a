"""What expressions may call: a few functions of values, none of which reaches the program."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from workflows.sentences import N_, said

MAX_NUMBER = 10**18
MAX_PLACES = 12


class Denied(Exception):
    """Why an evaluation stopped, as a gettext msgid with facts; it becomes an error with the source."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.said = said(message, **facts)


def _round(value: Any, places: int = 0) -> Any:
    if not isinstance(places, int) or not -MAX_PLACES <= places <= MAX_PLACES:
        raise Denied(N_("at most %(most)s places"), most=MAX_PLACES)
    return round(value, places)


def _number(value: Any) -> Decimal:
    if isinstance(value, str) and len(value) > 40:
        raise Denied(N_("this text is too long for a number"))
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) > MAX_NUMBER:
        raise Denied(N_("a number is too large"))
    return number


def _integer(value: Any) -> int:
    return int(_number(value))


def _get(holder: Any, key: str, default: Any = None) -> Any:
    return holder.get(key, default) if isinstance(holder, dict) else default


def _days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "min": min,
    "max": max,
    "sum": sum,
    "any": any,
    "all": all,
    "abs": abs,
    "bool": bool,
    "str": str,
    "sorted": sorted,
    "round": _round,
    "int": _integer,
    "number": _number,
    "get": _get,
    "days_between": _days_between,
}
METHODS: dict[str, Callable[..., Any]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
