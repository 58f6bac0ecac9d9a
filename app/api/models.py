"""Keys with which programs act in a person's name, and what they asked under a key of their own."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, new_id
from core.types import JSON_TYPE, JsonDict


class AccessToken(Base):
    """A key with which a program acts in a person's name and with his rights; it never signs.

    Only its hash is kept. It ends on ``expires_at``, when it is revoked, and with the account.
    """

    __tablename__ = "access_token"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(60))
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True, info={"audit": "omit"})
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    def holds(self, now: datetime) -> bool:
        """Whether the key opens anything now."""
        return self.revoked_at is None and now < self.expires_at


class AccessTokenUse(Base):
    """When a key was last used, to the minute; no act of anybody."""

    __tablename__ = "access_token_use"
    __table_args__ = ({"info": {"audit": False}},)

    token_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("access_token.id"), primary_key=True)
    used_at: Mapped[datetime]


class AnsweredRequest(Base):
    """The answer to a request with an idempotency key; ``asked_sha256`` is the hash of what was asked."""

    __tablename__ = "answered_request"
    __table_args__ = ({"info": {"audit": False}},)

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    asked_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[JsonDict] = mapped_column(JSON_TYPE)
    answered_at: Mapped[datetime] = mapped_column(index=True)
