"""What can go wrong with accounts and proofs of identity."""

from core.errors import Conflict, Invalid, NotAllowed, NotFound


def wrong_password() -> Invalid:
    """Refuse a login or password without saying which of the two was wrong."""
    return Invalid("access.wrong_password", "The user name or the password is not right.", field="password")


def account_locked() -> NotAllowed:
    """Refuse a locked account."""
    return NotAllowed(
        "access.locked",
        "This account is locked. A security administrator can open it again.",
        field="password",
    )


def login_taken(login: str) -> Conflict:
    """Refuse a login that somebody has or had."""
    return Conflict(
        "access.login_taken",
        "The user name %(login)s belongs or belonged to somebody. User names are never reused.",
        field="login",
        login=login,
    )


def admin_never_signs() -> NotAllowed:
    """Refuse a signature by an administrator."""
    return NotAllowed("access.admin_never_signs", "Administrators cannot sign records.")


def foreign_proof() -> NotAllowed:
    """Refuse an act with the proof of another person."""
    return NotAllowed("access.foreign_proof", "Somebody else proved himself here.")


def no_such_person() -> NotFound:
    """Answer for a person that does not exist."""
    return NotFound("access.no_such_person", "There is no such person.")
