"""Who should hear of something: holders of a role, and of a task those who may take it."""

import uuid
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.models import GrantState, Person, PersonState, RoleGrant
from app.sites.models import Site
from app.training.queries import untrained
from core.clock import site_day
from workflows import history
from workflows.models import HumanTask


def with_role(
    session: Session, role: str, site_id: uuid.UUID | None, *, on: date
) -> frozenset[uuid.UUID]:
    """The active persons who hold a role on a day at a site; ``site_id`` None: at any place."""
    holders = (
        select(Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            Person.state == PersonState.ACTIVE,
            RoleGrant.role == role,
            RoleGrant.state == GrantState.EFFECTIVE,
            RoleGrant.valid_from <= on,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= on),
        )
    )
    if site_id is not None:
        holders = holders.where(or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None)))
    return frozenset(session.scalars(holders))


def of_task(session: Session, task: HumanTask, site: Site | None, *, now: datetime) -> frozenset[uuid.UUID]:
    """Whoever has taken the task, else all who may: its role at its site, trained, free of its exclusions.

    Of a task that is one person's, him alone.
    """
    if task.claimed_by is not None:
        return frozenset({task.claimed_by})
    if task.assigned_to is not None:
        return frozenset({task.assigned_to})
    day = site_day(now, site.zone) if site else now.date()
    may = with_role(session, task.role, task.site_id, on=day)
    may -= untrained(session, may, task, on=day)
    excluded = task.policy.get("not_by") or ()
    if not excluded:
        return may
    performers = history.performers(session, task.case_id)
    return may - frozenset(person for step in excluded for person in performers.get(step, ()))
