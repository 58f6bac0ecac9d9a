"""Lists are read exactly: every form of a value is taken as it is meant or refused at its cell."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.catalog.imports import ITEMS
from core.errors import Invalid
from documents.sheets import reading
from documents.sheets.cells import Column, code, day, number, read_cell, text, whole
from documents.sheets.examining import read_rows
from documents.sheets.writing import csv_file, harmless, template, xlsx_file
from tests.factories.lists import GOOD_ITEM, ITEM_HEADS, csv, xlsx


def column(read, required: bool = True) -> Column:
    return Column("c", {"en": "C", "zh": "列"}, read, "", {}, required)


@pytest.mark.parametrize(
    ("read", "raw", "value"),
    [
        (day, "2026-11-22", date(2026, 11, 22)),
        (day, datetime(2026, 11, 22), date(2026, 11, 22)),
        (number, "1250.5", Decimal("1250.5")),
        (number, 0.1, Decimal("0.1")),
        (number, 1e-05, Decimal("0.00001")),
        (whole(1, 10), 3.0, 3),
        (code(), 6901234560015.0, "6901234560015"),
        (text(), " two   words ", "two words"),
        (text(), 0.5, "0.5"),
    ],
)
def test_a_value_is_read_as_it_is_meant(read, raw, value) -> None:
    assert read_cell(column(read), raw) == value


@pytest.mark.urs("URS-120")
@pytest.mark.parametrize(
    ("read", "raw", "refusal"),
    [
        (day, "22.11.2026", "cell.day"),
        (day, "11/22/2026", "cell.day"),
        (day, "2026-02-30", "cell.day"),
        (day, "20261122", "cell.day"),
        (day, 46348, "cell.day"),
        (day, datetime(2026, 11, 22, 8, 30), "cell.day"),
        (number, "1,5", "cell.comma"),
        (number, "1，500", "cell.comma"),
        (number, "1e400", "cell.number"),
        (number, "NaN", "cell.number"),
        (number, True, "cell.number"),
        (number, "ten", "cell.number"),
        (whole(1, 10), "2.5", "cell.whole"),
        (whole(1, 10), 11, "cell.whole"),
        (text(), "=1+1", "cell.formula"),
        (text(), "#N/A", "cell.error"),
        (text(), "🙂", "form.glyph"),
        (text(), "x" * 121, "form.too_long"),
        (code(), "two words", "cell.code"),
        (code(), 1234567890123456.0, "cell.not_text"),
        (code(), datetime(2026, 3, 1), "cell.not_text"),
        (text(), None, "cell.required"),
        (text(), "   ", "cell.required"),
    ],
)
def test_what_could_mean_two_things_is_refused(read, raw, refusal: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_cell(column(read), raw)
    assert refused.value.code == refusal


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_the_usual_encodings_and_separators(
    tmp_path: Path, sign: str, encoding: str
) -> None:
    file = tmp_path / "list.csv"
    chinese = [column.name["zh"] for column in ITEMS.columns[:7]]
    file.write_bytes(csv(chinese, GOOD_ITEM, sign=sign, encoding=encoding))
    [row] = read_rows(ITEMS, file, "list.csv").rows
    assert (row.get("code"), row.both("name")["zh"], row.get("shelf_life_days")) == (
        "RM-NEW",
        "PVC 粒料",
        730,
    )


def test_headings_may_stand_in_any_order_with_blank_rows_and_stars(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(
        xlsx([], [f" {head.upper()} *" for head in reversed(ITEM_HEADS)], [], GOOD_ITEM[::-1])
    )
    [row] = read_rows(ITEMS, file, "list.xlsx").rows
    assert (row.number, row.get("uom"), row.get("gtin")) == (4, "kg", "06901234560015")


@pytest.mark.parametrize(
    ("data", "name", "refusal"),
    [
        (csv(["Item code"], ["A"]), "l.csv", "list.header"),
        (csv([*ITEM_HEADS, "Colour"], [*GOOD_ITEM, "red"]), "l.csv", "list.header"),
        (csv([*ITEM_HEADS, "物料编码"], [*GOOD_ITEM, "x"]), "l.csv", "list.header"),
        (csv(ITEM_HEADS), "l.csv", "list.empty"),
        (csv(["Item code", "x" * 140_000]), "l.csv", "list.unreadable"),
        (csv(ITEM_HEADS, GOOD_ITEM, [""] * 101 + ["x"]), "l.csv", "list.too_wide"),
        (b'"open quote', "l.csv", "list.unreadable"),
        (b"PK\x03\x04 no workbook", "l.xlsx", "list.unreadable"),
        (b"\xff\xff\xff", "l.csv", "list.encoding"),
    ],
)
def test_a_file_that_is_no_such_list_is_refused_by_name(
    tmp_path: Path, data: bytes, name: str, refusal: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Invalid) as refused:
        list(read_rows(ITEMS, tmp_path / name, name).rows)
    assert refused.value.code == refusal


def test_a_list_has_a_largest_number_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    (tmp_path / "l.csv").write_bytes(csv(ITEM_HEADS, *[GOOD_ITEM] * 4))
    with pytest.raises(Invalid) as refused:
        list(read_rows(ITEMS, tmp_path / "l.csv", "l.csv").rows)
    assert refused.value.code == "list.too_long"


def test_a_workbook_that_declares_entities_is_refused(tmp_path: Path) -> None:
    good, out = io.BytesIO(xlsx(ITEM_HEADS, GOOD_ITEM)), io.BytesIO()
    with zipfile.ZipFile(good) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name.startswith("xl/worksheets"):
                data = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>' + data
            after.writestr(name, data)
    (tmp_path / "l.xlsx").write_bytes(out.getvalue())
    with pytest.raises(Invalid) as refused:
        list(read_rows(ITEMS, tmp_path / "l.xlsx", "l.xlsx").rows)
    assert refused.value.code == "list.entities"


@pytest.mark.urs("URS-120")
@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@SUM(A1)", "\tx"])
def test_nothing_we_write_acts_when_a_spreadsheet_opens_it(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert f"'{text}" in csv_file(["a"], [[text]]).decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(xlsx_file("t", ["a"], [[text]]))).active
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", f"'{text}")


def test_a_list_of_any_name_becomes_a_sheet() -> None:
    book = load_workbook(io.BytesIO(xlsx_file("Deputies A/B: [who?]", ["a"], [])))
    assert book.sheetnames == ["Deputies A-B- -who--"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_template_can_be_filled_in_and_brought(tmp_path: Path, language: str) -> None:
    book = load_workbook(io.BytesIO(template(ITEMS, language)))
    assert len(book.worksheets) == 4
    example = book.worksheets[1]
    book.worksheets[0].append([cell.value for cell in example[2]])
    book.save(tmp_path / "l.xlsx")
    [row] = read_rows(ITEMS, tmp_path / "l.xlsx", "l.xlsx").rows
    assert row.bad == frozenset()
