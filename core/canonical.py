"""JSON in the one form that is hashed and signed: RFC 8785, written quickly where a plain writer agrees."""

from typing import Any

import orjson
import rfc8785

_SAFE = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """Write a value in RFC 8785 canonical form, UTF-8.

    Texts, whole numbers, lists and objects with ASCII keys come out the same from orjson with sorted keys, in
    a tenth of the time; anything else (fractions, other keys) is left to the library that knows it all.

    Raises:
        ValueError: the value has no canonical form, such as a lone surrogate or a number beyond 2**53.
    """
    if _is_plain(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError as wrong:
            raise ValueError(str(wrong)) from wrong
    canonical: bytes = rfc8785.dumps(value)
    return canonical


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str or not key.isascii() or not (type(inner) is str or _is_plain(inner)):
                return False
        return True
    if kind is list or kind is tuple:
        return all(type(inner) is str or _is_plain(inner) for inner in value)
    return kind is int and -_SAFE <= value <= _SAFE
