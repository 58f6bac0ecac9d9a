"""Lists as files for people: templates to fill in, findings to mend; nothing in them acts when opened.

A text that a spreadsheet would take for a formula is written behind an apostrophe (CSV injection).
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from core.languages import translate
from documents.labels import N_
from documents.sheets.cells import Column
from documents.sheets.importers import Importer
from documents.sheets.reading import HELP_LINE, STARTS_A_FORMULA

_DATA, _EXAMPLE, _HELP = N_("List"), N_("Example"), N_("Help")
_HELP_HEADS = (N_("Column"), N_("Needed"), N_("What may stand there"), N_("Example"))
_YES, _NO = N_("yes"), N_("no")
_BOLD = Font(bold=True)
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")
"""Signs that no sheet of a workbook may have in its title."""


def harmless(value: object) -> str:
    """A text as a spreadsheet may open it: what would start a formula gets an apostrophe before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text


def csv_file(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write a CSV that spreadsheets open as they should: UTF-8 with its mark, commas, harmless cells."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(harmless(head) for head in heads)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_file(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write a workbook of one sheet; every cell is text and none a formula."""
    book = Workbook(write_only=True)
    _sheet(book, title, heads, rows)
    return _bytes(book)


def template(importer: Importer, language: str) -> bytes:
    """Write the workbook to fill in: empty list, a filled example, and a help sheet in both languages."""
    book = Workbook(write_only=True)
    heads = [_head(column, language) for column in importer.asked]
    _sheet(book, translate(_DATA, language), heads, ())
    _sheet(book, translate(_EXAMPLE, language), heads, [[column.example for column in importer.asked]])
    for lang in (language, "zh" if language == "en" else "en"):
        rows = [_help(column, lang) for column in importer.asked]
        name = translate(_HELP, lang) if lang == "zh" else "Help"
        _sheet(book, name, [translate(head, lang) for head in _HELP_HEADS], rows)
    return _bytes(book)


def csv_template(importer: Importer, language: str) -> bytes:
    """Write the CSV to fill in: headings, and rows of help that are passed over when it is read."""
    columns = importer.asked
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(harmless(_head(column, language)) for column in columns)
    for texts in (
        [column.hint.get(language, "") for column in columns],
        [column.example for column in columns],
    ):
        writer.writerow([f"{HELP_LINE} {texts[0]}", *map(harmless, texts[1:])])
    return out.getvalue().encode("utf-8-sig")


def _head(column: Column, language: str) -> str:
    return column.name[language] + (" *" if column.required else "")


def _help(column: Column, language: str) -> list[str]:
    needed = translate(_YES if column.required else _NO, language)
    return [column.name[language], needed, column.hint.get(language, ""), column.example]


def _sheet(book: Any, title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    sheet = book.create_sheet(_NO_TITLE.sub("-", title)[:31])
    for number, head in enumerate(heads, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(14, min(48, 2 * len(head)))
        sheet.column_dimensions[get_column_letter(number)].number_format = "@"
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, head, bold=True) for head in heads])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: object, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=harmless(value))
    cell.number_format = "@"
    if bold:
        cell.font = _BOLD
    return cell


def _bytes(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
