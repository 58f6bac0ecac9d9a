"""Lists as people bring them, row by row: CSV in the usual encodings and separators, XLSX read in a stream.

Limits stand here: what is larger is refused by name before it is read whole.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from openpyxl import load_workbook

from core.errors import Invalid
from documents.sheets.cells import Column, Raw

MOST_ROWS = 200_000
MOST_COLUMNS = 100
LONGEST_CELL = 5_000
_BLANK_ROWS_BEFORE_THE_END = 1_000
_CHUNK = 1 << 20
SEPARATORS = (",", ";", "\t")
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula if a cell began so; such a text stands behind an apostrophe."""
HELP_LINE = "#?"
"""A row that begins so is help of the CSV template, no data."""


@dataclass(frozen=True)
class Line:
    """One row as it stands in the file: its number there, and a raw value for each column of the list."""

    number: int
    cells: dict[str, Raw]


@contextmanager
def open_list(path: Path, name: str, columns: Sequence[Column]) -> Iterator[Iterator[Line]]:
    """Open a CSV or XLSX file of a list; blank rows are passed over.

    Raises:
        Invalid: ``list.header`` (with the columns that are missing, unknown or there twice),
            ``list.too_long``, ``list.too_wide``, ``list.unreadable``, ``list.empty``.
    """
    read = _xlsx if name.lower().endswith(".xlsx") else _csv
    with read(path, columns) as rows:
        yield _lines(rows, columns)


def heading(text: object) -> str:
    """A heading without what people add to it: capitals, stars, repeated blanks."""
    return " ".join(str(text or "").replace("*", " ").replace("＊", " ").split()).casefold()


def headings_of(column: Column) -> set[str]:
    """Everything a column's heading may say."""
    english, chinese = column.name["en"], column.name["zh"]
    both = [f"{english}{sign}{chinese}" for sign in (" ", " / ")]
    return {heading(word) for word in (column.key, english, chinese, *both, *column.also)}


def _lines(rows: Iterator[Sequence[Raw]], columns: Sequence[Column]) -> Iterator[Line]:
    keys: list[str | None] | None = None
    blank = found = 0
    for number, row in enumerate(rows, start=1):
        if len(row) > MOST_COLUMNS:
            _refuse_wide(row)
        if _is_blank(row):
            blank += 1
            if blank > _BLANK_ROWS_BEFORE_THE_END:
                break
            continue
        blank = 0
        if keys is None:
            keys = _keys(row, columns)
            continue
        found += 1
        if found > MOST_ROWS:
            raise Invalid(
                "list.too_long", "A list has at most %(limit)s rows.", field="file", limit=MOST_ROWS
            )
        yield Line(number, {key: _written(value) for key, value in zip(keys, row, strict=False) if key})
    if not found:
        raise Invalid("list.empty", "The list has no rows below its headings.", field="file")


def _is_blank(row: Sequence[Raw]) -> bool:
    """Whether a row says nothing: it is empty, or help of the template."""
    if row and isinstance(row[0], str) and row[0].startswith(HELP_LINE):
        return True
    return all(value is None or value == "" for value in row)


def _written(value: Raw) -> Raw:
    """A cell as it was meant: without the apostrophe that keeps a text from being taken for a formula.

    A formula is never meant, so what begins like one keeps it.
    """
    if not isinstance(value, str):
        return value
    guarded = value.startswith(tuple(f"'{sign}" for sign in STARTS_A_FORMULA if sign != "="))
    return value[guarded : LONGEST_CELL + 1 + guarded]


def _refuse_wide(row: Sequence[Raw]) -> None:
    if any(value not in (None, "") for value in row[MOST_COLUMNS:]):
        raise Invalid(
            "list.too_wide", "A list has at most %(limit)s columns.", field="file", limit=MOST_COLUMNS
        )


