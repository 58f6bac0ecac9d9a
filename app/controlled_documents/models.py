"""Controlled documents and their revisions: what holds where, from when, with which file (ISO 13485:2016
4.2.4, URS-074).

A document names what it is; what people read is the file of the revision in force. Nothing is deleted.
"""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from app.objects.revisions import Revisioned
from app.organisation.models import Department
from app.sites.models import Site
from core.db import Base, new_id
from core.types import Bilingual, str_enum


class DocumentKind(StrEnum):
    """What a document is for."""

    POLICY = "policy"
    PROCEDURE = "procedure"
    INSTRUCTION = "instruction"
    SPECIFICATION = "specification"
    FORM = "form"
    EXTERNAL = "external"


class ControlledDocument(Base):
    """A document under control, by its number; of a site, or without one of the whole company."""

    __tablename__ = "controlled_document"
    __table_args__ = (Index(None, "department_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[Bilingual]
    kind: Mapped[DocumentKind] = mapped_column(str_enum(DocumentKind))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    revision: Mapped[int] = mapped_column()

    department: Mapped[Department | None] = relationship()
    site: Mapped[Site | None] = relationship()
    revisions: Mapped[list[DocumentRevision]] = relationship(
        back_populates="document", order_by="DocumentRevision.effective_from"
    )

    __mapper_args__ = {"version_id_col": revision}


class DocumentRevision(Revisioned, Base):
    """A revision of a document: ``sha256`` is its file, ``changes`` what differs from the one before.

    ``places`` are the codes of the sites where it is in force, with blanks between; empty for every site
    of the document.
    """

    __tablename__ = "document_revision"
    __table_args__ = (
        UniqueConstraint("document_id", "code"),
        UniqueConstraint("document_id", "effective_from"),
        Index(None, "sha256"),
    )
    OWNER = "document_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("controlled_document.id"))
    changes: Mapped[str] = mapped_column(default="")
    places: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str | None] = mapped_column(String(64), ForeignKey("stored_file.sha256"))
    file_name: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column()

    document: Mapped[ControlledDocument] = relationship(back_populates="revisions")
    number: Mapped[str] = column_property(
        select(ControlledDocument.number)
        .where(ControlledDocument.id == document_id)
        .correlate_except(ControlledDocument)
        .scalar_subquery()
    )
    site_id: Mapped[uuid.UUID | None] = column_property(
        select(ControlledDocument.site_id)
        .where(ControlledDocument.id == document_id)
        .correlate_except(ControlledDocument)
        .scalar_subquery()
    )

    __mapper_args__ = {"version_id_col": revision}

    def holds_at(self, site_code: str) -> bool:
        """Whether this revision is meant for a site."""
        return not self.places or site_code in self.places.split()
