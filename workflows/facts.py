"""Facts of a case: plain JSON values and decimals, nothing else, so that every reader sees the same."""

import json
import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from core.errors import Conflict, Invalid

Facts = dict[str, Any]


def plain(value: Any) -> Any:
    """Copy a value into plain facts: dates and keys become texts, decimals stay exact.

    Raises:
        Invalid: ``facts.type``: something that is no fact, such as an object of the program or a binary
        float.
    """
    if value is None or isinstance(value, (str, int, bool, Decimal)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    raise Invalid(
        "facts.type", "A value of type %(type)s cannot be kept in a case.", type=type(value).__name__
    )


def as_json(value: Any) -> Any:
    """Give facts as JSON for readers: decimals become texts."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {key: as_json(member) for key, member in value.items()}
    if isinstance(value, list):
        return [as_json(member) for member in value]
    return value


def correlation_text(values: Mapping[str, Any]) -> str:
    """Write the values by which a message finds its case, always in the same way.

    Raises:
        Conflict: ``message.correlation``: a value is missing, or is a list or an object.
    """
    written = {}
    for name, value in sorted(values.items()):
        if isinstance(value, (bool, list, Mapping)) or value is None or value == "":
            raise Conflict("message.correlation", "The key “%(name)s” of a message has no value.", name=name)
        written[name] = str(value)
    return json.dumps(written, ensure_ascii=False, sort_keys=True)
