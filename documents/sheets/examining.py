"""The dry run of a list and the storing of its rows, the same for every list.

Rows are looked at some hundred at a time, so that what they name and what is there already is found in few
queries. A dry run stores nothing; what it said about each row is compared with what holds when the list is
stored, in the same transaction.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Conflict, Invalid, QmsError
from documents.labels import N_
from documents.sheets.cells import Column, Raw, read_cell
from documents.sheets.importers import Group, Importer
from documents.sheets.reading import Line, open_list
from documents.sheets.rows import Finding, Outcome, Reach, Row

MOST_FINDINGS = 100_000
SHOWN = 200
"""So many rows of a list are shown to the person who accepts it; the file itself holds all."""
BATCH = 500
"""So many rows are looked at, and written, in one go."""

Progress = Callable[[int, int], None]
"""Told how many of how many rows are done."""


def no_progress(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Changed:
    """What one row changes: column → (value there, value brought)."""

    row: int
    key: str
    fields: Mapping[str, tuple[Any, Any]]


@dataclass
class Examined:
    """What a dry run found: the rows with their outcomes, changes, and findings.

    Findings are kept up to a limit, then only counted. ``first`` are the first rows as they stand.
    """

    rows: int = 0
    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    first: list[Mapping[str, Raw]] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)

    def note(self, finding: Finding) -> None:
        """Keep a finding, or count it when there are too many to keep; its row is refused."""
        self.count += 1
        self.outcomes[finding.row] = Outcome.REFUSED
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)

    def counts(self) -> Counter[Outcome]:
        """How many rows have which outcome."""
        return Counter(self.outcomes.values())


@dataclass
class Read:
    """A list with every cell read, nothing compared with the plant yet."""

    rows: list[Row]
    examined: Examined


def lines_of(importer: Importer, path: Path, name: str, most: int | None = None) -> list[Line]:
    """Read the lines of a file as they stand, at most so many.

    Raises:
        Invalid: the file as a whole cannot be read as this list; see ``documents.sheets.reading``.
    """
    with open_list(path, name, importer.columns) as lines:
        return list(islice(lines, most))


def read_row(columns: Sequence[Column], number: int, cells: Mapping[str, Raw]) -> tuple[Row, list[Finding]]:
    """Read the cells of one row, from a file or a form; gives the row and what is wrong with its cells."""
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
    row = Row(number, values, cells if wrong else {}, frozenset(wrong))
    return row, [row.wrong(key, error) for key, error in wrong.items()]


def read_rows(importer: Importer, path: Path, name: str, progress: Progress = no_progress) -> Read:
    """Read every cell of a file.

    Raises:
        Invalid: as :func:`lines_of` says.
    """
    lines = lines_of(importer, path, name)
    examined = Examined(rows=len(lines), first=[line.cells for line in lines[:SHOWN]])
    rows = []
    for done, line in enumerate(lines, start=1):
        row, findings = read_row(importer.columns, line.number, line.cells)
        rows.append(row)
        for finding in findings:
            examined.note(finding)
        if done % BATCH == 0:
            progress(done, len(lines))
    return Read(rows, examined)


def examine_rows(
    session: Session, importer: Importer, read: Read, reach: Reach, progress: Progress = no_progress
) -> Examined:
    """Compare a list with the plant, storing nothing: what each row would do, and every bad cell."""
    found, state = read.examined, _Seen()
    for done in range(0, len(read.rows), BATCH):
        batch = read.rows[done : done + BATCH]
        for finding in _look(session, importer, batch, reach, state):
            found.note(finding)
        progress(done + len(batch), len(read.rows))
    if importer.check is not None:
        for finding in importer.check(session, read.rows, reach):
            found.note(finding)
    _outcomes(importer, read.rows, found)
    found.findings.sort(key=lambda one: one.row)
    return found


def examine(
    session: Session,
    importer: Importer,
    path: Path,
    name: str,
    reach: Reach,
    progress: Progress = no_progress,
) -> Examined:
    """Read a file and check every cell, storing nothing.

    Raises:
        Invalid: as :func:`lines_of` says.
    """
    return examine_rows(session, importer, read_rows(importer, path, name), reach, progress)


def store_rows(
    session: Session,
    importer: Importer,
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: datetime,
    progress: Progress = no_progress,
) -> None:
    """Store the rows of a list that has been examined in this same transaction and has no findings."""
    done = 0
    for outcome, act in ((Outcome.NEW, importer.create), (Outcome.CHANGED, importer.change)):
        wanted = [row for row in rows if row.outcome is outcome]
        for batch in _batches(wanted, importer.group):
            if act is not None:
                act(session, batch, actor, now)
            done += len(batch)
            progress(done, len(rows))


def grouped(rows: Sequence[Row], by: tuple[str, ...]) -> dict[tuple[Any, ...], list[Row]]:
    """Put the rows of each object together, in the order in which the objects appear."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row.get(column) for column in by), []).append(row)
    return found


@dataclass
class _Seen:
    """What earlier rows of the file have said."""

    keys: dict[Any, int] = field(default_factory=dict)
    unique: dict[tuple[str, Any], int] = field(default_factory=dict)
    heads: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)


