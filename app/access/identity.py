"""Who a person is, seen with one's own eyes: before the first signature, and again after a reset.

An administrator who resets a password knows it for a while. So the right to sign rests from then on until a
second person, who is no administrator, has seen who the owner is (21 CFR 11.100(b), 11.200(a)(2), URS-028).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.errors import (
    admins_proof_does_not_count,
    identity_not_verified,
    own_identity,
    signing_suspended,
)
from app.access.models import IdentityCheck, Person
from app.access.queries import roles_of
from app.web.rights import ADMIN_ROLES
from core.actor import Actor
from core.clock import site_day
from core.errors import Invalid
from signatures import audit

EVIDENCE = ("identity_card", "passport", "staff_pass", "known")
"""What may be looked at; ``known``: colleagues for at least a year."""


@dataclass(frozen=True)
class VerifyIdentity:
    """What somebody looked at, one of :data:`EVIDENCE`, and a note such as the last figures of its number."""

    evidence: str
    note: str = ""


def verify_identity(
    session: Session, person: Person, command: VerifyIdentity, *, actor: Actor, now: datetime
) -> IdentityCheck:
    """Record that the actor has seen who a person is; a suspended right to sign comes back.

    Raises:
        Invalid: the evidence is none of those that count, or the note is too long.
        Conflict: it is the actor himself.
        NotAllowed: an administrator ends no suspension.
    """
    if command.evidence not in EVIDENCE:
        raise Invalid("access.evidence", "Choose what you have seen.", field="evidence")
    if len(command.note) > 200:
        raise Invalid("access.note", "The note has at most 200 characters.", field="note")
    if actor.id == str(person.id):
        raise own_identity()
    if person.signing_suspended_at is not None and _administers(session, actor, now):
        raise admins_proof_does_not_count()
    check = IdentityCheck(
        person_id=person.id,
        evidence=command.evidence,
        note=command.note.strip(),
        checked_by=actor.id,
        at=now,
    )
    session.add(check)
    person.identity_verified_at, person.signing_suspended_at = now, None
    facts = {"login": person.login, "evidence": command.evidence, "note": check.note}
    audit.record(session, "identity.verified", subject=("person", str(person.id)), facts=facts)
    return check


def suspend_signing(session: Session, person: Person, *, now: datetime) -> None:
    """Let the right to sign rest until somebody has seen again who the person is."""
    person.signing_suspended_at = now
    audit.record(
        session, "signing.suspended", subject=("person", str(person.id)), facts={"login": person.login}
    )


def check_may_sign(person: Person) -> None:
    """See that the right to sign does not rest; asked before every signature.

    Raises:
        NotAllowed: it does, since an administrator reset the password.
    """
    if person.signing_suspended_at is not None:
        raise signing_suspended()


def check_identity_known(person: Person) -> None:
    """See that somebody has verified who the person is; asked before the first signature.

    Raises:
        NotAllowed: nobody has.
    """
    check_may_sign(person)
    if person.identity_verified_at is None:
        raise identity_not_verified()


def _administers(session: Session, actor: Actor, now: datetime) -> bool:
    """Whether the actor administers at any place, on his own day."""
    if actor.kind != "person":
        return False
    person = session.get_one(Person, uuid.UUID(actor.id))
    held = roles_of(session, person.id, on=site_day(now, person.zone))
    return any(role in ADMIN_ROLES for role, _ in held)
