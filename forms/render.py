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
from forms.originals import keys_of_row
from forms.pickers import Labels
from forms.validate import has_rows, plain
from forms.view import Reader, WhyAsked, entries, limits_text, shown_columns, unit_of

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
    whys: Mapping[str, WhyAsked] | None = None,
    again: Mapping[str, str] | None = None,
    named: Labels | None = None,
    suggest_url: str = "",
    add_to: str = "",
    begun: Mapping[str, list[str]] | None = None,
) -> Markup:
    """The inputs of a form, with what was typed so far and each refusal beside its field.

    `data` comes from `forms.validate.read` with the same `prefill`; `files` names uploaded files by SHA-256;
    `upload_url` takes files as they are chosen; without JavaScript the button `_upload` posts them. `whys`
    names the fields (by path) beside which a reason for the change of an original entry is asked;
    `again` holds the second entries of critical fields (forms.critical). `named` are the names of what the
    entries pick (forms.pickers), `suggest_url` is where suggestions for them come from; `add_to` names the
    list of keys that gets one more input. `begun` is what the inputs began with (forms.beginnings): it stands
    beside those that have been changed.
    """
    given = {name: rows for name, rows in prefill.items() if name not in data}
    changed = _changed(form, data, begun or {}, lang)
    reader = Reader(
        lang, errors, files or {}, whys or {}, again or {}, named or {}, suggest_url, add_to, changed
    )
    template = _template_environment().get_template("fields.html")
    shown = entries(form, {**given, **data}, reader)
    html = template.render(entries=shown, lang=lang, upload_url=upload_url, _=partial(_say, lang))
    return Markup(html)  # noqa: S704 - the environment escapes every value


def _changed(
    form: Form, data: Mapping[str, Any], begun: Mapping[str, list[str]], lang: str
) -> dict[str, str]:
    """What fields began with that hold something else now, in words."""
    found = {}
    for name, texts in begun.items():
        field = form.fields.get(name)
        if field is None or field.get("type") == "array" or not texts:
            continue
        if str(plain(data.get(name, ""))) != texts[0]:
            found[name] = pick(field.get("x-labels", {}).get(texts[0], texts[0]), lang)
    return found


def sections(
    form: Form,
    data: Mapping[str, Any],
    notes: Mapping[str, int] | None = None,
    named: Labels | None = None,
) -> list[Section]:
    """The entries of a filled form as record sections, every text bilingual, every number as it was written.

    Attachments are left out: a record lists them with their hashes in a place of their own. `notes` gives
    original entries that were changed (forms.originals: their keys) the number of the note that tells how.
    `named` are the names of what the entries pick; each stands behind its key.
    """
    told, called = notes or {}, named or {}
    rows: list[dict[str, Any]] = []
    found: list[Section] = []
    for name, field in form.fields.items():
        if field.get("x-widget") == "file" or name not in data:
            continue
        if has_rows(field):
            table = _table(name, field, data[name], told, called)
            found.append({"title": field["title"], "rows": [], "table": table})
        else:
            rows.append(_row(field, data[name], called) | {"mark": "changed" if name in told else None})
    head = [{"title": form.title, "rows": rows, "table": None}] if rows else []
    return head + found


def _say(lang: str, msgid: str, **facts: object) -> str:
    return translate(msgid, lang, **facts)


def _row(field: Schema, value: Any, named: Labels) -> dict[str, Any]:
    text, unit = _text(field, value, named), unit_of({}, field)
    if isinstance(unit, dict):
        text, unit = {lang: f"{pick(text, lang)} {words}" for lang, words in unit.items()}, ""
    return {"label": field["title"], "value": text, "unit": unit or None, "mark": None}


def _text(field: Schema, value: Any, named: Labels) -> Any:
    if "x-pick" in field and value:
        return _picked(value if isinstance(value, list) else [value], named.get(field["x-pick"], {}))
    if value in field.get("enum", ()):
        return field["x-labels"][value]
    if isinstance(value, Mapping):
        return dict(value)
    return "" if value is None else str(plain(value))


def _picked(keys: list[str], names: Mapping[str, Any]) -> Any:
    """Keys with what they name, as it is called in each language."""
    if not any(key in names for key in keys):
        return ", ".join(keys)
    return {
        lang: joint.join(f"{key} · {names[key][lang]}" if key in names else key for key in keys)
        for lang, joint in (("en", ", "), ("zh", "，"))
    }


def _table(name: str, field: Schema, rows: Any, notes: Mapping[str, int], named: Labels) -> dict[str, Any]:
    shown = shown_columns(field)
    columns: list[Any] = []
    for column in shown.values():
        columns += [LIMITS, column["title"]] if "x-limits" in column else [column["title"]]
    lines = [_cells(shown, row, _notes_of(name, field, row, notes), named) for row in rows]
    return {"columns": columns, "rows": lines}


def _notes_of(name: str, field: Schema, row: Mapping[str, Any], notes: Mapping[str, int]) -> dict[str, int]:
    keys = keys_of_row(name, field, row) if notes else {}
    return {column: notes[key] for column, key in keys.items() if key in notes}


def _cells(
    shown: Mapping[str, Schema], row: Mapping[str, Any], notes: Mapping[str, int], named: Labels
) -> list[Any]:
    cells: list[Any] = []
    for name, column in shown.items():
        unit = unit_of(row, column)
        if "x-limits" in column:
            cells.append(_measured(limits_text(row, column), unit))
        text = _text(column, row.get(name), named)
        text = _measured(text, unit) if unit else text
        cells.append(_noted(text, notes[name]) if name in notes else text)
    return cells


def _noted(text: Any, note: int) -> Any:
    if isinstance(text, Mapping):
        return {lang: f"{words} [{note}]" for lang, words in text.items()}
    return f"{text} [{note}]".strip()


def _measured(text: str, unit: str | Mapping[str, str]) -> Any:
    if isinstance(unit, Mapping) and text:
        return {lang: f"{text} {words}" for lang, words in unit.items()}
    return f"{text} {unit}".strip() if text else ""
