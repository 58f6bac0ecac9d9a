"""Passwords as argon2id hashes; at most two are computed at once, so that workers stay small."""

import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Invalid

SHORTEST = 10
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_two_at_once = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Make the hash that is stored: argon2id, 19 MiB, two passes."""
    with _two_at_once:
        return _hasher.hash(password)


_NOBODY = hash_password("nobody has this password")


def is_right(stored: str | None, password: str) -> bool:
    """Compare a password with a stored hash; without one the time taken is the same."""
    with _two_at_once:
        try:
            return _hasher.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def check_new(password: str, *, login: str) -> None:
    """See that a new password is long enough and not the user name again.

    Raises:
        Invalid: it is too short, or contains the user name, or repeats one character.
    """
    if len(password) < SHORTEST:
        raise Invalid(
            "access.password_short",
            "A password has at least %(count)s characters.",
            field="new_password",
            count=SHORTEST,
        )
    if login.lower() in password.lower() or len(set(password)) < 4:
        raise Invalid(
            "access.password_weak",
            "This password is too easy to guess: it contains the user name or very few different characters.",
            field="new_password",
        )
