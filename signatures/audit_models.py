"""The tables of the audit trail: what triggers catch, the chained trail, and its head (21 CFR 11.10(e))."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

FIRST_HASH = "0" * 64
"""What stands before the first entry of a trail."""


_ATTEMPTS = text("action = 'object.change_attempted'")
"""Attempts past change control are listed as a whole: a few rows of a trail of millions."""


class AuditCapture(Base):
    """A change a trigger has just caught, in the database's own notation; it never outlives its transaction.

    ``context`` is the JSON of :class:`core.actor.WriteContext`; ``changes`` maps a column to ``[old, new]``,
    or to null where the values are withheld; ``facts`` belong to named events only.
    """

    __tablename__ = "audit_capture"
    __table_args__ = {"info": {"audit": False}}

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    context: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(64))
    subject_type: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[str] = mapped_column(String(128))
    changes: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[str | None] = mapped_column(Text)


class AuditEntry(Base):
    """One line of the trail: who did what to which object, when and why.

    ``entry`` is the canonical JSON (RFC 8785) that is hashed, kept exactly; ``hash`` is SHA-256 over the
    previous hash and it, both in lower-case hex. The other columns repeat parts of it to be searched by;
    the verifier compares them. ``subject_type`` is a table (for changes of rows) or a subject such as
    ``inventory.lot`` (for named events). Times are UTC, of the plant's own clock.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_id", "seq"),
        Index("ix_audit_entry_actor", "actor_id", "seq"),
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_attempts", "seq", sqlite_where=_ATTEMPTS, postgresql_where=_ATTEMPTS),
        {"info": {"audit": False, "append_only": True}},
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject_type: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[str] = mapped_column(String(128))
    entry: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the trail; its one row is locked from the last moment of a transaction until its commit."""

    __tablename__ = "audit_head"
    __table_args__ = {"info": {"audit": False}}

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
