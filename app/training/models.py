"""Who must be trained on what, and who is: the facts that tasks and signatures ask (URS-075, 21 CFR 11.10(i),
ISO 13485:2016 6.2).

Days are those of the calendar of the site, both ends included.
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from app.access.models import Person
from app.controlled_documents.models import ControlledDocument, DocumentRevision
from app.sites.models import Site
from core.db import Base, new_id
from core.types import str_enum


class TrainingRequirement(Base):
    """A role at a site needs a document; without such a row nothing is asked.

    ``since`` is the first day on which it counts. ``grace_days`` after it, and after the first day of every
    new revision, people may go on with what they know. ``valid_days`` is how long a training is good for, 0
    for as long as the revision is in force; ``until`` the last day on which the role needs the document.
    """

    __tablename__ = "training_requirement"
    __table_args__ = (
        UniqueConstraint("site_id", "role", "document_id"),
        CheckConstraint("until IS NULL OR until >= since", name="range"),
        Index(None, "document_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    role: Mapped[str] = mapped_column(String(40))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("controlled_document.id"))
    since: Mapped[date]
    until: Mapped[date | None]
    grace_days: Mapped[int] = mapped_column(default=0)
    valid_days: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site] = relationship()
    document: Mapped[ControlledDocument] = relationship()
    number: Mapped[str] = column_property(
        select(ControlledDocument.number)
        .where(ControlledDocument.id == document_id)
        .correlate_except(ControlledDocument)
        .scalar_subquery()
    )

    __mapper_args__ = {"version_id_col": revision}


class How(StrEnum):
    """How somebody was trained."""

    READ = "read"
    ASSESSED = "assessed"
    ON_THE_JOB = "on_the_job"


class Qualification(Base):
    """A person is trained in a role on a revision of a document, from a day on, maybe until a last one.

    The evidence (an answered test, a signed sheet) lies with it as a file (app.objects).
    """

    __tablename__ = "qualification"
    __table_args__ = (
        UniqueConstraint(
            "person_id", "role", "document_revision_id", "qualified_from", name="uq_qualification_fact"
        ),
        CheckConstraint("qualified_until IS NULL OR qualified_until >= qualified_from", name="range"),
        Index(None, "document_revision_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(40))
    document_revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document_revision.id"))
    how: Mapped[How] = mapped_column(str_enum(How))
    qualified_from: Mapped[date]
    qualified_until: Mapped[date | None]
    revision: Mapped[int] = mapped_column()

    person: Mapped[Person] = relationship()
    document_revision: Mapped[DocumentRevision] = relationship()
    login: Mapped[str] = column_property(
        select(Person.login)
        .where(Person.id == person_id)
        .correlate_except(Person)
        .scalar_subquery()
    )
    number: Mapped[str] = column_property(
        select(ControlledDocument.number)
        .join(DocumentRevision.__table__, DocumentRevision.__table__.c.document_id == ControlledDocument.id)
        .where(DocumentRevision.__table__.c.id == document_revision_id)
        .correlate_except(ControlledDocument, DocumentRevision)
        .scalar_subquery()
    )

    __mapper_args__ = {"version_id_col": revision}
