"""The open tasks of a person: his own, and those available to his roles at his sites."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, false, func, not_, or_, select, true
from sqlalchemy.orm import Session

from app.access.models import Person
from app.inbox.standing_in import Principals, left_to
from app.web.handing import HANDS_OVER
from core.types import Bilingual
from workflows.models import HumanTask, ProcessCase, ProcessRelease, TaskState

TaskSelect = Select[HumanTask, ProcessCase, ProcessRelease]
Grants = Collection[tuple[str, uuid.UUID | None]]
NOBODY: Principals = {}
DUE = {"today": timedelta(days=1), "week": timedelta(days=7)}


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to, and its order; texts as they stand in the address."""

    text: str = ""
    process: str = ""
    due: str = ""
    whose: str = ""
    sort: str = ""

    @property
    def active(self) -> bool:
        """Whether the list is narrowed at all."""
        return any((self.text, self.process, self.due, self.whose))

    @property
    def narrowed(self) -> bool:
        """Whether anything but the words is chosen, so that the page shows the further choices."""
        return any((self.process, self.due, self.whose, self.sort))

    @property
    def args(self) -> dict[str, str]:
        """The filter as arguments of an address, without empty ones."""
        named = {
            "q": self.text,
            "process": self.process,
            "due": self.due,
            "whose": self.whose,
            "sort": self.sort,
        }
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class TaskRow:
    """One line of the inbox."""

    id: uuid.UUID
    case_id: uuid.UUID
    role: str
    name: Bilingual
    case_number: str
    case_title: Bilingual
    process_name: Bilingual
    due_at: datetime | None
    meaning_code: str
    claimed_by: uuid.UUID | None
    assigned_to: uuid.UUID | None


def open_tasks(
    person_id: uuid.UUID, grants: Grants, filters: Filters, *, now: datetime, principals: Principals = NOBODY
) -> TaskSelect:
    """Make the query for the list: overdue first unless another order is asked for.

    ``principals`` are those for whom the person stands in now.
    """
    query = (
        select(HumanTask, ProcessCase, ProcessRelease)
        .join(ProcessCase, ProcessCase.id == HumanTask.case_id)
        .join(ProcessRelease, ProcessRelease.id == ProcessCase.release_id)
        .where(HumanTask.state == TaskState.OPEN, _within(person_id, grants, filters))
    )
    for condition in _conditions(person_id, filters, now, principals):
        query = query.where(condition)
    orders: dict[str, tuple[Any, ...]] = {
        "newest": (HumanTask.created_at.desc(),),
        "case": (ProcessCase.number,),
    }
    by_due = (HumanTask.due_at.is_(None), HumanTask.due_at)
    return query.order_by(*orders.get(filters.sort, by_due), HumanTask.created_at, HumanTask.id)


def count_open(
    session: Session, person_id: uuid.UUID, grants: Grants, *, now: datetime, principals: Principals = NOBODY
) -> int:
    """Say how many tasks wait for a person: his own, those nobody has claimed, those he stands in for."""
    query = open_tasks(person_id, grants, Filters(), now=now, principals=principals).order_by(None)
    return (
        session.scalar(select(func.count()).select_from(query.with_only_columns(HumanTask.id).subquery()))
        or 0
    )


def counts(
    session: Session, person_id: uuid.UUID, grants: Grants, *, now: datetime, principals: Principals = NOBODY
) -> dict[str, int]:
    """Count what the list could be narrowed to: overdue, claimed by others, started by the person."""
    asked = {
        "stuck": Filters(whose="stuck"),
        "overdue": Filters(due="overdue"),
        "others": Filters(whose="others"),
        "started": Filters(whose="started"),
    }
    queries = {
        name: open_tasks(person_id, grants, wanted, now=now, principals=principals)
        .order_by(None)
        .with_only_columns(HumanTask.id)
        for name, wanted in asked.items()
    }
    columns = [
        select(func.count()).select_from(query.subquery()).scalar_subquery() for query in queries.values()
    ]
    return dict(zip(queries, session.execute(select(*columns)).one(), strict=True))


def processes_with_tasks(session: Session, grants: Grants) -> list[tuple[str, Bilingual]]:
    """Name the processes that have open tasks for these roles, for the filter."""
    rows = session.execute(
        select(ProcessCase.process_key, ProcessRelease.name)
        .join(ProcessRelease, ProcessRelease.id == ProcessCase.release_id)
        .join(HumanTask, HumanTask.case_id == ProcessCase.id)
        .where(HumanTask.state == TaskState.OPEN, in_roles(grants))
        .distinct()
    )
    return sorted(dict(rows.all()).items())


def row_of(task: HumanTask, case: ProcessCase, release: ProcessRelease) -> TaskRow:
    """One line of the list."""
    return TaskRow(
        id=task.id,
        case_id=case.id,
        role=task.role,
        name=task.name,
        case_number=case.number,
        case_title=case.title,
        process_name=release.name,
        due_at=task.due_at,
        meaning_code=str(task.policy.get("meaning") or ""),
        claimed_by=uuid.UUID(str(task.claimed_by)) if task.claimed_by else None,
        assigned_to=task.assigned_to,
    )


def names_of(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Bilingual]:
    """The names of persons by id."""
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return dict(rows.all())


def in_roles(grants: Grants) -> ColumnElement[bool]:
    """Match the tasks of lanes whose role is held at the task's site."""
    held = [
        HumanTask.role == role
        if site is None
        else and_(HumanTask.role == role, or_(HumanTask.site_id == site, HumanTask.site_id.is_(None)))
        for role, site in grants
    ]
    return or_(*held) if held else false()


def _within(person_id: uuid.UUID, grants: Grants, filters: Filters) -> ColumnElement[bool]:
    """Match the tasks of the person's roles, those of his cases, or those that nobody may take."""
    if filters.whose == "stuck":
        return and_(HumanTask.stuck_since.is_not(None), _looked_after(grants))
    return ProcessCase.started_by == person_id if filters.whose == "started" else in_roles(grants)


def _looked_after(grants: Grants) -> ColumnElement[bool]:
    """Match the tasks at sites where the person hands steps over, whatever role they need."""
    sites = {site for role, site in grants if role in HANDS_OVER}
    if None in sites:
        return true()
    return or_(HumanTask.site_id.in_(sites), HumanTask.site_id.is_(None)) if sites else false()


def _conditions(
    person_id: uuid.UUID, filters: Filters, now: datetime, principals: Principals
) -> list[ColumnElement[bool]]:
    given = or_(HumanTask.assigned_to.is_(None), HumanTask.assigned_to == person_id)
    mine = and_(HumanTask.claimed_by == person_id, given)
    free = and_(HumanTask.claimed_by.is_(None), given)
    waiting = or_(mine, free, left_to(principals))
    whose = {"mine": mine, "others": not_(waiting), "started": true(), "stuck": true()}
    found: list[ColumnElement[bool]] = [whose.get(filters.whose, waiting)]
    if filters.process:
        found.append(ProcessCase.process_key == filters.process)
    if filters.due == "overdue":
        found.append(HumanTask.due_at < now)
    elif filters.due in DUE:
        found.append(HumanTask.due_at < now + DUE[filters.due])
    for word in filters.text.split():
        texts = (ProcessCase.number, cast(ProcessCase.title, Text), cast(HumanTask.name, Text))
        found.append(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return found
