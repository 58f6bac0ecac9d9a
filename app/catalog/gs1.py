"""GS1 identification: what a scanner or a pair of eyes reads off a label (GS1 DataMatrix, GS1-128; URS-032).

Accepted are the raw message of a scanner, with or without its symbology identifier (``]d2``, ``]C1`` …),
where FNC1 is
sent as GS (``0x1D``) or as one of the visible substitutes scanners are set to, and the bracketed form typed
from the
label: ``(01)06901234567892(17)270531(10)A1``. An element of variable length has to be closed by FNC1;
without it no
reader can tell where a lot ends.

GS1 General Specifications 3 (application identifiers), 7.9 (check digit), 7.12 (century of a two-digit year).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from biip import ParseConfig, ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_messages import GS1Message

from core.errors import Invalid

GROUP_SEPARATOR = "\x1d"
_SUBSTITUTES = ("<GS>", "{GS}", "\u241d", "|")
_SYMBOLOGY = re.compile(r"^\](?:d2|C1|Q3|e0|J1)", re.IGNORECASE)
_BRACKETED = re.compile(r"\((\d{2,4})\)")
_CONFIG = ParseConfig(
    gs1_element_strings_verify_date=False,
    separator_chars=(GROUP_SEPARATOR,),
)
_DAY_REFUSED = re.compile(r"'1[17](\d{1,6})\d*' with GS1 AI \(1[17]\)")
MAX_LENGTH = 200


@dataclass(frozen=True)
class Scan:
    """What a label says: trade item (GTIN-14), lot, last day of use, day of make and serial number, as far
    as given."""

    raw: str
    gtin: str
    lot: str | None = None
    expiry: date | None = None
    made: date | None = None
    serial: str | None = None

    @property
    def bracketed(self) -> str:
        """The label's human readable line, in the usual order of elements."""
        parts = [f"(01){self.gtin}"]
        for code, value in (("11", self.made), ("17", self.expiry)):
            if value is not None:
                parts.append(f"({code}){value:%y%m%d}")
        parts += [f"({code}){text}" for code, text in (("10", self.lot), ("21", self.serial)) if text]
        return "".join(parts)


def check_gtin(gtin: str, *, field: str = "gtin") -> str:
    """Return a trade item number as 14 digits.

    Raises:
        Invalid: ``gtin.format`` (not 8, 12, 13 or 14 digits) or ``gtin.check_digit`` (last digit wrong, and
            which is right).
    """
    digits = gtin.strip()
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", digits):
        raise Invalid(
            "gtin.format", "A GTIN has 8, 12, 13 or 14 digits; “%(gtin)s” does not.", field=field, gtin=gtin
        )
    right = gs1_standard_check_digit(digits[:-1])
    if int(digits[-1]) != right:
        raise Invalid(
            "gtin.check_digit",
            "The check digit of GTIN %(gtin)s is wrong: it ends in %(found)s and "
            "should end in %(right)s. Scan the label again.",
            field=field,
            gtin=digits,
            found=digits[-1],
            right=right,
        )
    return digits.zfill(14)


def parse_scan(raw: str, *, today: date, lot_required: bool = True, field: str = "scan") -> Scan:
    """Read a GS1 label; ``today`` is the day in the site's calendar.

    Raises:
        Invalid: ``scan.empty``, ``scan.not_gs1``, ``scan.gtin_missing``, ``gtin.check_digit``, ``scan.date``,
            ``scan.lot_missing`` or ``scan.expired``; ``field`` names the input the sentence belongs to.
    """
    text = _message_text(raw, field)
    elements = _elements(text, field)
    if "01" not in elements:
        raise Invalid(
            "scan.gtin_missing", "The code has no item number (01). Scan the item's own label.", field=field
        )
    scan = Scan(
        raw=raw.strip(),
        gtin=check_gtin(elements["01"], field=field),
        lot=elements.get("10"),
        expiry=_day(elements.get("17"), today, field),
        made=_day(elements.get("11"), today, field),
        serial=elements.get("21"),
    )
    if lot_required and not scan.lot:
        raise Invalid(
            "scan.lot_missing", "The code has no lot number (10). Type the label's full code.", field=field
        )
    if scan.expiry is not None and scan.expiry < today:
        raise Invalid(
            "scan.expired", "The label says it expired on %(expiry)s.", field=field, expiry=scan.expiry
        )
    return scan


def write_message(gtin: str, *, lot: str, expiry: date | None = None, serial: str | None = None) -> str:
    """The raw element string of a label, FNC1 as GS after each element of variable length but the last."""
    fixed = f"01{check_gtin(gtin)}" + (f"17{expiry:%y%m%d}" if expiry else "")
    return fixed + GROUP_SEPARATOR.join([f"10{lot}"] + ([f"21{serial}"] if serial else []))


def _message_text(raw: str, field: str) -> str:
    text = raw.strip(" \t\r\n")
    if not text:
        raise Invalid("scan.empty", "Scan or type the code on the label.", field=field)
    if len(text) > MAX_LENGTH:
        raise _not_gs1(field)
    text = _SYMBOLOGY.sub("", text)
    for substitute in _SUBSTITUTES:
        text = text.replace(substitute, GROUP_SEPARATOR)
    if text.startswith("("):
        text = _BRACKETED.sub(lambda found: GROUP_SEPARATOR + found.group(1), "".join(text.split()))
    return text.lstrip(GROUP_SEPARATOR)


def _elements(text: str, field: str) -> Mapping[str, str]:
    try:
        message = GS1Message.parse(text, config=_CONFIG)
    except ParseError as error:
        day = _DAY_REFUSED.search(str(error))
        raise (_impossible_day(day.group(1), field) if day else _not_gs1(field)) from error
    elements: dict[str, str] = {}
    for element in message.element_strings:
        if elements.setdefault(element.ai.ai, element.value) != element.value:
            raise Invalid(
                "scan.twice",
                "The code gives (%(ai)s) twice with different values. Scan one label.",
                field=field,
                ai=element.ai.ai,
            )
    return elements


def _not_gs1(field: str) -> Invalid:
    return Invalid(
        "scan.not_gs1",
        "This is not a GS1 code. Expected is for example (01)06901234567892(17)270531(10)LOT1.",
        field=field,
    )


def _day(digits: str | None, today: date, field: str) -> date | None:
    if digits is None:
        return None
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    year = _full_year(year, today)
    try:
        # Day 00 stands for the last day of the month (GS1 General Specifications 3.4.7).
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError as error:
        raise _impossible_day(digits, field) from error


def _impossible_day(digits: str, field: str) -> Invalid:
    return Invalid("scan.date", "The code has an impossible date: %(digits)s.", field=field, digits=digits)


def _full_year(two_digits: int, today: date) -> int:
    year = today.year - today.year % 100 + two_digits
    if year - today.year >= 51:
        return year - 100
    return year + 100 if year - today.year <= -50 else year
