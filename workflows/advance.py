"""Moving a case as far as it goes without people: history, human tasks and the end, in one transaction."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from SpiffWorkflow.task import Task
from sqlalchemy import select

from core.actor import Actor
from core.clock import day_begins
from core.languages import LANGUAGES
from core.types import Bilingual
from workflows import assignments, calendars, compaction, durations, events, expressions, past, store, waits
from workflows.activities import NUMBER, ROUNDS
from workflows.elements import Element, Policy
from workflows.errors import ExpressionError, StepFailed, title_of
from workflows.facts import as_json
from workflows.joins import JOINED
from workflows.models import CaseState, HumanTask, StepHistory, TaskState
from workflows.places import place_of
from workflows.sentences import N_, said, same
from workflows.store import LoadedCase
from workflows.tokens import go_on

MAX_STEPS = 5_000
MAX_ROUNDS = 150
"""How often one element may come up in one move; what a marker repeats has its own limit."""
TIDY_AFTER = 200

_ENDLESS = N_("it goes round without waiting for anybody")
_NOTHING_LEFT = N_("nothing is left to wait for, and no end has been reached")
_NO_SITE = N_("the case names no site for “%(scope)s”")


def run(loaded: LoadedCase) -> None:
    """Let the engine go on until it waits for people or time or has ended, and keep everything that happened.

    Raises:
        StepFailed: ``case.step_failed``: the diagram cannot go on with these facts.
        QmsError: whatever a service operation refuses.
    """
    at: list[Task] = []
    rounds: Counter[tuple[UUID | None, str]] = Counter()

    def begun(task: Task) -> None:
        at.append(task)
        place = (task.workflow.parent_task_id, task.task_spec.name)
        rounds[place] += getattr(task.task_spec, "whole", None) is None
        if len(at) > MAX_STEPS or rounds[place] > MAX_ROUNDS:
            raise StepFailed(_title(loaded, at), said(_ENDLESS))

    def completed(task: Task) -> None:
        if task.task_spec.drawn:
            _record_automatic(loaded, task)

    def tidy() -> None:
        if len(loaded.workflow.tasks) > TIDY_AFTER:
            compaction.compact(loaded.workflow)

    try:
        go_on(loaded.workflow, before=begun, after=completed, pause=tidy)
    except (ExpressionError, ValueError) as wrong:
        raise StepFailed(_title(loaded, at), reason_of(wrong)) from wrong
    _list_tasks(loaded)
    _retitle(loaded)
    _finish(loaded)
    waits.keep_sent(loaded.move, loaded.engine.sent)
    store.save(loaded)


def list_again(loaded: LoadedCase, first_title: Bilingual) -> None:
    """Bring the human tasks in line with a state that was loaded from before, and save it as it is now.

    The case is called as then, by its ``first_title`` where the facts did not name it yet.
    """
    _list_tasks(loaded)
    if not _retitle(loaded) and loaded.engine.process.model.title is not None:
        loaded.move.case.title = first_title
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
    row = StepHistory(
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
    past.count(loaded.move.session, case, row)
    loaded.move.session.add(row)


def _record_automatic(loaded: LoadedCase, task: Task) -> None:
    element = _element(loaded, task)
    since = task.internal_data.get(events.SINCE)
    record(
        loaded,
        task,
        actor=loaded.move.actor,
        started_at=datetime.fromisoformat(since) if since else loaded.move.now,
        data=loaded.engine.written.pop(task.id, None),
        decision=loaded.engine.decisions.pop(element.id, None),
    )
    if element.kind == "endEvent" and element.scope == loaded.engine.process.key:
        loaded.move.case.outcome = element.id


def _element(loaded: LoadedCase, task: Task) -> Element:
    return loaded.engine.process.elements[task.task_spec.bpmn_id]


def _flows(loaded: LoadedCase, task: Task, element: Element) -> list[str]:
    sources = task.internal_data.get(JOINED) or [_came_from(task)]
    found = [loaded.engine.process.flow_between(source, element.id) for source in sources if source]
    return [flow.id for flow in found if flow is not None]


def _came_from(task: Task) -> str | None:
    parent = task.parent
    if parent is not None and getattr(task.task_spec, "whole", None) is not None:
        parent = parent.parent
    source: str | None = parent.task_spec.bpmn_id if parent is not None else None
    return source


def _list_tasks(loaded: LoadedCase) -> None:
    """Open a human task for every new request, withdraw those that are no longer asked for."""
    waiting = {task.id.hex: task for task in store.for_people(loaded.workflow)}
    for key, task in waiting.items():
        if key not in loaded.listed:
            _open_task(loaded, task)
    for task in events.catching(loaded.workflow):
        task.internal_data.setdefault(events.SINCE, loaded.move.now.isoformat())
    gone = loaded.listed - set(waiting)
    if gone:
        _withdraw(loaded, gone)
    loaded.listed = set(waiting)


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
            due_at=_due(loaded, task, element, policy),
            assigned_to=_person(loaded, task, element, policy),
            instance=_instance(loaded, task),
            created_at=now,
        )
    )


def _person(loaded: LoadedCase, task: Task, element: Element, policy: Policy) -> UUID | None:
    try:
        return assignments.assigned(loaded, task, policy)
    except ExpressionError as wrong:
        raise StepFailed(title_of(element), reason_of(wrong)) from wrong


def _retitle(loaded: LoadedCase) -> bool:
    """Let the facts name the case, behind the name of its process; False where they do not name it yet."""
    model, case = loaded.engine.process.model, loaded.move.case
    if model.title is None:
        return False
    try:
        found = expressions.evaluate(model.title, loaded.facts, now=loaded.engine.wall)
    except ExpressionError:
        return False
    texts = found if isinstance(found, dict) else dict.fromkeys(LANGUAGES, found)
    if not all(texts.get(language) for language in LANGUAGES):
        return False
    title = {one: f"{model.name.get(one) or model.key} · {texts[one]}" for one in LANGUAGES}
    case.title = title if title != case.title else case.title
    return True


def _due(loaded: LoadedCase, task: Task, element: Element, policy: Policy) -> datetime | None:
    if not policy.due:
        return None
    try:
        due = policy.due
        if not durations.is_duration(due):
            due = str(loaded.engine.evaluate(task, due))
        day = durations.as_day(due)
        if day is not None:
            return _end_of(day, loaded, element, policy)
        return calendars.after(loaded.move.now, due, _calendar(loaded, element, policy))
    except (ExpressionError, ValueError) as wrong:
        raise StepFailed(title_of(element), reason_of(wrong)) from wrong


def _end_of(day: date, loaded: LoadedCase, element: Element, policy: Policy) -> datetime:
    """The last second of a day at the site whose people the step is for."""
    zone = place_of(loaded.move.session, site_of(loaded, element, policy)).zone
    return day_begins(day + timedelta(days=1), zone) - timedelta(seconds=1)


def _calendar(loaded: LoadedCase, element: Element, policy: Policy) -> calendars.Calendar | None:
    working = element.calendar == calendars.WORKING
    site = site_of(loaded, element, policy)
    return calendars.of_site(loaded.move.session, site) if working else None


def _instance(loaded: LoadedCase, task: Task) -> dict[str, Any] | None:
    """Say in which scope a task stands, and which member of how many it is."""
    scope = loaded.engine.scopes.at(task)
    if scope is None:
        return None
    member = task.internal_data.get(NUMBER)
    total = task.parent.internal_data.get(ROUNDS) if member is not None else None
    return {"scope": scope, "number": member, "of": total}


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
    elif not loaded.listed and not events.catching(loaded.workflow):
        raise StepFailed(same(case.number), said(_NOTHING_LEFT))


def _title(loaded: LoadedCase, at: list[Task]) -> Bilingual:
    drawn = [task.task_spec.bpmn_id for task in at if task.task_spec.bpmn_id is not None]
    return title_of(loaded.engine.process.elements[drawn[-1]]) if drawn else same(loaded.move.case.number)


def reason_of(wrong: Exception) -> Bilingual:
    """Say in both languages why the engine stopped."""
    if isinstance(wrong, ExpressionError):
        return {language: wrong.text(language) for language in LANGUAGES}
    return same(str(wrong))
