"""Who may take an open step now, and why the others of its role may not: one answer for pages and alarms.

Role at the site on its day, no administrator, no role from a participant, no part in a step that excludes,
the training that the role needs, and being there: whoever is noted as away takes nothing. His standing deputy
takes what is his alone, and nothing that he may not take.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.access.models import Person
from app.access.queries import HeldRole, holders, persons_with_role
from app.organisation.standing import away, with_stand_ins
from app.sites.queries import site_of_task
from app.training.queries import untrained
from app.web.rights import ADMIN_ROLES
from core.clock import site_day
from core.types import Bilingual
from workflows import history
from workflows.models import HumanTask

ROLE, ADMINISTRATOR, GRANTOR = "role", "administrator", "grantor"
SEPARATION, TRAINING, AWAY = "separation", "training", "away"


@dataclass(frozen=True)
class Eligible:
    """People of a step's role: those ``free`` to take it, and the others with the rule that stops them."""

    free: Sequence[Person] = ()
    stopped: Mapping[uuid.UUID, str] = field(default_factory=dict)
    people: Mapping[uuid.UUID, Person] = field(default_factory=dict)

    @property
    def free_ids(self) -> frozenset[uuid.UUID]:
        """Keys of those who may take it."""
        return frozenset(person.id for person in self.free)

    def names(self, *rules: str) -> tuple[Bilingual, ...]:
        """Names of those whom some rules stop, by login."""
        return tuple(person.name for key, person in self.people.items() if self.stopped.get(key) in rules)

    def rule_for(self, person_id: uuid.UUID) -> str | None:
        """The rule that keeps a person from taking the step; None if he may."""
        return None if person_id in self.free_ids else self.stopped.get(person_id, ROLE)


def eligible(session: Session, task: HumanTask, *, now: datetime, whoever: bool = False) -> Eligible:
    """Say who may take an open step; one given to a person is his alone, unless ``whoever`` asks for all.

    While he is away, his standing deputy takes it for him.
    """
    day = site_day(now, site_of_task(session, task).zone)
    found = persons_with_role(session, task.role, task.site_id, on=day)
    people = {person.id: person for person in found}
    stopped = _stopped(session, task, people, now=now, on=day) if people else {}
    alone = frozenset[uuid.UUID]() if whoever else _owner(session, task, now=now)
    free = [one for one in found if one.id not in stopped and (not alone or one.id in alone)]
    return Eligible(free, stopped, people)


def _stopped(
    session: Session,
    task: HumanTask,
    people: Mapping[uuid.UUID, Person],
    *,
    now: datetime,
    on: date,
) -> dict[uuid.UUID, str]:
    performers = history.performers(session, task.case_id)
    took_part = {one for step in task.policy.get("not_by") or () for one in performers.get(step, ())}
    barred = with_stand_ins(session, took_part, now=now)
    taking_part = {str(one) for persons in performers.values() for one in persons}
    rules = dict.fromkeys(away(session, set(people), now=now), AWAY)
    rules |= dict.fromkeys(untrained(session, set(people), task, on=on), TRAINING)
    rules |= dict.fromkeys(barred, SEPARATION)
    held = holders(session, set(people), {task.role, *ADMIN_ROLES}, on=on)
    for person_id, grants in held.items():
        given_by = {one.granted_by for one in grants if _counts(one, task)}
        if any(one.role in ADMIN_ROLES for one in grants):
            rules[person_id] = ADMINISTRATOR
        elif given_by and given_by <= taking_part:
            rules[person_id] = GRANTOR
    return {person_id: rule for person_id, rule in rules.items() if person_id in people}


def _owner(session: Session, task: HumanTask, *, now: datetime) -> frozenset[uuid.UUID]:
    """Whose step it is alone: his, or while he is away his deputy's too; empty if it is open to its role."""
    if task.assigned_to is None:
        return frozenset()
    own = frozenset({task.assigned_to})
    return own if task.policy.get("no_delegate") else with_stand_ins(session, own, now=now)


def _counts(grant: HeldRole, task: HumanTask) -> bool:
    return grant.role == task.role and (task.site_id is None or grant.site_id in (None, task.site_id))
