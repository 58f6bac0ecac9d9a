"""Facts that a step shows: registered by the rooms that know them, named in models by ``qms:shows``."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.errors import NotFound
from core.types import Bilingual

Section = dict[str, Any]
"""A block of a record: ``{"title": {en, zh}, "rows": [{"label", "value", "unit", "mark"}], "table": …}``.

A row that a step shows may name the ``fact`` its value is, such as ``wanted.severity``: a code is then said
in the words of the model, and the name goes.
"""

FactsProvider = Callable[[Session, uuid.UUID, Mapping[str, Any]], list[Section]]

_providers: dict[str, FactsProvider] = {}
_printed_forms: dict[str, tuple[str, Bilingual]] = {}


def facts(name: str) -> Callable[[FactsProvider], FactsProvider]:
    """Register ``(session, subject_id, data) -> list[Section]`` under a name such as ``inventory.lot``.

    Raises:
        ValueError: two rooms claim the same name.
    """

    def register(provider: FactsProvider) -> FactsProvider:
        if _providers.setdefault(name, provider) is not provider:
            raise ValueError(f"facts {name} are registered twice")
        return provider

    return register


def names() -> frozenset[str]:
    """Name everything a model may show."""
    return frozenset(_providers)


def gather(name: str, session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """Read the named facts of a subject as they stand now.

    Raises:
        NotFound: ``facts.unknown``: no room has registered the name.
    """
    provider = _providers.get(name)
    if provider is None:
        raise NotFound("facts.unknown", "No room provides the facts %(name)s.", name=name)
    return provider(session, subject_id, data)


def printed_form(code: str, revision: str, title: Bilingual) -> None:
    """Name a form that a room prints without asking anybody to fill it, such as a goods receipt."""
    _printed_forms[code] = (revision, title)


def printed_forms() -> list[tuple[str, str, Bilingual]]:
    """List those forms: number, revision, name."""
    return [(code, revision, title) for code, (revision, title) in sorted(_printed_forms.items())]
