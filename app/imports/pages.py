"""What the pages of lists print, read in one go: which lists a person may bring, findings in pages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.imports import queries
from app.imports.models import DataImport
from app.imports.results import KeptFinding
from app.web import Visitor
from app.web.paging import SIZE, Page
from core.errors import NotFound
from documents.sheets import importers
from documents.sheets.importers import Importer


@dataclass(frozen=True)
class ColumnCount:
    """How many findings a column of the list has."""

    key: str
    name: dict[str, str]
    count: int


def readable(person: Visitor) -> list[Importer]:
    """The lists whose imports a person may see: people's only with the right to read accounts."""
    return [one for one in importers.importers() if may_read(person, one)]


def may_read(person: Visitor, importer: Importer) -> bool:
    """Whether a person may see the imports of a list."""
    return person.may("catalog.read" if importer.proposal else "people.read")


def must_read(person: Visitor, found: DataImport) -> Importer:
    """Give the list of an import the person may see.

    Raises:
        NotFound: not for this person.
    """
    importer = importers.importer_of(found.list_name)
    if not may_read(person, importer):
        raise NotFound("import.unknown", "There is no such import.")
    return importer


def import_page(session: Session, found: DataImport, importer: Importer) -> dict[str, Any]:
    """Collect what the page of one import shows: its findings, a page at a time, by column if asked."""
    result = queries.result_of(found)
    findings = result.findings
    column = request.args.get("column", "")
    chosen = [one for one in findings if not column or one.column == column]
    return {
        "found": found,
        "result": result,
        "brought_by": queries.bringer(session, found),
        "importer": importer,
        "column": column,
        "counts": _counts(importer, findings),
        "findings": _page(chosen),
        "kept": len(findings),
        "names": {one.key: one.name for one in importer.columns},
    }


def findings_table(found: DataImport, importer: Importer, language: str) -> tuple[list[str], list[list[Any]]]:
    """The findings as a table for a file: headings and rows in a language."""
    names = {one.key: one.name[language] for one in importer.columns}
    heads = {
        "en": ["Row", "Column", "Value", "Finding", "Code"],
        "zh": ["行", "列", "内容", "问题", "代码"],
    }[language]
    rows = [
        [one.row, names.get(one.column, one.column), one.value, one.text(language), one.code]
        for one in queries.result_of(found).findings
    ]
    return heads, rows


def _counts(importer: Importer, findings: Sequence[KeptFinding]) -> list[ColumnCount]:
    counted = Counter(one.column for one in findings)
    return [
        ColumnCount(column.key, column.name, counted[column.key])
        for column in importer.columns
        if counted[column.key]
    ]


def _page(findings: Sequence[KeptFinding]) -> Page[KeptFinding]:
    pages = max(1, -(-len(findings) // SIZE))
    asked = request.args.get("page", "1")
    number = min(max(int(asked) if asked.isdecimal() and len(asked) < 9 else 1, 1), pages)
    return Page(findings[(number - 1) * SIZE : number * SIZE], number, SIZE, len(findings))
