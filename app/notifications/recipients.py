"""Who should hear of something: holders of a role, and of a task those who may take it.

A role held at large is held by the day on the holder's clock; who may take a task, by the day of its site.
"""

import uuid
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.models import Person, PersonState, RoleGrant
from app.access.queries import persons_with_role
from app.organisation.standing import with_stand_ins
from app.sites.queries import site_of_task
from app.training.queries import untrained
from core.clock import site_day
from workflows import history
from workflows.models import HumanTask


def with_role(
    session: Session, role: str, site_id: uuid.UUID | None, *, now: datetime
) -> frozenset[uuid.UUID]:
    """The active persons who hold a role at a site, each by his own day; ``site_id`` None: at any place."""
    grants = (
        select(RoleGrant, Person.zone)
        .join(Person, RoleGrant.person_id == Person.id)
        .where(Person.state == PersonState.ACTIVE, RoleGrant.role == role)
    )
    if site_id is not None:
        grants = grants.where(or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None)))
    return frozenset(
        grant.person_id for grant, zone in session.execute(grants) if grant.holds_on(site_day(now, zone))
    )


def of_task(session: Session, task: HumanTask, *, now: datetime) -> frozenset[uuid.UUID]:
    """Whoever has taken the task, else all who may: its role at its site, trained, free of its exclusions.

    Of a task that is one person's, him alone; and his standing deputy while he is away, if that one may.
    """
    owner = task.claimed_by or task.assigned_to
    if owner is None:
        return _may_take(session, task, now=now)
    own = frozenset({owner})
    both = own if task.policy.get("no_delegate") else with_stand_ins(session, own, now=now)
    return own | (both & _may_take(session, task, now=now)) if len(both) > 1 else own


def _may_take(session: Session, task: HumanTask, *, now: datetime) -> frozenset[uuid.UUID]:
    day = site_day(now, site_of_task(session, task).zone)
    may = frozenset(one.id for one in persons_with_role(session, task.role, task.site_id, on=day))
    may -= untrained(session, may, task, on=day)
    excluded = task.policy.get("not_by") or ()
    if not excluded:
        return may
    performers = history.performers(session, task.case_id)
    took_part = {person for step in excluded for person in performers.get(step, ())}
    return may - with_stand_ins(session, took_part, now=now)
