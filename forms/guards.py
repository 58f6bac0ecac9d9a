"""What a form's field may not name: a room registers a function, the form names it in `x-guard`.

A guard knows the plant, which JSON Schema does not: whether an instrument is calibrated on the day, say. It
is asked when an entry is reviewed and again in the transaction that signs it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Invalid
from forms.errors import UnknownGuard
from forms.loader import Form
from forms.validate import has_rows

Guard = Callable[[Session, UUID, Any, datetime], Invalid | None]
"""(session, site of the step, value of the field, now) to why it is not taken, None if it is."""

_guards: dict[str, Guard] = {}


def guard(name: str) -> Callable[[Guard], Guard]:
    """Register a guard as `room.noun`."""

    def register(function: Guard) -> Guard:
        _guards[name] = function
        return function

    return register


def refusals(
    form: Form, session: Session, data: Mapping[str, Any], *, site_id: UUID | None, now: datetime
) -> dict[str, Invalid]:
    """What the guards of a form say to its entries, by field; empty means that they are taken.

    A step that belongs to no site is asked nothing: equipment and places stand at a site.

    Raises:
        UnknownGuard: the form names a guard nobody registered.
    """
    found: dict[str, Invalid] = {}
    for path, name, value in _guarded(form, data):
        if site_id is None:
            continue
        if (function := _guards.get(name)) is None:
            raise UnknownGuard(name)
        if (refused := function(session, site_id, value, now)) is not None:
            found[path] = refused
    return found


def _guarded(form: Form, data: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Every entry that a guard is asked about, in columns of tables too: its path, the guard, the value."""
    for name, field in form.fields.items():
        if "x-guard" in field and name in data:
            yield name, field["x-guard"], data[name]
        columns = field["items"]["properties"] if has_rows(field) else {}
        for number, row in enumerate(data.get(name) or () if columns else ()):
            for column, schema in columns.items():
                if "x-guard" in schema and column in row:
                    yield f"{name}.{number}.{column}", schema["x-guard"], row[column]
