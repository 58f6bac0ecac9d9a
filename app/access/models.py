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
    ``identity_verified_at`` is the last time somebody saw who the person is (11.100(b));
    ``signing_suspended_at`` is set by an administrator's password reset and emptied by a new such proof.
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
    identity_verified_at: Mapped[datetime | None]
    signing_suspended_at: Mapped[datetime | None]
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


class GrantState(StrEnum):
    """Whether a grant counts: one of an approving or administrator's role waits for a second person."""

    PROPOSED = "proposed"
    EFFECTIVE = "effective"
    REFUSED = "refused"


class RoleGrant(Base):
    """A role held at a site (``None``: every site) from ``valid_from`` to ``valid_to``, both included.

    A grant is ended by its last day, never deleted: who held which role when stays readable. ``decided_by``
    is the second person who confirmed or refused a proposed grant; empty where none is needed.
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
    state: Mapped[GrantState] = mapped_column(
        str_enum(GrantState), default=GrantState.EFFECTIVE, server_default=GrantState.EFFECTIVE.value
    )
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="grants", foreign_keys=[person_id])

    def decide(self, state: GrantState, by: str, now: datetime) -> None:
        """Let a second person confirm or refuse the grant; a decided one stays as it is."""
        if self.state is GrantState.PROPOSED:
            self.state, self.decided_by, self.decided_at = state, by, now

    def holds_on(self, day: date) -> bool:
        """Whether the role is held on a day of the site's calendar."""
        return self.state is GrantState.EFFECTIVE and self.covers(day)

    def covers(self, day: date) -> bool:
        """Whether a day lies in the grant's range."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def standing(self, day: date) -> str:
        """What pages call the grant on a day: its state, and whether it has ended or is still to begin."""
        if self.state is not GrantState.EFFECTIVE:
            return self.state.value
        if self.person.state is PersonState.LEFT or (self.valid_to is not None and self.valid_to < day):
            return "ended"
        return "effective" if self.covers(day) else "future"


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


class IdentityCheck(Base):
    """Somebody saw who a person is: who looked, at what, and when (21 CFR 11.100(b))."""

    __tablename__ = "identity_check"
    __table_args__ = (Index(None, "person_id", "at"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    evidence: Mapped[str]
    note: Mapped[str]
    checked_by: Mapped[str]
    at: Mapped[datetime]


class FormerPassword(Base):
    """A password somebody had, as its hash: the last ones are not taken again (21 CFR 11.300(b))."""

    __tablename__ = "former_password"
    __table_args__ = (Index(None, "person_id", "replaced_at"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    password_hash: Mapped[str] = mapped_column(info={"audit": "omit"})
    replaced_at: Mapped[datetime]


class PasswordPolicy(Base):
    """The rules for passwords: one row, changed by a security administrator with a reason.

    ``oldest_days``: after so many days a password has to be changed, 0 for never; ``remembered``: how many
    former ones are not taken again; ``lock_after``: failed proofs in a row that close an account;
    ``own_words``: words no password contains, such as the company's name, one a line.
    """

    __tablename__ = "password_policy"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shortest: Mapped[int]
    oldest_days: Mapped[int]
    remembered: Mapped[int]
    lock_after: Mapped[int]
    own_words: Mapped[str]
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}
