"""Verbs on accounts: create, grant, lock, change a password."""

import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.errors import foreign_proof, login_taken, no_such_person
from app.access.grants import GrantRole, end_role, end_roles, grant_role
from app.access.identity import suspend_signing
from app.access.leaving import refuse_leaving
from app.access.models import Person, PersonState, SecurityNotice
from app.access.passwords import hash_password
from app.access.policy import check_new, policy_of, replace_password, set_password
from app.access.proof import Proof, Refusal, authenticate, compare, prove_untouched, reauthenticate
from app.access.queries import person_by_login
from app.web.sessions import end_sessions_of
from core.actor import Actor
from core.clock import site_day, zones
from core.errors import Conflict, Invalid
from core.languages import LANGUAGES
from core.types import Bilingual
from signatures import audit

TIME_ZONES = tuple(sorted(zones()))
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
    "compare",
    "create_person",
    "end_role",
    "grant_role",
    "lock_person",
    "mark_left",
    "prove_untouched",
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
    check_new(policy_of(session), command.password, login=login)
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
    """Close the account of somebody who left, for good; name and login stay on the records.

    His roles end with this day of his calendar.

    Raises:
        Conflict: ``access.open_work``: tasks wait for this person alone.
    """
    refuse_leaving(session, person, now=now)
    end_roles(session, person, last_day=site_day(now, person.zone), actor=actor, now=now)
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
        Invalid: the new password is weak or one of the last.
    """
    if proof.person_id != person.id:
        raise foreign_proof()
    set_password(session, person, new, now=now)
    person.must_change_password = False
    end_sessions_of(session.connection(), person.id)
    audit.record(
        session, "account.password_changed", subject=("person", str(person.id)), facts={"login": person.login}
    )


def reset_password(session: Session, person: Person, *, actor: Actor, now: datetime) -> str:
    """Make a secret that opens the account once, to choose a password; signing rests until somebody has seen
    who the owner is (21 CFR 11.200(a)(2)). The secret is given back here and kept nowhere.

    Raises:
        Conflict: it is the actor's own account.
    """
    if actor.id == str(person.id):
        raise Conflict("access.own_reset", "Nobody resets his own password; change it in your account.")
    secret = secrets.token_urlsafe(15)
    replace_password(session, person, secret, now=now)
    person.must_change_password = True
    end_sessions_of(session.connection(), person.id)
    audit.record(
        session, "account.password_reset", subject=("person", str(person.id)), facts={"login": person.login}
    )
    suspend_signing(session, person, now=now)
    return secret


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
