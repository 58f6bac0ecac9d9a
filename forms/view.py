"""What a form shows, decided here so that the template only prints it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from core.errors import Invalid
from core.languages import pick
from forms.definition import Schema
from forms.loader import Form
from forms.pickers import Labels
from forms.validate import asked, has_rows, plain


@dataclass(frozen=True)
class WhyAsked:
    """A reason is asked for the change of an original entry: what stands there so far, and what was typed."""

    before: str
    typed: str = ""


@dataclass(frozen=True)
class Reader:
    """Who reads the form: language, what was refused, files already uploaded, reasons that are asked."""

    language: str
    errors: Mapping[str, Invalid]
    files: Mapping[str, str]  # SHA-256 → file name
    whys: Mapping[str, WhyAsked] = field(default_factory=dict)  # path of the field → what is asked
    again: Mapping[str, str] = field(default_factory=dict)  # path of a critical field → its second entry
    named: Labels = field(default_factory=dict)  # names of what the entries pick, by kind and key
    suggest_url: str = ""  # where suggestions for fields that pick come from; the kind is put behind
    add_to: str = ""  # the list of keys to which one more input is wanted
    begun: Mapping[str, str] = field(default_factory=dict)  # path of a field → what it began with, if changed


@dataclass(frozen=True)
class Entry:
    """One input (or one given value) with everything that is said about it."""

    name: str
    id: str
    widget: str  # text | number | date | textarea | radio | select | file | rows | given | none
    label: str
    value: Any
    required: bool
    help: str = ""
    unit: str = ""
    limits: str = ""
    error: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    rows: list[list["Entry"]] = field(default_factory=list)
    fixed: bool = False
    when: str = ""
    condition: str = ""
    starred: bool = False  # required, always or wherever it is asked
    why: WhyAsked | None = None
    again: str | None = None  # second entry of a critical field, None for others
    named: str = ""  # name of what the field picks
    suggest_url: str = ""
    keys: list["Entry"] = field(default_factory=list)  # inputs of a list of keys
    begun: str = ""  # what stood here at the beginning, if it has been changed

    @property
    def described_by(self) -> str:
        """Ids of the texts that explain the input, for `aria-describedby`."""
        parts = {
            "e": self.error,
            "l": self.limits or self.unit,
            "h": self.help,
            "w": self.when,
            "n": self.named,
            "b": self.begun,
        }
        return " ".join(f"{self.id}-{suffix}" for suffix, text in parts.items() if text)


def entries(form: Form, data: Mapping[str, Any], reader: Reader) -> list[Entry]:
    """All fields of a form in order."""
    required = set(form.schema.get("required", ()))
    asked = {
        name
        for rule in form.schema.get("allOf", ())
        for name in rule.get("then", {}).get("required", ())
        if "x-when" in form.fields.get(name, {}) or _holds(rule.get("if", {}), data)
    }
    shown = [
        _entry(name, schema, data, reader, required=name in required, siblings=form.fields)
        for name, schema in form.fields.items()
    ]
    return [replace(entry, starred=entry.required or entry.name in asked) for entry in shown]


def _holds(condition: Schema, data: Mapping[str, Any]) -> bool:
    """Whether the answers given so far meet the condition of a rule; other kinds of condition never do."""
    asked: Mapping[str, Schema] = condition.get("properties", {})
    return bool(asked) and all(
        "const" in one and data.get(name) == one["const"] for name, one in asked.items()
    )


def limits_text(row: Mapping[str, Any], schema: Schema) -> str:
    """The limits as printed beside a value: `4.00 – 4.20`, `≤ 5`, `≥ 15`; empty if there are none."""
    if "x-limits" not in schema:
        return ""
    lower, upper = (row.get(name) for name in schema["x-limits"])
    if lower is None or lower == "":
        return "" if upper is None or upper == "" else f"≤ {plain(upper)}"
    return f"≥ {plain(lower)}" if upper is None or upper == "" else f"{plain(lower)} – {plain(upper)}"


def unit_of(row: Mapping[str, Any], schema: Schema) -> str | dict[str, str]:
    """The unit of a value: a symbol from the row, or what the form says, maybe words in both languages."""
    unit = row.get(schema["x-unit-from"]) if "x-unit-from" in schema else schema.get("x-unit")
    return dict(unit) if isinstance(unit, Mapping) else str(unit or "")


def shown_columns(rows: Schema) -> dict[str, Schema]:
    """The columns of a table that are shown as columns of their own."""
    return {
        name: column for name, column in rows["items"]["properties"].items() if not column.get("x-hidden")
    }


def widget_of(schema: Schema) -> str:
    """Which kind of input a field gets."""
    if schema.get("readOnly"):
        return "given"
    if has_rows(schema):
        return "rows"
    if "x-pick" in schema and schema.get("type") == "array":
        return "keys"
    if "x-widget" in schema:
        return str(schema["x-widget"])
    if "enum" in schema:
        return "select"
    by_type = {"number": "number", "integer": "number"}
    return "date" if schema.get("format") == "date" else by_type.get(str(schema.get("type")), "text")


def _entry(
    path: str, schema: Schema, data: Mapping[str, Any], reader: Reader, *, required: bool, siblings: Schema
) -> Entry:
    language, name = reader.language, path.rsplit(".", 1)[-1]
    value, widget = data.get(name), widget_of(schema)
    error = reader.errors.get(path)
    return Entry(
        name=path,
        id="f-" + path.replace(".", "-"),
        widget=widget,
        label=pick(schema.get("title", ""), language),
        value=_shown_value(schema, value, widget, reader),
        required=required,
        help=pick(schema.get("x-help", ""), language),
        unit=pick(unit_of(data, schema), language),
        limits=limits_text(data, schema),
        error=error.text(language) if error else "",
        options=[(answer, pick(schema["x-labels"][answer], language)) for answer in schema.get("enum", ())],
        attributes=_attributes(schema, data),
        columns=[pick(c["title"], language) for c in shown_columns(schema).values()]
        if widget == "rows"
        else [],
        rows=_rows(path, schema, value, reader) if widget == "rows" else [],
        fixed="x-source" in schema,
        when=_condition(schema, siblings, language),
        why=reader.whys.get(path),
        again=_again(path, schema, value, reader),
        named=_named(schema, value, reader),
        suggest_url=reader.suggest_url + schema["x-pick"]
        if "x-pick" in schema and reader.suggest_url
        else "",
        keys=_keys(path, schema, value, reader) if widget == "keys" else [],
        condition=json.dumps(schema["x-when"]) if schema.get("x-when") else "",
        begun=reader.begun.get(path, ""),
    )


def _named(schema: Schema, value: Any, reader: Reader) -> str:
    known = reader.named.get(str(schema.get("x-pick", "")), {})
    return pick(known[value], reader.language) if isinstance(value, str) and value in known else ""


def _keys(path: str, schema: Schema, value: Any, reader: Reader) -> list[Entry]:
    """One input for each key, and an empty one when there is none yet or one more is wanted."""
    one = {**schema["items"], "x-pick": schema["x-pick"], "title": schema["title"]}
    wanted = [*(value or ()), *([""] if not value or reader.add_to == path else [])]
    made = [
        _entry(f"{path}.{index}", one, {str(index): key}, reader, required=False, siblings={})
        for index, key in enumerate(wanted)
    ]
    return [replace(entry, name=path) for entry in made]


def _again(path: str, schema: Schema, value: Any, reader: Reader) -> str | None:
    """The second entry as the page shows it: one that differs is typed anew, so it is shown empty."""
    if "x-critical" not in schema:
        return None
    second = reader.again.get(path, "")
    return second if value is not None and second == str(plain(value)) else ""


def _rows(path: str, schema: Schema, rows: Any, reader: Reader) -> list[list[Entry]]:
    columns, required = schema["items"]["properties"], set(schema["items"].get("required", ()))
    shown = shown_columns(schema)
    table = []
    for index, row in enumerate(rows or ([] if "x-source" in schema else [{}])):
        line = []
        for name, column in shown.items():
            if column.get("x-when") and not asked(column, row):
                line.append(Entry(name, "", "none", pick(column["title"], reader.language), "", False))
            else:
                must = name in required or bool(column.get("x-when"))
                line.append(
                    _entry(f"{path}.{index}.{name}", column, row, reader, required=must, siblings=columns)
                )
        table.append(line)
    return table


def _shown_value(schema: Schema, value: Any, widget: str, reader: Reader) -> Any:
    if widget == "file":
        return [(sha256, reader.files.get(sha256, sha256[:12])) for sha256 in value or ()]
    if widget in ("rows", "keys"):
        return None
    if widget == "given" and value in schema.get("enum", ()):
        return pick(schema["x-labels"][value], reader.language)
    return "" if value is None else pick(plain(value), reader.language)


def _attributes(schema: Schema, data: Mapping[str, Any]) -> dict[str, str]:
    attributes = {}
    for keyword, attribute in (("minLength", "minlength"), ("maxLength", "maxlength")):
        if keyword in schema:
            attributes[attribute] = str(schema[keyword])
    if schema.get("x-original"):
        attributes["data-original"] = ""
    for side, name in zip(("lower", "upper"), schema.get("x-limits", ()), strict=False):
        if isinstance(data.get(name), Decimal):
            attributes[f"data-{side}"] = str(plain(data[name]))
    return attributes


def _condition(schema: Schema, siblings: Schema, language: str) -> str:
    if schema.get("readOnly") or not schema.get("x-when"):
        return ""
    parts = []
    for other, value in schema["x-when"].items():
        if siblings[other].get("x-hidden"):
            return ""
        answer = siblings[other].get("x-labels", {}).get(value, value)
        parts.append(f"“{pick(siblings[other]['title'], language)}” = {pick(answer, language)}")
    return "; ".join(parts)
