"""What the fields of a form begin with: facts of the case, named by `x-begin`.

A step that a message began (a CAPA that a deviation asks for) starts with what the message said, and what an
author gets back with what he had entered. The values are a beginning only: they stand in the inputs as if
typed, whoever fills the form changes them freely, and nothing is entered until he signs. `x-begin` is a path
of names into the facts, such as `wanted.title`, or several, of which the first that is there counts.
"""

from collections.abc import Mapping
from typing import Any

from forms.definition import Schema
from forms.loader import Form
from forms.validate import has_rows, plain

Begun = dict[str, list[str]]
_ALWAYS_EMPTY = frozenset({"x-source", "x-original", "x-critical", "x-computed", "readOnly"})
"""What is given, measured or typed twice is never begun for anybody."""


def begin(form: Form, facts: Mapping[str, Any], earlier: Mapping[str, Any] | None = None) -> Begun:
    """The texts that the inputs begin with, by path, as a draft holds them; empty where nothing is there.

    ``earlier`` is what was entered when the step was done before, if it comes again.
    """
    begun: Begun = {}
    for name, field in form.fields.items():
        value = _first(name, field, facts, earlier or {})
        if value is None:
            continue
        if has_rows(field):
            begun |= _rows(name, field["items"]["properties"], value)
        elif field.get("type") == "array":
            begun[name] = [str(one) for one in value] if isinstance(value, list) else []
        elif (text := _text(field, value)) is not None:
            begun[name] = [text]
    return begun


def _first(name: str, field: Schema, facts: Mapping[str, Any], earlier: Mapping[str, Any]) -> Any:
    if _ALWAYS_EMPTY & set(field) or field.get("x-widget") == "file":
        return None
    return earlier.get(name) if earlier else first_of(field, facts)


def first_of(field: Schema, facts: Mapping[str, Any]) -> Any:
    """The first fact that is there, of those a field names; None if it names none or none is there."""
    paths = field.get("x-begin", ())
    for path in [paths] if isinstance(paths, str) else paths:
        value: Any = facts
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value not in (None, "", []):
            return value
    return None


def _rows(name: str, columns: Schema, value: Any) -> Begun:
    """Rows from a list: of mappings by the names of the columns, of keys in the first column."""
    begun: Begun = {}
    for index, row in enumerate(value if isinstance(value, list) else ()):
        cells = row if isinstance(row, Mapping) else {next(iter(columns)): row}
        for column, field in columns.items():
            text = _text(field, cells.get(column))
            if text is not None and not field.get("readOnly"):
                begun[f"{name}.{index}.{column}"] = [text]
    return begun


def _text(field: Schema, value: Any) -> str | None:
    """A value as a person would type it; None for what the field cannot hold."""
    if value is None or isinstance(value, Mapping | list) or value not in field.get("enum", (value,)):
        return None
    text = str(plain(value))
    return text[: int(field.get("maxLength", len(text)))]
