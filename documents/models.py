"""Tables of printed records and of the files that stand beside them."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, new_id
from core.types import str_enum


class RecordState(StrEnum):
    """Where a record stands: signed and waiting for its page, or sealed and stored for good."""

    PENDING = "pending"
    SEALED = "sealed"


class Record(Base):
    """One record as it was signed: its canonical bytes decide, the other columns only help to find it.

    ``canonical`` is RFC 8785 JSON of schema ``qms.record/1`` and ``sha256`` its hash; both never change.
    ``state``, ``pdf_sha256`` and ``sealed_at`` are written once, by the worker that seals the page
    (URS-020, ISO 13485 4.2.5). ``correlation_id`` names the click that made it, for logs and trail (URS-134).
    """

    __tablename__ = "record"
    __table_args__ = (
        Index(
            "ix_record_pending",
            "created_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(None, "case_id", "created_at", "number", "element_id"),
        {
            "info": {
                "append_only": True,
                "append_only_except": ("state", "pdf_sha256", "sealed_at", "signers_text"),
                "append_only_until": "sealed_at",
            }
        },
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(80), index=True)
    form_code: Mapped[str] = mapped_column(String(80))
    form_revision: Mapped[str] = mapped_column(String(20))
    title: Mapped[dict[str, str]]
    site_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    case_id: Mapped[uuid.UUID | None]
    element_id: Mapped[str | None] = mapped_column(String(200))
    subject_type: Mapped[str | None] = mapped_column(String(80))
    subject_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    subject_label: Mapped[str] = mapped_column(default="")
    supplier_label: Mapped[str] = mapped_column(default="")
    lot_number: Mapped[str] = mapped_column(String(80), default="", index=True)
    signers_text: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(4))
    canonical: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[str] = mapped_column(String(80))
    created_by_name: Mapped[str]
    state: Mapped[RecordState] = mapped_column(str_enum(RecordState), default=RecordState.PENDING)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    sealed_at: Mapped[datetime | None]
    correlation_id: Mapped[str | None] = mapped_column(String(32))

    def seal(self, pdf_sha256: str, now: datetime) -> None:
        """Note the sealed page; doing it again with the same page changes nothing.

        Raises:
            ValueError: another page is sealed already; only the first one counts.
        """
        if self.state is RecordState.SEALED and self.pdf_sha256 != pdf_sha256:
            raise ValueError(f"record {self.number} is sealed already")
        if self.state is RecordState.PENDING:
            self.state, self.pdf_sha256, self.sealed_at = RecordState.SEALED, pdf_sha256, now


class StoredFile(Base):
    """A file somebody brought, known by the SHA-256 of its bytes; its name is what the person called it."""

    __tablename__ = "stored_file"
    __table_args__: dict[str, Any] = {"info": {"append_only": True}}

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    uploaded_by: Mapped[str] = mapped_column(String(80))
    uploaded_at: Mapped[datetime]
