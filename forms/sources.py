"""Where a form's given values come from: a room registers a function, the form names it in `x-source`.

A source of rows returns a list of mappings whose keys are columns of the form. Decimals may be `Decimal` or
strings, texts may be {"en", "zh"}. The rows of `quality.inspection_plan` are::

    {"code": "OD", "characteristic": {"en": …, "zh": …}, "kind": "measured" | "judged",
     "method": "…" or {"en", "zh"}, "unit": "mm", "lower": "4.00", "upper": "4.20"}

A unit that is a word comes in both languages.
`unit`, `lower` and `upper` are absent or None for judged characteristics and open ends of a limit.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from forms.errors import UnknownSource
from forms.loader import Form

Source = Callable[[Session, UUID | None, Mapping[str, Any]], Any]
_sources: dict[str, Source] = {}


def source(name: str) -> Callable[[Source], Source]:
    """Register a source as `room.noun`: (session, subject_id, case data) to plain values."""

    def register(function: Source) -> Source:
        _sources[name] = function
        return function

    return register


def known_source(name: str) -> bool:
    """Whether a room registered this name (asked by the checks of forms and models)."""
    return name in _sources


def source_names(form: Form) -> tuple[str, ...]:
    """The sources a form needs."""
    return tuple(field["x-source"] for field in form.fields.values() if "x-source" in field)


def prefill(form: Form, session: Session, subject_id: UUID | None, data: Mapping[str, Any]) -> dict[str, Any]:
    """The given values of a form by field, fresh from their sources.

    Raises:
        UnknownSource: the form names a source nobody registered.
    """
    given: dict[str, Any] = {}
    for name, field in form.fields.items():
        if "x-source" not in field:
            continue
        if (function := _sources.get(field["x-source"])) is None:
            raise UnknownSource(field["x-source"])
        given[name] = function(session, subject_id, data)
    return given
