"""One row of a list with its cells read, what is wrong with it, and what it would change."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from core.errors import QmsError
from core.types import Bilingual

Reach = frozenset[uuid.UUID] | None
"""The sites whose things a person may bring in; None for all."""

Find = Callable[[Session, Collection[Any], Reach], Mapping[Any, Any]]
"""Finds the things that some cells name, all in one query: cell value → thing."""

Taken = Callable[[Session, Collection[Any]], Mapping[Any, tuple[Any, ...]]]
"""Finds who has some values already, all in one query: value → key of the row that has it."""


@dataclass(frozen=True)
class Reference:
    """What a cell may name: ``find`` gives the things that are there, ``missing`` the refusal of another.

    ``kind`` is what is named, as pickers call it (forms.pickers), so that a page can suggest some and show
    their names; empty for others.
    """

    find: Find
    missing: Callable[[Any], QmsError]
    kind: str = ""


@dataclass(frozen=True)
class Unique:
    """A value that one object alone has: ``taken`` finds who has it, ``error`` is what the other is told."""

    taken: Taken
    error: Callable[[Any], QmsError]


class Outcome(StrEnum):
    """What becomes of a row: opened, changed, left as it is, or not taken."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class Finding:
    """One bad cell (or row, with an empty column): where it stands, what it holds, why it is not taken."""

    row: int
    column: str
    value: str
    error: QmsError


@dataclass(slots=True)
class Row:
    """One row of a list, its cells read; a bad cell is missing from ``values`` and named in ``bad``.

    ``found`` holds the things that cells with a reference name, ``before`` what the object with the row's key
    holds already, column by column, None if there is none. ``raw`` is kept for rows with a bad cell only.
    """

    number: int
    values: Mapping[str, Any]
    raw: Mapping[str, Any]
    bad: frozenset[str] = frozenset()
    found: dict[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None
    outcome: Outcome = Outcome.NEW

    def get(self, key: str) -> Any:
        """The value of a cell; None if it is empty or bad."""
        return self.values.get(key)

    def key(self, columns: tuple[str, ...]) -> tuple[Any, ...] | None:
        """The values of some cells together, None if one of them is empty or bad."""
        key = tuple(self.values.get(column) for column in columns)
        return None if None in key else key

    def wrong(self, column: str, error: QmsError) -> Finding:
        """Say what is wrong with a cell of this row."""
        value = self.raw.get(column, self.values.get(column))
        return Finding(self.number, column, "" if value is None else str(value)[:120], error)

    def both(self, key: str) -> Bilingual:
        """A text in both languages; without a Chinese one the English stands for it, and the other way.

        A language that the row leaves empty keeps the text that is there already.
        """
        english, chinese = self._text(f"{key}_en"), self._text(f"{key}_zh")
        return {"en": english or chinese, "zh": chinese or english} if english or chinese else {}

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """What the row would change: column → (value there, value of the row). Empty cells change nothing."""
        if self.before is None:
            return {}
        return {
            column: (self.before[column], value)
            for column, value in self.values.items()
            if column in self.before and not same(self.before[column], value)
        }

    def _text(self, column: str) -> str:
        there = self.before.get(column) if self.before else None
        return self.values.get(column) or there or ""


def both_cells(key: str, value: Bilingual) -> dict[str, str]:
    """A text in both languages as the cells of its two columns, see ``cells.name_columns``."""
    return {f"{key}_{lang}": value.get(lang, "") for lang in ("en", "zh")}


def same(there: Any, brought: Any) -> bool:
    """Whether two values are one: an empty text is no value, 1.0 is 1."""
    return bool((there or None) == (brought or None) if isinstance(brought, str) else there == brought)
