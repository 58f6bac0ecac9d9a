"""From texts to rows that have been checked: forms, lists and programs are read by the same columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from app.objects.kinds import Key, ObjectKind
from app.objects.texts import raw_row
from core.errors import Conflict, Invalid, QmsError
from documents.sheets.examining import Examined, Read, examine_rows, read_row
from documents.sheets.rows import Finding, Outcome, Reach, Row

Raw = Mapping[str, str]
"""One row as texts: key of a column → what was written."""

_THERE = (Outcome.CHANGED, Outcome.UNCHANGED)


@dataclass(frozen=True)
class Checked:
    """Rows of one object, read and compared with the plant; ``errors`` by field.

    A field is the key of a column, in a line of an object with its number before it: ``2.quantity``.
    """

    rows: list[Row]
    errors: dict[str, QmsError]

    @property
    def key(self) -> Row:
        """The row that names the object."""
        return self.rows[0]


def check_rows(
    session: Session, kind: ObjectKind, raw: Sequence[Raw], reach: Reach, *, of: Any = None
) -> Checked:
    """Read the rows of one object and find what is wrong; nothing is stored.

    ``of`` is the object that is changed, None for a new one. An emptied cell empties the value, one that is
    not there leaves it.
    """
    listed, examined = kind.listed, Examined(rows=len(raw))
    there = raw_row(kind.values_of(session, [of])[0]) if of is not None else {}
    rows: list[Row] = []
    for number, cells in enumerate(raw or [{}], start=1):
        row, findings = read_row(listed.columns, number, {**there, **cells})
        if of is not None:
            row.values = {column.key: row.values.get(column.key) for column in listed.columns}
        rows.append(row)
        for finding in findings:
            examined.note(finding)
    if of is not None and kind.line:
        for row in rows:
            row.before = {}  # a line of a draft is neither new nor compared: the draft is written anew
        listed = replace(listed, existing=None)
    examine_rows(session, listed, Read(rows, examined), reach)
    errors = {_field(kind, finding): finding.error for finding in reversed(examined.findings)}
    if not examined.findings or of is None:
        errors |= _key_errors(session, kind, rows, of)
    return Checked(rows, errors)


def key_of_rows(kind: ObjectKind, rows: Sequence[Row]) -> Key:
    """The key that some rows name."""
    return tuple(rows[0].get(column) for column in kind.key_columns)


def _field(kind: ObjectKind, finding: Finding) -> str:
    if any(column.key == finding.column for column in kind.line):
        return f"{finding.row}.{finding.column}"
    return finding.column


def _key_errors(session: Session, kind: ObjectKind, rows: Sequence[Row], of: Any) -> dict[str, QmsError]:
    key, field = key_of_rows(kind, rows), kind.key_columns[-1]
    if None in key:
        return {}
    written = " / ".join(str(part) for part in key)
    if of is not None and key != kind.key_of(of):
        changed = Invalid("object.key", "This names the object and does not change.", field=field)
        return {field: changed}
    if of is None and (kind.find(session, key) or any(row.outcome in _THERE for row in rows)):
        taken = Conflict("object.exists", "%(key)s exists already.", field=field, key=written)
        return {field: taken} if field not in {one for row in rows for one in row.bad} else {}
    return {}
