"""Whether somebody is trained for a role, and what is missing (URS-075)."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from sqlalchemy import BindParameter, ColumnElement, Date, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, load_only
from sqlalchemy.sql.base import ExecutableOption

from app.controlled_documents.models import ControlledDocument, DocumentRevision
from app.controlled_documents.queries import approved, revision_at
from app.objects.models import ObjectChange
from app.objects.services import SUBJECT
from app.training.models import Qualification, TrainingRequirement
from workflows.models import HumanTask, ProcessCase

SOON = 30
"""So many days ahead a training that lapses is shown."""


class Gap(StrEnum):
    """How a person stands to a requirement on a day."""

    GOOD = "valid"
    LAPSES = "lapsing"
    GRACE = "grace"
    MISSING = "missing"


@dataclass(frozen=True)
class Standing:
    """How a person stands to one document: ``until`` is the last day on which the person may work by it, None
    if there is no last one."""

    requirement: TrainingRequirement
    revision: DocumentRevision
    gap: Gap
    until: date | None
    training: Qualification | None

    @property
    def document(self) -> ControlledDocument:
        """The document that is needed."""
        return self.requirement.document


def requirements(
    session: Session, *, site_id: uuid.UUID | None, roles: Collection[str], on: date
) -> Sequence[TrainingRequirement]:
    """What some roles need at a site on a day; at every site without one."""
    query = (
        select(TrainingRequirement)
        .join(TrainingRequirement.document)
        .where(TrainingRequirement.role.in_(roles), _needed_on(on))
        .options(
            joinedload(TrainingRequirement.site),
            joinedload(TrainingRequirement.document).selectinload(ControlledDocument.revisions),
        )
        .order_by(TrainingRequirement.role, ControlledDocument.number)
    )
    if site_id is not None:
        query = query.where(TrainingRequirement.site_id == site_id)
    return session.scalars(query).all()


def trainings(
    session: Session, persons: Collection[uuid.UUID], documents: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID, str], list[Qualification]]:
    """What some persons were trained on of some documents, by person and role."""
    query = (
        select(Qualification)
        .join(Qualification.document_revision)
        .where(Qualification.person_id.in_(persons), DocumentRevision.document_id.in_(documents))
        .options(joinedload(Qualification.document_revision))
    )
    found: dict[tuple[uuid.UUID, str], list[Qualification]] = {}
    for one in session.scalars(query):
        found.setdefault((one.person_id, one.role), []).append(one)
    return found


def standings(
    session: Session, person_id: uuid.UUID, needed: Sequence[TrainingRequirement], *, on: date
) -> list[Standing]:
    """How a person stands on a day to what is needed; documents without a revision in force are left out."""
    if not needed:
        return []
    held = trainings(session, {person_id}, {one.document_id for one in needed})
    return [
        found for one in needed if (found := standing_of(one, held.get((person_id, one.role), ()), on=on))
    ]


def standing_of(needed: TrainingRequirement, held: Iterable[Qualification], *, on: date) -> Standing | None:
    """How somebody with some trainings stands to one requirement on a day."""
    revision = revision_at(needed.document, on, needed.site.code)
    if revision is None or revision.effective_from is None:
        return None
    held = list(held)
    best = _best(held, {revision.id}, on)
    if best is not None:
        until = best.qualified_until
        soon = until is not None and until <= on + timedelta(days=SOON)
        return Standing(needed, revision, Gap.LAPSES if soon else Gap.GOOD, until, best)
    new = max(revision.effective_from, needed.since)
    last = new + timedelta(days=needed.grace_days) - timedelta(days=1)
    before = {one.id for one in approved(needed.document) if one.id != revision.id}
    known = _best(held, before, on)
    lenient = on <= last and (known is not None or new == needed.since or not before)
    if lenient and known is not None and known.qualified_until is not None:
        last = min(last, known.qualified_until)
    return Standing(needed, revision, Gap.GRACE if lenient else Gap.MISSING, last if lenient else None, known)


def missing(
    session: Session, person_id: uuid.UUID, role: str, site_id: uuid.UUID, *, on: date
) -> Standing | None:
    """The first document on which a person is not trained for a role at a site on a day; else None.

    Asked whenever a step is taken, so one statement reads what is needed and what the person holds of it.
    """
    asked = {"person_id": person_id, "role": role, "site_id": site_id, "on": on}
    held: dict[TrainingRequirement, list[Qualification]] = {}
    for needed, training in session.execute(_needed_and_held(), asked).unique():
        held.setdefault(needed, []).extend([training] if training is not None else [])
    found = (standing_of(needed, trainings, on=on) for needed, trainings in held.items())
    return next((one for one in found if one is not None and one.gap is Gap.MISSING), None)


@cache
def _needed_and_held() -> Select[TrainingRequirement, Qualification]:
    """The statement of :func:`missing`, with those columns alone that :func:`standing_of` looks at."""
    own = and_(
        Qualification.document_revision_id == DocumentRevision.id,
        Qualification.person_id == bindparam("person_id"),
        Qualification.role == TrainingRequirement.role,
    )
    here = (
        TrainingRequirement.role == bindparam("role"),
        TrainingRequirement.site_id == bindparam("site_id"),
        _needed_on(bindparam("on", type_=Date())),
    )
    return (
        select(TrainingRequirement, Qualification)
        .join(TrainingRequirement.document)
        .outerjoin(ControlledDocument.revisions)
        .outerjoin(Qualification, own)
        .where(*here)
        .options(*_looked_at())
        .order_by(ControlledDocument.number)
    )


def _looked_at() -> tuple[ExecutableOption, ...]:
    needed, document, revision = TrainingRequirement, ControlledDocument, DocumentRevision
    to_document = contains_eager(needed.document)
    lasts = (revision.effective_from, revision.effective_until)
    return (
        load_only(needed.site_id, needed.document_id, needed.since, needed.grace_days),
        to_document.load_only(document.number, document.title),
        to_document.contains_eager(document.revisions).load_only(
            revision.document_id, revision.code, revision.places, revision.state, *lasts
        ),
        load_only(
            Qualification.document_revision_id, Qualification.qualified_from, Qualification.qualified_until
        ),
    )


def _needed_on(day: date | BindParameter[date]) -> ColumnElement[bool]:
    until = TrainingRequirement.until
    return and_(TrainingRequirement.since <= day, or_(until.is_(None), until >= day))


def untrained(
    session: Session, persons: Collection[uuid.UUID], task: HumanTask, *, on: date
) -> frozenset[uuid.UUID]:
    """Those of some persons who lack training that a task's role needs at its site on a day."""
    if task.site_id is None:
        return frozenset()
    needed = requirements(session, site_id=task.site_id, roles={task.role}, on=on)
    if not needed or decides_training(session, task):
        return frozenset()
    held = trainings(session, persons, {one.document_id for one in needed})
    return frozenset(
        person
        for person in persons
        if any(
            (found := standing_of(one, held.get((person, one.role), ()), on=on)) and found.gap is Gap.MISSING
            for one in needed
        )
    )


def decides_training(session: Session, task: HumanTask) -> bool:
    """Whether a task decides about a training itself: it asks for none, else nobody could ever be qualified
    again once all have lapsed."""
    case = session.get_one(ProcessCase, task.case_id)
    if case.subject_type != SUBJECT:
        return False
    change = session.get(ObjectChange, case.subject_id)
    return change is not None and change.kind in ("training.qualification", "training.requirement")


def recorded(session: Session, person_id: uuid.UUID) -> Sequence[Qualification]:
    """Everything a person was trained on, newest first."""
    query = (
        select(Qualification)
        .where(Qualification.person_id == person_id)
        .options(
            joinedload(Qualification.document_revision)
            .joinedload(DocumentRevision.document)
            .selectinload(ControlledDocument.revisions)
        )
    )
    return session.scalars(query.order_by(Qualification.qualified_from.desc())).all()


def _best(held: Iterable[Qualification], revisions: Collection[uuid.UUID], on: date) -> Qualification | None:
    good = [
        one
        for one in held
        if one.document_revision_id in revisions
        and one.qualified_from <= on
        and (one.qualified_until is None or on <= one.qualified_until)
    ]
    return max(good, key=lambda one: (one.qualified_until or date.max, one.qualified_from), default=None)
