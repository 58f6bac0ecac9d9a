"""Who may take a step: role at the site on the site's day, separation of duties, no administrators.

The rules count persons over the whole history of the case, and both persons of a delegation. The server asks
them when a task is shown, and again, under the lock of the case, when it is signed.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.queries import grantors, roles_of
from app.inbox.errors import (
    AdministratorMaySignNothing,
    NeverOpened,
    RoleFromParticipant,
    RoleMissing,
    TaskClaimed,
    TaskOver,
    TaskUnknown,
    TookPart,
)
from app.inbox.records import site_of_task
from app.web.rights import ADMIN_ROLES, ROLES
from core.actor import Actor
from core.clock import site_day
from core.errors import NotAllowed
from core.types import Bilingual
from workflows import history
from workflows.models import HumanTask, TaskState


def check_role(session: Session, task: HumanTask, *, actor: Actor, now: datetime) -> None:
    """Ask for the lane's role at the task's site, on the day it is there; a task of no site takes any.

    Raises:
        TaskUnknown: the person works in no role at that site: it answers like *not found*.
        AdministratorMaySignNothing: an administrator's role is held as well.
        RoleMissing: the person works there, but not in this role.
        RoleFromParticipant: whoever granted the role takes part in this very case.
    """
    site = site_of_task(session, task)
    day = site_day(now, site.zone)
    held = roles_of(session, uuid.UUID(actor.id), on=day)
    here = {role for role, where in held if where in (None, site.id) or task.site_id is None}
    if not here:
        raise TaskUnknown
    if any(role in ADMIN_ROLES for role, _ in held):
        raise AdministratorMaySignNothing
    if task.role not in here:
        raise RoleMissing(ROLES.get(task.role, {"en": task.role, "zh": task.role}), site.name)
    given_by = grantors(session, uuid.UUID(actor.id), task.role, site.id, day)
    if given_by and given_by <= _participants(session, task):
        raise RoleFromParticipant


def check_separation(session: Session, task: HumanTask, names: dict[str, Bilingual], *, actor: Actor) -> None:
    """Refuse whoever took part in a step that this one must be free of, or acts for somebody who did.

    Raises:
        TookPart: with the step in question.
    """
    step = excluded_by(session, task, persons_of(actor))
    if step is not None:
        raise TookPart(names.get(step, {"en": step, "zh": step}))


def excluded_by(session: Session, task: HumanTask, persons: Collection[str]) -> str | None:
    """The first step of `qms:notBy` in which one of these persons took part; None if there is none."""
    excluded = task.policy.get("not_by") or ()
    if not excluded:
        return None
    performers = history.performers(session, task.case_id)
    for step in excluded:
        if {str(person) for person in performers.get(step, ())} & set(persons):
            return str(step)
    return None


def persons_of(actor: Actor) -> set[str]:
    """The person, and the one he acts for: both count in every rule."""
    return {actor.id, actor.on_behalf_of} - {None}  # type: ignore[return-value]


def _participants(session: Session, task: HumanTask) -> set[str]:
    """Everybody who has taken a step of the case so far."""
    steps = history.performers(session, task.case_id).values()
    return {str(person) for persons in steps for person in persons}


def check_open(task: HumanTask) -> None:
    """Ask that the task still waits.

    Raises:
        TaskOver: it was completed or withdrawn.
    """
    if task.state is not TaskState.OPEN:
        raise TaskOver


def check_claim(task: HumanTask, name: object, *, actor: Actor) -> None:
    """Ask that nobody else has taken the task over.

    Raises:
        TaskClaimed: with the name of that person.
    """
    if task.claimed_by is not None and str(task.claimed_by) != actor.id:
        raise TaskClaimed(name)


def check_opened(task: HumanTask, *, actor: Actor) -> None:
    """Ask that the person has had the task page in front of him.

    Raises:
        NeverOpened: a request made by hand, or a list ticked off unread.
    """
    if actor.id not in (task.opened_by or {}):
        raise NeverOpened


def refusal(
    session: Session, task: HumanTask, names: dict[str, Bilingual], *, actor: Actor, now: datetime
) -> NotAllowed | None:
    """Why this person may not take the step, said on its page before work is lost; None if he may."""
    try:
        check_role(session, task, actor=actor, now=now)
        check_separation(session, task, names, actor=actor)
    except NotAllowed as error:
        return error
    return None
