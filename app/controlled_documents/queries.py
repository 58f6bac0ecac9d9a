"""What is in force where, on a day."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, selectinload

from app.controlled_documents.models import ControlledDocument, DocumentRevision
from app.sites.models import Site
from core.effectivity import RevisionState, Standing, in_force, standing
from core.errors import NotFound


@dataclass(frozen=True)
class InForce:
    """A document with the revision in force on a day, None if there is none on that day; ``standing`` is
    what the revision is worth today."""

    document: ControlledDocument
    revision: DocumentRevision | None
    standing: Standing | None


def documents(words: str = "", *, kind: str = "", site: Site | None = None) -> Select[ControlledDocument]:
    """The query for the list: words in number and title, one kind, those of a site and of the company."""
    wanted = select(ControlledDocument).options(selectinload(ControlledDocument.revisions))
    for word in words.split():
        texts = (
            ControlledDocument.number,
            *(ControlledDocument.title[lang].as_string() for lang in ("en", "zh")),
        )
        wanted = wanted.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    if kind:
        wanted = wanted.where(ControlledDocument.kind == kind)
    if site is not None:
        wanted = wanted.where(
            or_(ControlledDocument.site_id.is_(None), ControlledDocument.site_id == site.id)
        )
    return wanted.order_by(ControlledDocument.number)


def revision_at(document: ControlledDocument, on: date, site_code: str = "") -> DocumentRevision | None:
    """The revision in force on a day, at a site if one is named."""
    found = in_force(document.revisions, on)
    return found if found is None or not site_code or found.holds_at(site_code) else None


def what_holds(
    found: Sequence[ControlledDocument], *, on: date, today: date, site_code: str = ""
) -> list[InForce]:
    """Say of some documents what was in force on a day, and what that revision is worth today."""
    lines = []
    for document in found:
        revision = revision_at(document, on, site_code)
        worth = standing(revision, document.revisions, today) if revision is not None else None
        lines.append(InForce(document, revision, worth))
    return lines


def approved(document: ControlledDocument) -> list[DocumentRevision]:
    """The revisions that have been approved, newest first: drafts are nothing to work by."""
    return [one for one in reversed(document.revisions) if one.state is RevisionState.APPROVED]


def document_by_number(session: Session, number: str) -> ControlledDocument | None:
    """Find a document by its number."""
    return session.scalar(select(ControlledDocument).where(ControlledDocument.number == number))


def revision_of(session: Session, revision_id: uuid.UUID) -> DocumentRevision:
    """One revision.

    Raises:
        NotFound: ``document.no_revision``.
    """
    found = session.get(DocumentRevision, revision_id)
    if found is None:
        raise NotFound("document.no_revision", "There is no such revision.")
    return found


def revision_named(session: Session, number: str, code: str) -> DocumentRevision:
    """One revision by the number of its document and its own code.

    Raises:
        NotFound: ``document.no_revision``.
    """
    wanted = select(DocumentRevision).join(DocumentRevision.document)
    found = session.scalar(wanted.where(ControlledDocument.number == number, DocumentRevision.code == code))
    if found is None:
        raise NotFound("document.no_revision", "There is no such revision.")
    return found
