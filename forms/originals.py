"""Original entries: values that are a record from the moment they are saved (21 CFR 11.10(e), URS-142).

A form marks them with `x-original`. What is found here is what a person has written; who wrote what first,
and why it changed, is kept by workflows.originals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.languages import LANGUAGES, pick
from core.types import Bilingual
from forms.definition import Schema
from forms.loader import Form
from forms.validate import WHY, Fields, asked, has_rows, plain
from forms.view import unit_of

LONGEST_REASON = 500


@dataclass(frozen=True)
class Original:
    """One marked field as it stands in the entries.

    `key` stays the same when rows are given in another order; `path` is the name of the input. `value` is
    the text as written, empty while nothing readable is there; `shown` is the value as people read it.
    """

    key: str
    path: str
    label: Bilingual
    value: str
    shown: Bilingual


def originals(form: Form, data: Mapping[str, Any]) -> list[Original]:
    """The marked fields that are asked, in the order of the form, with what stands in them."""
    found: list[Original] = []
    for name, field in form.fields.items():
        if field.get("x-original"):
            found.append(_original(name, name, dict(field["title"]), field, data))
        elif has_rows(field) and "x-row-key" in field:
            found += _of_rows(name, field, data.get(name) or ())
    return found


def keys_of_row(name: str, field: Schema, row: Mapping[str, Any]) -> dict[str, str]:
    """The keys of the marked columns of one row: column → key."""
    columns = field["items"]["properties"]
    place = f"{name}.{row.get(field.get('x-row-key', ''))}"
    return {column: f"{place}.{column}" for column, schema in columns.items() if schema.get("x-original")}


def reasons(form: Form, formdata: Fields) -> dict[str, str]:
    """The reasons given for changes: path of the field → reason, cut at 500 characters."""
    found = {}
    for name in formdata:
        path = name.removeprefix(WHY)
        if name.startswith(WHY) and path.split(".")[0] in form.fields:
            texts = [" ".join(text.replace("\x00", "").split()) for text in formdata.getlist(name)]
            found[path] = next((text for text in texts if text), "")[:LONGEST_REASON]
    return {path: reason for path, reason in found.items() if reason}


def _of_rows(name: str, field: Schema, rows: Any) -> Iterator[Original]:
    columns = field["items"]["properties"]
    for index, row in enumerate(rows):
        for column, key in keys_of_row(name, field, row).items():
            schema = columns[column]
            if asked(schema, row):
                label = _row_label(field, row, schema)
                yield _original(key, f"{name}.{index}.{column}", label, schema, row)


def _row_label(field: Schema, row: Mapping[str, Any], column: Schema) -> Bilingual:
    named = [
        name
        for name, schema in field["items"]["properties"].items()
        if schema.get("readOnly") and not schema.get("x-hidden") and "x-computed" not in schema
    ]
    subject = row.get(named[0], "") if named else row.get(field["x-row-key"], "")
    return {lang: f"{pick(subject, lang)} · {pick(column['title'], lang)}" for lang in LANGUAGES}


def _original(key: str, path: str, label: Bilingual, field: Schema, siblings: Mapping[str, Any]) -> Original:
    value = _written(field, siblings.get(path.rsplit(".", 1)[-1]))
    return Original(key, path, label, value, _shown(field, siblings, value))


def _written(field: Schema, value: Any) -> str:
    """The text of a value that can be read; what is no number or no answer of the list is no entry yet."""
    if "enum" in field:
        return str(value) if value in field["enum"] else ""
    if field.get("type") in ("number", "integer"):
        return str(plain(value)) if isinstance(value, int | Decimal) else ""
    return "" if value is None else str(plain(value))


def _shown(field: Schema, siblings: Mapping[str, Any], value: str) -> Bilingual:
    if not value:
        return {"en": "empty", "zh": "空"}
    answer = field["x-labels"][value] if "enum" in field else value
    unit = unit_of(siblings, field)
    return {lang: f"{pick(answer, lang)} {pick(unit, lang)}".strip() for lang in LANGUAGES}
