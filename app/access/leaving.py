"""What somebody would leave lying: nobody goes while a task waits for him alone (URS-140, URS-141)."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.models import Person
from app.access.queries import persons_with_role, roles_of
from core.actor import Actor
from core.clock import site_day
from core.errors import Conflict
from core.types import Bilingual
from signatures import audit
from workflows import human_tasks
from workflows.models import HumanTask, ProcessCase, TaskState

NAMED = 5
"""So many tasks are named in the refusal; the inbox and the cases show all."""


def tasks_left(session: Session, person: Person, *, on: date) -> list[tuple[HumanTask, ProcessCase]]:
    """List the open tasks a person has claimed, or that nobody else could take on a day, oldest first."""
    held = roles_of(session, person.id, on=on)
    query = (
        select(HumanTask, ProcessCase)
        .join(ProcessCase, ProcessCase.id == HumanTask.case_id)
        .where(
            HumanTask.state == TaskState.OPEN,
            or_(HumanTask.claimed_by == person.id, HumanTask.role.in_({role for role, _ in held})),
        )
        .order_by(HumanTask.created_at, HumanTask.id)
    )
    alone: dict[object, bool] = {}
    left = []
    for task, case in session.execute(query):
        place = (task.role, task.site_id)
        if task.claimed_by != person.id and place not in alone:
            alone[place] = _alone(session, person, task, on)
        if task.claimed_by == person.id or alone[place]:
            left.append((task, case))
    return left


def refuse_leaving(session: Session, person: Person, *, now: datetime, field: str | None = None) -> None:
    """Refuse to let somebody go who has work open.

    Raises:
        Conflict: ``access.open_work``, with the tasks and the way out.
    """
    left = tasks_left(session, person, on=site_day(now, person.zone))
    if left:
        raise open_work(person, left, field=field)


def give_back_tasks(session: Session, person: Person, *, actor: Actor, now: datetime) -> int:
    """Give back what somebody has claimed, so that others can take it; gives how many tasks there were.

    What he has filled in stays with the task. Tasks that nobody else can do stay where they are.
    """
    query = select(HumanTask.id).where(HumanTask.state == TaskState.OPEN, HumanTask.claimed_by == person.id)
    claimed = session.scalars(query.order_by(HumanTask.created_at, HumanTask.id)).all()
    for task_id in claimed:
        task = human_tasks.lock(session, task_id)
        if task.claimed_by == person.id:
            task.claimed_by = None
            facts = {"login": person.login, "task": str(task.id)}
            audit.record(session, "task.handed_over", subject=("process_case", task.case_id), facts=facts)
    return len(claimed)


def open_work(
    person: Person, left: Sequence[tuple[HumanTask, ProcessCase]], *, field: str | None = None
) -> Conflict:
    """Say which work somebody has open, and what to do about it."""
    named: Bilingual = {
        lang: "; ".join(f"{case.number} {task.name[lang]}" for task, case in islice(left, NAMED))
        + (" …" if len(left) > NAMED else "")
        for lang in ("en", "zh")
    }
    return Conflict(
        "access.open_work",
        "%(person)s has open tasks: %(tasks)s. Hand them over first: let the claimed ones be given"
        " back, and give a second person the role of those that nobody else can do. Then try again.",
        field=field,
        person=person.name,
        tasks=named,
    )


def _alone(session: Session, person: Person, task: HumanTask, on: date) -> bool:
    if task.site_id is None:
        return False
    able = persons_with_role(session, task.role, task.site_id, on=on)
    return [one.id for one in able] == [person.id]
