"""From the JSON of a program to rows of an object's list, as a form or a spreadsheet would give them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Request

from app.objects.inputs import LONGEST_CELL, MOST_LINES
from app.objects.kinds import ObjectKind
from core.errors import FieldErrors, Invalid
from documents.sheets.cells import Column
from documents.sheets.examining import read_row

_OWN = frozenset({"values", "lines", "reason"})


@dataclass(frozen=True)
class Asked:
    """What a program wants of an object; no ``lines`` leaves those that are there."""

    values: Mapping[str, str]
    lines: list[dict[str, str]] | None
    reason: str


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request's body.

    Raises:
        Invalid: ``api.json``: there is none, or it holds what no text has.
    """
    try:
        read = json.loads(request.get_data(), parse_float=Decimal, parse_constant=_no_number)
        json.dumps(read, default=str, ensure_ascii=False).encode()  # a lone surrogate is no sign
    except (ValueError, RecursionError) as error:
        raise Invalid("api.json", "The body has to be a JSON object.") from error
    if not isinstance(read, dict):
        raise Invalid("api.json", "The body has to be a JSON object.")
    return read


def asked_of(kind: ObjectKind, body: Mapping[str, Any]) -> Asked:
    """What a program asks of an object of a kind.

    Raises:
        FieldErrors: a field is not there, or holds what is no text, number, yes or no.
    """
    errors: dict[str, Invalid] = {name: _unknown() for name in body if name not in _OWN}
    head = {column.key for column in kind.head}
    values = _cells(body.get("values", {}), head, "", errors)
    lines = _lines(kind, body["lines"], errors) if "lines" in body else None
    reason = body.get("reason", "")
    if not isinstance(reason, str):
        errors["reason"] = _no_cell()
    if errors:
        raise FieldErrors(errors)
    return Asked(values, lines, str(reason).replace("\x00", "").strip()[:500])


def told_of(columns: Sequence[Column], body: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """What a program tells an act, as its columns read it, and the reason.

    Raises:
        FieldErrors: a field is not there, or cannot be read; the reason is missing.
    """
    reason = body.get("reason", "")
    errors = dict[str, Any]()
    told = {key: value for key, value in body.items() if key != "reason"}
    cells = _cells(told, {column.key for column in columns}, "", errors)
    row, findings = read_row(columns, 1, cells)
    errors = {finding.column: finding.error for finding in findings} | errors
    if not isinstance(reason, str) or not reason.strip():
        errors["reason"] = Invalid("change.reason", "Say why this is changed.", field="reason")
    if errors:
        raise FieldErrors(errors)
    return row.values, reason.replace("\x00", "").strip()[:500]


def rows_of(kind: ObjectKind, asked: Asked, lines: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows of the object's list; ``lines`` are those there, when none are given."""
    if not kind.line:
        return [dict(asked.values)]
    own = asked.lines if asked.lines is not None else lines
    return [{**asked.values, **line} for line in own] or [dict(asked.values)]


def day_of(body: Mapping[str, Any]) -> date | None:
    """The day that a revision takes effect or ends.

    Raises:
        Invalid: ``change.day``.
    """
    written = body.get("day")
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except (ValueError, TypeError) as error:
        raise Invalid("change.day", "Choose a day.", field="day") from error


def _lines(kind: ObjectKind, given: Any, errors: dict[str, Invalid]) -> list[dict[str, str]]:
    if not kind.line:
        errors["lines"] = _unknown()
        return []
    if not isinstance(given, list) or len(given) > MOST_LINES:
        errors["lines"] = Invalid("api.lines", "A list of at most %(most)s lines is wanted.", most=MOST_LINES)
        return []
    keys = {column.key for column in kind.line}
    return [_cells(line, keys, f"{number}.", errors) for number, line in enumerate(given, start=1)]


def _cells(given: Any, known: set[str], place: str, errors: dict[str, Invalid]) -> dict[str, str]:
    if not isinstance(given, dict):
        errors[place.rstrip(".") or "values"] = Invalid("api.object", "An object of fields is wanted.")
        return {}
    cells: dict[str, str] = {}
    for key, value in given.items():
        text = _cell(value)
        if key not in known:
            errors[f"{place}{key}"] = _unknown()
        elif text is None:
            errors[f"{place}{key}"] = _no_cell()
        else:
            cells[key] = text
    return cells


def _cell(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() and -30 < value.adjusted() < 30 else None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else None
    return value.replace("\x00", "").strip()[:LONGEST_CELL] if isinstance(value, str) else None


def _unknown() -> Invalid:
    return Invalid("api.unknown_field", "There is no such field.")


def _no_cell() -> Invalid:
    return Invalid("api.cell", "A text, a number, true, false or null is wanted.")


def _no_number(_name: str) -> Any:
    raise ValueError("no JSON")
