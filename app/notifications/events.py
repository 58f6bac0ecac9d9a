"""What has happened that people should hear of: read from the audit trail, the open tasks and the outbox.

The trail has everything in the order of its commits, so nothing is missed and no room has to know that
somebody listens. An event has a name that never changes; reading it twice finds the same name.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.notifications import recipients
from app.sites.models import Site
from app.web.rights import AUDIT_ADMIN, SECURITY_ADMIN, SYSTEM_ADMIN
from core.outbox import OutboxEntry
from signatures.audit_models import AuditEntry
from workflows.models import DueExtension, HumanTask, ProcessCase, TaskState

SOON = timedelta(hours=24)
CLOCK_CODE = "signature.clock"
NO_SITE = {"en": "all sites", "zh": "所有工厂"}


@dataclass(frozen=True)
class Told:
    """A level of reminding of a due date, kept beside the task when it is told."""

    task_id: uuid.UUID
    level: str
    due_at: datetime


@dataclass(frozen=True)
class Event:
    """Something to tell: whom, in which words (``kind`` and ``facts``), and where to look (``link``).

    ``by_mail`` is False for what is told in the product only. ``told`` is the reminder it is, ``stuck`` the
    task that nobody may take.
    """

    name: str
    kind: str
    people: frozenset[uuid.UUID]
    link: str
    facts: dict[str, Any] = field(default_factory=dict)
    by_mail: bool = True
    correlation_id: str | None = None
    told: Told | None = None
    stuck: uuid.UUID | None = None


def in_trail(session: Session, after: int, until: int, *, now: datetime) -> Iterator[Event]:
    """Read the events of the entries numbered above ``after`` up to ``until``."""
    named = AuditEntry.action.in_(_NAMED)
    rows = or_(
        and_(AuditEntry.action == "insert", AuditEntry.subject_type == HumanTask.__tablename__),
        and_(AuditEntry.action == "update", AuditEntry.subject_type == "person"),
    )
    query = select(AuditEntry).where(AuditEntry.seq > after, AuditEntry.seq <= until, or_(named, rows))
    for entry in session.scalars(query.order_by(AuditEntry.seq)):
        said = json.loads(entry.entry)
        yield from _of_entry(session, entry, said, now=now)


def of_due_times(session: Session, *, now: datetime) -> Iterator[Event]:
    """Find open tasks that are overdue or due soon; soon is a day ahead, in the second half of their time."""
    due = select(HumanTask).where(HumanTask.state == TaskState.OPEN, HumanTask.due_at < now + SOON)
    moved = set(session.scalars(select(DueExtension.task_id).distinct()))
    for task in session.scalars(due):
        assert task.due_at is not None
        if task.due_at < now:
            event = _of_task(session, task, "task.overdue", now=now)
        elif now - task.created_at >= (task.due_at - task.created_at) / 2:
            event = _of_task(session, task, "task.due", now=now)
        else:
            continue
        again = f":{task.due_at.isoformat()}" if task.id in moved else ""
        yield replace(event, name=event.name + again)


def of_jobs(session: Session, *, now: datetime) -> Iterator[Event]:
    """Find jobs that gave up; a mail that could not be sent is told in the product only."""
    for entry in session.scalars(select(OutboxEntry).where(OutboxEntry.dead.is_(True))):
        yield Event(
            f"job.dead:{entry.id}:{entry.due_at.isoformat()}",
            "job.dead",
            recipients.with_role(session, SYSTEM_ADMIN, None, now=now),
            "/admin/jobs",
            {"job": entry.job},
            by_mail=not entry.job.startswith("notifications."),
            correlation_id=entry.correlation_id,
        )


_NAMED = (
    "task.handed_over",
    "account.locked", "account.password_reset", "signing.suspended", "signature.refused", "request.refused"
)  # fmt: skip


def _of_entry(
    session: Session, entry: AuditEntry, said: dict[str, Any], *, now: datetime
) -> Iterable[Event]:
    facts = said["facts"] or {}
    cause = facts.get("correlation_id")
    if entry.action == "insert":
        task = session.get(HumanTask, uuid.UUID(entry.subject_id))
        open_one = task is not None and task.state is TaskState.OPEN
        return [_of_task(session, task, "task.new", now=now, cause=cause)] if task and open_one else []
    if entry.action in ("signature.refused", "request.refused"):
        return _of_clock(session, entry, now=now) if facts.get("code") == CLOCK_CODE else []
    if entry.action == "task.handed_over":
        return _of_handover(session, entry, now=now)
    person = frozenset({uuid.UUID(entry.subject_id)})
    if entry.action == "update":
        before, after = (said["changes"] or {}).get("signing_suspended_at") or (None, None)
        if before is None or after is not None:
            return []
        name = f"signing.restored:{entry.seq}"
        return [Event(name, "signing.restored", person, "/me", correlation_id=cause)]
    told = [Event(f"{entry.action}:{entry.seq}", entry.action, person, "/me", correlation_id=cause)]
    if entry.action == "account.locked":
        guards = recipients.with_role(session, SECURITY_ADMIN, None, now=now) - person
        link = f"/admin/people/{entry.subject_id}"
        name = f"account.lockout:{entry.seq}"
        told.append(Event(name, "account.lockout", guards, link, correlation_id=cause))
    return told


def _of_handover(session: Session, entry: AuditEntry, *, now: datetime) -> list[Event]:
    """Tell whoever has a step now; one that has gone on or was handed over again needs no notice."""
    task = session.get(HumanTask, uuid.UUID(entry.subject_id))
    if task is None or task.state is not TaskState.OPEN:
        return []
    event = _of_task(session, task, "task.handed_over", now=now)
    return [replace(event, name=f"task.handed_over:{entry.seq}")]


def _of_clock(session: Session, entry: AuditEntry, *, now: datetime) -> list[Event]:
    """One notice an hour: while the clock is wrong every signature is refused."""
    people = frozenset[uuid.UUID]().union(
        *(recipients.with_role(session, role, None, now=now) for role in (SYSTEM_ADMIN, AUDIT_ADMIN))
    )
    return [Event(f"clock.refused:{entry.at:%Y-%m-%dT%H}", "clock.refused", people, "/admin/clock")]


def _of_task(
    session: Session, task: HumanTask, kind: str, *, now: datetime, cause: str | None = None
) -> Event:
    site = session.get(Site, task.site_id) if task.site_id else None
    facts = facts_of(session, task, site)
    people = recipients.of_task(session, task, now=now)
    return Event(f"{kind}:{task.id}", kind, people, f"/inbox/{task.id}", facts, correlation_id=cause)


def facts_of(session: Session, task: HumanTask, site: Site | None) -> dict[str, Any]:
    """What a notice says of a task: number, step and site."""
    case = session.get_one(ProcessCase, task.case_id)
    return {"number": case.number, "step": task.name, "site": site.name if site else NO_SITE}


def names(events: Sequence[Event]) -> set[str]:
    """The names of events."""
    return {event.name for event in events}
