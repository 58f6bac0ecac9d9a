"""Lists that can be brought in: a room registers columns, checks and how rows are stored.

A dry run names every bad cell and stores nothing; applying reads the file again in one transaction.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound, QmsError
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, Raw, read_cell
from documents.sheets.reading import open_list

MOST_FINDINGS = 100_000
SHOWN = 200
"""So many rows of a list are shown to the person who accepts it; the file itself holds all."""


@dataclass(frozen=True)
class Finding:
    """One bad cell (or row, with an empty column): where it stands, what it holds, why it is not taken."""

    row: int
    column: str
    value: str
    error: QmsError


@dataclass(frozen=True)
class Row:
    """One row of a list, its cells read; a bad cell is missing from ``values`` and named in ``bad``."""

    number: int
    values: Mapping[str, Any]
    raw: Mapping[str, Raw]
    bad: frozenset[str] = frozenset()

    def get(self, key: str) -> Any:
        """The value of a cell; None if it is empty or bad."""
        return self.values.get(key)

    def wrong(self, column: str, error: QmsError) -> Finding:
        """Say what is wrong with a cell of this row."""
        value = self.raw.get(column)
        return Finding(self.number, column, "" if value is None else str(value)[:120], error)

    def both(self, key: str) -> Bilingual:
        """A text in both languages; without a Chinese one the English stands for it, and the other way."""
        english, chinese = self.get(f"{key}_en") or "", self.get(f"{key}_zh") or ""
        return {"en": english or chinese, "zh": chinese or english} if english or chinese else {}


Reach = frozenset[uuid.UUID] | None
"""The sites whose things a person may bring in; None for all."""

Check = Callable[[Session, Iterable[Row], Reach], Iterator[Finding]]
Store = Callable[[Session, Iterable[Row], Actor, datetime], None]


@dataclass(frozen=True)
class Importer:
    """A list that can be brought in.

    ``right`` is what the person needs who brings it; ``proposal`` says that another person accepts it with a
    signature before anything is stored; ``order`` is that in which an empty plant needs the lists.
    """

    name: str
    title: Bilingual
    about: Bilingual
    right: str
    columns: tuple[Column, ...]
    check: Check
    store: Store
    order: int
    proposal: bool = True

    def column(self, key: str) -> Column | None:
        """Find a column by its key."""
        return next((one for one in self.columns if one.key == key), None)


@dataclass
class Examined:
    """What a dry run found: rows, findings (all, up to a limit, then only counted), and the first rows."""

    rows: int = 0
    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    first: list[Mapping[str, Raw]] = field(default_factory=list)

    def note(self, finding: Finding) -> None:
        """Keep a finding, or count it when there are too many to keep."""
        self.count += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> Importer:
    """Make a list known.

    Raises:
        ValueError: two rooms claim the same name.
    """
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


def examine(session: Session, importer: Importer, path: Path, name: str, reach: Reach) -> Examined:
    """Read a file and check every cell, storing nothing.

    Raises:
        Invalid: the file as a whole cannot be read as this list; see ``documents.sheets.reading``.
    """
    found = Examined()
    for finding in importer.check(session, _counted(importer, path, name, found), reach):
        found.note(finding)
    found.findings.sort(key=lambda one: one.row)
    return found


def rows_of(importer: Importer, path: Path, name: str) -> Iterator[Row]:
    """Read the rows of a file, each with its bad cells named."""
    with open_list(path, name, importer.columns) as lines:
        for line in lines:
            yield _row(importer.columns, line.number, line.cells)[0]


def store(
    session: Session, importer: Importer, path: Path, name: str, *, actor: Actor, now: datetime
) -> None:
    """Store every row of a file that has been examined in this same transaction."""
    importer.store(session, rows_of(importer, path, name), actor, now)


def without_name(row: Row, key: str = "name") -> Iterator[Finding]:
    """Find a row that has a text in neither language."""
    if not row.both(key) and not row.bad & {f"{key}_en", f"{key}_zh"}:
        yield row.wrong(f"{key}_en", Invalid("cell.required", "This cell must not be empty."))


def doubled(row: Row, column: str, seen: dict[Any, int]) -> Iterator[Finding]:
    """Find a value that stands in an earlier row of the file already, and remember this one."""
    value = row.get(column)
    if value is None:
        return
    if value in seen:
        sentence = N_("Row %(row)s has the same value already.")
        yield row.wrong(column, Conflict("cell.doubled", sentence, row=seen[value]))
    seen.setdefault(value, row.number)


def _counted(importer: Importer, path: Path, name: str, found: Examined) -> Iterator[Row]:
    with open_list(path, name, importer.columns) as lines:
        for line in lines:
            row, findings = _row(importer.columns, line.number, line.cells)
            found.rows += 1
            if len(found.first) < SHOWN:
                found.first.append(line.cells)
            for finding in findings:
                found.note(finding)
            yield row


def _row(columns: Sequence[Column], number: int, cells: Mapping[str, Raw]) -> tuple[Row, list[Finding]]:
    values: dict[str, Any] = {}
    wrong: dict[str, QmsError] = {}
    for column in columns:
        try:
            value = read_cell(column, cells.get(column.key))
        except Invalid as error:
            wrong[column.key] = error
        else:
            if value is not None:
                values[column.key] = value
    row = Row(number, values, cells, frozenset(wrong))
    return row, [row.wrong(key, error) for key, error in wrong.items()]
