"""Events: what waits for time, messages, signals, errors and escalations, and what throws them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from workflows.activities import HOST, Activity, borders_of, watch
from workflows.elements import Element, Timer
from workflows.tokens import Node, listen, stop, unfinished
from workflows.triggers import Trigger

DUE = "event_value"
LEFT = "left"
FIRED = "fired"
BROUGHT = "brought"
WAIT = "wait"
SINCE = "since"


@dataclass(frozen=True)
class Wait:
    """What one waiting event waits for: a moment, or a message or signal by name and correlation."""

    engine_id: str
    element_id: str
    kind: str
    name: str = ""
    correlation: str = ""
    due: datetime | None = None


class Waits:
    """What every waiting event shares: it fires when its time has come, or when it is handed something."""

    bpmn_id: Any
    timer: Timer | None
    trigger: Trigger | None
    interrupting: bool
    step: str

    def wait_as(self, element: Element) -> None:
        """Take over what the model says of the event."""
        self.timer = element.timer
        self.trigger = element.trigger
        self.interrupting = element.interrupting
        self.step = element.step

    def has_come(self, my_task: Task) -> bool:
        """Say whether it has fired; if not, it waits."""
        if my_task.internal_data.get(FIRED):
            return True
        if self.timer is not None and self._time_has_come(my_task, self.timer):
            my_task.internal_data[FIRED] = True
            return True
        self._say_what_for(my_task)
        if my_task.state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
        return False

    def _time_has_come(self, my_task: Task, timer: Timer) -> bool:
        engine = my_task.workflow.script_engine
        if DUE not in my_task.internal_data:
            due, left = engine.first_due(my_task, timer)
            my_task.internal_data.update({DUE: due.isoformat(), LEFT: left})
        return bool(datetime.fromisoformat(my_task.internal_data[DUE]) <= engine.now)

    def _say_what_for(self, my_task: Task) -> None:
        trigger = self.trigger
        from_outside = trigger is not None and trigger.kind in ("message", "signal")
        if trigger is not None and from_outside and WAIT not in my_task.internal_data:
            my_task.internal_data[WAIT] = my_task.workflow.script_engine.correlation(my_task, trigger)

    def _on_ready_hook(self, my_task: Task) -> None:
        """Take the token from the other events behind the same gateway."""
        parent = my_task.parent
        if isinstance(parent.task_spec, EventGateway):
            for other in parent.children:
                if other is not my_task:
                    stop(other)

    def _run_hook(self, my_task: Task) -> bool:
        brought = my_task.internal_data.pop(BROUGHT, None)
        if self.trigger is not None:
            my_task.workflow.script_engine.write(my_task, self.step, brought or {})
        return True

    def wait_of(self, my_task: Task) -> Wait | None:
        """Say what a waiting task of this event waits for; errors and escalations come from inside."""
        kept = my_task.internal_data
        if DUE in kept:
            due = datetime.fromisoformat(kept[DUE])
            return Wait(my_task.id.hex, self.bpmn_id, "timer", due=due)
        if WAIT in kept and self.trigger is not None:
            return Wait(my_task.id.hex, self.bpmn_id, self.trigger.kind, self.trigger.name or "", kept[WAIT])
        return None


class Catch(Waits, Node):
    """An event that waits in the flow."""

    def __init__(self, wf_spec: Any, name: str, element: Element, *, drawn: bool = True) -> None:
        super().__init__(wf_spec, name, element.id, drawn=drawn)
        self.wait_as(element)

    def _update_hook(self, my_task: Task) -> bool:
        return self.has_come(my_task)


class Receive(Waits, Activity):
    """A receive task: it waits for its message, and can have boundary events."""

    def __init__(self, wf_spec: Any, name: str, element: Element) -> None:
        super().__init__(wf_spec, name, element.id)
        self.wait_as(element)

    def enter(self, my_task: Task) -> bool:
        """Wait for the message."""
        return self.has_come(my_task)

    def asked_again(self, my_task: Task) -> bool:
        """Say whether the message has come."""
        return self.has_come(my_task)


class Border(Catch):
    """A boundary event: an interrupting one takes the activity's token, another one adds its own."""

    listens = True

    def _on_ready_hook(self, my_task: Task) -> None:
        host = _host(my_task)
        if host is None:
            return
        if self.interrupting:
            stop(host)
        else:
            again = carried_on(my_task)
            if again is not None:
                watch(host, self, again)


class Listener(Catch):
    """The start of an event subprocess: it waits as long as the scope around it runs."""

    listens = True

    def _on_ready_hook(self, my_task: Task) -> None:
        scope = my_task.workflow
        if self.interrupting:
            for other in list(scope.tasks.values()):
                if other is not my_task:
                    stop(other)
            return
        again = carried_on(my_task)
        if again is not None:
            listen(my_task.parent, self, again)


class EventGateway(Node):
    """An event-based gateway: all its events wait, the first one takes the token from the others."""


