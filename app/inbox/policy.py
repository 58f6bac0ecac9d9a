"""Who may take a step: role at the site on the site's day, training, separation of duties, no administrators.

The rules count persons over the whole history of the case, and both persons of a delegation. The server asks
them when a task is shown, and again, under the lock of the case, when it is signed.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.access.queries import HeldRole, grants_query, names_of
from app.inbox import standing_in
from app.inbox.errors import (
    AdministratorMaySignNothing,
    GivenToAnother,
    NeverOpened,
    PrincipalTookPart,
    RoleFromParticipant,
    RoleMissing,
    TaskClaimed,
    TaskOver,
    TaskUnknown,
    TookPart,
    TrainingMissing,
)
from app.inbox.records import step_names
from app.inbox.standing_in import Principals
from app.organisation.standing import asked_by, may_stand_in
from app.sites.queries import site_of_task
from app.training import queries as training
from app.web.rights import ADMIN_ROLES, ROLES
from core.actor import Actor
from core.clock import site_day
from core.errors import NotAllowed
from core.tables import on_tables
from workflows import history
from workflows.models import HumanTask, TaskState
from workflows.places import place_of

Untrained = Mapping[tuple[str, uuid.UUID | None], training.Standing]
"""The training a person lacks, by role and site."""

Taken = Mapping[str, Collection[uuid.UUID]]
"""Who has taken each step of a case, as :func:`workflows.history.performers` gives it."""


@dataclass(frozen=True)
class Held:
    """The roles that a person holds on the day of a task's site; whether he may stand in for somebody."""

    roles: Sequence[HeldRole]
    may_stand_in: bool


def held_by(session: Session, task: HumanTask, *, actor: Actor, now: datetime) -> Held:
    """Read in one statement what a person holds, and whether to ask for whom he stands in."""
    person, day = uuid.UUID(actor.id), site_day(now, site_of_task(session, task).zone)
    asked = {"person_id": person, "on": day, **asked_by(person, now=now)}
    rows = on_tables(session, _held(), asked).all()
    return Held([HeldRole(*row[:3]) for row in rows], any(row[3] for row in rows))


@cache
def _held() -> Select[Any]:
    return grants_query().add_columns(may_stand_in())


def check_role(
    session: Session,
    task: HumanTask,
    *,
    actor: Actor,
    now: datetime,
    taken: Taken | None = None,
    held: Held | None = None,
) -> None:
    """Ask for the lane's role at the task's site, on the day it is there; a task of no site takes any.

    ``taken`` and ``held`` spare a second reading of who took which step, and of roles, to whoever has it.

    Raises:
        TaskUnknown: the person works in no role at that site: it answers like *not found*.
        AdministratorMaySignNothing: an administrator's role is held as well.
        RoleMissing: the person works there, but not in this role.
        RoleFromParticipant: whoever granted the role takes part in this very case.
    """
    site = site_of_task(session, task)
    roles = (held or held_by(session, task, actor=actor, now=now)).roles
    here = {one.role for one in roles if one.site_id in (None, site.id) or task.site_id is None}
    if not here:
        raise TaskUnknown
    if any(one.role in ADMIN_ROLES for one in roles):
        raise AdministratorMaySignNothing
    if task.role not in here:
        raise RoleMissing(ROLES.get(task.role, {"en": task.role, "zh": task.role}), site.name)
    given_by = {one.granted_by for one in roles if one.role == task.role and one.site_id in (None, site.id)}
    if given_by and given_by <= _participants(session, task, taken):
        raise RoleFromParticipant


def stands_for(
    session: Session, task: HumanTask, held: Held, *, actor: Actor, now: datetime
) -> Principals:
    """For whom a person stands in, asked where it matters: a step that excludes people, or is not his."""
    owned = standing_in.owner_of(task) not in (None, uuid.UUID(actor.id))
    if not held.may_stand_in or not (owned or task.policy.get("not_by")):
        return {}
    return standing_in.standing_for(session, uuid.UUID(actor.id), now=now)


def check_separation(
    session: Session,
    task: HumanTask,
    *,
    actor: Actor,
    taken: Taken | None = None,
    principals: Principals | None = None,
) -> None:
    """Refuse whoever took part in a step that this one must be free of, or stands in for somebody who did.

    ``principals`` are those for whom he stands in now: what they may not do he may not do in his own name
    either.

    Raises:
        TookPart: with the step in question.
        PrincipalTookPart: with the step, and who took part in it.
    """
    others = (persons_of(actor) | {str(one) for one in principals or ()}) - {actor.id}
    for person in (actor.id, *sorted(others)):
        step = excluded_by(session, task, {person}, taken)
        if step is None:
            continue
        name = step_names(session, task.case_id).get(step, {"en": step, "zh": step})
        if person == actor.id:
            raise TookPart(name)
        raise PrincipalTookPart(name, names_of(session, [person]).get(person) or actor.for_names)


