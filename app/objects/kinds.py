"""Objects of the plant, each kind described once: who reads and changes it, how it is found and shown.

Columns, checks and storing are those of the kind's list (``documents.sheets.importers``): a form on a page, a
row of a CSV or XLSX and a JSON document are read, checked and stored by the same code. Pages, history,
attachments, exports, proposals and the REST API follow from the description (docs/adr/0008).
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.db import Base
from core.errors import NotFound
from core.types import Bilingual
from documents.sheets.cells import Column
from documents.sheets.importers import Importer
from documents.sheets.rows import Row

Values = Mapping[str, Any]
"""What an object holds: key of a column → value, as a cell of the list would be read."""

Key = tuple[Any, ...]
"""The values of the columns that name an object."""


def _nowhere(_row: Any) -> uuid.UUID | None:
    return None


def _nothing(_session: Session, _row: Any) -> Mapping[str, Any]:
    return {}


def _never(_before: Values | None, _wanted: Sequence[Values]) -> bool:
    return False


def _always(_session: Session, _row: Any) -> None:
    """Nothing has to be there."""


@dataclass(frozen=True)
class Act:
    """Something that is done to an object with a reason, such as cancelling an order; it holds at once.

    ``name`` is its address below the object's in the API, ``columns`` what it is told besides the reason;
    ``run(session, object, told, reason, actor=…, now=…)`` does it.
    """

    name: str
    title: Bilingual
    columns: tuple[Column, ...]
    run: Callable[..., None]


@dataclass(frozen=True)
class ObjectKind:
    """A kind of object.

    ``name`` is its subject in trail and records, such as ``organisation.department``; ``plural`` its address
    on pages and in the API. ``read`` is the right to see it; who may change it is said by the right of
    ``listed``, and whether a second person has to sign the change by its ``proposal``.
    ``find`` gives the row with a key, ``key_of`` the key of a row, ``label`` what people call it.
    ``shown`` are the columns of the list on the page with the expression they sort by; those with a choice of
    answers can be filtered by it. ``words`` are the expressions a search looks into.
    ``values`` gives what some rows hold, by default what ``listed.existing`` says; ``lines`` the lines of an
    object made of several rows of its list, and ``replace`` stores them anew.
    ``site_of`` names the site an object belongs to, None for the whole company. ``panel`` is a template that
    shows more about one object, with what ``panel_data`` gives. ``ready`` refuses a revision that must not
    come into force yet, such as a document without its file. ``at_once`` names the changes of a signed kind,
    from what was held (None: a new object) to what is wanted, that hold without a second person because
    waiting would be the greater risk, such as a block. ``tried`` has a change of an object of several rows
    tried out and undone when it is proposed, so that what cannot be is refused where it is typed.
    """

    name: str
    title: Bilingual
    listed: Importer
    model: type[Base]
    plural: str
    icon: str
    read: str
    find: Callable[[Session, Key], Any]
    key_of: Callable[[Any], Key]
    label: Callable[[Any], Bilingual | str]
    shown: Mapping[str, Any]
    words: Sequence[Any]
    values: Callable[[Session, Sequence[Any]], Sequence[Values]] | None = None
    lines: Callable[[Session, Any], Sequence[Values]] | None = None
    replace: Callable[..., None] | None = None
    site_of: Callable[[Any], uuid.UUID | None] = _nowhere
    panel: str = ""
    panel_data: Callable[[Session, Any], Mapping[str, Any]] = _nothing
    ready: Callable[[Session, Any], None] = _always
    tried: bool = False
    at_once: Callable[[Values | None, Sequence[Values]], bool] = _never
    fixed: frozenset[str] = field(default_factory=frozenset)
    numbered: Callable[[Session, Row, datetime], Values] | None = None
    acts: Sequence[Act] = ()

    @property
    def write(self) -> str:
        """The right to open and change objects of this kind."""
        return self.listed.right

    @property
    def signed(self) -> bool:
        """Whether a second person signs a change before it holds; the days of a revision always are."""
        return self.listed.proposal

    @property
    def table(self) -> str:
        """The table whose changes are the object's history."""
        return str(self.model.__tablename__)

    @property
    def head(self) -> tuple[Column, ...]:
        """The columns that an object has once."""
        group = self.listed.group
        if group is None:
            return self.listed.columns
        once = {*group.by, *group.same}
        return tuple(column for column in self.listed.columns if column.key in once)

    @property
    def line(self) -> tuple[Column, ...]:
        """The columns of its lines, when it is made of several rows."""
        return tuple(column for column in self.listed.columns if column not in self.head)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns that name an object; they are set once."""
        return self.listed.group.by if self.listed.group else self.listed.key

    def values_of(self, session: Session, rows: Sequence[Any]) -> list[Values]:
        """Give what some objects hold, in their order."""
        if self.values is not None:
            return list(self.values(session, rows))
        if self.listed.existing is None:
            raise LookupError(f"{self.name} says neither values nor existing")
        keys = [self.key_of(row) for row in rows]
        there = self.listed.existing(session, keys) if keys else {}
        named = [dict(zip(self.listed.key, key, strict=True)) for key in keys]
        return [{**name, **there.get(key, {})} for name, key in zip(named, keys, strict=True)]


_kinds: dict[str, ObjectKind] = {}


def register(kind: ObjectKind) -> ObjectKind:
    """Make a kind known.

    Raises:
        ValueError: two rooms claim the same name or address, or a page would show a column that is not there.
    """
    if any(one.plural == kind.plural and one is not kind for one in _kinds.values()):
        raise ValueError(f"the address /{kind.plural} is taken")
    known = {column.key for column in kind.listed.columns} | {"name", "state"}
    if not set(kind.shown) <= known:
        raise ValueError(f"{kind.name} has no column {', '.join(sorted(set(kind.shown) - known))}")
    if _kinds.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"object {kind.name} is registered twice")
    return kind


def kinds() -> list[ObjectKind]:
    """Every kind of object, by address."""
    return sorted(_kinds.values(), key=lambda kind: kind.plural)


def kind_of(name: str) -> ObjectKind:
    """Find a kind by its name.

    Raises:
        NotFound: ``object.unknown_kind``.
    """
    if name not in _kinds:
        raise NotFound("object.unknown_kind", "There is no such kind of object.")
    return _kinds[name]
