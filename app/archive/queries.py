"""Finding records: by number, lot, supplier, person, day, case."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, or_, select
from sqlalchemy.orm import Session

from app.archive.errors import NoSuchRecord
from documents.models import Record
from workflows.models import ProcessCase

ESCAPE = "\\"


@dataclass(frozen=True)
class Wanted:
    """What an auditor looks for; empty parts do not narrow. Days are those of ``zone``, both included."""

    words: str = ""
    lot: str = ""
    supplier: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None
    zone: str = "UTC"


def record_of(session: Session, record_id: uuid.UUID) -> Record:
    """Load a record.

    Raises:
        NoSuchRecord: there is none.
    """
    record = session.get(Record, record_id)
    if record is None:
        raise NoSuchRecord
    return record


def search(wanted: Wanted, sites: Collection[uuid.UUID] | None) -> Select[Any]:
    """Find records, newest first, of ``sites`` (``None`` is all) and those that belong to no site."""
    query = select(Record).order_by(Record.created_at.desc(), Record.number.desc())
    if sites is not None:
        query = query.where(or_(Record.site_id.in_(sites), Record.site_id.is_(None)))
    for word in wanted.words.split():
        query = query.where(_anywhere(word))
    if wanted.lot:
        query = query.where(
            or_(_holds(Record.lot_number, wanted.lot), _holds(Record.subject_label, wanted.lot))
        )
    if wanted.supplier:
        query = query.where(_holds(Record.supplier_label, wanted.supplier))
    for name in wanted.person.split():
        query = query.where(or_(_holds(Record.signers_text, name), _holds(Record.created_by_name, name)))
    if wanted.since is not None:
        query = query.where(Record.created_at >= _begin(wanted.since, wanted.zone))
    if wanted.until is not None:
        query = query.where(Record.created_at < _begin(wanted.until + timedelta(days=1), wanted.zone))
    return query


def records_of_case(session: Session, case_id: uuid.UUID) -> Sequence[Record]:
    """List the records of a case, oldest first."""
    query = select(Record).where(Record.case_id == case_id).order_by(Record.created_at, Record.number)
    return session.scalars(query).all()


def case_of(session: Session, case_id: uuid.UUID) -> ProcessCase:
    """Load the case whose records are asked for.

    Raises:
        NoSuchRecord: there is none.
    """
    case = session.get(ProcessCase, case_id)
    if case is None:
        raise NoSuchRecord
    return case


def _anywhere(word: str) -> ColumnElement[bool]:
    columns = (
        Record.number,
        Record.form_code,
        Record.subject_label,
        Record.lot_number,
        Record.supplier_label,
        Record.signers_text,
        Record.created_by_name,
        Record.title["en"].as_string(),
        Record.title["zh"].as_string(),
    )
    return or_(*(_holds(column, word) for column in columns))


def _holds(column: SQLColumnExpression[Any], text: str) -> ColumnElement[bool]:
    plain = text.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_")
    return column.ilike(f"%{plain}%", escape=ESCAPE)


def _begin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
