"""Verbs on accounts: create, grant, lock, change a password."""

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.errors import foreign_proof, login_taken, no_such_person
from app.access.models import Person, PersonState, RoleGrant, SecurityNotice
from app.access.passwords import check_new, hash_password, is_right
from app.access.proof import Proof, Refusal, authenticate, reauthenticate
from app.access.queries import person_by_login
from app.web.rights import ADMIN_ROLES, ROLES
from app.web.sessions import end_sessions_of
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.languages import LANGUAGES
from core.types import Bilingual
from signatures import audit

TIME_ZONES = tuple(sorted(available_timezones()))
"""IANA names a person may choose from, read once."""

LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,31}")

__all__ = [
    "CreatePerson",
    "GrantRole",
    "Proof",
    "Refusal",
    "authenticate",
    "change_password",
    "choose_display",
    "create_person",
    "end_role",
    "grant_role",
    "lock_person",
    "mark_left",
    "reauthenticate",
    "reset_password",
    "see_notices",
    "unlock_person",
]


@dataclass(frozen=True)
class CreatePerson:
    """A new account. ``name`` is bilingual; the password is a first one unless ``keep_password``."""

    login: str
    name: Bilingual
    password: str
    language: str = "en"
    zone: str = "UTC"
    home_site_id: uuid.UUID | None = None
    keep_password: bool = False


@dataclass(frozen=True)
class GrantRole:
    """A role for a site (``None``: every site) and a range of days, both included."""

    role: str
    site_id: uuid.UUID | None
    valid_from: date
    valid_to: date | None = None


def create_person(session: Session, command: CreatePerson, *, actor: Actor, now: datetime) -> Person:
    """Open an account for one person.

    Raises:
        Conflict: the login belongs or belonged to somebody (21 CFR 11.100(a)).
        Invalid: login, name, language, zone or password cannot be used.
    """
    login = command.login.strip().lower()
    _check_person(login, command)
    if person_by_login(session, login) is not None:
        raise login_taken(login)
    check_new(command.password, login=login)
    person = Person(
        login=login,
        name={"en": command.name["en"].strip(), "zh": command.name["zh"].strip()},
        language=command.language,
        zone=command.zone,
        home_site_id=command.home_site_id,
        password_hash=hash_password(command.password),
        password_changed_at=now,
        must_change_password=not command.keep_password,
        created_at=now,
    )
    session.add(person)
    session.flush()  # the grants that follow need its key
    return person


def grant_role(
    session: Session, person: Person, command: GrantRole, *, actor: Actor, now: datetime
) -> RoleGrant:
    """Give a person a role. Work and administration never meet in one person (21 CFR 11.200(a)(2)).

    Raises:
        Invalid: the role does not exist, or the range ends before it begins.
        Conflict: the person would both sign and administer, or grants the role to himself.
    """
    if command.role not in ROLES:
        raise Invalid("access.no_such_role", "There is no such role.", field="role")
    if command.valid_to is not None and command.valid_to < command.valid_from:
        raise Invalid("access.range", "The last day is before the first day.", field="valid_to")
    if actor.id == str(person.id):
        raise Conflict("access.own_role", "Nobody grants roles to himself.", field="role")
    _check_mixture(person, command)
    grant = RoleGrant(
        person=person,
        role=command.role,
        site_id=command.site_id,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        granted_by=actor.id,
        granted_at=now,
    )
    session.add(grant)
    return grant


def end_role(session: Session, grant: RoleGrant, *, last_day: date, actor: Actor) -> None:
    """Let a role end with a day; the grant itself stays readable.

    Raises:
        Invalid: the day is before the first day of the grant.
    """
    if last_day < grant.valid_from:
        raise Invalid("access.range", "The last day is before the first day.", field="valid_to")
    grant.valid_to = last_day


def lock_person(session: Session, person: Person, *, actor: Actor, now: datetime) -> None:
    """Close an account and end its sessions at once.

    Raises:
        Conflict: administrators do not lock themselves out.
    """
    if actor.id == str(person.id):
        raise Conflict("access.own_account", "Nobody locks his own account.")
    person.lock(now)
    end_sessions_of(session.connection(), person.id)
    audit.record(session, "account.locked", subject=("person", str(person.id)), facts={"login": person.login})


