"""Handing a step over to one person (转办): with a reason, in the trail, and never past a rule."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Person
from app.access.queries import grants_of
from app.inbox import policy
from app.inbox.errors import TaskUnknown
from app.inbox.handling.errors import MayNotHandOver, NobodyNamed, ReasonMissing, SeveralSign, may_not_take
from app.sites.queries import site_of_task
from app.training.eligible import eligible
from app.web.handing import HANDS_OVER
from app.web.rights import ADMIN_ROLES, ROLES
from core.actor import Actor
from core.clock import site_day
from signatures import audit
from workflows import human_tasks
from workflows.models import HumanTask

SHORTEST = 5


@dataclass(frozen=True)
class HandOver:
    """To whom a step shall go, by login, and why."""

    task_id: uuid.UUID
    login: str
    reason: str


def hand_over(session: Session, command: HandOver, *, actor: Actor, now: datetime) -> HumanTask:
    """Give an open step to one person, who then alone takes it; drafts stay, a claim does not.

    Raises:
        TaskUnknown: there is no such task at a site where the person works.
        TaskOver: it is completed or withdrawn.
        MayNotHandOver: neither his own step, nor process owner or quality assurance of its site.
        SeveralSign, ReasonMissing, NobodyNamed: it cannot be given like that.
        NotAllowed: the other person may not take it; the rule is named.
    """
    task = human_tasks.lock(session, _known(session, command.task_id).id)
    check_may_hand_over(session, task, actor=actor, now=now)
    policy.check_open(task)
    if int(task.policy.get("signers") or 1) > 1:
        raise SeveralSign
    reason = command.reason.strip()
    if len(reason) < SHORTEST:
        raise ReasonMissing
    person = session.scalar(select(Person).where(Person.login == command.login.strip().lower()))
    if person is None:
        raise NobodyNamed
    rule = eligible(session, task, now=now, whoever=True).rule_for(person.id)
    if rule is not None:
        role = ROLES.get(task.role, {"en": task.role, "zh": task.role})
        raise may_not_take(rule, dict(person.name), role)
    before = task.assigned_to or task.claimed_by
    task.handover = {
        "from": str(before) if before else None,
        "by": actor.id,
        "by_name": actor.name,
        "reason": reason,
        "at": now.isoformat(),
    }
    task.assigned_to, task.claimed_by, task.stuck_since = person.id, None, None
    facts = {"to": str(person.id), "from": task.handover["from"], "reason": reason, "step": task.step}
    audit.record(session, "task.handed_over", subject=("human_task", str(task.id)), facts=facts)
    return task


def check_may_hand_over(session: Session, task: HumanTask, *, actor: Actor, now: datetime) -> None:
    """Ask that the step is the person's own, or that he is process owner or quality assurance of its site.

    Raises:
        TaskUnknown: the person works in no role at that site.
        MayNotHandOver: otherwise.
    """
    site = site_of_task(session, task)
    held = grants_of(session, uuid.UUID(actor.id), on=site_day(now, site.zone))
    here = {one.role for one in held if one.site_id in (None, site.id) or task.site_id is None}
    if not here:
        raise TaskUnknown
    own = str(task.assigned_to or task.claimed_by or "") in policy.persons_of(actor)
    if any(one.role in ADMIN_ROLES for one in held) or not (own or here & HANDS_OVER):
        raise MayNotHandOver


def _known(session: Session, task_id: uuid.UUID) -> HumanTask:
    task = session.get(HumanTask, task_id)
    if task is None:
        raise TaskUnknown
    return task
