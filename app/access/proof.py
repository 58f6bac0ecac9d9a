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


@dataclass(frozen=True)
class Comparison:
    """A password compared with a stored hash while nothing was locked yet, for that takes long on purpose.

    ``stored`` is the hash as it was then; under the lock the comparison counts only if it is still that one.
    """

    stored: str | None
    right: bool


def compare(session: Session, login: str, password: str) -> Comparison:
    """Compare a password before its account is locked; for an unknown login it takes as long."""
    person = person_by_login(session, login)
    stored = person.password_hash if person else None
    return Comparison(stored, is_right(stored, password))


def authenticate(
    session: Session, login: str, password: str, *, now: datetime, compared: Comparison | None = None
) -> Proof | Refusal:
    """Prove identity at sign-in. An unknown login takes as long as a wrong password and says the same."""
    person = person_by_login(session, login, lock=True)
    right = _is_right(person, password, compared)
    if person is None:
        return _nobody(session, login.strip().lower()[:100], now=now)
    return _prove(session, person, right, purpose="sign_in", now=now)


def prove_untouched(
    session: Session, person_id: uuid.UUID, compared: Comparison, *, login: str, now: datetime
) -> Proof | None:
    """Prove identity for a signature by reading alone, when nothing about the account has to change.

    That is so when both components are right, the account is open and no failure is counted; in any other
    case there is no answer here, and ``reauthenticate`` gives it under the lock. A failure that is counted at
    the same moment came after this proof.
    """
    person = session.get_one(Person, person_id)
    own = login.strip().lower() == person.login and compared.stored == person.password_hash
    is_clean = person.state is PersonState.ACTIVE and person.failures == 0
    return Proof(person.id, "password", now) if compared.right and own and is_clean else None


def reauthenticate(
    session: Session,
    person_id: uuid.UUID,
    password: str,
    *,
    now: datetime,
    login: str | None = None,
    compared: Comparison | None = None,
) -> Proof | Refusal:
    """Prove identity for a signature, in a transaction of its own, so that a failed attempt survives.

    ``login`` is the user name as typed, when the page asks for it: both components must be the signer's own.
    """
    person = session.get_one(Person, person_id, with_for_update=True)
    own = login is None or login.strip().lower() == person.login
    right = _is_right(person, password, compared) and own
    return _prove(session, person, right, purpose="signature", now=now)


def _is_right(person: Person | None, password: str, before: Comparison | None) -> bool:
    """Whether the password is right, judged under the lock: as compared before, unless it was changed since.

    For an account that is unknown or closed it never is, and takes as long.
    """
    stored = person.password_hash if person else None
    is_open = person is not None and person.state is PersonState.ACTIVE
    if before is not None and before.stored == stored:
        return before.right and is_open
    return is_right(stored if is_open else None, password)


def _nobody(session: Session, login: str, *, now: datetime) -> Refusal:
    """Refuse a name nobody has in the words an account is refused with: nobody learns which exist."""
    session.add(LoginFailure(person_id=None, login=login, purpose="sign_in", at=now))
    session.flush()
    counted = select(func.count()).where(LoginFailure.login == login, LoginFailure.person_id.is_(None))
    if (session.scalar(counted) or 0) >= policy_of(session).lock_after:
        return Refusal(account_locked(), locked=True)
    return Refusal(wrong_password())


def _prove(session: Session, person: Person, right: bool, *, purpose: str, now: datetime) -> Proof | Refusal:
    if person.state is not PersonState.ACTIVE:
        _count(session, person, purpose=purpose, now=now)
        return Refusal(
            account_locked() if person.state is PersonState.LOCKED else wrong_password(), locked=True
        )
    if right:
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
