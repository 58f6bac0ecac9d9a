"""Sessions live on the server: a copied cookie is dead after sign-out (21 CFR 11.10(d))."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class WebSession(Base):
    """One browser's session. The cookie holds a random token, the table only its SHA-256.

    ``person_id`` is empty before sign-in. The row is deleted at sign-out and when it has been idle too long;
    signing in and out are events of the audit trail, so the table itself is not audited.
    """

    __tablename__ = "web_session"
    __table_args__ = (Index(None, "person_id"), Index(None, "seen_at"), {"info": {"audit": False}})

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID | None]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
