"""Proving who one is: at sign-in, and again for every signature (21 CFR 11.200(a), 11.300(d)).

A refusal is returned, not raised, because its count must be committed; the caller commits first and refuses
afterwards.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.errors import account_locked, wrong_password
from app.access.models import LoginFailure, Person, PersonState, SecurityNotice
from app.access.passwords import is_right
from app.access.policy import policy_of
from app.access.queries import person_by_login
from core.errors import QmsError
from signatures import audit


@dataclass(frozen=True)
class Proof:
    """A person's identity, just proven by user name and password at ``at`` (UTC)."""

    person_id: uuid.UUID
    method: str
    at: datetime


@dataclass(frozen=True)
class Refusal:
    """A failed proof. ``error`` is what the person is told; ``locked`` says whether it closed the account."""

    error: QmsError
    locked: bool = False


def authenticate(session: Session, login: str, password: str, *, now: datetime) -> Proof | Refusal:
    """Prove identity at sign-in. An unknown login takes as long as a wrong password and says the same."""
    person = person_by_login(session, login, lock=True)
    if person is None:
        is_right(None, password)
        return _nobody(session, login.strip().lower()[:100], now=now)
    return _prove(session, person, password, purpose="sign_in", now=now)


def reauthenticate(
    session: Session, person_id: uuid.UUID, password: str, *, now: datetime, login: str | None = None
) -> Proof | Refusal:
    """Prove identity for a signature, in a transaction of its own, so that a failed attempt survives.

    ``login`` is the user name as typed, when the page asks for it: both components must be the signer's own.
    """
    person = session.get_one(Person, person_id, with_for_update=True)
    own = login is None or login.strip().lower() == person.login
    return _prove(session, person, password if own else "", purpose="signature", now=now)


def _nobody(session: Session, login: str, *, now: datetime) -> Refusal:
    """Refuse a name nobody has in the words an account is refused with: nobody learns which exist."""
    session.add(LoginFailure(person_id=None, login=login, purpose="sign_in", at=now))
    session.flush()
    counted = select(func.count()).where(LoginFailure.login == login, LoginFailure.person_id.is_(None))
    if (session.scalar(counted) or 0) >= policy_of(session).lock_after:
        return Refusal(account_locked(), locked=True)
    return Refusal(wrong_password())


def _prove(
    session: Session, person: Person, password: str, *, purpose: str, now: datetime
) -> Proof | Refusal:
    if person.state is not PersonState.ACTIVE:
        is_right(None, password)
        _count(session, person, purpose=purpose, now=now)
        return Refusal(
            account_locked() if person.state is PersonState.LOCKED else wrong_password(), locked=True
        )
    if is_right(person.password_hash, password):
        person.failures = 0
        return Proof(person.id, "password", now)
    _count(session, person, purpose=purpose, now=now)
    if person.failures >= policy_of(session).lock_after:
        _lock(session, person, now=now)
        return Refusal(account_locked(), locked=True)
    return Refusal(wrong_password())


def _count(session: Session, person: Person, *, purpose: str, now: datetime) -> None:
    session.add(LoginFailure(person_id=person.id, login=person.login, purpose=purpose, at=now))
    person.failures += 1
    audit.record(
        session,
        f"{purpose}.failed",
        subject=("person", str(person.id)),
        facts={"failures": str(person.failures)},
    )


def _lock(session: Session, person: Person, *, now: datetime) -> None:
    person.lock(now)
    session.add(SecurityNotice(kind="locked", person_id=person.id, at=now))
    audit.record(session, "account.locked", subject=("person", str(person.id)), facts={"login": person.login})
