"""Activities: they can have boundary events, hold a subprocess, call a process, or happen several times."""

from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from workflows.markers import Marker
from workflows.tokens import Node, stop

BORDERS = "borders"
HOST = "of"
NUMBER = "number"
ROUNDS = "rounds"


class Activity(Node):
    """An activity; ``borders`` name its boundary events, ``whole`` the activity of which it is a member."""

    def __init__(self, wf_spec: Any, name: str, element_id: str, *, drawn: bool = True) -> None:
        super().__init__(wf_spec, name, element_id, drawn=drawn)
        self.borders: list[str] = []
        self.whole: str | None = None

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.state == TaskState.FUTURE:
            ready = self.enter(my_task)
            self._watch(my_task)
            return ready
        return self.asked_again(my_task)

    def enter(self, my_task: Task) -> bool:
        """Begin; say whether it can be run at once."""
        return True

    def asked_again(self, my_task: Task) -> bool:
        """Say whether it can go on now, after having waited."""
        return False

    def _watch(self, my_task: Task) -> None:
        for name in self.borders:
            watch(my_task, my_task.workflow.spec.task_specs[name])

    def passed(self, my_task: Task) -> None:
        """Stop the boundary events; a member hands its result to the whole."""
        self._unwatch(my_task)
        if self.whole is not None:
            my_task.parent.task_spec.collect(my_task.parent, my_task)

    def _on_cancel(self, my_task: Task) -> None:
        self._unwatch(my_task)

    def _unwatch(self, my_task: Task) -> None:
        for border in borders_of(my_task):
            if border.state == TaskState.WAITING:
                stop(border)


def borders_of(host: Task) -> list[Task]:
    """List the boundary events that stand at a running activity."""
    if not host.task_spec.borders:
        return []
    return [
        task
        for task in host.workflow.tasks.values()
        if task.internal_data.get(HOST) == host.id.hex and not task.has_state(TaskState.FINISHED_MASK)
    ]


def watch(host: Task, spec: Any, carried: dict[str, Any] | None = None) -> None:
    """Let a boundary event wait at a running activity; ``carried`` goes on from an earlier one."""
    border = host.parent._add_child(spec, TaskState.FUTURE)
    border.triggered = True
    border.internal_data = {**(carried or {}), HOST: host.id.hex}
    spec._update(border)


class PersonTask(Activity):
    """A user task: it waits for a person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = True


class AutomaticTask(Activity):
    """A service, business rule or script task: the script engine does it from the compiled element."""

    def _run_hook(self, my_task: Task) -> bool:
        return bool(my_task.workflow.script_engine.perform(my_task))


class Subprocess(Activity):
    """An embedded subprocess: its inside runs as a scope of its own."""

    def __init__(self, wf_spec: Any, name: str, element_id: str, inside: str, *, drawn: bool = True) -> None:
        super().__init__(wf_spec, name, element_id, drawn=drawn)
        self.spec = inside

    def enter(self, my_task: Task) -> bool:
        """Start the inside; its first task is moved with all the others."""
        my_task._set_state(TaskState.STARTED)
        my_task.workflow.top_workflow.create_subprocess(my_task, self.spec)
        return False

    def _on_cancel(self, my_task: Task) -> None:
        super()._on_cancel(my_task)
        inner = my_task.workflow.top_workflow.subprocesses.get(my_task.id)
        if inner is not None:
            inner.abandon()


class Call(Subprocess):
    """A call activity: a process of the same bundle, with the facts that its parameters name."""

    def enter(self, my_task: Task) -> bool:
        """Give the called process its parameters in a scope of its own, and start it."""
        my_task.workflow.script_engine.call_process(my_task)
        return super().enter(my_task)

    def passed(self, my_task: Task) -> None:
        """Keep what the called process wrote under the step key of the call."""
        if self.whole is None:
            my_task.workflow.script_engine.returned(my_task)
        super().passed(my_task)


class Repeated(Activity):
    """An activity with a marker: it stands for its members, which are tasks below it."""

    def __init__(self, wf_spec: Any, element_id: str, member: str, marker: Marker) -> None:
        super().__init__(wf_spec, element_id, element_id, drawn=False)
        self.member = member
        self.marker = marker

    def _on_cancel(self, my_task: Task) -> None:
        super()._on_cancel(my_task)
        self.stop_members(my_task)

    def stop_members(self, my_task: Task) -> int:
        """Stop the members that are not done, and say how many they were."""
        going = [task for task in my_task.children if not task.has_state(TaskState.FINISHED_MASK)]
        for task in going:
            stop(task)
        return len(going)

    def add_member(self, my_task: Task, number: int) -> Task:
        """Make a member, numbered from 1."""
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.member], TaskState.FUTURE)
        child.triggered = True
        child.internal_data[NUMBER] = number
        return child

    def collect(self, my_task: Task, member: Task) -> None:
        """Take over what a member has brought, and decide how to go on."""
        raise NotImplementedError


class StandardLoop(Repeated):
    """One activity again and again while its condition holds; every round writes as rework does."""

    def enter(self, my_task: Task) -> bool:
        """Begin the first round, unless the condition is asked before it and fails."""
        my_task.internal_data[ROUNDS] = 0
        if self.marker.test_before and not self._holds(my_task):
            return True
        my_task._set_state(TaskState.STARTED)
        self._round(my_task)
        return False

    def _round(self, my_task: Task) -> None:
        child = self.add_member(my_task, my_task.internal_data[ROUNDS] + 1)
        child.task_spec._update(child)

    def _holds(self, my_task: Task) -> bool:
        condition = self.marker.condition
        return condition is None or bool(my_task.workflow.script_engine.is_true(my_task, condition))

    def collect(self, my_task: Task, member: Task) -> None:
        """Go round again, or be done."""
        my_task.internal_data[ROUNDS] += 1
        maximum = self.marker.maximum
        again = (maximum is None or my_task.internal_data[ROUNDS] < int(maximum)) and self._holds(my_task)
        if again:
            self._round(my_task)
        else:
            my_task._set_state(TaskState.READY)


class ManyInstances(Repeated):
    """A multi-instance: every member has its own facts, the whole is done when all members are."""

    def enter(self, my_task: Task) -> bool:
        """Make the members: all of them at once, or the first."""
        members = my_task.workflow.script_engine.members(my_task, self.marker)
        my_task.internal_data[ROUNDS] = len(members)
        if not members:
            my_task.workflow.script_engine.publish(my_task)
            return True
        my_task._set_state(TaskState.STARTED)
        numbered = list(enumerate(members, start=1))
        for number, item in numbered if self.marker.kind == "parallel" else numbered[:1]:
            self._begin(my_task, number, item)
        return False

    def _begin(self, my_task: Task, number: int, item: Any) -> None:
        child = self.add_member(my_task, number)
        my_task.workflow.script_engine.open_member(child, self.marker, item, my_task.internal_data[ROUNDS])
        child.task_spec._update(child)

    def collect(self, my_task: Task, member: Task) -> None:
        """Keep the result; end early if the completion condition says so."""
        engine = my_task.workflow.script_engine
        brought = engine.bring(my_task, member)
        count = my_task.internal_data[ROUNDS]
        if brought == count or engine.ends_early(my_task, self.marker, brought, count):
            self.stop_members(my_task)
            engine.publish(my_task)
            my_task._set_state(TaskState.READY)
        elif self.marker.kind == "sequential":
            self._begin(my_task, brought + 1, engine.item(my_task, brought))

