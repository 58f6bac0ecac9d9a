"""Roles given and ended; approving and administrators' roles take two people (URS-148, 21 CFR 11.10(d))."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.errors import cannot_decide, decided_already, has_left, no_second_person, nobody_verified
from app.access.models import GrantState, Person, PersonState, RoleGrant
from app.access.queries import roles_of
from app.web.rights import ADMIN_ROLES, QA, ROLES, SECURITY_ADMIN, TWO_PERSON_ROLES
from core.actor import Actor
from core.clock import site_day
from core.errors import Conflict, Invalid
from signatures import audit


@dataclass(frozen=True)
class GrantRole:
    """A role for a site (``None``: every site) and a range of days, both included."""

    role: str
    site_id: uuid.UUID | None
    valid_from: date
    valid_to: date | None = None


def grant_role(
    session: Session, person: Person, command: GrantRole, *, actor: Actor, now: datetime
) -> RoleGrant:
    """Give a person a role; one that approves or administers counts only after a second person's yes.

    What set-up itself writes into an empty plant is effective at once: nobody is there yet to confirm it.

    Raises:
        Invalid: the role does not exist, or the range ends before it begins.
        Conflict: the person has left, would hold roles that never meet, or grants the role to himself.
    """
    if command.role not in ROLES:
        raise Invalid("access.no_such_role", "There is no such role.", field="role")
    if command.valid_to is not None and command.valid_to < command.valid_from:
        raise _ends_before(command.valid_from, command.valid_to)
    if person.state is PersonState.LEFT:
        raise has_left(person.name)
    if actor.id == str(person.id):
        raise Conflict("access.own_role", "Nobody grants roles to himself.", field="role")
    _check_mixture(person, command)
    waits = actor.kind == "person" and command.role in TWO_PERSON_ROLES
    grant = RoleGrant(
        person=person,
        role=command.role,
        site_id=command.site_id,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        granted_by=actor.id,
        granted_at=now,
        state=GrantState.PROPOSED if waits else GrantState.EFFECTIVE,
    )
    session.add(grant)
    _note(session, grant, "role.proposed" if waits else "role.granted")
    return grant


def decide_role(session: Session, grant: RoleGrant, *, confirmed: bool, actor: Actor, now: datetime) -> None:
    """Confirm or refuse a proposed role as the second person.

    Raises:
        Conflict: the actor proposed it or would hold it, it is decided, or other roles stand against it.
        NotAllowed: the actor is not asked, or nobody has verified yet who the person is (11.100(b)).
    """
    if grant.state is not GrantState.PROPOSED:
        raise decided_already()
    if actor.id in (grant.granted_by, str(grant.person_id)):
        raise no_second_person()
    if not _may_decide(session, grant, actor, now):
        raise cannot_decide()
    if confirmed:
        others = GrantRole(grant.role, grant.site_id, grant.valid_from, grant.valid_to)
        _check_mixture(grant.person, others, besides=grant)
        if grant.role not in ADMIN_ROLES and grant.person.identity_verified_at is None:
            raise nobody_verified()
    grant.decide(GrantState.EFFECTIVE if confirmed else GrantState.REFUSED, actor.id, now)
    _note(session, grant, "role.confirmed" if confirmed else "role.refused")


def end_role(session: Session, grant: RoleGrant, *, last_day: date, actor: Actor) -> None:
    """Let a role end with a day; the grant itself stays readable.

    Raises:
        Invalid: the day is before the first day of the grant.
    """
    if last_day < grant.valid_from:
        raise _ends_before(grant.valid_from, last_day)
    grant.valid_to = last_day
    _note(session, grant, "role.ended")


def end_roles(session: Session, person: Person, *, last_day: date, actor: Actor, now: datetime) -> None:
    """Let all roles of somebody who leaves end with a day; those that would begin later never count."""
    for grant in person.grants:
        if grant.state is GrantState.REFUSED or (grant.valid_to is not None and grant.valid_to <= last_day):
            continue
        if grant.state is GrantState.PROPOSED or grant.valid_from > last_day:
            grant.state, grant.decided_by, grant.decided_at = GrantState.REFUSED, actor.id, now
            _note(session, grant, "role.refused")
        else:
            end_role(session, grant, last_day=last_day, actor=actor)


def _may_decide(session: Session, grant: RoleGrant, actor: Actor, now: datetime) -> bool:
    """Quality assurance and security administrators decide; any administrator until there is one of them."""
    person = session.get_one(Person, uuid.UUID(actor.id))
    held = {role for role, _ in roles_of(session, person.id, on=site_day(now, person.zone))}
    if held & {QA, SECURITY_ADMIN}:
        return True
    return bool(held & ADMIN_ROLES) and not _others_could(session, grant, now)


def _others_could(session: Session, grant: RoleGrant, now: datetime) -> bool:
    """Whether an active person of quality assurance or security is left besides the two of the grant."""
    query = select(RoleGrant).join(Person, RoleGrant.person_id == Person.id)
    found = session.scalars(
        query.where(RoleGrant.role.in_((QA, SECURITY_ADMIN)), Person.state == PersonState.ACTIVE)
    )
    own = (grant.granted_by, str(grant.person_id))
    return any(
        held.holds_on(site_day(now, held.person.zone)) and str(held.person_id) not in own for held in found
    )


def _check_mixture(person: Person, command: GrantRole, *, besides: RoleGrant | None = None) -> None:
    """See that work and administration, and two kinds of administration, never meet in one person."""
    for held in person.grants:
        if held is besides or held.state is GrantState.REFUSED or not _meets(held, command):
            continue
        if (held.role in ADMIN_ROLES) != (command.role in ADMIN_ROLES):
            raise Conflict(
                "access.admin_and_work",
                "One person never holds a role of the business and an administrator's role at once.",
                field="role",
            )
        if held.role in ADMIN_ROLES and held.role != command.role:
            raise Conflict(
                "access.two_administrators",
                "The three administrators are three persons: nobody holds two of these roles at once.",
                field="role",
            )


def _meets(held: RoleGrant, command: GrantRole) -> bool:
    return (held.valid_to is None or held.valid_to >= command.valid_from) and (
        command.valid_to is None or command.valid_to >= held.valid_from
    )


def _note(session: Session, grant: RoleGrant, action: str) -> None:
    session.flush()  # a new grant and its person have their keys only then
    facts = {
        "role": grant.role,
        "site": str(grant.site_id) if grant.site_id else None,
        "from": grant.valid_from.isoformat(),
        "until": grant.valid_to.isoformat() if grant.valid_to else None,
    }
    audit.record(session, action, subject=("person", str(grant.person.id)), facts=facts)


def _ends_before(first: date, last: date) -> Invalid:
    return Invalid(
        "access.range",
        "It would end on %(last)s, before it begins on %(first)s. Check both days.",
        field="valid_to",
        first=first.isoformat(),
        last=last.isoformat(),
    )
