"""What rooms further up tell on the page of an object that a room below them keeps.

A supplier belongs to the catalogue, what he is approved for to the room of suppliers: that room adds a panel
to his page, as the catalogue may not ask upwards.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.objects.kinds import ObjectKind

Tell = Callable[[Session, Any], Mapping[str, Any]]
"""Gives what a panel says about one object; the template finds it as ``told``."""

_panels: dict[str, list[tuple[str, Tell]]] = {}


def add_panel(kind_name: str, template: str, tell: Tell) -> None:
    """Show a template on the pages of a kind of object; panels stand in the order of the rooms."""
    _panels.setdefault(kind_name, []).append((template, tell))


def panels_of(session: Session, kind: ObjectKind, found: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """The panels of one object: template and what it says."""
    return [(template, tell(session, found)) for template, tell in _panels.get(kind.name, ())]
