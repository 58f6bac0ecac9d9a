"""Verbs on training: write down that somebody is trained."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Person
from app.controlled_documents.models import DocumentRevision
from app.training.models import How, Qualification, TrainingRequirement
from core.actor import Actor
from core.effectivity import RevisionState
from core.errors import Conflict, Invalid, NotAllowed
from documents.labels import N_
from signatures import audit


@dataclass(frozen=True)
class RecordQualification:
    """Somebody is trained in a role on a revision, from a day on; without a last day as long as the role's
    requirement says, else as long as the revision is in force."""

    person: Person
    role: str
    revision: DocumentRevision
    how: How
    qualified_from: date
    qualified_until: date | None = None


def ends_before(field: str, first: date, last: date) -> Invalid:
    """Refuse days of which the last is before the first."""
    return Invalid(
        "training.range",
        "It would end on %(last)s, before it begins on %(first)s. Check both days.",
        field=field,
        first=first.isoformat(),
        last=last.isoformat(),
    )


def record_qualification(
    session: Session, command: RecordQualification, *, actor: Actor, now: datetime
) -> Qualification:
    """Write down that somebody is trained.

    Raises:
        NotAllowed: ``training.own``: nobody confirms his own training.
        Conflict: ``training.draft``: nobody is trained on a draft; or it is written down already.
        Invalid: ``training.range``: it would end before it begins.
    """
    person, revision = command.person, command.revision
    if actor.id == str(person.id):
        raise NotAllowed("training.own", "Nobody confirms his own training. Somebody else has to.")
    must_be_approved(revision)
    until = command.qualified_until or _last_day(session, command)
    first = command.qualified_from
    if until is not None and until < first:
        raise ends_before("qualified_until", first, until)
    where = (
        Qualification.person_id == person.id,
        Qualification.role == command.role,
        Qualification.document_revision_id == revision.id,
        Qualification.qualified_from == first,
    )
    if session.scalar(select(Qualification.id).where(*where)) is not None:
        raise Conflict("training.known", "This training is written down already.", field="qualified_from")
    written = Qualification(
        person_id=person.id,
        role=command.role,
        document_revision_id=revision.id,
        how=command.how,
        qualified_from=first,
        qualified_until=until,
    )
    session.add(written)
    session.flush()  # the trail names it
    facts = {
        "login": person.login,
        "role": command.role,
        "document": revision.document.number,
        "revision": revision.code,
        "until": until,
    }
    audit.record(session, "training.recorded", subject=("training.qualification", written.id), facts=facts)
    return written


def must_be_approved(revision: DocumentRevision) -> None:
    """Ask that there is something to be trained on.

    Raises:
        Conflict: ``training.draft``.
    """
    if revision.state is not RevisionState.APPROVED:
        sentence = N_("%(document)s/%(revision)s has not been approved: nobody can be trained on it yet.")
        raise Conflict(
            "training.draft", sentence, field="code", document=revision.number, revision=revision.code
        )


def _last_day(session: Session, command: RecordQualification) -> date | None:
    """The shortest time any site gives this role's training on the document."""
    query = select(TrainingRequirement.valid_days).where(
        TrainingRequirement.role == command.role,
        TrainingRequirement.document_id == command.revision.document_id,
        TrainingRequirement.valid_days > 0,
    )
    days = min(session.scalars(query), default=None)
    return None if days is None else command.qualified_from + timedelta(days=days - 1)
