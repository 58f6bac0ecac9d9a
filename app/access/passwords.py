"""Passwords as argon2id hashes; at most two are computed at once, so that workers stay small."""

import secrets
import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_two_at_once = threading.BoundedSemaphore(2)


def new_first_password() -> str:
    """Make up a first password, told once to its owner, who changes it at the first sign-in."""
    return secrets.token_urlsafe(12)


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