def _look(
    session: Session, importer: Importer, batch: Sequence[Row], reach: Reach, seen: _Seen
) -> Iterator[Finding]:
    yield from _references(session, importer.columns, batch, reach)
    if importer.existing is not None:
        keys = {key for row in batch if (key := row.key(importer.key))}
        there = importer.existing(session, keys) if keys else {}
        for row in batch:
            row.before = there.get(row.key(importer.key) or ())
    yield from _taken(session, importer, batch)
    for row in batch:
        yield from _either(importer.columns, row)
        yield from _doubled(importer, row, seen)
        if importer.group is not None:
            yield from _disagreeing(importer.group, row, seen.heads)
        for column in row.changes():
            if not importer.may_change(column):
                yield row.wrong(column, _controlled(row, column))


def _references(
    session: Session, columns: Sequence[Column], batch: Sequence[Row], reach: Reach
) -> Iterator[Finding]:
    for column in columns:
        if column.refers is None:
            continue
        wanted = {value for row in batch if (value := row.get(column.key)) is not None}
        there = column.refers.find(session, wanted, reach) if wanted else {}
        for row in batch:
            value = row.get(column.key)
            if value in there:
                row.found[column.key] = there[value]
            elif value is not None:
                yield row.wrong(column.key, column.refers.missing(value))


def _taken(session: Session, importer: Importer, batch: Sequence[Row]) -> Iterator[Finding]:
    for column in importer.columns:
        if column.unique is None:
            continue
        wanted = {value for row in batch if (value := row.get(column.key)) is not None}
        owners = column.unique.taken(session, wanted) if wanted else {}
        for row in batch:
            value = row.get(column.key)
            if value in owners and owners[value] != row.key(importer.key):
                yield row.wrong(column.key, column.unique.error(value))


def _either(columns: Sequence[Column], row: Row) -> Iterator[Finding]:
    pairs: dict[str, list[str]] = {}
    for column in columns:
        if column.either:
            pairs.setdefault(column.either, []).append(column.key)
    for keys in pairs.values():
        if row.before is None and not any(row.get(key) or key in row.bad for key in keys):
            yield row.wrong(keys[0], Invalid("cell.required", "This must not be empty."))


def _doubled(importer: Importer, row: Row, seen: _Seen) -> Iterator[Finding]:
    alone = importer.key and not (importer.group and importer.group.by == importer.key)
    key = row.key(importer.key) if alone else None
    if key is not None:
        yield from _again(row, importer.key[-1], key, seen.keys)
    for column in importer.columns:
        value = row.get(column.key)
        if column.unique is not None and value is not None and (column.key,) != importer.key:
            yield from _again(row, column.key, (column.key, value), seen.unique)


def _again(row: Row, column: str, value: Any, seen: dict[Any, int]) -> Iterator[Finding]:
    if value in seen:
        sentence = N_("Row %(row)s has the same value already.")
        yield row.wrong(column, Conflict("cell.doubled", sentence, row=seen[value]))
    seen.setdefault(value, row.number)


def _disagreeing(group: Group, row: Row, heads: dict[tuple[Any, ...], dict[str, Any]]) -> Iterator[Finding]:
    key = row.key(group.by)
    if key is None:
        return
    own = {column: row.get(column) for column in group.same}
    head = heads.setdefault(key, own)
    for column, value in own.items():
        if value != head[column] and column not in row.bad:
            sentence = N_("This differs from the rows further up that belong to the same thing.")
            yield row.wrong(column, group.error(row) if group.error else Conflict("group.heads", sentence))


def _controlled(row: Row, column: str) -> QmsError:
    there, brought = row.changes()[column]
    sentence = N_("“%(there)s” stands here; it may change to “%(brought)s” only through change control.")
    return Conflict("cell.controlled", sentence, there=shown(there), brought=shown(brought))


def shown(value: Any) -> str:
    """A value as people read it in a sentence."""
    return "–" if value is None or value == "" else str(value)


def _outcomes(importer: Importer, rows: Sequence[Row], found: Examined) -> None:
    for row in rows:
        if found.outcomes.get(row.number) is Outcome.REFUSED:
            row.outcome = Outcome.REFUSED
        elif row.before is None:
            row.outcome = Outcome.NEW
        elif changes := row.changes():
            row.outcome = Outcome.CHANGED
            key = " / ".join(str(row.get(column)) for column in importer.key)
            found.changed.append(Changed(row.number, key, changes))
        else:
            row.outcome = Outcome.UNCHANGED
        found.outcomes[row.number] = row.outcome


def _batches(rows: Sequence[Row], group: Group | None) -> Iterator[list[Row]]:
    """Some hundred rows at a time; the rows of one object stand together and are never torn apart."""
    if group is None:
        for start in range(0, len(rows), BATCH):
            yield list(rows[start : start + BATCH])
        return
    batch: list[Row] = []
    for together in grouped(rows, group.by).values():
        if batch and len(batch) + len(together) > BATCH:
            yield batch
            batch = []
        batch.extend(together)
    if batch:
        yield batch
