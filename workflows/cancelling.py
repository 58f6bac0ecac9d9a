"""Cancelling a case: it ends where it stands, with a reason, and leaves nothing held that nobody settles."""

import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Conflict
from workflows import expressions, history, messages, repository, runtime, store
from workflows.compiled import CompiledProcess
from workflows.models import CaseState, HumanTask, ProcessCase, StepHistory, TaskState
from workflows.registry import find, known
from workflows.triggers import Trigger

After = Callable[[Session, ProcessCase, Actor, datetime], None]
Settle = Callable[[Session, ProcessCase, str], bool]
"""(session, case, what is held, such as ``inventory.lot``): whether cancelling the case settles it."""

_afterwards: list[After] = []
_settlers: list[Settle] = []
_THROWS = ("endEvent", "intermediateThrowEvent", "sendTask")


def when_cancelled(after: After) -> After:
    """Register a function of a room that keeps a register of cases; it is called in the same transaction."""
    _afterwards.append(after)
    return after


def settles_when_cancelled(settle: Settle) -> Settle:
    """Register a function of a room that says when what a case holds is settled as the case is cancelled."""
    _settlers.append(settle)
    return settle


def cancel_case(
    session: Session, case_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime
) -> ProcessCase:
    """End a running case where it stands: its open tasks are withdrawn, its timers and waits are over.

    What it has sent was sent, and the cases that came of it go on; an answer to it is kept, for nobody waits.
    Whoever waits for its own answer is told the outcome ``cancelled``.

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
    _answer(session, case, actor, now)
    return case


def _answer(session: Session, case: ProcessCase, actor: Actor, now: datetime) -> None:
    """Send the answers that the model draws for the case that asked, unless they have been sent."""
    process = repository.compiled_for(session, case.release_id)
    start, facts = process.started_by, history.facts(session, case.id)
    asked = facts.get(start.step or start.id) if start is not None else None
    if start is None or not isinstance(asked, dict) or asked.get("answer") != "yes":
        return
    passed = set(session.scalars(select(StepHistory.element_id).filter_by(case_id=case.id)))
    answers: dict[str, dict[str, str]] = {}
    for element in process.elements.values():
        trigger = element.trigger
        if element.kind not in _THROWS or trigger is None or not _to_asker(trigger, start.step or start.id):
            continue
        if element.id in passed:
            return
        answers[trigger.name or ""] = trigger.correlation
    for name, keys in answers.items():
        found = {key: expressions.evaluate(value, facts, now=now) for key, value in keys.items()}
        payload = {"from": case.number, "outcome": "cancelled"}
        messages.send(session, name, payload, found, actor=actor, now=now).from_case_id = case.id


def _to_asker(trigger: Trigger, start: str) -> bool:
    """Whether a message goes back to whoever began the case."""
    keys = trigger.correlation.values()
    return trigger.kind == "message" and bool(keys) and all(key.startswith(f"{start}.") for key in keys)


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
    unsettled = (
        name
        for kind, name in open_holds.items()
        if not any(settle(session, case, kind) for settle in _settlers)
    )
    return next(unsettled, None)


def _effect(process: CompiledProcess, element_id: str) -> tuple[str | None, str | None]:
    element = process.elements.get(element_id)
    name = element.operation if element is not None else None
    if name is None or not known(name):
        return None, None
    return find(name).holds, find(name).settles
