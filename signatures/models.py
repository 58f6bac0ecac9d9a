"""The register of electronic signatures (21 CFR 11.50 and 11.70)."""

import uuid
from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, new_id
from core.types import JSON_TYPE, Bilingual


class Signature(Base):
    """One person's signature on one record: what is searched and shown, and the CMS that proves it.

    ``cms`` is the proof; the other columns repeat what stands in its signed attributes. Rows are only added.
    """

    __tablename__ = "signature"
    __table_args__ = (
        UniqueConstraint("record_id", "position"),
        Index(None, "person_id", "signed_at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    record_id: Mapped[uuid.UUID]
    position: Mapped[int]
    """1 for the first signer of the record; the PDF field is ``sig-<position>``."""
    record_sha256: Mapped[str]
    """SHA-256 of the canonical record, lower-case hex."""
    person_id: Mapped[uuid.UUID]
    login: Mapped[str]
    signer_name: Mapped[str]
    """The printed name on the day of signing."""
    role: Mapped[str]
    site: Mapped[str]
    meaning_code: Mapped[str]
    meaning: Mapped[Bilingual] = mapped_column(JSON_TYPE)
    statement: Mapped[str]
    method: Mapped[str]
    """How the signer proved himself, e.g. ``password``."""
    on_behalf_of: Mapped[str | None]
    language: Mapped[str]
    """The language in which the record was shown: ``en`` or ``zh``."""
    signed_at: Mapped[datetime]
    """The plant's clock; the same moment, to the millisecond, stands in the time token of ``cms``."""
    cms: Mapped[bytes] = mapped_column(LargeBinary)
    """Detached CMS (DER) over the canonical record's bytes."""
    certificate: Mapped[bytes] = mapped_column(LargeBinary)
    """The signer's one-signature certificate (DER)."""
    level: Mapped[str]
