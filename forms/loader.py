"""Find a form by its key; every definition has a version, the hash of its content."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from forms.definition import problems
from forms.errors import BadDefinition, UnknownForm

SCHEMAS = Path(__file__).parent / "schemas"


@dataclass(frozen=True)
class Form:
    """One version of a form: what is asked, under which form number and revision it is printed."""

    key: str
    version: str  # SHA-256 (hex) of the definition in sorted JSON
    schema: Mapping[str, Any]

    @property
    def code(self) -> str:
        """The plant's form number, such as QR-QA-012."""
        return str(self.schema["x-form-code"])

    @property
    def revision(self) -> str:
        """The revision printed behind the form number, such as A3."""
        return str(self.schema["x-revision"])

    @property
    def title(self) -> dict[str, str]:
        """Name of the form in English and Chinese."""
        return dict(self.schema["title"])

    @property
    def fields(self) -> Mapping[str, Mapping[str, Any]]:
        """The fields in the order they are asked."""
        fields: Mapping[str, Mapping[str, Any]] = self.schema["properties"]
        return fields


def parse(data: bytes, *, key: str) -> Form:
    """Read a definition from its JSON text (UTF-8).

    Raises:
        BadDefinition: it is not JSON, lacks a text in one language, or could not be checked.
    """
    form = parse_kept(data, key=key)
    if found := problems(form.schema):
        raise BadDefinition(key, found)
    return form


def parse_kept(data: bytes, *, key: str) -> Form:
    """Read a definition that was checked when it was kept; rules made since do not hold for it.

    Raises:
        BadDefinition: it is not a JSON object.
    """
    try:
        schema = json.loads(data, parse_float=Decimal)
    except ValueError as error:
        raise BadDefinition(key, [str(error)]) from error
    if not isinstance(schema, dict):
        raise BadDefinition(key, ["not a JSON object"])
    ordered = json.dumps(schema, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return Form(key, hashlib.sha256(ordered.encode()).hexdigest(), schema)


@lru_cache(maxsize=256)
def load(key: str) -> Form:
    """The form a model names in `qms:form`.

    Raises:
        UnknownForm: no such form.
        BadDefinition: its definition is not usable.
    """
    return parse(text(key).encode(), key=key)


def text(key: str) -> str:
    """The definition of an installed form as it stands in its file.

    Raises:
        UnknownForm: no such form.
    """
    if not known(key):
        raise UnknownForm(key)
    return (SCHEMAS / f"{key}.json").read_text(encoding="utf-8")


def known(key: str) -> bool:
    """Whether a form of this name exists (asked by the checks of a model)."""
    return key in keys()


def keys() -> tuple[str, ...]:
    """The names of all forms, sorted."""
    return tuple(sorted(path.stem for path in SCHEMAS.glob("*.json")))
