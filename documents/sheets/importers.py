"""Lists that can be brought in: a room declares columns and how rows are stored; the rest follows from that.

The template, the help page, the JSON Schema for programs, the reading of cells, the dry run with its findings
and counts, and what stands there already are the same for every list (``documents.sheets.examining``). The
recipe is in CONTRIBUTING.md, "Add an importable list".
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import NotFound, QmsError
from core.types import Bilingual
from documents.sheets.cells import Column, schema_of
from documents.sheets.rows import Finding, Reach, Row

Existing = Callable[[Session, Collection[tuple[Any, ...]]], Mapping[tuple[Any, ...], Mapping[str, Any]]]
"""Finds what is there under some keys, all in one query: key → column → value as its cell would be read."""

Check = Callable[[Session, Iterable[Row], Reach], Iterator[Finding]]
"""Looks at all rows in their order, for what columns cannot say; it asks the database for many at once."""

Store = Callable[[Session, Sequence[Row], Actor, datetime], None]
"""Stores some hundred rows at once; rows of one group are never torn apart."""


@dataclass(frozen=True)
class Group:
    """Rows that make one object together, such as the lines of an order.

    ``by`` are the columns that name the object, ``same`` those that have to agree in all its rows;
    ``error`` tells a row that disagrees with those further up.
    """

    by: tuple[str, ...]
    same: tuple[str, ...] = ()
    error: Callable[[Row], QmsError] | None = None


@dataclass(frozen=True)
class Importer:
    """A list that can be brought in.

    ``right`` is what the person needs who brings it; ``proposal`` says that another person accepts it with a
    signature before anything is stored; ``order`` is that in which an empty plant needs the lists.

    ``key`` are the columns that name an object: a key stands once in a file. ``existing`` finds what is there
    under some keys; rows that differ are given to ``change``. Without ``change`` nothing of what is there may
    be changed by a list; without ``existing`` every row is new. ``create`` gets the new rows. ``check`` finds
    what columns cannot say.
    """

    name: str
    title: Bilingual
    about: Bilingual
    right: str
    order: int
    columns: tuple[Column, ...]
    create: Store
    key: tuple[str, ...] = ()
    existing: Existing | None = None
    change: Store | None = None
    group: Group | None = None
    check: Check | None = None
    proposal: bool = True

    @property
    def asked(self) -> tuple[Column, ...]:
        """The columns that people fill in."""
        return tuple(column for column in self.columns if not column.worked_out)

    def column(self, key: str) -> Column | None:
        """Find a column by its key."""
        return next((one for one in self.columns if one.key == key), None)

    def may_change(self, column: str) -> bool:
        """Whether a list may change the values of a column that are there already."""
        found = self.column(column)
        return self.change is not None and found is not None and not found.controlled

    def schema(self, language: str) -> dict[str, Any]:
        """The JSON Schema of one row, for the REST API's description and for programs that write lists."""
        return {
            "type": "object",
            "title": self.title[language],
            "description": self.about[language],
            "properties": {
                column.key: {
                    **schema_of(column.read),
                    **({"readOnly": True} if column.worked_out else {}),
                    "title": column.name[language],
                    "description": column.hint.get(language, ""),
                    "examples": [column.example] if column.example else [],
                }
                for column in self.columns
            },
            "required": [column.key for column in self.columns if column.required],
            "additionalProperties": False,
        }


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> Importer:
    """Make a list known.

    Raises:
        ValueError: two rooms claim the same name, or a key names no column.
    """
    keys = {column.key for column in importer.columns}
    named = {*importer.key, *(importer.group.by + importer.group.same if importer.group else ())}
    if not named <= keys:
        raise ValueError(f"list {importer.name} has no column {', '.join(sorted(named - keys))}")
    if _importers.setdefault(importer.name, importer) is not importer:
        raise ValueError(f"list {importer.name} is registered twice")
    return importer


def importers() -> list[Importer]:
    """Every list that can be brought in, in the order an empty plant needs them."""
    return sorted(_importers.values(), key=lambda one: one.order)


def importer_of(name: str) -> Importer:
    """Find a list by its name.

    Raises:
        NotFound: ``import.unknown_list``.
    """
    if name not in _importers:
        raise NotFound("import.unknown_list", "There is no such list.")
    return _importers[name]
