"""The rules for passwords, kept as data: length, age, former ones, words nobody takes (21 CFR 11.300)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import FormerPassword, PasswordPolicy, Person
from app.access.passwords import hash_password, is_right
from core.actor import Actor
from core.errors import FieldErrors, Invalid
from signatures import audit

COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text("ascii").split())
"""What many people take, as letters only: figures and signs around it make it no better."""

BOUNDS = {"shortest": (8, 64), "oldest_days": (0, 730), "remembered": (0, 24), "lock_after": (3, 10)}
"""Smallest and largest value of each rule."""

_ROWS = "abcdefghijklmnopqrstuvwxyz qwertyuiop asdfghjkl zxcvbnm"
_LOOKS_LIKE = str.maketrans("013457@$!", "oieastasi")


@dataclass(frozen=True)
class ChangePolicy:
    """The rules as they shall be; see :class:`app.access.models.PasswordPolicy`."""

    shortest: int
    oldest_days: int
    remembered: int
    lock_after: int
    own_words: str


def policy_of(session: Session) -> PasswordPolicy:
    """Give the rules in force: the delivered ones until somebody has changed them."""
    return session.get(PasswordPolicy, 1) or delivered()


def delivered() -> PasswordPolicy:
    """Give the rules that hold until somebody has changed them."""
    return PasswordPolicy(id=1, shortest=10, oldest_days=365, remembered=5, lock_after=5, own_words="")


def change_policy(session: Session, command: ChangePolicy, *, actor: Actor, now: datetime) -> None:
    """Put other rules into force, from the next password or proof on.

    Raises:
        FieldErrors: a number is out of its bounds.
    """
    errors: dict[str, Invalid] = {}
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(command, name) <= most:
            errors[name] = Invalid(
                "access.bounds", "Between %(least)s and %(most)s.", field=name, least=least, most=most
            )
    if errors:
        raise FieldErrors(errors)
    policy = policy_of(session)
    session.add(policy)
    for name, value in vars(command).items():
        setattr(policy, name, value)
    audit.record(session, "policy.changed", subject=("password_policy", 1), facts=vars(command))


def set_password(session: Session, person: Person, new: str, *, now: datetime) -> None:
    """Give a person a password that fits the rules and keep the one he had among the former ones.

    Raises:
        Invalid: it breaks a rule.
    """
    policy = policy_of(session)
    check_new(policy, new, login=person.login)
    used = [person.password_hash, *_former(session, person, policy.remembered - 1)]
    if policy.remembered and any(is_right(one, new) for one in used):
        raise Invalid(
            "access.password_used",
            "This is one of your last %(count)s passwords. Choose another one.",
            field="new_password",
            count=policy.remembered,
        )
    replace_password(session, person, new, now=now)


def replace_password(session: Session, person: Person, new: str, *, now: datetime) -> None:
    """Put a password in the place of the one a person had, whatever the rules say: a made-up secret."""
    session.add(FormerPassword(person_id=person.id, password_hash=person.password_hash, replaced_at=now))
    person.password_hash, person.password_changed_at = hash_password(new), now


def is_too_old(oldest_days: int | None, changed_at: datetime, now: datetime) -> bool:
    """Whether a password has to be changed because of its age; without a policy by the delivered one."""
    days = delivered().oldest_days if oldest_days is None else oldest_days
    return bool(days) and now - changed_at > timedelta(days=days)


def check_new(policy: PasswordPolicy, password: str, *, login: str) -> None:
    """See that a new password is long enough and hard to guess.

    Raises:
        Invalid: it is too short, or contains the user name or a word of the company, or is one of the common.
    """
    if len(password) < policy.shortest:
        raise Invalid(
            "access.password_short",
            "A password has at least %(count)s characters.",
            field="new_password",
            count=policy.shortest,
        )
    plain = password.lower()
    words = [login.lower(), *policy.own_words.lower().split()]
    if any(word in plain for word in words) or len(set(password)) < 4:
        raise Invalid(
            "access.password_weak",
            "This password is too easy to guess: it contains the user name or very few different characters.",
            field="new_password",
        )
    if _is_common(plain):
        raise Invalid(
            "access.password_common",
            "This password is one of those that are tried first. Take a few words that do not belong "
            "together.",
            field="new_password",
        )


def _is_common(plain: str) -> bool:
    """Look at the letters alone, as typed and with figures read as the letters they stand for."""
    inner = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    for written in (plain, inner.translate(_LOOKS_LIKE)):
        letters = re.sub(r"[^a-z]", "", written)
        if letters in COMMON or (len(letters) > 3 and letters in _ROWS):
            return True
    return not re.search(r"[^\d\W_]", plain)  # figures and signs only


def _former(session: Session, person: Person, count: int) -> list[str]:
    query = select(FormerPassword.password_hash).where(FormerPassword.person_id == person.id)
    return list(session.scalars(query.order_by(FormerPassword.replaced_at.desc()).limit(max(count, 0))))
