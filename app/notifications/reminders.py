"""Reminders of due dates, and who is told when one has passed: each once for a due date (URS-006).

Days are working days of the site: nobody is reminded on a holiday. What was told is kept beside the task, so
that the page of the case says to whom it was escalated and when.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notifications import recipients
from app.notifications.events import Event, Told, facts_of
from app.organisation.queries import line_manager_of
from app.sites.models import ReminderRule, Site
from app.sites.queries import site_of_task
from app.sites.reminders import rule_of
from app.web.rights import HEAD, OWNER, QA
from core.clock import site_day
from workflows import calendars
from workflows.models import HumanTask, TaskReminder, TaskState

BEFORE, MANAGER, CHIEF = "before", "manager", "head"
KINDS = {BEFORE: "task.ahead", MANAGER: "task.escalated", CHIEF: "task.escalated_head"}
_WALL_DAYS = 3
"""So many days on the wall a working day lies ahead at most, on the long run, with all holidays between."""


def of_due_dates(session: Session, *, now: datetime) -> Iterator[Event]:
    """Find the open tasks whose due date comes near or has passed, and who has not heard of it yet."""
    rule = rule_of(session)
    horizon = now + timedelta(days=_WALL_DAYS * rule.days_before + 14)
    due = select(HumanTask).where(HumanTask.state == TaskState.OPEN, HumanTask.due_at < horizon)
    tasks = session.scalars(due).all()
    told = _told(session, [task.id for task in tasks])
    for task in tasks:
        for level in _levels(session, task, rule, now=now):
            if (task.id, level, task.due_at) not in told:
                yield _event(session, task, level, now=now)


def _told(session: Session, ids: Iterable[uuid.UUID]) -> set[tuple[uuid.UUID, str, datetime]]:
    columns = (TaskReminder.task_id, TaskReminder.level, TaskReminder.due_at)
    rows = session.execute(select(*columns).where(TaskReminder.task_id.in_(list(ids))))
    return {(task_id, level, due_at) for task_id, level, due_at in rows}


def _levels(session: Session, task: HumanTask, rule: ReminderRule, *, now: datetime) -> list[str]:
    """The levels that have been reached by now; a reminder ahead only if it lies within the time given."""
    assert task.due_at is not None
    calendar = calendars.of_site(session, task.site_id)
    today, due = site_day(now, calendar.zone), site_day(task.due_at, calendar.zone)
    ahead = _back(due, rule.days_before, calendar)
    began = site_day(task.created_at, calendar.zone)
    reached = []
    if now < task.due_at and began < ahead <= today:
        reached.append(BEFORE)
    for level, days in ((MANAGER, rule.days_manager), (CHIEF, rule.days_head)):
        if now >= calendars.after(task.due_at, f"P{days}D", calendar):
            reached.append(level)
    return reached


def _back(day: date, days: int, calendar: calendars.Calendar) -> date:
    """The working day that lies so many working days before a day."""
    while days > 0:
        day -= timedelta(days=1)
        days -= calendar.is_working(day)
    return day


def _event(session: Session, task: HumanTask, level: str, *, now: datetime) -> Event:
    assert task.due_at is not None
    site = session.get(Site, task.site_id) if task.site_id else None
    people = _people(session, task, level, now=now)
    link = f"/inbox/{task.id}" if level == BEFORE else f"/cases/{task.case_id}"
    name = f"{KINDS[level]}:{task.id}:{task.due_at.isoformat()}"
    told = Told(task.id, level, task.due_at)
    return Event(name, KINDS[level], people, link, facts_of(session, task, site), told=told)


def _people(session: Session, task: HumanTask, level: str, *, now: datetime) -> frozenset[uuid.UUID]:
    doing = recipients.of_task(session, task, now=now)
    if level == BEFORE:
        return doing
    if level == MANAGER:
        day = site_day(now, site_of_task(session, task).zone)
        found = (line_manager_of(session, person_id, day) for person_id in doing)
        managers = frozenset(one.id for one in found if one is not None)
        return managers or recipients.with_role(session, OWNER, task.site_id, now=now)
    heads = recipients.with_role(session, HEAD, task.site_id, now=now)
    return heads or recipients.with_role(session, QA, task.site_id, now=now)