def unlock_person(session: Session, person: Person, *, actor: Actor, now: datetime) -> None:
    """Open a locked account again and mark its notices as seen."""
    person.unlock()
    see_notices(session, person, actor=actor, now=now)
    audit.record(
        session, "account.unlocked", subject=("person", str(person.id)), facts={"login": person.login}
    )


def mark_left(session: Session, person: Person, *, actor: Actor, now: datetime) -> None:
    """Close the account of somebody who left, for good; name and login stay on the records."""
    person.state = PersonState.LEFT
    end_sessions_of(session.connection(), person.id)
    audit.record(session, "account.closed", subject=("person", str(person.id)), facts={"login": person.login})


def see_notices(session: Session, person: Person, *, actor: Actor, now: datetime) -> None:
    """Mark the open notices about a person as seen."""
    open_ones = select(SecurityNotice).where(
        SecurityNotice.person_id == person.id, SecurityNotice.seen_at.is_(None)
    )
    for notice in session.scalars(open_ones):
        notice.seen_at, notice.seen_by = now, actor.id


def change_password(session: Session, person: Person, proof: Proof, *, new: str, now: datetime) -> None:
    """Let a person who has just proved himself choose a new password; all sessions of the account end.

    Raises:
        NotAllowed: the proof is somebody else's.
        Invalid: the new password is weak or the old one again.
    """
    if proof.person_id != person.id:
        raise foreign_proof()
    if is_right(person.password_hash, new):
        raise Invalid("access.same_password", "The new password is the old one.", field="new_password")
    check_new(new, login=person.login)
    person.password_hash, person.password_changed_at = hash_password(new), now
    person.must_change_password = False
    end_sessions_of(session.connection(), person.id)
    audit.record(
        session, "account.password_changed", subject=("person", str(person.id)), facts={"login": person.login}
    )


def reset_password(session: Session, person: Person, *, new: str, actor: Actor, now: datetime) -> None:
    """Give a person a first password again; it must be changed before anything else (21 CFR 11.200(a)(2)).

    Raises:
        Invalid: the password is weak.
    """
    check_new(new, login=person.login)
    person.password_hash, person.password_changed_at = hash_password(new), now
    person.must_change_password = True
    end_sessions_of(session.connection(), person.id)
    audit.record(
        session, "account.password_reset", subject=("person", str(person.id)), facts={"login": person.login}
    )


def choose_display(session: Session, person: Person, *, language: str, zone: str) -> None:
    """Set the language and time zone in which a person reads pages.

    Raises:
        Invalid: the language is not offered, or the zone is not in the IANA list.
    """
    if language not in LANGUAGES:
        raise Invalid("access.language", "Choose English or Chinese.", field="language")
    if zone not in TIME_ZONES:
        raise Invalid("access.zone", "There is no time zone of this name.", field="zone")
    person.language, person.zone = language, zone


def person_of(session: Session, person_id: uuid.UUID) -> Person:
    """Load a person.

    Raises:
        NotFound: there is none.
    """
    person = session.get(Person, person_id)
    if person is None:
        raise no_such_person()
    return person


def _check_person(login: str, command: CreatePerson) -> None:
    if not LOGIN.fullmatch(login):
        raise Invalid(
            "access.login",
            "A user name has 2 to 32 small letters, digits, dots or dashes and begins with a letter.",
            field="login",
        )
    for language in LANGUAGES:
        if not command.name.get(language, "").strip():
            raise Invalid("access.name", "The name is needed in both languages.", field=f"name_{language}")
    if command.language not in LANGUAGES:
        raise Invalid("access.language", "Choose English or Chinese.", field="language")
    if command.zone not in TIME_ZONES:
        raise Invalid("access.zone", "There is no time zone of this name.", field="zone")


def _check_mixture(person: Person, command: GrantRole) -> None:
    new_is_admin = command.role in ADMIN_ROLES
    for held in person.grants:
        meets = (held.valid_to is None or held.valid_to >= command.valid_from) and (
            command.valid_to is None or command.valid_to >= held.valid_from
        )
        if meets and (held.role in ADMIN_ROLES) != new_is_admin:
            raise Conflict(
                "access.admin_and_work",
                "One person never holds a role of the business and an administrator's role at once.",
                field="role",
            )