class Throw(Node):
    """An intermediate throw event, a send task, or an end event that is more than an end."""

    def __init__(self, wf_spec: Any, name: str, element: Element) -> None:
        super().__init__(wf_spec, name, element.id)
        self.trigger = element.trigger
        self.terminates = "terminateEventDefinition" in element.events

    def passed(self, my_task: Task) -> None:
        """Throw."""
        if self.terminates:
            for other in list(my_task.workflow.tasks.values()):
                stop(other)
        elif self.trigger is not None and self.trigger.kind in ("message", "signal"):
            my_task.workflow.script_engine.send(my_task, self.trigger)
        elif self.trigger is not None:
            self._raise(my_task, self.trigger)

    def _raise(self, my_task: Task, trigger: Trigger) -> None:
        catcher = catcher_of(my_task, trigger.kind, trigger.name)
        if catcher is None:
            my_task.workflow.script_engine.uncaught(my_task, trigger)
            return
        fire(catcher, {"code": trigger.name})
        if catcher.task_spec.interrupting:
            my_task._set_state(TaskState.CANCELLED)


def carried_on(fired: Task) -> dict[str, Any] | None:
    """Say with what an event that does not interrupt waits on after it has fired; None if it is spent."""
    spec = fired.task_spec
    if spec.timer is None:
        return {}
    if spec.timer.kind != "timeCycle":
        return None
    left = fired.internal_data[LEFT]
    engine = fired.workflow.script_engine
    due, left = engine.next_due(fired, spec.timer, datetime.fromisoformat(fired.internal_data[DUE]), left)
    return {DUE: due.isoformat(), LEFT: left} if left != 0 else None


def fire(task: Task, brought: dict[str, Any] | None = None) -> None:
    """Hand a waiting event what it waits for."""
    task.internal_data[FIRED] = True
    task.internal_data[BROUGHT] = brought
    task.task_spec._update(task)


def catcher_of(task: Task, kind: str, code: str | None) -> Task | None:
    """Find who catches an error or escalation: the nearest boundary event or event subprocess around it.

    Of two at the same place the one that names the code comes before the one that catches every code.
    """
    for place in _places_around(task, kind):
        named = [one for one in place if one.task_spec.trigger.name == code and code is not None]
        fitting = named or [one for one in place if one.task_spec.trigger.name is None]
        if fitting:
            return fitting[0]
    return None


def errors_are_caught(task: Task) -> bool:
    """Say whether anything around a task catches any error at all."""
    return any(_places_around(task, "error"))


def _places_around(task: Task, kind: str) -> Iterator[list[Task]]:
    yield _catching(_borders_around(task), kind)
    scope = task.workflow
    while True:
        listening = [one for one in scope.tasks.values() if isinstance(one.task_spec, Listener)]
        yield _catching(listening, kind)
        if scope.parent_task_id is None:
            return
        holder = scope.top_workflow.get_task_from_id(scope.parent_task_id)
        yield _catching(_borders_around(holder), kind)
        scope = holder.workflow


def _catching(candidates: list[Task], kind: str) -> list[Task]:
    return [
        task
        for task in candidates
        if task.state == TaskState.WAITING
        and task.task_spec.trigger is not None
        and task.task_spec.trigger.kind == kind
    ]


def _borders_around(task: Task) -> list[Task]:
    hosts = [task, task.parent] if getattr(task.task_spec, "whole", None) is not None else [task]
    return [border for host in hosts if hasattr(host.task_spec, "borders") for border in borders_of(host)]


def _host(border: Task) -> Task | None:
    wanted = border.internal_data[HOST]
    found = next((task for task in border.workflow.tasks.values() if task.id.hex == wanted), None)
    return found if found is not None and not found.has_state(TaskState.FINISHED_MASK) else None


def catching(workflow: Any) -> list[Task]:
    """List the events of a case that wait for anything."""
    return [
        task
        for task in unfinished(workflow)
        if task.state == TaskState.WAITING and isinstance(task.task_spec, Waits)
    ]


def waits(workflow: Any) -> dict[str, Wait]:
    """List what a case waits for from outside, by the id of the waiting task."""
    found = (task.task_spec.wait_of(task) for task in catching(workflow))
    return {wait.engine_id: wait for wait in found if wait is not None}


def waiting_since(workflow: Any) -> dict[str, datetime]:
    """Say since when each of these events waits, by the id of the waiting task."""
    return {
        task.id.hex: datetime.fromisoformat(task.internal_data[SINCE])
        if SINCE in task.internal_data
        else datetime.fromtimestamp(task.last_state_change, UTC)
        for task in catching(workflow)
    }


def waiting_for_signal(workflow: Any, name: str) -> list[Task]:
    """List the events of a case that wait for a signal."""
    return [
        task
        for task in catching(workflow)
        if task.task_spec.trigger is not None
        and (task.task_spec.trigger.kind, task.task_spec.trigger.name) == ("signal", name)
    ]


def look_at_the_clock(workflow: Any) -> None:
    """Let the timers fire whose time has come."""
    for task in catching(workflow):
        if task.state == TaskState.WAITING and task.task_spec.timer is not None:
            task.task_spec._update(task)

