"""Documents, requirements and trainings of the small plant (tests.factories.inbox)."""

import io
import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Person
from app.controlled_documents.models import ControlledDocument, DocumentKind, DocumentRevision
from app.controlled_documents.services import NewText, set_file
from app.training.models import How, Qualification, TrainingRequirement
from core.effectivity import RevisionState
from tests.factories.inbox import Plant


def document(session: Session, number: str = "WI-QA-012") -> ControlledDocument:
    """A document of the whole company, without a revision."""
    made = ControlledDocument(
        number=number,
        title={"en": "Incoming inspection", "zh": "进货检验"},
        kind=DocumentKind.INSTRUCTION,
    )
    session.add(made)
    session.flush()
    return made


def revision(
    session: Session, plant: Plant, of: ControlledDocument, code: str, first: date | None, places: str = ""
) -> DocumentRevision:
    """A revision with a file: in force from a day on, or without one a draft."""
    made = DocumentRevision(document_id=of.id, code=code, places=places, changes=f"Changes of {code}")
    session.add(made)
    session.flush()
    text = NewText(io.BytesIO(f"{of.number}/{code}\n".encode()), f"{of.number}-{code}.txt")
    set_file(session, made, text, actor=plant.people["owner"], now=plant.now)
    if first is not None:
        made.state, made.effective_from = RevisionState.APPROVED, first
    session.flush()
    session.expire(of)
    return made


def needs(
    session: Session, plant: Plant, of: ControlledDocument, role: str, since: date, grace_days: int = 0
) -> TrainingRequirement:
    """Have a role at the plant's site need a document."""
    made = TrainingRequirement(
        site_id=plant.site_id, role=role, document_id=of.id, since=since, grace_days=grace_days
    )
    session.add(made)
    session.flush()
    return made


def trained(
    session: Session, login: str, role: str, on: DocumentRevision, first: date, last: date | None = None
) -> Qualification:
    """Have a person trained on a revision."""
    made = Qualification(
        person_id=person_id(session, login),
        role=role,
        document_revision_id=on.id,
        how=How.READ,
        qualified_from=first,
        qualified_until=last,
    )
    session.add(made)
    session.flush()
    return made


def person_id(session: Session, login: str) -> uuid.UUID:
    """The id of an account."""
    return session.scalars(select(Person.id).where(Person.login == login)).one()
