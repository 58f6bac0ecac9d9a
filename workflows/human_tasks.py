"""Human tasks: look, claim, draft, complete. Who may do so is the inbox's business, order and state ours."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import lock_held, lock_row
from core.errors import Conflict
from workflows import advance, codec, repository, runtime, store, tokens
from workflows.elements import Policy
from workflows.engine import Move
from workflows.errors import ExpressionError, StepFailed, no_task
from workflows.facts import Facts, as_json, plain
from workflows.models import CaseState, HumanTask, ProcessCase, TaskState


@dataclass(frozen=True)
class OpenTask:
    """A task as its form needs it: the case, a copy of the case's facts, the policy of the model."""

    task: HumanTask
    case: ProcessCase
    data: Facts
    policy: Policy


def open_task(session: Session, task_id: uuid.UUID) -> OpenTask:
    """Read a task with its case and facts; a completed task can be read too.

    Raises:
        NotFound: ``task.unknown``.
    """
    task = session.get(HumanTask, task_id)
    if task is None:
        raise no_task()
    case = session.get_one(ProcessCase, task.case_id)
    stored = store.read(session, case.id)
    seen = codec.load_scopes(stored.state).visible((task.instance or {}).get("scope"))
    return OpenTask(task, case, dict(seen), Policy.from_json(task.policy))


def open_tasks(session: Session, case_id: uuid.UUID) -> list[HumanTask]:
    """List the open tasks of a case, oldest first."""
    query = select(HumanTask).filter_by(case_id=case_id, state=TaskState.OPEN).order_by(HumanTask.created_at)
    return list(session.scalars(query))


def claim(session: Session, task: HumanTask, *, actor: Actor, now: datetime) -> HumanTask:
    """Take a task for oneself; others see who has it.

    Raises:
        Conflict: ``task.not_open`` or ``task.claimed``: done already, or somebody else has it.
    """
    locked = _lock_open(session, task)
    _refuse_others(locked, actor)
    locked.claimed_by = repository.person(actor)
    return locked


def release(session: Session, task: HumanTask, *, actor: Actor, now: datetime) -> HumanTask:
    """Give a claimed task back; the draft stays.

    Raises:
        Conflict: ``task.not_open`` or ``task.claimed``.
    """
    locked = _lock_open(session, task)
    _refuse_others(locked, actor)
    locked.claimed_by = None
    return locked


def save_draft(
    session: Session, task: HumanTask, fields: Mapping[str, Any], *, actor: Actor, now: datetime
) -> HumanTask:
    """Keep what has been filled in so far; nothing is checked, nothing is signed.

    Raises:
        Conflict: ``task.not_open`` or ``task.claimed``.
    """
    locked = _lock_open(session, task)
    _refuse_others(locked, actor)
    locked.draft = as_json(plain(fields))
    return locked


def mark_opened(session: Session, task: HumanTask, person_id: uuid.UUID, now: datetime) -> None:
    """Note when somebody first looked at a task."""
    if str(person_id) not in (task.opened_by or {}):
        task.opened_by = {**(task.opened_by or {}), str(person_id): now.isoformat()}


def lock(session: Session, task_id: uuid.UUID) -> HumanTask:
    """Lock the case, then the task, until commit, and read both afresh.

    Raises:
        NotFound: ``task.unknown``.
    """
    held = lock_held(session, HumanTask, task_id)
    if held is not None:
        return held
    locked = runtime.lock_task(session, task_id)
    if locked is None:
        raise no_task()
    return locked


def complete(
    session: Session,
    task: HumanTask,
    fields: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    also_by: Collection[uuid.UUID] = (),
) -> ProcessCase:
    """Complete a task and let the case go on: one transaction with everything that its operations do.

    ``fields`` are the checked values of the task's form; they lie under the task's step key afterwards and
    nowhere else. ``also_by`` are the earlier signers of a step with several. Locks the case, then the task.

    Raises:
        Conflict: ``task.not_open``, ``task.claimed``, ``case.not_running`` or ``case.moved_on``.
        StepFailed: ``case.step_failed``: the diagram cannot go on; nothing of the step remains.
    """
    case = runtime.lock_case(session, task.case_id)
    locked = _lock_open(session, task)
    _refuse_others(locked, actor)
    if case.state != CaseState.RUNNING:
        raise Conflict("case.not_running", "%(case)s is not running any more.", case=case.number)
    loaded = store.load(Move(session, case, actor, now))
    loaded.taking = locked.id
    _move(loaded, locked, plain(fields))
    locked.state = TaskState.COMPLETED
    locked.completed_at = now
    locked.completed_by = repository.person(actor)
    locked.completed_for = uuid.UUID(actor.on_behalf_of) if actor.on_behalf_of else None
    locked.also_by = [str(person_id) for person_id in also_by] or None
    locked.draft = None
    advance.run(loaded)
    session.flush()  # the caller writes records of what is now the case's state
    return case


def _move(loaded: store.LoadedCase, task: HumanTask, fields: Facts) -> None:
    engine_task = loaded.workflow.get_task_from_id(uuid.UUID(hex=task.engine_id))
    loaded.listed.discard(task.engine_id)
    loaded.engine.write(engine_task, task.step, fields)
    advance.record(loaded, engine_task, actor=loaded.move.actor, started_at=task.created_at, data=fields)
    try:
        tokens.run(engine_task)
    except (ExpressionError, ValueError) as wrong:
        raise StepFailed(task.name, advance.reason_of(wrong)) from wrong


def _lock_open(session: Session, task: HumanTask) -> HumanTask:
    locked = lock_row(session, HumanTask, task.id)
    if locked.state != TaskState.OPEN:
        raise Conflict("task.not_open", "This task has been done already, or is no longer needed.")
    return locked


def _refuse_others(task: HumanTask, actor: Actor) -> None:
    if task.claimed_by is not None and str(task.claimed_by) not in (actor.id, actor.on_behalf_of):
        raise Conflict("task.claimed", "Somebody else has claimed this task.")
