"""The sentences of the form checks: one stable code and one msgid per kind of mistake."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.errors import Invalid

_SENTENCES: dict[str, tuple[str, str]] = {
    "required": ("form.required", "Please fill in this field."),
    "enum": ("form.choice", "Please choose one of the given answers."),
    "const": ("form.choice", "Please choose one of the given answers."),
    "minimum": ("form.too_small", "Must be at least %(limit)s."),
    "exclusiveMinimum": ("form.too_small", "Must be more than %(limit)s."),
    "maximum": ("form.too_large", "Must be at most %(limit)s."),
    "exclusiveMaximum": ("form.too_large", "Must be less than %(limit)s."),
    "minLength": ("form.too_short", "Please write at least %(limit)s characters."),
    "maxLength": ("form.too_long", "Please write at most %(limit)s characters."),
    "minItems": ("form.too_few", "At least %(limit)s needed."),
    "maxItems": ("form.too_many", "At most %(limit)s allowed."),
    "format": ("form.date", "Please give a day as YYYY-MM-DD."),
}


def for_error(keyword: str, limit: Any, instance: Any, path: str) -> Invalid:
    """The sentence for a failed JSON Schema keyword at one field."""
    code, message = _SENTENCES.get(keyword, ("form.format", "The format is not right."))
    facts = {"limit": limit} if "%(limit)s" in message else {}
    return Invalid(code, message, field=path, **facts)


def for_number(field: Mapping[str, Any], value: Any, path: str) -> Invalid | None:
    """What is wrong with the way a number was written; None if nothing is.

    Only ASCII digits and a dot: a comma is the decimal sign of some readers and groups thousands for others,
    so it is refused rather than guessed.
    """
    if isinstance(value, str):
        if "," in value or "，" in value:
            return Invalid(
                "form.comma", "Write the decimal sign as a dot and leave out separators: 1234.5.", field=path
            )
        return Invalid("form.number", "Please enter a number, such as 12.5.", field=path)
    if isinstance(value, Decimal):
        if field["type"] == "integer":
            return Invalid("form.integer", "Please enter a whole number.", field=path)
        exponent = value.as_tuple().exponent
        most = int(field.get("x-decimals", 6))
        if isinstance(exponent, int) and -exponent > most:
            return Invalid("form.decimals", "At most %(limit)s digits after the dot.", field=path, limit=most)
    return None
