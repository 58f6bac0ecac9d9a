"""Verbs on the revisions of documents."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from app.controlled_documents.models import DocumentRevision
from core import effectivity
from core.actor import Actor
from core.errors import Conflict
from documents import uploads
from documents.labels import N_
from signatures import audit
from workflows.places import day_at


@dataclass(frozen=True)
class NewText:
    """The file of a revision as it was brought."""

    stream: BinaryIO
    name: str


def set_file(
    session: Session, revision: DocumentRevision, new: NewText, *, actor: Actor, now: datetime
) -> None:
    """Give a draft its file, or another one.

    Raises:
        Conflict: ``revision.frozen``: it has been approved.
        Invalid: it is no file that is taken (documents.uploads).
    """
    effectivity.must_be_draft(revision)
    stored = uploads.accept(session, new.stream, new.name, actor=actor, now=now)
    revision.sha256, revision.file_name = stored.sha256, uploads.clean_name(new.name)


def must_have_file(_session: Session, revision: Any) -> None:
    """Ask that people will have something to read.

    Raises:
        Conflict: ``document.no_file``.
    """
    if revision.sha256 is None:
        sentence = N_("This revision has no file yet. Add the file, then propose the day.")
        raise Conflict("document.no_file", sentence, field="day")


def make_revision_effective(
    session: Session, revision: DocumentRevision, *, day: date | None, actor: Actor, now: datetime
) -> None:
    """Put a draft into force from a day on, without one from today on, in the calendar of its site.

    Raises:
        Conflict: it is no draft, has no file, or another one begins on that day.
        Invalid: the day is over.
    """
    must_have_file(session, revision)
    today = today_of(session, revision, now)
    first = day or today
    effectivity.approve(revision, revision.document.revisions, effective_from=first, today=today)
    _tell(session, "object.made_effective", revision, first)


def end_revision(
    session: Session, revision: DocumentRevision, *, last_day: date, actor: Actor, now: datetime
) -> None:
    """End a revision without a successor; the document is obsolete after that day.

    Raises:
        Conflict: it has not been approved, or another one follows before that day.
        Invalid: the day is over, or before its first one.
    """
    today = today_of(session, revision, now)
    effectivity.end(revision, revision.document.revisions, last_day=last_day, today=today)
    _tell(session, "object.ended", revision, last_day)


def today_of(session: Session, revision: DocumentRevision, now: datetime) -> date:
    """The day it is where the document belongs."""
    return day_at(session, revision.document.site_id, now)


def _tell(session: Session, event: str, revision: DocumentRevision, day: date) -> None:
    facts = {"number": revision.document.number, "code": revision.code, "day": day}
    audit.record(session, event, subject=("controlled_documents.revision", revision.id), facts=facts)
