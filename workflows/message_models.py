"""Tables of waiting and of messages. A message is kept from when it was sent, whoever waits for it."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, new_id
from core.types import JSON_TYPE, str_enum


class WaitKind(StrEnum):
    """What a case can wait for besides people."""

    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"


class MessageState(StrEnum):
    """Where a message stands; ``kept`` found nobody who waits for it and stays until somebody does."""

    SENT = "sent"
    DELIVERED = "delivered"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


class CaseWait(Base):
    """One event of a case that waits: a timer until ``due_at``, a message or signal by name and correlation.

    ``correlation`` is the canonical text of ``facts.correlation_text``. Written beside the state of the case
    and derived from it, so the trail does not repeat it.
    """

    __tablename__ = "case_wait"
    __table_args__ = (
        Index(None, "case_id", "engine_id"),
        Index(None, "name", "correlation"),
        Index(None, "due_at"),
        {"info": {"audit": False}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    engine_id: Mapped[str]
    element_id: Mapped[str]
    kind: Mapped[WaitKind] = mapped_column(str_enum(WaitKind))
    name: Mapped[str]
    correlation: Mapped[str]
    due_at: Mapped[datetime | None]
    since: Mapped[datetime]


class CaseMessage(Base):
    """One message or signal that was sent, to whom it went and when.

    ``payload`` is in the form of ``codec.as_stored``. ``for_case_id`` and ``for_engine_id`` address one
    waiting event of a signal. ``from_case_id`` and ``from_element`` say what threw it; both are empty when a
    person or another system sent it.
    """

    __tablename__ = "case_message"
    __table_args__ = (Index(None, "name", "correlation", "state"), Index(None, "state", "sent_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[WaitKind] = mapped_column(str_enum(WaitKind))
    name: Mapped[str]
    correlation: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON_TYPE, info={"audit": "hash"})
    state: Mapped[MessageState] = mapped_column(str_enum(MessageState), default=MessageState.SENT)
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
    sent_by_name: Mapped[str]
    from_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_case.id"))
    from_element: Mapped[str | None]
    for_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_case.id"))
    for_engine_id: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    to_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_case.id"))
    to_element: Mapped[str | None]
    note: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}
