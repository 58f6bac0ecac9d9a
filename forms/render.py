"""Forms as HTML (works without JavaScript) and as sections of a record or a read-only view."""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.errors import Invalid
from core.languages import pick, translate
from forms.definition import Schema
from forms.loader import Form
from forms.validate import has_rows, plain
from forms.view import Reader, entries, limits_text, shown_columns, unit_of

Section = dict[str, Any]
LIMITS = {"en": "Limits", "zh": "限度"}


@cache
def _template_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def fields(
    form: Form,
    data: Mapping[str, Any],
    errors: Mapping[str, Invalid],
    *,
    lang: str,
    prefill: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
    upload_url: str = "",
) -> Markup:
    """The inputs of a form, with what was typed so far and each refusal beside its field.

    `data` comes from `forms.validate.read` with the same `prefill`; `files` names uploaded files by SHA-256;
    `upload_url` takes files as they are chosen; without JavaScript the button `_upload` posts them.
    """
    given = {name: rows for name, rows in prefill.items() if name not in data}
    reader = Reader(lang, errors, files or {})
    template = _template_environment().get_template("fields.html")
    shown = entries(form, {**given, **data}, reader)
    html = template.render(entries=shown, lang=lang, upload_url=upload_url, _=partial(_say, lang))
    return Markup(html)  # noqa: S704 - the environment escapes every value


def sections(form: Form, data: Mapping[str, Any]) -> list[Section]:
    """The entries of a filled form as record sections, every text bilingual, every number as it was written.

    Attachments are left out: a record lists them with their hashes in a place of their own.
    """
    rows: list[dict[str, Any]] = []
    found: list[Section] = []
    for name, field in form.fields.items():
        if field.get("x-widget") == "file" or name not in data:
            continue
        if has_rows(field):
            found.append({"title": field["title"], "rows": [], "table": _table(field, data[name])})
        else:
            rows.append(_row(field, data[name]))
    head = [{"title": form.title, "rows": rows, "table": None}] if rows else []
    return head + found


def _say(lang: str, msgid: str, **facts: object) -> str:
    return translate(msgid, lang, **facts)


def _row(field: Schema, value: Any) -> dict[str, Any]:
    text, unit = _text(field, value), unit_of({}, field)
    if isinstance(unit, dict):
        text, unit = {lang: f"{pick(text, lang)} {words}" for lang, words in unit.items()}, ""
    return {"label": field["title"], "value": text, "unit": unit or None, "mark": None}


def _text(field: Schema, value: Any) -> Any:
    if value in field.get("enum", ()):
        return field["x-labels"][value]
    if isinstance(value, Mapping):
        return dict(value)
    return "" if value is None else str(plain(value))


def _table(field: Schema, rows: Any) -> dict[str, Any]:
    shown = shown_columns(field)
    columns: list[Any] = []
    for column in shown.values():
        columns += [LIMITS, column["title"]] if "x-limits" in column else [column["title"]]
    return {"columns": columns, "rows": [_cells(shown, row) for row in rows]}


def _cells(shown: Mapping[str, Schema], row: Mapping[str, Any]) -> list[Any]:
    cells: list[Any] = []
    for name, column in shown.items():
        unit = str(unit_of(row, column))
        if "x-limits" in column:
            cells.append(_measured(limits_text(row, column), unit))
        text = _text(column, row.get(name))
        cells.append(_measured(text, unit) if unit else text)
    return cells


def _measured(text: str, unit: str) -> str:
    return f"{text} {unit}".strip() if text else ""
