"""Steps that nobody is left to take: found when they come up, and asked again when anything about it changes.

Role, separation, training and absence can all leave a step without anybody. Process owners of the site are
told at once; the step says so until somebody may take it again.
"""

import json
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import RoleGrant
from app.notifications import recipients
from app.notifications.events import Event, facts_of
from app.sites.models import Site
from app.training.eligible import eligible
from app.web.rights import OWNER, QA
from signatures.audit_models import AuditEntry
from workflows.models import HumanTask, TaskState

_GRANTS = "role_grant"
_PERSONS = ("absence", "person", "qualification")
_WATCHED = (_GRANTS, *_PERSONS, "training_requirement", HumanTask.__tablename__)


@dataclass(frozen=True)
class Asked:
    """What is asked again: some tasks, all of some roles, or every open one."""

    tasks: frozenset[uuid.UUID] = frozenset()
    roles: frozenset[str] = frozenset()
    every: bool = False


def changed(session: Session, after: int, until: int) -> Asked:
    """Read from the trail which steps have to be asked about again."""
    columns = (AuditEntry.subject_type, AuditEntry.subject_id, AuditEntry.action, AuditEntry.entry)
    rows = session.execute(
        select(*columns).where(
            AuditEntry.seq > after,
            AuditEntry.seq <= until,
            AuditEntry.subject_type.in_(_WATCHED),
            AuditEntry.action.in_(("insert", "update")),
        )
    ).all()
    tasks = {uuid.UUID(key) for kind, key, action, _ in rows if kind == "human_task" and action == "insert"}
    grants = {uuid.UUID(key) for kind, key, _, _ in rows if kind == _GRANTS}
    persons = {
        person for kind, key, _, entry in rows if kind in _PERSONS for person in _persons(kind, key, entry)
    }
    held = select(RoleGrant.role).where(RoleGrant.id.in_(grants) | RoleGrant.person_id.in_(persons))
    roles = frozenset(session.scalars(held)) if grants or persons else frozenset[str]()
    return Asked(frozenset(tasks), roles, any(kind == "training_requirement" for kind, *_ in rows))


def of_stuck(session: Session, asked: Asked, *, now: datetime) -> Iterator[Event | uuid.UUID]:
    """Tell of steps that nobody may take since now; give the keys of those that somebody may take again."""
    for task in _tasks(session, asked):
        anybody = bool(eligible(session, task, now=now).free)
        if anybody and task.stuck_since is not None:
            yield task.id
        elif not anybody and task.stuck_since is None:
            yield _event(session, task, now=now)


def note(session: Session, ids: Collection[uuid.UUID], *, stuck: bool, now: datetime) -> None:
    """Keep with some open tasks that nobody may take them, or that somebody may again."""
    for task_id in sorted(ids):
        task = session.get(HumanTask, task_id, with_for_update=True, populate_existing=True)
        if task is not None and task.state is TaskState.OPEN:
            task.stuck_since = now if stuck else None


def _tasks(session: Session, asked: Asked) -> Sequence[HumanTask]:
    if not (asked.every or asked.tasks or asked.roles):
        return ()
    query = select(HumanTask).where(HumanTask.state == TaskState.OPEN)
    if not asked.every:
        query = query.where(HumanTask.id.in_(asked.tasks) | HumanTask.role.in_(asked.roles))
    return session.scalars(query.order_by(HumanTask.created_at)).all()


def _persons(kind: str, key: str, entry: str) -> list[uuid.UUID]:
    """The person that a row of the trail is about."""
    if kind == "person":
        return [uuid.UUID(key)]
    said = (json.loads(entry)["changes"] or {}).get("person_id") or []
    return [uuid.UUID(str(one)) for one in said if one]


def _event(session: Session, task: HumanTask, *, now: datetime) -> Event:
    site = session.get(Site, task.site_id) if task.site_id else None
    owners = recipients.with_role(session, OWNER, task.site_id, now=now)
    people = owners or recipients.with_role(session, QA, task.site_id, now=now)
    name = f"task.stuck:{task.id}:{now.isoformat()}"
    link = f"/cases/{task.case_id}"
    return Event(name, "task.stuck", people, link, facts_of(session, task, site), stuck=task.id)