def _keys(row: Sequence[Raw], columns: Sequence[Column]) -> list[str | None]:
    """Match the headings with the columns, in whatever order they stand."""
    known = {word: column.key for column in columns for word in headings_of(column)}
    said = [heading(value) for value in row]
    keys = [known.get(word) for word in said]
    unknown = [str(value)[:60] for value, word, key in zip(row, said, keys, strict=True) if word and not key]
    given = [key for key in keys if key]
    doubled = sorted({key for key in given if given.count(key) > 1})
    missing = [column for column in columns if column.required and column.key not in given]
    if unknown or doubled or missing:
        raise _header_refused(unknown, doubled, missing, columns)
    return keys


def _header_refused(
    unknown: list[str], doubled: list[str], missing: list[Column], columns: Sequence[Column]
) -> Invalid:
    names = {column.key: column.name for column in columns}
    listed = {
        lang: {
            "missing": ", ".join(column.name[lang] for column in missing) or "–",
            "unknown": ", ".join(unknown) or "–",
            "doubled": ", ".join(names[key][lang] for key in doubled) or "–",
        }
        for lang in ("en", "zh")
    }
    return Invalid(
        "list.header",
        "The headings do not fit. Missing: %(missing)s. Unknown: %(unknown)s. There twice: %(doubled)s. "
        "The template has the right ones.",
        field="file",
        **{part: {lang: listed[lang][part] for lang in listed} for part in ("missing", "unknown", "doubled")},
    )


@contextmanager
def _csv(path: Path, columns: Sequence[Column]) -> Iterator[Iterator[Sequence[Raw]]]:
    with path.open("r", encoding=_encoding(path), newline="") as file:
        separator = _separator(file, columns)
        yield _csv_rows(file, separator)


def _csv_rows(file: TextIO, separator: str) -> Iterator[Sequence[Raw]]:
    try:
        yield from csv.reader(file, delimiter=separator, strict=True)
    except csv.Error as wrong:
        raise Invalid(
            "list.unreadable", "The list cannot be read: %(reason)s.", field="file", reason=str(wrong)
        ) from wrong


def _encoding(path: Path) -> str:
    """UTF-8 with or without mark, else UTF-16 with its mark, else GB 18030, by reading all of it."""
    with path.open("rb") as file:
        start = file.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Invalid("list.encoding", "The text is neither UTF-8 nor GB 18030.", field="file")


def _separator(file: TextIO, columns: Sequence[Column]) -> str:
    """The sign between which most headings of the list stand in the first row that says anything."""
    known = {word for column in columns for word in headings_of(column)}
    first = next((line for line in islice(file, 50) if line.strip(" \t,;\r\n\ufeff")), "")
    file.seek(0)

    def fits(separator: str) -> int:
        return sum(heading(word.strip(' "')) in known for word in first.split(separator))

    return max(SEPARATORS, key=fits)


@contextmanager
def _xlsx(path: Path, columns: Sequence[Column]) -> Iterator[Iterator[Sequence[Raw]]]:
    with path.open("rb") as file:  # by its bytes: stored files have no ending
        try:
            _refuse_entities(path)
            book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except Invalid:
            raise
        except Exception as wrong:  # a damaged workbook fails in a different way in each of its parts
            raise _unreadable(wrong) from wrong
        yield _xlsx_rows(book)


def _xlsx_rows(book: Any) -> Iterator[Sequence[Raw]]:
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says about its size may lie
        yield from sheet.iter_rows(values_only=True)
    except Invalid:
        raise
    except Exception as wrong:  # see above
        raise _unreadable(wrong) from wrong


def _unreadable(wrong: Exception) -> Invalid:
    return Invalid(
        "list.unreadable", "The list cannot be read: %(reason)s.", field="file", reason=type(wrong).__name__
    )


def _refuse_entities(path: Path) -> None:
    """No spreadsheet program writes a document type; with one, a few octets unfold to gigabytes."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith((".xml", ".rels")):
                continue
            with archive.open(name) as part:
                beginning = io.BytesIO(part.read(4096)).getvalue()
            if b"<!DOCTYPE" in beginning.replace(b"\0", b""):
                raise Invalid("list.entities", "The workbook declares entities of its own.", field="file")
