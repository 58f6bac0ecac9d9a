"""Labels as scanners and people give them; the wrong ones are refused with a code at their field."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.gs1 import GROUP_SEPARATOR as GS
from app.catalog.gs1 import Scan, check_gtin, parse_scan, write_message
from core.errors import Invalid

TODAY = date(2026, 11, 22)
GTIN = "06901234567892"
EXPIRY = date(2027, 5, 31)

SAME_LABEL = {
    "raw, fixed elements first": f"01{GTIN}1727053110A1",
    "raw, lot first and closed by FNC1": f"01{GTIN}10A1{GS}17270531",
    "DataMatrix identifier": f"]d201{GTIN}1727053110A1",
    "GS1-128 identifier": f"]C101{GTIN}10A1{GS}17270531",
    "FNC1 in front": f"{GS}01{GTIN}1727053110A1",
    "closed although fixed": f"01{GTIN}{GS}17270531{GS}10A1{GS}",
    "FNC1 shown as a word": f"01{GTIN}10A1<GS>17270531",
    "FNC1 shown as its picture": f"01{GTIN}10A1\u241d17270531",
    "typed from the label": f"(01){GTIN}(17)270531(10)A1",
    "typed with blanks": f" (01) {GTIN} (10) A1 (17) 270531 ",
    "last day of the month": f"(01){GTIN}(17)270500(10)A1",
    "typed and identified": f"]d2(01){GTIN}(17)270531(10)A1",
}


@pytest.mark.urs("URS-032")
@pytest.mark.parametrize("raw", SAME_LABEL.values(), ids=SAME_LABEL.keys())
def test_every_way_of_reading_a_label_gives_the_same(raw: str) -> None:
    scan = parse_scan(raw, today=TODAY)
    assert (scan.gtin, scan.lot, scan.expiry) == (GTIN, "A1", EXPIRY)
    assert scan.bracketed == f"(01){GTIN}(17)270531(10)A1"


@pytest.mark.urs("URS-032")
def test_serial_and_day_of_make_are_read_too() -> None:
    scan = parse_scan(f"]d201{GTIN}1126112010A1{GS}21S/9-x{GS}17270531", today=TODAY)
    assert (scan.made, scan.serial, scan.lot) == (date(2026, 11, 20), "S/9-x", "A1")


WRONG = {
    "nothing": ("  ", "scan.empty"),
    "words": ("a carton of tubes", "scan.not_gs1"),
    "an EAN of a shop": ("6901234567892", "scan.not_gs1"),
    "a web address": ("https://example.org/01/06901234567892", "scan.not_gs1"),
    "too long": ("0" * 300, "scan.not_gs1"),
    "letters in the item": ("(01)0690123456789X(10)A1", "scan.not_gs1"),
    "item too short": ("(01)6901234567892(10)A1", "scan.not_gs1"),
    "an unknown element": (f"(01){GTIN}(05)1(10)A1", "scan.not_gs1"),
    "a lot too long": (f"(01){GTIN}(10){'A' * 21}", "scan.not_gs1"),
    "wrong check digit": ("(01)06901234567893(10)A1", "gtin.check_digit"),
    "no item": ("(10)A1(17)270531", "scan.gtin_missing"),
    "no lot": (f"(01){GTIN}(17)270531", "scan.lot_missing"),
    "month 13": (f"(01){GTIN}(17)271301(10)A1", "scan.date"),
    "31 April": (f"(01){GTIN}(17)270431(10)A1", "scan.date"),
    "month 0 day 0": (f"(01){GTIN}(17)270000(10)A1", "scan.date"),
    "expired yesterday": (f"(01){GTIN}(17)261121(10)A1", "scan.expired"),
    "two labels at once": (f"(01){GTIN}(10)A1(10)B2", "scan.twice"),
}


@pytest.mark.urs("URS-032", "URS-051")
@pytest.mark.parametrize(("raw", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_label_is_refused_with_its_code_at_the_field(raw: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_scan(raw, today=TODAY, field="label")
    assert (refusal.value.code, refusal.value.field) == (code, "label")
    assert "%(" not in refusal.value.text("en")


def test_the_expiry_day_itself_is_not_expired() -> None:
    assert parse_scan(f"(01){GTIN}(17)261122(10)A1", today=TODAY).expiry == TODAY


@pytest.mark.parametrize(
    ("digits", "today", "year"),
    [("49", 2026, 2049), ("76", 2026, 2076), ("77", 2026, 1977), ("01", 2099, 2101), ("99", 2026, 1999)],
)
def test_the_century_is_the_nearest(digits: str, today: int, year: int) -> None:
    scan_day = date(today, 1, 1)
    raw = f"(01){GTIN}(11){digits}0101(10)A1"
    made = parse_scan(raw, today=scan_day).made
    assert made is not None
    assert made.year == year


@pytest.mark.parametrize("gtin", ["96385074", "614141007349", "6901234567892", GTIN])
def test_gtins_of_every_length_become_fourteen_digits(gtin: str) -> None:
    assert check_gtin(gtin) == gtin.zfill(14)


@pytest.mark.parametrize("gtin", ["", "690123456789", "12345", "٦٩٠١٢٣٤٥٦٧٨٩٢", "69012345678921"])
def test_other_numbers_are_no_gtin(gtin: str) -> None:
    with pytest.raises(Invalid):
        check_gtin(gtin)


LOTS = st.text(alphabet="ABCXYZ0123456789-/.+", min_size=1, max_size=20)


@given(lot=LOTS, serial=LOTS, expiry=st.dates(TODAY, date(2075, 12, 31)))
def test_what_is_written_on_a_label_is_read_back(lot: str, serial: str, expiry: date) -> None:
    message = write_message(GTIN, lot=lot, expiry=expiry, serial=serial)
    read = parse_scan(message, today=TODAY)
    assert (read.gtin, read.lot, read.serial, read.expiry) == (GTIN, lot, serial, expiry)
    assert parse_scan(read.bracketed, today=TODAY) == Scan(read.bracketed, GTIN, lot, expiry, None, serial)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(raw: str) -> None:
    with contextlib.suppress(Invalid):
        parse_scan(raw, today=TODAY)
