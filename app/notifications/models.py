"""Notices for people, how each wants to get them, and how far the trail has been read for them (URS-133)."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.models import Person
from core.db import Base, new_id
from core.types import JsonDict, str_enum


class Delivery(StrEnum):
    """How a person gets notices by e-mail: not at all, each at once, or one mail a day."""

    OFF = "off"
    NOW = "now"
    DAILY = "daily"


class Notice(Base):
    """One event told to one person: number, step and site, and where to look; never what a record says.

    ``event`` names the event for ever, so that telling it again tells nobody twice. ``link`` is a path
    of this installation. ``mailed_at`` is when the mail server took it. Notices are reminders and no records:
    the trail and the tasks they point to are.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("event", "person_id"),
        Index(None, "person_id", "read_at", "created_at"),
        {"info": {"audit": False}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    event: Mapped[str]
    kind: Mapped[str]
    facts: Mapped[JsonDict]
    link: Mapped[str]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    correlation_id: Mapped[str | None]

    person: Mapped[Person] = relationship()


class NoticePreference(Base):
    """Where a person gets mail and how often; the address never enters the trail (URS-146)."""

    __tablename__ = "notice_preference"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    delivery: Mapped[Delivery] = mapped_column(str_enum(Delivery), default=Delivery.OFF)
    email: Mapped[str] = mapped_column(info={"audit": "omit"})
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}


class NoticeReader(Base):
    """How far the trail has been read for notices: one row. ``looked_at`` is the last look at due times."""

    __tablename__ = "notice_reader"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"), {"info": {"audit": False}})

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    looked_at: Mapped[datetime | None]


class NoticeDigest(Base):
    """The last day, in his own calendar, on which a person was sent the mail of the day."""

    __tablename__ = "notice_digest"
    __table_args__ = ({"info": {"audit": False}},)

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    day: Mapped[date]
