"""From a request about an object to what is asked: rows of its list, a day, filters of a list."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from app.objects.kinds import ObjectKind
from core.errors import Invalid
from documents.sheets.cells import answers_of

MOST_LINES = 500
LONGEST_CELL = 4000


def rows_from(kind: ObjectKind, form: MultiDict[str, str]) -> list[dict[str, str]]:
    """The rows that a form on a page holds: what an object has once, and its lines ``lines.<n>.<column>``.

    A line without any text is no line; ``_del`` names the one to leave out.
    """
    asked = [column for column in kind.head if not column.worked_out]
    head = {column.key: _cell(form, column.key) for column in asked if column.key in form}
    if not kind.line:
        return [head]
    lines = lines_from(kind, form)
    return [{**head, **line} for line in lines if any(line.values())] or [head]


def lines_from(kind: ObjectKind, form: MultiDict[str, str]) -> list[dict[str, str]]:
    """The lines of a form as they were typed, with an empty one more when ``_add`` was pressed."""
    found = {int(match[1]) for name in form if (match := re.fullmatch(r"lines\.(\d{1,4})\.\w+", name))}
    left_out = set(form.getlist("_del"))
    kept = [number for number in sorted(found)[:MOST_LINES] if str(number) not in left_out]
    lines = [
        {column.key: _cell(form, f"lines.{number}.{column.key}") for column in kind.line} for number in kept
    ]
    blank = {column.key: "" for column in kind.line}
    return [*lines, blank] if "_add" in form or not lines else lines


def day_from(form: Mapping[str, str], name: str) -> date | None:
    """A day that was chosen.

    Raises:
        Invalid: ``cell.day``.
    """
    written = form.get(name, "").strip()
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise Invalid("change.day", "Choose a day.", field=name) from error


def choice_of(kind: ObjectKind, arguments: Mapping[str, str]) -> dict[str, str]:
    """The filters of a list that its address asks for; an answer nobody offers is no filter."""
    return {
        key: answer
        for key, answers in filters_of(kind).items()
        if (answer := arguments.get(key, "")) in answers
    }


def filters_of(kind: ObjectKind) -> dict[str, Mapping[str, Any]]:
    """The shown columns that have a choice of answers, with them."""
    answers = {column.key: answers_of(column.read) for column in kind.listed.columns}
    return {key: answers[key] for key in kind.shown if answers.get(key)}


def _cell(form: MultiDict[str, str], name: str) -> str:
    return form.get(name, "").replace("\x00", "").strip()[:LONGEST_CELL]
