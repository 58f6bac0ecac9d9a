"""What a form's field may not name: a room registers a function, the form names it in `x-guard`.

A guard knows the plant, which JSON Schema does not: whether an instrument is calibrated on the day, say. It
is asked when an entry is reviewed and again in the transaction that signs it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Invalid
from forms.errors import UnknownGuard
from forms.loader import Form

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
    for name, field in form.fields.items():
        if "x-guard" not in field or name not in data or site_id is None:
            continue
        if (function := _guards.get(field["x-guard"])) is None:
            raise UnknownGuard(field["x-guard"])
        if (refused := function(session, site_id, data[name], now)) is not None:
            found[name] = refused
    return found
