"""From flat request fields to typed values, and what is wrong with them, at the field and in plain words.

Field names are the path with dots: `remarks`, `results.0.value`. Numbers become `Decimal` exactly as written
(`12.50` keeps its two digits), never float; dates stay ISO 8601 days. A value that cannot be read stays the
text it was, so that the page shows it again beside the error.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, cast

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from core.errors import Invalid
from forms.computed import CHECKS, RULES
from forms.definition import Schema, without_hints
from forms.loader import Form
from forms.messages import for_error, for_number

NUMBER = re.compile(r"[+-]?\d{1,12}(\.\d+)?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MISSING_GLYPHS = Callable[[str], Iterable[str]]
MOST_ROWS = 500
WHY = "_why."
"""Beginning of the name under which the reason for a change of an original entry is posted."""

AGAIN = "_again."
"""Beginning of the name under which the second entry of a critical field is posted (forms.critical)."""

_formats = FormatChecker(formats=())


class Fields(Protocol):
    """Request fields by name; one name may have several values (werkzeug's MultiDict)."""

    def getlist(self, key: str) -> list[str]:
        """All values posted under one name."""
        ...

    def __iter__(self) -> Iterator[str]:
        """The names posted."""
        ...


class Saved:
    """A saved draft (name → list of texts) read like request fields."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values

    def getlist(self, key: str) -> list[str]:
        """All values saved under one name."""
        return [str(value) for value in self._values.get(key, ())]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)


@_formats.checks("date", raises=ValueError)
def _is_day(value: object) -> bool:
    return not isinstance(value, str) or (
        DAY.fullmatch(value) is not None and bool(date.fromisoformat(value))
    )


def read(form: Form, formdata: Fields, *, prefill: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values of the form's own fields; unknown fields are dropped, blanks are absent.

    Given rows and `readOnly` columns come from `prefill` (forms.sources), verdicts are computed here: a
    request cannot supply them.
    """
    data = _read_object(form.schema, formdata, "", prefill)
    return {name: value for name, value in data.items() if asked(form.fields[name], data)}


def flat(form: Form, formdata: Fields) -> dict[str, list[str]]:
    """The form's own fields as texts, for a draft; read it again with `read(form, Saved(draft), …)`.

    Reasons for changes and second entries come along, so that nothing typed is lost.
    """
    draft: dict[str, list[str]] = {}
    for name in formdata:
        values = [value for value in formdata.getlist(name) if value != ""]
        if values and name.removeprefix(WHY).removeprefix(AGAIN).split(".")[0] in form.fields:
            draft[name] = values
    return draft


def check(
    form: Form,
    data: Mapping[str, Any],
    *,
    prefill: Mapping[str, Any],
    missing_glyphs: MISSING_GLYPHS | None = None,
) -> dict[str, Invalid]:
    """What is wrong, by field path; empty means the form may be signed.

    `missing_glyphs` names the characters the record font lacks: found before a signature, never on the page.
    """
    errors: dict[str, Invalid] = {}
    validator = Draft202012Validator(without_hints(form.schema), format_checker=_formats)
    for error in sorted(validator.iter_errors(data), key=lambda e: (len(e.absolute_path), e.json_path)):
        for path, found in _at_fields(error):
            errors.setdefault(path, found)
    _check_numbers(form.schema, data, "", errors)
    for rule in form.schema.get("x-checks", ()):
        for path, found in CHECKS[rule["rule"]](rule, data):
            errors.setdefault(path, found)
    if missing_glyphs is not None:
        _check_glyphs(data, "", missing_glyphs, errors)
    return errors


def plain(value: Any) -> Any:
    """Values as they are kept in a case and a record: Decimals and days as strings, nothing else changed."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def asked(field: Schema, data: Mapping[str, Any]) -> bool:
    """Whether a field with `x-when` is asked, given the other answers (of the form, or of the row)."""
    return all(data.get(other) == value for other, value in field.get("x-when", {}).items())


def has_rows(field: Schema) -> bool:
    """Whether a field is a table of rows (and not, say, a list of attachments or of picked objects)."""
    return field.get("type") == "array" and field.get("x-widget") != "file" and "x-pick" not in field


def _read_object(schema: Schema, formdata: Fields, prefix: str, given: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, field in schema["properties"].items():
        value = _read_field(field, formdata, prefix + name, given.get(name))
        if value is not None and value != "" and value != []:
            data[name] = value
    return data


def _read_field(field: Schema, formdata: Fields, path: str, given: Any) -> Any:
    if field.get("readOnly"):
        return None if "x-computed" in field else _typed(field, given)
    if has_rows(field):
        return _read_rows(field, formdata, path, given)
    values = [text for value in formdata.getlist(path) if (text := _tidy(value))]
    if field.get("type") == "array":
        return list(dict.fromkeys(values))
    return _typed(field, values[-1]) if values else None


def _read_rows(field: Schema, formdata: Fields, path: str, given: Any) -> list[dict[str, Any]]:
    if "x-source" in field:
        return [_read_row(field["items"], formdata, f"{path}.{i}.", row) for i, row in enumerate(given or ())]
    pattern = re.compile(re.escape(path) + r"\.(\d{1,4})\.")
    found = sorted({int(match[1]) for name in formdata if (match := pattern.match(name))})[:MOST_ROWS]
    removed = set(formdata.getlist("_del"))
    kept = [i for i in found if f"{path}.{i}" not in removed]
    rows = [row for i in kept if (row := _read_row(field["items"], formdata, f"{path}.{i}.", {}))]
    return [*rows, {}] if path in formdata.getlist("_add") else rows


def _read_row(schema: Schema, formdata: Fields, prefix: str, given: Mapping[str, Any]) -> dict[str, Any]:
    row = _read_object(schema, formdata, prefix, given)
    row = {name: value for name, value in row.items() if asked(schema["properties"][name], row)}
    for name, column in schema["properties"].items():
        if (rule := column.get("x-computed")) and (value := RULES[rule["rule"]](rule, row)) is not None:
            row[name] = value
    return row


def _typed(field: Schema, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if field.get("type") in ("number", "integer") and NUMBER.fullmatch(value):
        number = Decimal(value)
        return int(number) if field["type"] == "integer" and "." not in value else number
    return value


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def _at_fields(error: ValidationError) -> Iterable[tuple[str, Invalid]]:
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "required" and isinstance(error.instance, Mapping):
        for name in cast(list[str], error.validator_value):
            if name not in error.instance:
                at = f"{path}.{name}" if path else str(name)
                yield at, for_error("required", None, None, at)
    else:
        yield path, for_error(str(error.validator), error.validator_value, error.instance, path)


def _check_numbers(schema: Schema, data: Mapping[str, Any], prefix: str, errors: dict[str, Invalid]) -> None:
    for name, field in schema["properties"].items():
        value, path = data.get(name), prefix + name
        if has_rows(field):
            for index, row in enumerate(value or ()):
                _check_numbers(field["items"], row, f"{path}.{index}.", errors)
        elif field.get("type") in ("number", "integer") and (found := for_number(field, value, path)):
            errors[path] = found


def _check_glyphs(value: Any, path: str, missing: MISSING_GLYPHS, errors: dict[str, Invalid]) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            _check_glyphs(item, f"{path}.{name}" if path else str(name), missing, errors)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_glyphs(item, f"{path}.{index}", missing, errors)
    elif isinstance(value, str) and (lacking := sorted(missing(value))):
        shown = " ".join(f"{character} (U+{ord(character):04X})" for character in lacking)
        errors.setdefault(
            path,
            Invalid(
                "form.glyph",
                "The record cannot print %(characters)s. Please write it another way.",
                field=path,
                characters=shown,
            ),
        )