def check_assigned(
    session: Session, task: HumanTask, *, actor: Actor, principals: Principals | None = None
) -> None:
    """Ask that the step is nobody else's, by the model or because it was handed over; or that he stands in.

    Raises:
        GivenToAnother: with the name of the person whose it is.
        NobodyStandsIn, NotStandingIn: who acts for somebody may not do so here, or not now.
    """
    standing_in.check_standing_in(task, principals or {}, actor=actor)
    if task.assigned_to is None or str(task.assigned_to) in persons_of(actor):
        return
    named = names_of(session, [task.assigned_to]).get(str(task.assigned_to))
    raise GivenToAnother(named or {"en": "somebody else", "zh": "其他人"})


def check_training(session: Session, task: HumanTask, *, actor: Actor, now: datetime) -> None:
    """Ask that the person is trained on what the site says the role needs (URS-075, 21 CFR 11.10(i)).

    A step that decides about a training itself asks nothing: else nobody could ever be qualified again once
    all have lapsed.

    Raises:
        TrainingMissing: with the document and its revision.
    """
    site = site_of_task(session, task)
    person, day = uuid.UUID(actor.id), site_day(now, site.zone)
    gap = training.missing(session, person, task.role, site.id, on=day)
    if gap is not None and not training.decides_training(session, task):
        role = ROLES.get(task.role, {"en": task.role, "zh": task.role})
        raise TrainingMissing(gap.document.number, gap.revision.code, gap.document.title, role)


def untrained_in(
    session: Session, tasks: Iterable[HumanTask], *, actor: Actor, now: datetime
) -> dict[tuple[str, uuid.UUID | None], training.Standing]:
    """What training a person lacks for some tasks, by role and site; asked once for each pair of them."""
    person, gaps = uuid.UUID(actor.id), dict[tuple[str, uuid.UUID | None], training.Standing | None]()
    for task in tasks:
        pair = (task.role, task.site_id)
        if task.site_id is None or pair in gaps:
            continue
        zone = place_of(session, task.site_id).zone
        gaps[pair] = training.missing(session, person, task.role, task.site_id, on=site_day(now, zone))
    return {pair: gap for pair, gap in gaps.items() if gap is not None}


def excluded_by(
    session: Session, task: HumanTask, persons: Collection[str], taken: Taken | None = None
) -> str | None:
    """The first step of `qms:notBy` in which one of these persons took part; None if there is none."""
    excluded = task.policy.get("not_by") or ()
    if not excluded:
        return None
    performers = history.performers(session, task.case_id) if taken is None else taken
    for step in excluded:
        if {str(person) for person in performers.get(step, ())} & set(persons):
            return str(step)
    return None


def persons_of(actor: Actor) -> set[str]:
    """The person, and the one he acts for: both count in every rule."""
    return {actor.id, actor.on_behalf_of} - {None}  # type: ignore[return-value]


def _participants(session: Session, task: HumanTask, taken: Taken | None) -> set[str]:
    """Everybody who has taken a step of the case so far."""
    steps = history.performers(session, task.case_id) if taken is None else taken
    return {str(person) for persons in steps.values() for person in persons}


def check_open(task: HumanTask) -> None:
    """Ask that the task still waits.

    Raises:
        TaskOver: it was completed or withdrawn.
    """
    if task.state is not TaskState.OPEN:
        raise TaskOver


def check_claim(task: HumanTask, name: object, *, actor: Actor) -> None:
    """Ask that nobody has taken the task over but the person himself or the one he acts for.

    Raises:
        TaskClaimed: with the name of that person.
    """
    if task.claimed_by is not None and str(task.claimed_by) not in persons_of(actor):
        raise TaskClaimed(name)


def check_opened(task: HumanTask, *, actor: Actor) -> None:
    """Ask that the person has had the task page in front of him.

    Raises:
        NeverOpened: a request made by hand, or a list ticked off unread.
    """
    if actor.id not in (task.opened_by or {}):
        raise NeverOpened


def refusal(session: Session, task: HumanTask, *, actor: Actor, now: datetime) -> NotAllowed | None:
    """Why this person may not take the step, said on its page before work is lost; None if he may.

    He acts for the one whose step it is where he stands in for him.
    """
    taken = history.performers(session, task.case_id)
    held = held_by(session, task, actor=actor, now=now)
    principals = stands_for(session, task, held, actor=actor, now=now)
    actor = standing_in.acting(task, principals, actor=actor)
    try:
        check_role(session, task, actor=actor, now=now, taken=taken, held=held)
        check_separation(session, task, actor=actor, taken=taken, principals=principals)
        check_assigned(session, task, actor=actor, principals=principals)
        check_training(session, task, actor=actor, now=now)
    except NotAllowed as error:
        return error
    return None
