"""Taking a completed step back (撤回), exactly: the case is as before, as long as nobody has built on it.

Possible until the next person has opened a step that follows, and only where nothing outside the case has
happened in between: no operation, no message, no end. What was signed stays, marked as taken back.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Conflict, NotAllowed
from workflows import advance, messages, past, repository, runtime, store
from workflows.compiled import CompiledProcess
from workflows.engine import Move
from workflows.models import CaseState, HumanTask, ProcessCase, StepHistory, StepWithdrawal, TaskState

_INSIDE = (
    *("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"),
    *("businessRuleTask", "scriptTask", "startEvent", "userTask", "subProcess", "callActivity"),
)
"""Kinds of elements that touch nothing but the case itself."""


def take_back(session: Session, task: HumanTask, *, reason: str, actor: Actor, now: datetime) -> HumanTask:
    """Take back a step that the actor has completed; gives the task that is open again, due as before.

    Raises:
        NotAllowed, Conflict: as :func:`check_may_take_back` says.
    """
    case = runtime.lock_case(session, task.case_id)
    session.refresh(task, with_for_update=True)
    state, rows = check_may_take_back(session, case, task, actor=actor)
    first = rows[0].seq
    task.state, task.taken_back = TaskState.WITHDRAWN, [first, case.steps]
    past.recount(session, case)
    loaded = store.load_before(Move(session, case, actor, now), state)
    advance.list_again(loaded, messages.first_title(session, case))
    session.flush()  # the task that is open again has its key
    again = session.scalars(
        select(HumanTask).filter_by(case_id=case.id, engine_id=task.engine_id, state=TaskState.OPEN)
    ).one()
    again.due_at, again.assigned_to, again.handover = task.due_at, task.assigned_to, task.handover
    session.add(
        StepWithdrawal(
            case_id=case.id,
            task_id=task.id,
            again_id=again.id,
            first_seq=first,
            reason=reason,
            withdrawn_at=now,
            withdrawn_by=uuid.UUID(actor.id),
            withdrawn_by_name=actor.name,
        )
    )
    session.flush()  # the caller writes the record of it
    return again


def check_may_take_back(
    session: Session, case: ProcessCase, task: HumanTask, *, actor: Actor
) -> tuple[bytes, Sequence[StepHistory]]:
    """Ask whether the actor may take a step back; gives the state before it, and what the step has passed.

    Raises:
        NotAllowed: ``take_back.own``: somebody else has done it, or several have.
        Conflict: ``case.not_running``; ``take_back.moved``: the case has moved on since;
            ``take_back.opened``: somebody has opened a step that follows; ``take_back.outside``: something
            outside has happened.
    """
    performers = {str(one) for one in (task.completed_by, task.completed_for) if one is not None}
    if actor.id not in performers or task.also_by:
        raise NotAllowed("take_back.own", "A step is taken back by the one person who has done it.")
    if case.state != CaseState.RUNNING:
        raise Conflict("case.not_running", "%(case)s is not running any more.", case=case.number)
    state, last = store.before(session, case.id)
    if state is None or last != task.id or task.state is not TaskState.COMPLETED:
        raise Conflict("take_back.moved", "The case has moved on since; this step cannot be taken back.")
    rows = _passed(session, case, task)
    process = repository.compiled_for(session, case.release_id)
    outside = next((row for row in rows if not _inside(process, row)), None)
    if outside is not None:
        raise Conflict(
            "take_back.outside",
            "“%(step)s” has happened since, which cannot be undone; this step cannot be taken back.",
            step=outside.name,
        )
    if _opened(session, case, task, actor):
        raise Conflict(
            "take_back.opened", "Somebody has opened a step that follows; this step cannot be taken back."
        )
    return state, rows


def _passed(session: Session, case: ProcessCase, task: HumanTask) -> Sequence[StepHistory]:
    """The rows of the history from a completed step on."""
    query = select(StepHistory).filter_by(case_id=case.id).order_by(StepHistory.seq.desc())
    found: list[StepHistory] = []
    for row in session.scalars(query):
        found.insert(0, row)
        if row.element_id == task.element_id and row.element_type == "userTask":
            break
    return found


def _inside(process: CompiledProcess, row: StepHistory) -> bool:
    element = process.elements.get(row.element_id)
    plain = row.element_type in _INSIDE or row.element_type in ("endEvent", "intermediateThrowEvent")
    return plain and (element is None or element.trigger is None)


def _opened(session: Session, case: ProcessCase, task: HumanTask, actor: Actor) -> bool:
    query = select(HumanTask).filter_by(case_id=case.id, state=TaskState.OPEN)
    following = [
        one for one in session.scalars(query) if one.created_at >= (task.completed_at or case.started_at)
    ]
    return any(set(one.opened_by or {}) - {actor.id} or one.claimed_by or one.draft for one in following)


def last_taken(session: Session, case: ProcessCase, actor: Actor) -> HumanTask | None:
    """The step that the actor may take back as things stand now; None if there is none."""
    if case.state != CaseState.RUNNING:
        return None
    _state, task_id = store.before(session, case.id)
    task = session.get(HumanTask, task_id) if task_id is not None else None
    if task is None:
        return None
    try:
        check_may_take_back(session, case, task, actor=actor)
    except (Conflict, NotAllowed):
        return None
    return task
