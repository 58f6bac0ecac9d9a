"""Cancelling a case: it ends where it stands, with a reason, and leaves nothing held that nobody settles."""

import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Conflict
from workflows import repository, runtime, store
from workflows.compiled import CompiledProcess
from workflows.models import CaseState, HumanTask, ProcessCase, StepHistory, TaskState
from workflows.registry import find, known

After = Callable[[Session, ProcessCase, Actor, datetime], None]

_afterwards: list[After] = []


def when_cancelled(after: After) -> After:
    """Register a function of a room that keeps a register of cases; it is called in the same transaction."""
    _afterwards.append(after)
    return after


def cancel_case(
    session: Session, case_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime
) -> ProcessCase:
    """End a running case where it stands: its open tasks are withdrawn, its timers and waits are over.

    What it has sent was sent, and the cases that came of it go on; an answer to it is kept, for nobody waits.

    Raises:
        Conflict: ``case.not_running``; ``case.holds``: it holds something, such as a lot, that only its own
            further steps settle.
    """
    case = runtime.lock_case(session, case_id)
    check_may_end(session, case)
    tasks = select(HumanTask).filter_by(case_id=case.id, state=TaskState.OPEN).with_for_update()
    for task in session.scalars(tasks):
        task.state, task.claimed_by = TaskState.WITHDRAWN, None
    store.stop(session, case.id)
    case.state, case.outcome = CaseState.CANCELLED, None
    case.ended_at, case.ended_by, case.ended_reason = now, repository.person(actor), reason
    session.flush()  # registers of the rooms look at the case
    for after in _afterwards:
        after(session, case, actor, now)
    return case


def check_may_end(session: Session, case: ProcessCase) -> None:
    """Ask that a case runs and holds nothing that only its own further steps settle.

    Raises:
        Conflict: ``case.not_running`` or ``case.holds``.
    """
    if case.state != CaseState.RUNNING:
        raise Conflict("case.not_running", "%(case)s is not running any more.", case=case.number)
    process = repository.compiled_for(session, case.release_id)
    held = _held(session, case, process)
    if held is not None:
        raise Conflict(
            "case.holds",
            "%(case)s cannot be cancelled now: “%(step)s” holds what only its own further steps settle.",
            case=case.number,
            step=held,
        )


def _held(session: Session, case: ProcessCase, process: CompiledProcess) -> dict[str, str] | None:
    """The name of the step that holds something not settled since; of what the case is about, the process."""
    passed = select(StepHistory.element_id).where(
        StepHistory.case_id == case.id, StepHistory.element_type == "serviceTask"
    )
    open_holds: dict[str, dict[str, str]] = {}
    subject = process.model.subject
    if subject is not None and any(_effect(process, key)[1] == subject for key in process.elements):
        open_holds[subject] = dict(process.name)
    for element_id in session.scalars(passed.order_by(StepHistory.seq)):
        holds, settles = _effect(process, element_id)
        if settles is not None:
            open_holds.pop(settles, None)
        if holds is not None:
            open_holds[holds] = dict(process.elements[element_id].name)
    return next(iter(open_holds.values()), None)


def _effect(process: CompiledProcess, element_id: str) -> tuple[str | None, str | None]:
    element = process.elements.get(element_id)
    name = element.operation if element is not None else None
    if name is None or not known(name):
        return None, None
    return find(name).holds, find(name).settles
