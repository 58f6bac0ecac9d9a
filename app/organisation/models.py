"""Who belongs where and answers to whom, who stands in for whom, and when people work (URS-140).

Ranges of days are those of the calendar on the wall of the site, both ends included; a range without an end
goes on. Nothing is deleted: what has ended stays readable.
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from app.access.models import Person
from app.sites.models import Site
from core.db import Base, new_id
from core.types import Bilingual, str_enum


class DepartmentState(StrEnum):
    """Whether a department, position or shift is in use, or is closed; a closed one keeps its history."""

    ACTIVE = "active"
    CLOSED = "closed"


class Department(Base):
    """A department of a site, or of the whole company; ``parent_id`` is the one it belongs to."""

    __tablename__ = "department"
    __table_args__ = (Index(None, "parent_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Bilingual]
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    state: Mapped[DepartmentState] = mapped_column(str_enum(DepartmentState), default=DepartmentState.ACTIVE)
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site | None] = relationship()
    parent: Mapped[Department | None] = relationship(remote_side=[id])

    __mapper_args__ = {"version_id_col": revision}


class Position(Base):
    """A place in a department that people hold; whoever holds ``reports_to`` is their line manager."""

    __tablename__ = "position"
    __table_args__ = (Index(None, "department_id"), Index(None, "reports_to_id"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Bilingual]
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    reports_to_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("position.id"))
    state: Mapped[DepartmentState] = mapped_column(str_enum(DepartmentState), default=DepartmentState.ACTIVE)
    revision: Mapped[int] = mapped_column()

    department: Mapped[Department] = relationship()
    reports_to: Mapped[Position | None] = relationship(remote_side=[id])
    site_id: Mapped[uuid.UUID | None] = column_property(
        select(Department.site_id)
        .where(Department.id == department_id)
        .correlate_except(Department)
        .scalar_subquery()
    )

    __mapper_args__ = {"version_id_col": revision}


class Shift(Base):
    """Hours and days on which people of a site work.

    ``starts`` and ``ends`` are ``HH:MM`` on the site's clock; a shift that ends no later than it starts runs
    past midnight. ``days`` are the days of the week from 1, Monday, to 7, holidays or not; empty for the
    working days of the site's calendar.
    """

    __tablename__ = "shift"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Bilingual]
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    starts: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))
    days: Mapped[str] = mapped_column(String(7), default="")
    state: Mapped[DepartmentState] = mapped_column(str_enum(DepartmentState), default=DepartmentState.ACTIVE)
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class Post(Base):
    """A person in a position for a range of days; of several at a time one is the main one.

    ``manager_id`` is the line manager where it is somebody else than who holds the position above.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("person_id", "position_id", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="range"),
        Index(None, "position_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    position_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("position.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    main: Mapped[bool] = mapped_column(default=True)
    manager_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    shift_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("shift.id"))
    revision: Mapped[int] = mapped_column()

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    manager: Mapped[Person | None] = relationship(foreign_keys=[manager_id])
    position: Mapped[Position] = relationship()
    shift: Mapped[Shift | None] = relationship()
    site_id: Mapped[uuid.UUID | None] = column_property(
        select(Department.site_id)
        .join(Position.__table__, Position.__table__.c.department_id == Department.id)
        .where(Position.__table__.c.id == position_id)
        .correlate_except(Department, Position)
        .scalar_subquery()
    )

    __mapper_args__ = {"version_id_col": revision}


class Rank(StrEnum):
    """Who stands in first (A) and who when the first one is away too (B): A/B 角."""

    A = "A"
    B = "B"


class Deputy(Base):
    """Who stands in for a person, or for whoever holds a position, for a range of days."""

    __tablename__ = "deputy"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) != (position_id IS NULL)", name="one_subject"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="range"),
        UniqueConstraint("person_id", "position_id", "rank", "valid_from"),
        Index(None, "position_id"),
        Index(None, "deputy_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    position_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("position.id"))
    rank: Mapped[Rank] = mapped_column(str_enum(Rank))
    deputy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    revision: Mapped[int] = mapped_column()

    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    position: Mapped[Position | None] = relationship()
    deputy: Mapped[Person] = relationship(foreign_keys=[deputy_id])

    __mapper_args__ = {"version_id_col": revision}


class AbsenceKind(StrEnum):
    """Why somebody is away; nothing about health is written down."""

    LEAVE = "leave"
    SICK = "sick"
    TRAVEL = "travel"
    TRAINING = "training"
    OTHER = "other"


class Absence(Base):
    """Days on which a person is away; a fact of the day, so it holds without a second person."""

    __tablename__ = "absence"
    __table_args__ = (
        UniqueConstraint("person_id", "valid_from"),
        CheckConstraint("valid_to >= valid_from", name="range"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    kind: Mapped[AbsenceKind] = mapped_column(str_enum(AbsenceKind), default=AbsenceKind.LEAVE)
    revision: Mapped[int] = mapped_column()

    person: Mapped[Person] = relationship()
    site_id: Mapped[uuid.UUID | None] = column_property(
        select(Person.home_site_id).where(Person.id == person_id).correlate_except(Person).scalar_subquery()
    )

    __mapper_args__ = {"version_id_col": revision}


class SiteCalendar(Base):
    """Whose public holidays a site keeps, and on which days of the week it works.

    ``holidays`` is a country of ISO 3166-1, with a part of it after a dash where that has days of its own,
    such as ``CN``, ``US`` or ``DE-BY``; ``none`` for a site that works on all of them. ``week`` are the days
    of the week from 1, Monday, to 7. A site without a row keeps the holidays of the country of its clock,
    Monday to Friday.
    """

    __tablename__ = "site_calendar"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), unique=True)
    holidays: Mapped[str] = mapped_column(String(12))
    week: Mapped[str] = mapped_column(String(7), default="12345")
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class DayKind(StrEnum):
    """What the yearly list of a site says about a day: off, worked (调休), or nothing more than usual."""

    OFF = "off"
    WORKING = "working"
    USUAL = "usual"


class CalendarDay(Base):
    """A day of a site's yearly list; it comes before what the package of public holidays says."""

    __tablename__ = "calendar_day"
    __table_args__ = (UniqueConstraint("site_id", "day"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date]
    kind: Mapped[DayKind] = mapped_column(str_enum(DayKind))
    name: Mapped[Bilingual]
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site] = relationship()

    __mapper_args__ = {"version_id_col": revision}
