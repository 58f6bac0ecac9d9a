"""Finding records: by number, lot, supplier, person, day, case."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, exists, or_, select, true
from sqlalchemy.orm import Session

from app.archive.errors import NoSuchFile, NoSuchRecord
from documents.models import Record
from workflows.models import HumanTask, ProcessCase

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


Sites = Collection[uuid.UUID] | None
"""The sites a person reaches; ``None`` means every site."""


def record_of(session: Session, record_id: uuid.UUID, sites: Sites = None) -> Record:
    """Load a record.

    Raises:
        NoSuchRecord: there is none, or it is out of reach.
    """
    record = session.scalar(select(Record).where(Record.id == record_id, _within(sites)))
    if record is None:
        raise NoSuchRecord
    return record


def search(wanted: Wanted, sites: Sites) -> Select[Any]:
    """Find the records within reach, newest first."""
    query = select(Record).where(_within(sites)).order_by(Record.created_at.desc(), Record.number.desc())
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
    """List the records of a case, oldest first; whoever reaches one of them reaches all."""
    query = select(Record).where(Record.case_id == case_id).order_by(Record.created_at, Record.number)
    return session.scalars(query).all()


def attachments(record: Record) -> list[dict[str, str]]:
    """List the files that a record names: name, SHA-256, size in bytes, media type."""
    found: list[dict[str, str]] = json.loads(record.canonical)["content"]["attachments"]
    return found


def attachment(record: Record, sha256: str) -> dict[str, str]:
    """Find a file that a record names.

    Raises:
        NoSuchFile: it names no such file.
    """
    for file in attachments(record):
        if file["sha256"] == sha256:
            return file
    raise NoSuchFile


def case_of(session: Session, case_id: uuid.UUID, sites: Sites) -> ProcessCase:
    """Load the case whose records are asked for.

    Raises:
        NoSuchRecord: there is none, or it is out of reach.
    """
    case = session.scalar(select(ProcessCase).where(ProcessCase.id == case_id, _case_within(sites)))
    if case is None:
        raise NoSuchRecord
    return case


def _within(sites: Sites) -> ColumnElement[bool]:
    """Records of these sites, of no site, and all of a case that one of these sites takes part in."""
    if sites is None:
        return true()
    shared = select(ProcessCase.id).where(_case_within(sites))
    return or_(Record.site_id.in_(sites), Record.site_id.is_(None), Record.case_id.in_(shared))


def _case_within(sites: Sites) -> ColumnElement[bool]:
    """Cases of these sites, of no site, and those with a task there, such as the registrant's release."""
    if sites is None:
        return true()
    task_there = exists().where(HumanTask.case_id == ProcessCase.id, HumanTask.site_id.in_(sites))
    return or_(ProcessCase.site_id.in_(sites), ProcessCase.site_id.is_(None), task_there)


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
