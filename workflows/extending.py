"""Moving the due date of a step: only by a decided request, at most twice (URS-006)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import lock_row
from core.errors import Conflict, Invalid
from workflows.models import CaseState, DueExtension, HumanTask, ProcessCase, TaskState
from workflows.registry import OperationCall

PROCESS = "extension_request"
SUBJECT = "workflows.task"
MOST = 2


@dataclass(frozen=True)
class DayKeeper:
    """A register of a room in which the due day of some steps stands too.

    ``moved`` says how often that day was moved, by whatever way (0 for a step that is none of its own);
    ``move`` moves it with the step, to the moment that is given.
    """

    moved: Callable[[Session, HumanTask], int]
    move: Callable[[Session, HumanTask, datetime], None]


_keepers: list[DayKeeper] = []


def keeps_days(keeper: DayKeeper) -> DayKeeper:
    """Let a register of a room follow the due dates of its steps; it moves in the same transaction."""
    _keepers.append(keeper)
    return keeper


def extensions_of(session: Session, task: HumanTask) -> int:
    """How often the due date of a step has been moved, here or in the register that keeps the day."""
    query = select(func.count()).select_from(DueExtension).where(DueExtension.task_id == task.id)
    return max(session.scalar(query) or 0, *(keeper.moved(session, task) for keeper in _keepers), 0)


def check_may_extend(session: Session, task: HumanTask, due_after: datetime) -> int:
    """Ask whether the due date of a step may be moved to a later moment; gives which time it would be.

    Raises:
        Conflict: ``extension.task_over``, ``extension.no_due``, ``extension.twice`` or ``extension.waits``:
            the step is over, has no due date, was extended twice, or a request for it waits.
        Invalid: ``extension.earlier``: the moment is not later than the due date.
    """
    if task.state is not TaskState.OPEN:
        raise Conflict("extension.task_over", "The step is over; it needs no more time.")
    if task.due_at is None:
        raise Conflict("extension.no_due", "The step has no due date.")
    done = extensions_of(session, task)
    if done >= MOST:
        raise Conflict("extension.twice", "The due date of this step has been moved twice already.")
    waiting = select(ProcessCase.number).where(
        ProcessCase.subject_type == SUBJECT,
        ProcessCase.subject_id == task.id,
        ProcessCase.process_key == PROCESS,
        ProcessCase.state == CaseState.RUNNING,
    )
    number = session.scalar(waiting.limit(1))
    if number is not None:
        raise Conflict(
            "extension.waits", "%(number)s asks for more time for this step already.", number=number
        )
    _check_later(task, due_after)
    return done + 1


def extend_due(call: OperationCall) -> HumanTask:
    """Move the due date of a step as a signed request says.

    Raises:
        Conflict: ``extension.task_over`` or ``extension.twice``.
        Invalid: ``extension.earlier``.
        QmsError: what a register says that keeps the day.
    """
    session, due_after = call.session, datetime.fromisoformat(str(call.params["due"]))
    task = lock_row(session, HumanTask, call.uuid("task"))
    if task.state is not TaskState.OPEN or task.due_at is None:
        raise Conflict("extension.task_over", "The step is over; it needs no more time.")
    if extensions_of(session, task) >= MOST:
        raise Conflict("extension.twice", "The due date of this step has been moved twice already.")
    _check_later(task, due_after)
    session.add(
        DueExtension(
            case_id=task.case_id,
            task_id=task.id,
            request_id=call.case.id,
            due_before=task.due_at,
            due_after=due_after,
            reason=str(call.params["reason"]),
            decided_at=call.now,
            decided_by=call.actor.id,
            decided_by_name=call.actor.name,
        )
    )
    task.due_at = due_after
    for keeper in _keepers:
        keeper.move(session, task, due_after)
    return task


def _check_later(task: HumanTask, due_after: datetime) -> None:
    if task.due_at is not None and due_after <= task.due_at:
        raise Invalid("extension.earlier", "The new day is not later than the due date.", field="day")
