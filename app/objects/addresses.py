"""Where the pages of a kind of object are: its room's blueprint, its plural, the page."""

import uuid
from collections.abc import Collection
from typing import Any

from flask import url_for

from app.objects.kinds import ObjectKind

_addresses: dict[str, "Address"] = {}


class Address:
    """Gives the addresses of one kind's pages."""

    def __init__(self, room: str, kind: ObjectKind, without: Collection[str] = ()) -> None:
        self._index, self._without = f"{room}.{kind.plural}", frozenset(without)
        _addresses[kind.name] = self

    def __call__(self, page: str = "", **values: Any) -> str:
        """The address of a page: ``show``, ``edit``, ``history``, …; without a name the list."""
        return url_for(self.endpoint(page), **values)

    def has(self, page: str) -> bool:
        """Whether the kind has this page."""
        return page not in self._without

    def endpoint(self, page: str = "") -> str:
        """The endpoint of a page."""
        return f"{self._index}_{page}" if page else self._index


def address_of(kind: ObjectKind, object_id: uuid.UUID) -> str:
    """The page of one object; empty for a kind that has none."""
    at = _addresses.get(kind.name)
    return at("show", object_id=object_id) if at is not None else ""
