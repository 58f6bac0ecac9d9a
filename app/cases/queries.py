"""Reads of cases: the list, one case with its tasks and records, who may take a step."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from app.access.models import Person
from core.errors import NotFound
from core.types import Bilingual
from documents.models import Record, RecordState
from workflows.models import (
    CaseState,
    DueExtension,
    HumanTask,
    ProcessCase,
    ProcessRelease,
    TaskReminder,
    TaskState,
)

Sites = Collection[uuid.UUID] | None
"""The sites a person reaches; ``None`` means every site."""

SORTS = ("newest", "oldest", "number", "due")


@dataclass(frozen=True)
class CaseFilter:
    """What narrows the list of cases; empty means everything."""

    text: str = ""
    state: str = ""
    process: str = ""
    sort: str = "newest"

    @property
    def active(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.text or self.state or self.process)

    @property
    def args(self) -> dict[str, str]:
        """The filter as a query string."""
        pairs = {"q": self.text, "state": self.state, "process": self.process, "sort": self.sort}
        return {name: value for name, value in pairs.items() if value and (name, value) != ("sort", "newest")}


def cases(wanted: CaseFilter, sites: Sites) -> Select[ProcessCase, ProcessRelease]:
    """Make the query for the list: cases with their releases."""
    query = select(ProcessCase, ProcessRelease).join(ProcessRelease).where(_within(sites))
    if wanted.state in set(CaseState):
        query = query.where(ProcessCase.state == CaseState(wanted.state))
    if wanted.process:
        query = query.where(ProcessCase.process_key == wanted.process)
    for word in wanted.text.split():
        query = query.where(_mentions(word))
    return query.order_by(*_order(wanted.sort), ProcessCase.number)


def case_of(session: Session, case_id: uuid.UUID, sites: Sites) -> ProcessCase:
    """Load a case that the person may see.

    Raises:
        NotFound: ``case.unknown``: there is none, or it is of another site.
    """
    case = session.scalar(select(ProcessCase).where(ProcessCase.id == case_id, _within(sites)))
    if case is None:
        raise NotFound("case.unknown", "There is no such case, or not for you.")
    return case


def cases_among(session: Session, ids: Collection[uuid.UUID], sites: Sites) -> list[ProcessCase]:
    """The cases among some that the person may see, oldest first."""
    query = select(ProcessCase).where(ProcessCase.id.in_(ids), _within(sites))
    return list(session.scalars(query.order_by(ProcessCase.started_at, ProcessCase.number))) if ids else []


def open_tasks(session: Session, case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[HumanTask]]:
    """List the open tasks of several cases, oldest first."""
    found: dict[uuid.UUID, list[HumanTask]] = defaultdict(list)
    query = select(HumanTask).where(HumanTask.case_id.in_(case_ids), HumanTask.state == TaskState.OPEN)
    for task in session.scalars(query.order_by(HumanTask.created_at)):
        found[task.case_id].append(task)
    return found


def process_names(session: Session, sites: Sites) -> list[tuple[str, Bilingual]]:
    """List the processes that have cases, with the name of their newest release."""
    rows = session.execute(
        select(ProcessRelease.process_key, ProcessRelease.name)
        .where(exists().where(ProcessCase.process_key == ProcessRelease.process_key, _within(sites)))
        .order_by(ProcessRelease.process_key, ProcessRelease.version)
    )
    return list({key: (key, name) for key, name in rows}.values())


def records(session: Session, case: ProcessCase) -> Sequence[Record]:
    """List the records of a case, oldest first, with those about its subject that led to it."""
    same_subject = and_(Record.subject_id == case.subject_id, Record.case_id.is_(None))
    query = select(Record).where(or_(Record.case_id == case.id, same_subject))
    return session.scalars(query.order_by(Record.created_at, Record.number)).all()


def unsealed(found: Sequence[Record]) -> int:
    """Count the records whose page is still being made."""
    return sum(record.state is RecordState.PENDING for record in found)


def reminders(session: Session, tasks: Sequence[HumanTask]) -> dict[uuid.UUID, list[TaskReminder]]:
    """Who was told about the due dates of some tasks, by task, oldest first."""
    found: dict[uuid.UUID, list[TaskReminder]] = defaultdict(list)
    query = select(TaskReminder).where(TaskReminder.task_id.in_([task.id for task in tasks]))
    for one in session.scalars(query.order_by(TaskReminder.told_at)) if tasks else ():
        found[one.task_id].append(one)
    return found


def extensions(
    session: Session, tasks: Sequence[HumanTask]
) -> dict[uuid.UUID, list[tuple[DueExtension, str]]]:
    """How the due dates of some tasks were moved, with the numbers of the requests, by task, oldest first."""
    found: dict[uuid.UUID, list[tuple[DueExtension, str]]] = defaultdict(list)
    query = (
        select(DueExtension, ProcessCase.number)
        .join(ProcessCase, ProcessCase.id == DueExtension.request_id)
        .where(DueExtension.task_id.in_([task.id for task in tasks]))
        .order_by(DueExtension.decided_at)
    )
    for one, number in session.execute(query) if tasks else ():
        found[one.task_id].append((one, number))
    return found


def names(session: Session, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID | None, Bilingual]:
    """Find the names of people."""
    wanted = {person_id for person_id in ids if person_id}
    found = session.scalars(select(Person).where(Person.id.in_(wanted))) if wanted else ()
    return {person.id: person.name for person in found}


def cases_by_state(session: Session) -> dict[tuple[str, str], int]:
    """Count the cases of each process in each state."""
    counted = select(ProcessCase.process_key, ProcessCase.state, func.count()).group_by(
        ProcessCase.process_key, ProcessCase.state
    )
    return {(key, state.value): count for key, state, count in session.execute(counted)}


def _within(sites: Sites) -> ColumnElement[bool]:
    """Cases of these sites, of no site, and those with a task there, such as the registrant's release."""
    if sites is None:
        return ProcessCase.id.is_not(None)
    task_there = exists().where(HumanTask.case_id == ProcessCase.id, HumanTask.site_id.in_(sites))
    return or_(ProcessCase.site_id.in_(sites), ProcessCase.site_id.is_(None), task_there)


def _mentions(word: str) -> ColumnElement[bool]:
    return or_(
        ProcessCase.number.icontains(word, autoescape=True),
        cast(ProcessCase.title, Text).icontains(word, autoescape=True),
        ProcessCase.started_by_name.icontains(word, autoescape=True),
    )


def _order(sort: str) -> tuple[ColumnElement[Any], ...]:
    earliest = (
        select(func.min(HumanTask.due_at))
        .where(HumanTask.case_id == ProcessCase.id, HumanTask.state == TaskState.OPEN)
        .scalar_subquery()
    )
    orders: dict[str, tuple[ColumnElement[Any], ...]] = {
        "oldest": (ProcessCase.started_at.asc(),),
        "number": (ProcessCase.number.asc(),),
        "due": (earliest.is_(None), earliest.asc()),
    }
    return orders.get(sort, (ProcessCase.started_at.desc(),))
