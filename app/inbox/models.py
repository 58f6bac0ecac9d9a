"""What waits between the first and the last signature of a step with several signers."""

import uuid
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class SharedSigning(Base):
    """The record that several persons sign for one task, and the entries to complete it with.

    All of them sign the same canonical record; with the last signature the row and its keys are gone.
    """

    __tablename__ = "shared_signing"

    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("human_task.id"), primary_key=True)
    record_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("record.id"), unique=True)
    entries: Mapped[dict[str, Any]]


class HeldKey(Base):
    """A wrapped one-signature key of such a record.

    With the last signature it moves into the outbox row of the seal; nothing but the one PDF of its record
    can be signed with it (signatures.one_time).
    """

    __tablename__ = "held_key"
    __table_args__ = {"info": {"audit": False}}

    signature_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    record_id: Mapped[uuid.UUID] = mapped_column(index=True)
    position: Mapped[int]
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
