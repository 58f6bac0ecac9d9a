"""Accounts and what they may do: one per person, never reused, roles by site with a range of days.

21 CFR 11.10(d), 11.100(a), 11.300; Annex 11 12.1 to 12.4; URS-028.
"""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, new_id
from core.types import Bilingual, str_enum


class PersonState(StrEnum):
    """Whether an account opens: active, locked (failed proofs, administrator), or its owner has left."""

    ACTIVE = "active"
    LOCKED = "locked"
    LEFT = "left"


class Person(Base):
    """A person with an account. The row outlives the employment: a login is never given to another.

    ``name`` is what signatures print. ``zone`` is an IANA name, ``language`` ``en`` or ``zh``. ``failures``
    counts failed proofs of identity since the last good one. ``statement_record_id`` names the record in
    which the person accepted that the electronic signature binds like the handwritten one (11.10(j)).
    """

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("login = lower(login)", name="login_lower"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Bilingual]
    language: Mapped[str] = mapped_column(default="en")
    zone: Mapped[str] = mapped_column(default="UTC")
    home_site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    state: Mapped[PersonState] = mapped_column(str_enum(PersonState), default=PersonState.ACTIVE)
    password_hash: Mapped[str] = mapped_column(info={"audit": "omit"})
    password_changed_at: Mapped[datetime]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    locked_at: Mapped[datetime | None]
    statement_record_id: Mapped[uuid.UUID | None]
    statement_accepted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column()

    grants: Mapped[list["RoleGrant"]] = relationship(
        back_populates="person", foreign_keys="RoleGrant.person_id", order_by="RoleGrant.valid_from"
    )

    __mapper_args__ = {"version_id_col": revision}

    def lock(self, now: datetime) -> None:
        """Close the account until an administrator opens it; someone who left stays gone."""
        if self.state is PersonState.ACTIVE:
            self.state, self.locked_at = PersonState.LOCKED, now

    def unlock(self) -> None:
        """Open a locked account again and forget its failures."""
        if self.state is PersonState.LOCKED:
            self.state, self.locked_at, self.failures = PersonState.ACTIVE, None, 0


class RoleGrant(Base):
    """A role held at a site (``None``: every site) from ``valid_from`` to ``valid_to``, both included.

    A grant is ended by its last day, never deleted: who held which role when stays readable.
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="range"),
        Index(None, "person_id"),
        Index(None, "role", "site_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]

    person: Mapped[Person] = relationship(back_populates="grants", foreign_keys=[person_id])

    def holds_on(self, day: date) -> bool:
        """Whether the role is held on a day of the site's calendar."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class LoginFailure(Base):
    """A failed proof of identity, also with a login that does not exist (then without a person)."""

    __tablename__ = "login_failure"
    __table_args__ = (Index(None, "at"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    login: Mapped[str]
    purpose: Mapped[str]
    at: Mapped[datetime]


class SecurityNotice(Base):
    """Something a security administrator has to look at now, such as a locked account (21 CFR 11.300(d))."""

    __tablename__ = "security_notice"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None]

    person: Mapped[Person] = relationship()
