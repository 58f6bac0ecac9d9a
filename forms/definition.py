"""Checks of a form definition before anybody is asked to fill it.

A definition is JSON Schema 2020-12 with hints beginning in `x-`:

==================== ======================================================================================
`title`              {"en", "zh"}: the label. On the form itself: the name printed on the record.
`x-form-code`        the plant's form number, such as QR-QA-012; `x-revision` its revision, such as A3.
`x-widget`           textarea | radio | select | file (default from the type).
`x-labels`           {answer: {"en", "zh"}} for every value of `enum`.
`x-help`             {"en", "zh"}: one sentence under the field.
`x-unit`             unit behind the input: a symbol, or words {"en", "zh"};
                     `x-unit-from` takes it from another column of the row.
`x-limits`           [lower column, upper column]: limits shown beside the input of the same row.
`x-decimals`         most digits behind the decimal point (default 6).
`x-source`           name in forms.sources that supplies the value; on rows: the rows are exactly those.
`x-begin`            path into the facts of the case, such as `wanted.title`, or a list of such paths: what
                     the input begins with, freely changed by whoever fills the form (forms.beginnings).
`x-guard`            name in forms.guards that may refuse the value for what the plant knows about it.
`x-pick`             name in forms.pickers: the text is the key of such an object, such as a lot's number;
                     also on a column, and on a list of texts (one input each). Unknown keys are refused.
`x-when`             {field: value}: asked only if the field (or column of the row) has that value.
`x-computed`         {"rule": …}: the server computes this column (forms.computed.RULES).
`x-checks`           on the form: list of {"rule": …} over the whole form (forms.computed.CHECKS).
`x-hidden`           a column needed by rules but not shown as a column of its own.
`x-original`         true: a measured value, count, scan or time. Its first entry is kept with person and
                     time; a change before signing needs a reason (forms.originals; never free text).
`x-critical`         "double": a value that must be right is typed twice, the second time blind; a
                     difference is refused at the field (forms.critical; short texts, numbers, days).
`x-row-key`          on rows with originals: the given column that tells one row from another.
==================== ======================================================================================

`readOnly` columns are always taken from the source by the server, whatever a request contains.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from core.languages import LANGUAGES
from forms.computed import CHECKS, RULES

Schema = Mapping[str, Any]
CRITICAL = frozenset({"double"})
WIDGETS = frozenset({"textarea", "radio", "select", "file"})


def problems(schema: Schema) -> list[str]:
    """List what makes a definition unusable, in words for its author; empty means usable."""
    found = [f"{hint} is missing" for hint in ("x-form-code", "x-revision") if not schema.get(hint)]
    found += _text_problems("form", schema)
    found += _json_schema_problems(schema)
    for check in schema.get("x-checks", ()):
        if check.get("rule") not in CHECKS:
            found.append(f"unknown check {check.get('rule')}")
    found += _object_problems("", schema)
    return found


def without_hints(node: Any) -> Any:
    """The pure JSON Schema below the hints (bilingual titles are not valid JSON Schema titles)."""
    if isinstance(node, Mapping):
        return {
            key: without_hints(value)
            for key, value in node.items()
            if not key.startswith("x-") and not (key == "title" and _is_bilingual(value))
        }
    if isinstance(node, list):
        return [without_hints(value) for value in node]
    return node


def _is_bilingual(value: Any) -> bool:
    return isinstance(value, Mapping) and "en" in value


def _json_schema_problems(schema: Schema) -> list[str]:
    try:
        Draft202012Validator.check_schema(without_hints(schema))
    except SchemaError as error:
        return [f"{error.json_path}: {error.message}"]
    return []


def _object_problems(prefix: str, schema: Schema) -> Iterator[str]:
    fields = schema.get("properties")
    if not isinstance(fields, Mapping) or not fields:
        yield f"{prefix or 'form'}: no fields"
        return
    for name in schema.get("required", ()):
        if name not in fields:
            yield f"{prefix}{name}: required but not a field"
    for name, field in fields.items():
        yield from _field_problems(f"{prefix}{name}", field, fields)
        yield from _original_problems(f"{prefix}{name}", field, fields)
        yield from _critical_problems(f"{prefix}{name}", field)


def _field_problems(path: str, field: Schema, siblings: Schema) -> Iterator[str]:
    if not field.get("x-hidden"):
        yield from _text_problems(path, field)
    yield from _hint_problems(path, field, siblings)
    if field.get("type") == "array" and field.get("x-widget") != "file" and "x-pick" not in field:
        yield from _object_problems(f"{path}.", field.get("items", {}))


def _hint_problems(path: str, field: Schema, siblings: Schema) -> Iterator[str]:
    if field.get("x-widget", "radio") not in WIDGETS:
        yield f"{path}: unknown widget {field['x-widget']}"
    if (rule := field.get("x-computed", {}).get("rule", "within_limits")) not in RULES:
        yield f"{path}: unknown rule {rule}"
    if "x-pick" in field and not _picks(field):
        yield f"{path}: only a text, or a list of texts, can pick an object"
    if "x-begin" in field and {"x-source", "x-original", "x-critical", "readOnly"} & set(field):
        yield f"{path}: what is given, measured or typed twice begins empty"
    for other in [*field.get("x-when", {}), *field.get("x-limits", ())]:
        if other not in siblings:
            yield f"{path}: refers to {other}, which is not a field"


def _picks(field: Schema) -> bool:
    of = field.get("items", {}) if field.get("type") == "array" else field
    return of.get("type") == "string" and not {"readOnly", "x-widget", "enum"} & set(field)


def _original_problems(path: str, field: Schema, siblings: Schema) -> Iterator[str]:
    columns = field.get("items", {}).get("properties", {})
    if any(column.get("x-original") for column in columns.values()):
        given = columns.get(field.get("x-row-key"), {}).get("readOnly")
        if not (given and "x-source" in field):
            yield f"{path}: rows with original entries need x-source and an x-row-key that is given"
    if not field.get("x-original"):
        return
    if field.get("readOnly") or field.get("x-widget") in {"textarea", "file"} or field.get("type") == "array":
        yield f"{path}: neither free text nor files nor given values are original entries"
    if any(not siblings.get(other, {}).get("readOnly") for other in field.get("x-when", {})):
        yield f"{path}: an original entry may depend on given columns only"


def _critical_problems(path: str, field: Schema) -> Iterator[str]:
    if "x-critical" not in field:
        return
    if field["x-critical"] not in CRITICAL:
        yield f"{path}: x-critical knows {', '.join(sorted(CRITICAL))}, not {field['x-critical']}"
    if field.get("readOnly") or "x-widget" in field or "enum" in field or field.get("type") == "array":
        yield f"{path}: only short texts, numbers and days that are typed can be critical"


def _text_problems(path: str, node: Schema) -> Iterator[str]:
    texts = {"title": node.get("title")} | {f"label {v}": t for v, t in node.get("x-labels", {}).items()}
    texts |= {f"label {value}": node.get("x-labels", {}).get(value) for value in node.get("enum", ())}
    if "x-help" in node:
        texts["help"] = node["x-help"]
    for what, text in texts.items():
        if not isinstance(text, Mapping) or any(not text.get(lang) for lang in LANGUAGES):
            yield f"{path}: {what} needs a text in Chinese and in English"
