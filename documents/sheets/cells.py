"""What one cell of a list may hold: each kind reads a raw value of CSV or XLSX exactly or refuses it.

Nothing is guessed: a day is an ISO day or a real date of the spreadsheet, a number has a point, a formula is
never taken for its result (URS-120, Annex 11 clause 5).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import Invalid
from core.languages import listed
from core.types import Bilingual
from documents.glyphs import missing
from documents.labels import N_
from documents.sheets.rows import Reference, Unique

Raw = str | int | float | bool | date | datetime | time | None
Reader = Callable[[Any], Any]

LONGEST = 500
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHEET_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_TEXT_OF_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_LARGEST_EXACT = 10**15
"""Spreadsheets keep 15 digits of a number; a longer one has lost some already."""


@dataclass(frozen=True)
class Kind:
    """A kind of cell: how its value is read, the JSON Schema of that value for programs, the names of its
    answers where there is a choice, and how people read a value that several answers are in."""

    read: Reader
    schema: Mapping[str, Any]
    answers: Mapping[str, Bilingual] = field(default_factory=dict)
    said: Callable[[str], Bilingual | None] | None = None

    def __call__(self, value: Any) -> Any:
        """Read a value; see :data:`Reader`."""
        return self.read(value)


@dataclass(frozen=True)
class Column:
    """A column of a list: its key, its names, how a cell of it is read, and an example that would be taken.

    ``hint`` says to people what may stand there; ``also`` are other headings it is known by. ``refers`` says
    that the cell names a thing that has to be there. ``unique`` values stand once in a file and belong to one
    object. ``controlled`` values are set once; after that they change only through change control, not by a
    list. Of columns with the same ``either``, one has to be filled. ``worked_out`` values come from the
    product itself, such as the hash of a file that was brought: no form and no template asks for them.
    """

    key: str
    name: Bilingual
    read: Reader
    example: str
    hint: Bilingual
    required: bool = True
    also: tuple[str, ...] = ()
    refers: Reference | None = None
    unique: Unique | None = None
    controlled: bool = False
    either: str = ""
    worked_out: bool = False


def read_cell(column: Column, raw: Raw) -> Any:
    """Read one cell; an empty one gives None.

    Raises:
        Invalid: it is empty and needed, a formula, an error of the spreadsheet, or not of the column's kind.
    """
    value = raw.strip() if isinstance(raw, str) else raw
    if value is None or value == "":
        if column.required:
            raise Invalid("cell.required", "This must not be empty.", field=column.key)
        return None
    if isinstance(value, str) and value.startswith("="):
        sentence = N_("A formula is not taken. Paste the values alone.")
        raise Invalid("cell.formula", sentence, field=column.key)
    if isinstance(value, str) and value in _SHEET_ERRORS:
        sentence = N_("The spreadsheet shows an error here.")
        raise Invalid("cell.error", sentence, field=column.key)
    return column.read(value)


def text(most: int = 120) -> Reader:
    """A line of text that records can print."""

    def read(value: Any) -> str:
        line = " ".join(_as_text(value).split())
        if _CONTROLS.search(line):
            raise Invalid("cell.control", "This cell holds a sign that no text has.")
        if len(line) > most:
            raise Invalid("form.too_long", "Please write at most %(limit)s characters.", limit=most)
        if lost := missing(line):
            raise Invalid(
                "form.glyph",
                "The record cannot print %(characters)s. Please write it another way.",
                characters=" ".join(sorted(lost)),
            )
        return line

    return Kind(read, {"type": "string", "maxLength": most})


def code(most: int = 40) -> Reader:
    """A code: letters, digits, dots, dashes, underscores and slashes, no blanks."""

    def read(value: Any) -> str:
        word = _as_text(value).strip()
        if len(word) > most or not _TEXT_OF_CODE.fullmatch(word):
            raise Invalid(
                "cell.code",
                "“%(text)s” is no code: up to %(limit)s letters, digits, dots, dashes and slashes.",
                text=word[:60],
                limit=most,
            )
        return word

    pattern = f"^{_TEXT_OF_CODE.pattern}$"
    return Kind(read, {"type": "string", "maxLength": most, "pattern": pattern})


def choice(options: Mapping[str, Bilingual]) -> Reader:
    """One of the given answers, by its code or its name in either language."""
    known = {code.casefold(): code for code in options}
    for key, name in options.items():
        known |= {word.casefold(): key for word in name.values()}

    def read(value: Any) -> str:
        word = _as_text(value).strip()
        found = known.get(word.casefold())
        if found is None:
            raise Invalid(
                "cell.choice",
                "“%(text)s” is none of: %(known)s.",
                text=word[:60],
                known=listed(options.values()),
            )
        return found

    return Kind(read, {"type": "string", "enum": list(options)}, options)


def whole(least: int, most: int) -> Reader:
    """A whole number between two bounds, both included."""

    def read(value: Any) -> int:
        number = _as_decimal(value)
        if number != number.to_integral_value() or not least <= number <= most:
            raise Invalid(
                "cell.whole", "A whole number from %(least)s to %(most)s is wanted.", least=least, most=most
            )
        return int(number)

    return Kind(read, {"type": "integer", "minimum": least, "maximum": most})


def number(value: Any) -> Decimal:
    """An exact number with a decimal point.

    Raises:
        Invalid: ``cell.comma`` (a comma could separate decimals or thousands) or ``cell.number``.
    """
    return _as_decimal(value)


def day(value: Any) -> date:
    """A calendar day: ISO 8601, or a real date of the spreadsheet without a time.

    Raises:
        Invalid: ``cell.day``: another form, in which day and month could be told apart only by guessing.
    """
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date()
    elif isinstance(value, date):
        return value
    elif isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise Invalid(
        "cell.day",
        "“%(text)s” is not taken for a day. Write it like 2026-11-22, or as a date of the spreadsheet.",
        text=str(value)[:40],
    )


def schema_of(read: Reader) -> dict[str, Any]:
    """The JSON Schema of what a reader takes; numbers and days are written as texts, exactly."""
    if read is number:
        return {"type": "string", "format": "decimal", "pattern": f"^{_NUMBER.pattern}$"}
    if read is day:
        return {"type": "string", "format": "date"}
    return dict(read.schema) if isinstance(read, Kind) else {"type": "string"}


def answers_of(read: Reader) -> Mapping[str, Bilingual]:
    """The answers a reader lets people choose from, by code; none where there is no choice."""
    return read.answers if isinstance(read, Kind) else {}


def said_of(read: Reader, value: Any) -> Bilingual | None:
    """A value of a reader as people read it; None where it reads as it is written."""
    if not isinstance(read, Kind):
        return None
    return read.answers.get(str(value)) or (read.said(str(value)) if read.said is not None else None)


def name_columns(
    key: str,
    english: str,
    chinese: str,
    example: Bilingual,
    *,
    needed: bool = False,
    controlled: bool = False,
) -> tuple[Column, Column]:
    """The two columns of a text in both languages; one of them is enough, and ``needed`` if it says so."""

    def column(lang: str, name: Bilingual) -> Column:
        hint = {"en": "One of the two languages is enough.", "zh": "中英文任填其一即可。"}
        either = key if needed else ""
        own = f"{key}_{lang}"
        return Column(
            own, name, text(), example[lang], hint, required=False, controlled=controlled, either=either
        )

    return (
        column("en", {"en": f"{english} (English)", "zh": f"{chinese}（英文）"}),
        column("zh", {"en": f"{english} (Chinese)", "zh": f"{chinese}（中文）"}),
    )


def _as_decimal(value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = repr(value)
    written = value if isinstance(value, str) else ""
    if "," in written or "，" in written:
        sentence = N_("“%(text)s” has a comma. Write a decimal point and no thousands separators.")
        raise Invalid("cell.comma", sentence, text=written[:40])
    try:
        if _NUMBER.fullmatch(written):
            return Decimal(written)
        if written and isinstance(value, str) and "e" in written.lower():
            return _plain(Decimal(written))
    except InvalidOperation:
        pass
    raise Invalid("cell.number", "“%(text)s” is not a number.", text=str(value)[:40])


def _plain(number: Decimal) -> Decimal:
    """A float of a spreadsheet in scientific notation, when it is an ordinary number for all that."""
    written = f"{number:f}" if -12 < number.adjusted() < 15 else ""
    if not _NUMBER.fullmatch(written):
        raise InvalidOperation
    return Decimal(written)


def _as_text(value: Any) -> str:
    """The text of a cell; a whole number of a spreadsheet without its decimals, never in scientific notation.

    Raises:
        Invalid: ``cell.not_text``: a day, a truth value or a number that the spreadsheet has rounded.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_EXACT:
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        return str(int(value))
    if isinstance(value, float) and not value.is_integer() and "e" not in repr(value):
        return repr(value)
    sentence = N_("The spreadsheet has turned this into something else. Format the column as text.")
    raise Invalid("cell.not_text", sentence)
