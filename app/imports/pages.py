"""What the pages of lists print, read in one go: which lists a person may bring, findings in pages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.imports import queries, results
from app.imports.models import DataImport, ImportState
from app.imports.results import KeptFinding, Result
from app.web import Visitor
from app.web.paging import SIZE, Page
from core.errors import NotFound
from core.languages import translate
from documents import store
from documents.labels import N_
from documents.sheets import importers
from documents.sheets.examining import SHOWN, lines_of
from documents.sheets.importers import Importer
from documents.sheets.rows import Outcome

_ROW, _OUTCOME, _FINDINGS = N_("Row"), N_("Outcome"), N_("Findings")
_WORDS = {
    Outcome.NEW: N_("new"),
    Outcome.CHANGED: N_("changed"),
    Outcome.UNCHANGED: N_("unchanged"),
    Outcome.REFUSED: N_("refused"),
}
UNDER_WAY = (ImportState.CHECKING, ImportState.STORING)
"""States in which a worker is at a list."""


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
        "under_way": found.state in UNDER_WAY,
        "brought_by": queries.bringer(session, found),
        "importer": importer,
        "column": column,
        "changed": result.changed[:SHOWN],
        "counts": _counts(importer, findings),
        "findings": _page(chosen),
        "kept": len(findings),
        "names": {one.key: one.name for one in importer.columns},
    }


def findings_table(found: DataImport, importer: Importer, language: str) -> tuple[list[str], list[list[Any]]]:
    """The rows with findings or changes as they were brought, and what was found in a column of its own."""
    result = queries.result_of(found)
    names = {one.key: one.name[language] for one in importer.columns}
    said: dict[int, list[str]] = {}
    for one in result.findings:
        column = f"{names[one.column]}: " if one.column in names else ""
        said.setdefault(one.row, []).append(f"{column}{one.text(language)} [{one.code}]")
    for change in result.changed:
        said.setdefault(change.row, []).extend(
            f"{names[column]}: {there or '–'} → {brought or '–'}"
            for column, (there, brought) in change.fields.items()
        )
    heads = [translate(word, language) for word in (_ROW, _OUTCOME)]
    rows = [
        [line.number, _outcome(result, line.number, language)]
        + [results.plain(line.cells.get(key)) for key in names]
        + ["; ".join(said[line.number])]
        for line in lines_of(importer, store.path_of(found.sha256), found.file_name)
        if line.number in said
    ]
    return [*heads, *names.values(), translate(_FINDINGS, language)], rows


def _outcome(result: Result, row: int, language: str) -> str:
    return translate(_WORDS[result.outcomes.get(row, Outcome.REFUSED)], language)


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
