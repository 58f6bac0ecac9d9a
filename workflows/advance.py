"""Moving a case as far as it goes without people: history, human tasks and the end, in one transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState as EngineState
from sqlalchemy import select

from core.actor import Actor
from core.languages import LANGUAGES
from core.types import Bilingual
from workflows import durations, store
from workflows.elements import WRITERS, Element, Policy
from workflows.errors import ExpressionError, StepFailed
from workflows.facts import as_json
from workflows.models import CaseState, HumanTask, StepHistory, TaskState
from workflows.sentences import N_, said, same
from workflows.store import LoadedCase

MAX_STEPS = 500
LISTED = "listed"
SINCE = "since"

_ENDLESS = N_("it goes round without waiting for anybody")
_NOTHING_LEFT = N_("nothing is left to wait for, and no end has been reached")
_NO_SITE = N_("the case names no site for “%(scope)s”")


def run(loaded: LoadedCase) -> None:
    """Let the engine go on until it waits for people or time or has ended, and keep everything that happened.

    Raises:
        StepFailed: ``case.step_failed``: the diagram cannot go on with these facts.
        QmsError: whatever a service operation refuses.
    """
    before = _listed(loaded)
    at: list[Task] = []

    def completed(task: Task) -> None:
        if len(at) > MAX_STEPS:
            raise StepFailed(_title(loaded, at), said(_ENDLESS))
        if task.task_spec.bpmn_id is not None:
            _record_automatic(loaded, task)

    try:
        loaded.workflow.do_engine_steps(will_complete_task=at.append, did_complete_task=completed)
    except (SpiffWorkflowException, ExpressionError) as wrong:
        raise StepFailed(_title(loaded, at), reason_of(wrong)) from wrong
    _list_tasks(loaded, before)
    _finish(loaded)
    store.save(loaded)


def record(
    loaded: LoadedCase,
    task: Task,
    *,
    actor: Actor,
    started_at: datetime,
    data: dict[str, Any] | None,
    decision: dict[str, Any] | None = None,
) -> None:
    """Add the next row to the history of a case."""
    case, element = loaded.move.case, _element(loaded, task)
    case.steps += 1
    loaded.move.session.add(
        StepHistory(
            case_id=case.id,
            seq=case.steps,
            element_id=element.id,
            element_type=element.kind,
            name=element.name,
            step=element.step if data is not None else None,
            flows=_flows(loaded, task, element),
            started_at=started_at,
            ended_at=loaded.move.now,
            actor_id=actor.id,
            actor_name=actor.name,
            data=as_json(data),
            decision=as_json(decision),
        )
    )


def _record_automatic(loaded: LoadedCase, task: Task) -> None:
    element = _element(loaded, task)
    writes = element.kind in WRITERS
    since = task.internal_data.get(SINCE)
    record(
        loaded,
        task,
        actor=loaded.move.actor,
        started_at=datetime.fromisoformat(since) if since else loaded.move.now,
        data=loaded.facts[element.step] if writes else None,
        decision=loaded.engine.decisions.pop(element.id, None),
    )
    if element.kind == "endEvent" and element.scope == loaded.engine.process.key:
        loaded.move.case.outcome = element.id


def _element(loaded: LoadedCase, task: Task) -> Element:
    return loaded.engine.process.elements[task.task_spec.bpmn_id]


def _flows(loaded: LoadedCase, task: Task, element: Element) -> list[str]:
    joined = task.internal_data.get("joined")
    parents = [loaded.workflow.get_task_from_id(UUID(key)) for key in joined] if joined else [task.parent]
    found = []
    for parent in parents:
        source = _drawn(parent)
        flow = loaded.engine.process.flow_between(source, element.id) if source else None
        if flow is not None:
            found.append(flow.id)
    return found


def _drawn(task: Task | None) -> str | None:
    while task is not None and task.task_spec.bpmn_id is None:
        task = task.parent
    return task.task_spec.bpmn_id if task is not None else None


def _listed(loaded: LoadedCase) -> set[str]:
    return {task.id.hex for task in _waiting_for_people(loaded) if task.internal_data.get(LISTED)}


def _waiting_for_people(loaded: LoadedCase) -> list[Task]:
    return list(loaded.workflow.get_tasks(state=EngineState.READY, manual=True))


def _list_tasks(loaded: LoadedCase, before: set[str]) -> None:
    """Open a human task for every new request, withdraw those that are no longer asked for."""
    waiting = {task.id.hex: task for task in _waiting_for_people(loaded)}
    for task in waiting.values():
        if not task.internal_data.get(LISTED):
            task.internal_data[LISTED] = True
            _open_task(loaded, task)
    for task in loaded.workflow.event_manager.tasks.values():
        task.internal_data.setdefault(SINCE, loaded.move.now.isoformat())
    gone = before - set(waiting)
    if gone:
        _withdraw(loaded, gone)


def _open_task(loaded: LoadedCase, task: Task) -> None:
    element = _element(loaded, task)
    policy = loaded.engine.process.policy(element.id)
    now = loaded.move.now
    loaded.move.session.add(
        HumanTask(
            case_id=loaded.move.case.id,
            engine_id=task.id.hex,
            element_id=element.id,
            step=policy.step,
            name=element.name,
            role=policy.role,
            site_id=site_of(loaded, element, policy),
            form_key=policy.form,
            policy=policy.as_json(),
            flows=_flows(loaded, task, element),
            state=TaskState.OPEN,
            due_at=durations.after(now, policy.due) if policy.due else None,
            created_at=now,
        )
    )


def site_of(loaded: LoadedCase, element: Element, policy: Policy) -> UUID | None:
    """Say which site's people a task is for, by its policy.

    Raises:
        StepFailed: ``case.step_failed``: the case does not name that site.
    """
    site = loaded.facts.get("sites", {}).get(policy.site_scope)
    if site is not None:
        return UUID(str(site))
    if policy.site_scope == "plant":
        return loaded.move.case.site_id
    raise StepFailed(title_of(element), said(_NO_SITE, scope=policy.site_scope))


def _withdraw(loaded: LoadedCase, engine_ids: set[str]) -> None:
    query = select(HumanTask).where(
        HumanTask.case_id == loaded.move.case.id,
        HumanTask.engine_id.in_(engine_ids),
        HumanTask.state == TaskState.OPEN,
    )
    for task in loaded.move.session.scalars(query):
        task.state = TaskState.WITHDRAWN


def _finish(loaded: LoadedCase) -> None:
    case = loaded.move.case
    if loaded.workflow.completed:
        case.state = CaseState.COMPLETED
        case.ended_at = loaded.move.now
    elif not _waiting_for_people(loaded) and not loaded.workflow.event_manager.tasks:
        raise StepFailed(same(case.number), said(_NOTHING_LEFT))


def _title(loaded: LoadedCase, at: list[Task]) -> Bilingual:
    drawn = [task.task_spec.bpmn_id for task in at if task.task_spec.bpmn_id is not None]
    return title_of(loaded.engine.process.elements[drawn[-1]]) if drawn else same(loaded.move.case.number)


def title_of(element: Element) -> Bilingual:
    """Name an element for people; one without a name by its id."""
    return {"en": element.name["en"] or element.id, "zh": element.name["zh"] or element.id}


def reason_of(wrong: Exception) -> Bilingual:
    """Say in both languages why the engine stopped."""
    if isinstance(wrong, ExpressionError):
        return {language: wrong.text(language) for language in LANGUAGES}
    return same(str(wrong))
