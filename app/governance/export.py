"""The trail as a CSV file to take along: readable columns, and beside them the exact text that was hashed."""

import csv
import io
import json
from collections.abc import Iterator

from sqlalchemy import Select

from core.db import read_session
from signatures.audit_models import AuditEntry

HEADER = ("seq", "at_utc", "login", "name", "action", "subject", "subject_id", "reason", "changes", "facts")
PROOF = ("entry", "prev_hash", "hash")
_BATCH = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(query: Select[AuditEntry]) -> Iterator[str]:
    """Write the entries of a query as CSV, line by line, in a read session of its own.

    ``hash`` is SHA-256 over ``prev_hash`` and ``entry``, so the file can be checked without the product.
    """
    yield "\ufeff" + _line([*HEADER, *PROOF])  # the mark lets spreadsheets read UTF-8
    with read_session() as session:
        for entry in session.scalars(query.execution_options(yield_per=_BATCH)):
            yield _line(_cells(entry))


def _cells(entry: AuditEntry) -> list[str]:
    said = json.loads(entry.entry)
    readable = [
        str(entry.seq),
        said["at"],
        said["actor"]["login"],
        said["actor"]["name"],
        entry.action,
        entry.subject_type,
        entry.subject_id,
        said["reason"] or "",
        _text(said["changes"]),
        _text(said["facts"]),
    ]
    return [*map(_harmless, readable), entry.entry, entry.prev_hash, entry.hash]


def _text(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
