"""What can go wrong with accounts and proofs of identity."""

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.types import Bilingual


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


def signing_suspended() -> NotAllowed:
    """Refuse a signature after a reset that nobody has looked at."""
    return NotAllowed(
        "access.signing_suspended",
        "Your right to sign rests since an administrator reset your password. A colleague of quality "
        "assurance has to verify first who you are.",
    )


def identity_not_verified() -> NotAllowed:
    """Refuse the first signature of somebody whose identity nobody has verified."""
    return NotAllowed(
        "access.identity_not_verified",
        "Nobody has recorded yet that your identity was verified. Ask quality assurance or a security "
        "administrator before your first signature.",
    )


def nobody_verified() -> NotAllowed:
    """Refuse an approving role for somebody whose identity nobody has verified."""
    return NotAllowed(
        "access.nobody_verified",
        "Record first that this person's identity was verified: the role brings the right to sign.",
    )


def own_identity() -> Conflict:
    """Refuse a proof of one's own identity."""
    return Conflict("access.own_identity", "Nobody verifies his own identity.", field="evidence")


def admins_proof_does_not_count() -> NotAllowed:
    """Refuse that administrators give the right to sign back after a reset."""
    return NotAllowed(
        "access.admins_proof",
        "After a reset, somebody who is no administrator has to verify the identity.",
        field="evidence",
    )


def no_second_person() -> Conflict:
    """Refuse that one person proposes and confirms, or confirms what he gains himself."""
    return Conflict(
        "access.second_person", "A second person decides this: neither who proposed it nor who receives it."
    )


def cannot_decide() -> NotAllowed:
    """Refuse a decision about a role by somebody who is not asked."""
    return NotAllowed(
        "access.cannot_decide",
        "Quality assurance or another security administrator decides about this role.",
    )


def decided_already() -> Conflict:
    """Refuse to decide about a grant twice."""
    return Conflict("access.decided_already", "This has been decided already.")


def has_left(name: Bilingual) -> Conflict:
    """Refuse a role for somebody who is gone."""
    return Conflict(
        "access.has_left",
        "%(person)s has left and holds no role any more. Open an account for whoever follows.",
        field="role",
        person=dict(name),
    )


def foreign_proof() -> NotAllowed:
    """Refuse an act with the proof of another person."""
    return NotAllowed("access.foreign_proof", "Somebody else proved himself here.")


def no_such_person() -> NotFound:
    """Answer for a person that does not exist."""
    return NotFound("access.no_such_person", "There is no such person.")
