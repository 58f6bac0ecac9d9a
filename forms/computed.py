"""What the server works out from the entries: verdicts of rows, and rules over the whole form.

Rules are named in a form by `x-computed` (a column) and `x-checks` (the form), so that an owner of forms
combines them without code; nothing a request contains can replace a computed value.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from core.errors import Invalid
from core.languages import LANGUAGES, pick

Row = Mapping[str, Any]
PASS, FAIL = "pass", "fail"


def within_limits(rule: Mapping[str, Any], row: Row) -> str | None:
    """`pass` or `fail` of one characteristic; None while there is no usable entry.

    A measured value passes from the lower to the upper limit, both included; a missing limit is open. A
    judged characteristic has the verdict its inspector gave. No rounding: values are compared as written.
    """
    judged = row.get(rule.get("judgement", "judgement"))
    if judged in (PASS, FAIL):
        return str(judged)
    value = row.get(rule.get("value", "value"))
    if not isinstance(value, Decimal):
        return None
    lower, upper = row.get(rule.get("lower", "lower")), row.get(rule.get("upper", "upper"))
    too_low = isinstance(lower, Decimal) and value < lower
    too_high = isinstance(upper, Decimal) and value > upper
    return FAIL if too_low or too_high else PASS


def conclusion_agrees(rule: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[tuple[str, Invalid]]:
    """A conclusion `pass` needs every row to pass; `fail` although every row passed needs a reason."""
    failed = [row for row in data.get(rule["rows"], ()) if row.get(rule["verdict"]) == FAIL]
    field = rule["field"]
    if data.get(field) == PASS and failed:
        names = {
            lang: ", ".join(pick(row.get(rule["name"], "?"), lang) for row in failed) for lang in LANGUAGES
        }
        yield (
            field,
            Invalid(
                "form.conclusion",
                "Outside the limits: %(names)s. The conclusion cannot be pass.",
                field=field,
                names=names,
            ),
        )
    if data.get(field) == FAIL and not failed and not data.get(rule["reason"]):
        yield (
            rule["reason"],
            Invalid(
                "form.reason_for_fail",
                "Every result passes. Say here why the conclusion is fail all the same.",
                field=rule["reason"],
            ),
        )


def days_in_order(rule: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[tuple[str, Invalid]]:
    """The last day is not before the first one."""
    first, last = data.get(rule["first"]), data.get(rule["last"])
    if isinstance(first, str) and isinstance(last, str) and last < first:
        yield (
            rule["last"],
            Invalid(
                "form.days_order",
                "The last day is not to be before %(first)s.",
                field=rule["last"],
                first=first,
            ),
        )


RULES: dict[str, Callable[[Mapping[str, Any], Row], Any]] = {"within_limits": within_limits}
CHECKS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[tuple[str, Invalid]]]] = {
    "conclusion_agrees": conclusion_agrees,
    "days_in_order": days_in_order,
}
