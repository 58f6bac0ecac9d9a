"""The token game under every case: a task of the library exists when its token does, and nothing is guessed.

The library predicts tasks ahead of their tokens, merges copies of data at joins and walks its tree to a depth
of 1,000. Here facts lie in the case (``scopes``), children come up when their parent has been completed, and
the tasks of a case are few and flat, so depth and number of loops have no limit.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.specs import WorkflowSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

BEGIN = "Start"
CHOSEN = "chosen"

Seen = Callable[[Task], None]


class Node(BpmnSpecMixin):
    """One element: what its token does there, and where it goes next.

    ``drawn`` elements go into the history when they have been passed; a ``listens`` task waits beside the
    tokens without being one.
    """

    listens = False

    def __init__(self, wf_spec: Any, name: str, element_id: str | None, *, drawn: bool = True) -> None:
        super().__init__(wf_spec, name)
        self.bpmn_id = element_id
        self.drawn = drawn and element_id is not None

    def test(self) -> None:
        """Everything was checked when the model was compiled."""

    def _predict(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing is predicted."""

    def _update_hook(self, my_task: Task) -> bool:
        return True

    def _run_hook(self, my_task: Task) -> bool:
        return True

    def _on_complete(self, my_task: Task) -> None:
        self.passed(my_task)
        workflow = my_task.workflow
        if workflow.completed or my_task.state != TaskState.COMPLETED:
            return  # what happened here has ended the whole scope, or taken this token with it
        for spec in self.following(my_task):
            my_task._add_child(spec, TaskState.FUTURE)
        for child in my_task.children:
            if child.state == TaskState.FUTURE:
                child.task_spec._update(child)
        workflow._task_completed_notify(my_task)

    def passed(self, my_task: Task) -> None:
        """Do what follows from its being done, before the token moves on."""

    def following(self, my_task: Task) -> list[Any]:
        """Say which elements get a token next."""
        return list(self.outputs)


class Begin(Node):
    """The invisible first task of a scope: it sets up the listeners, then starts the scope."""

    def __init__(self, wf_spec: Any) -> None:
        super().__init__(wf_spec, BEGIN, None)
        self.listeners: list[str] = []

    def passed(self, my_task: Task) -> None:
        """Set up the event subprocesses of the scope."""
        for name in self.listeners:
            listen(my_task, my_task.workflow.spec.task_specs[name])


class Choice(Node):
    """An exclusive gateway: the first condition that holds, in the order of the file, or the default."""

    def __init__(self, wf_spec: Any, name: str) -> None:
        super().__init__(wf_spec, name, name)
        self.ways: list[tuple[str | None, str]] = []

    def _run_hook(self, my_task: Task) -> bool:
        chosen = self.choose(my_task)
        if not chosen:
            my_task.workflow.script_engine.stuck(my_task)
        my_task.workflow.script_engine.chose(my_task, chosen)
        my_task.internal_data[CHOSEN] = chosen
        return True

    def choose(self, my_task: Task) -> list[str]:
        """Say which way the token takes; none is an error."""
        default = [target for condition, target in self.ways if condition is None]
        for condition, target in self.ways:
            if condition is not None and self.holds(my_task, condition):
                return [target]
        return default[:1]

    def holds(self, my_task: Task, condition: str) -> bool:
        """Ask one condition."""
        return bool(my_task.workflow.script_engine.holds(my_task, condition))

    def following(self, my_task: Task) -> list[Any]:
        """Go the ways that were chosen."""
        return [self._wf_spec.task_specs[name] for name in my_task.internal_data.pop(CHOSEN)]


class ScopeSpec(BpmnProcessSpec):
    """The specification of a process or subprocess, without the library's own first and last tasks."""

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.data_objects: dict[str, Any] = {}
        self.io_specification = None
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.start = Begin(self)


class _Scope:
    """What a case and its running subprocesses share: when they end, and whom they ask again."""

    tasks: dict[UUID, Task]
    completed: bool

    def _task_completed_notify(self, task: Task) -> None:
        if not any(tokens(self)):
            self.finish()
        else:
            self.update_waiting_tasks()

    def update_waiting_tasks(self) -> None:
        """Ask everything that waits in this scope again, however deep it stands."""
        for task in [one for one in self.tasks.values() if one.state == TaskState.WAITING]:
            if task.state == TaskState.WAITING:
                task.task_spec._update(task)

    def finish(self) -> None:
        """End the scope: its last token is gone."""
        self.abandon()
        parent = getattr(self, "parent_task_id", None)
        if parent is not None:
            top: Any = self.top_workflow  # type: ignore[attr-defined]  # the library's subworkflow
            top.get_task_from_id(parent)._set_state(TaskState.READY)

    def abandon(self) -> None:
        """Stop everything in the scope; nothing follows from it."""
        self.completed = True
        for task in list(self.tasks.values()):
            stop(task)


class CaseWorkflow(_Scope, BpmnWorkflow):
    """The tokens of one case."""

    def create_subprocess(self, my_task: Task, spec_name: str) -> "InnerWorkflow":
        """Open the scope of a subprocess or of a called process."""
        inner = InnerWorkflow(self.subprocess_specs[spec_name], my_task.id, self, my_task.workflow)
        self.subprocesses[my_task.id] = inner
        return inner

    def get_task_from_id(self, task_id: UUID) -> Task:
        """Find a task in any scope."""
        for scope in scopes_of(self):
            if task_id in scope.tasks:
                return scope.tasks[task_id]
        return super().get_task_from_id(task_id)


class InnerWorkflow(_Scope, BpmnSubWorkflow):
    """The tokens inside one running subprocess or called process."""

    def __init__(self, spec: Any, parent_task_id: UUID, top: Any, outer: Any, **kwargs: Any) -> None:
        self.outer = outer
        super().__init__(spec, parent_task_id, top, **kwargs)

    @property
    def parent_workflow(self) -> Any:
        """The scope around this one."""
        return self.outer

    def _calculate_depth(self) -> int:
        return int(self.outer.depth) + 1


def scopes_of(workflow: Any) -> list[Any]:
    """List a case and everything that runs inside it."""
    return [workflow, *(inner for inner in workflow.subprocesses.values() if not inner.completed)]


def unfinished(workflow: Any) -> Iterator[Task]:
    """List what is not done in any scope of a case."""
    for scope in scopes_of(workflow):
        for task in scope.tasks.values():
            if not task.has_state(TaskState.FINISHED_MASK):
                yield task


def tokens(scope: Any) -> Iterator[Task]:
    """List the tokens of one scope; what only listens is none."""
    for task in scope.tasks.values():
        if not task.has_state(TaskState.FINISHED_MASK) and not _listening(task):
            yield task


def _listening(task: Task) -> bool:
    return bool(task.task_spec.listens) and task.state == TaskState.WAITING


def listen(begin: Task, spec: Any, carried: dict[str, Any] | None = None) -> None:
    """Let a listener wait below the first task of its scope; ``carried`` goes on from an earlier one."""
    child = begin._add_child(spec, TaskState.FUTURE)
    child.triggered = True
    child.internal_data = dict(carried or {})
    spec._update(child)


def stop(task: Task) -> None:
    """Take a token away, with everything inside it."""
    if not task.has_state(TaskState.FINISHED_MASK):
        task._set_state(TaskState.CANCELLED)
        task.task_spec._on_cancel(task)


def go_on(workflow: Any, *, before: Seen, after: Seen, pause: Callable[[], None] = lambda: None) -> None:
    """Move every token as far as it goes without people; ``pause`` is called between rounds."""
    while True:
        ready = [
            task
            for task in unfinished(workflow)
            if task.state == TaskState.READY and not task.task_spec.manual
        ]
        if not ready:
            return
        for task in ready:
            if task.state == TaskState.READY:
                before(task)
                if run(task):
                    after(task)
        pause()


def run(task: Task) -> bool:
    """Do what a ready task does and move its token on; false if doing it has taken the token away."""
    done = bool(task.task_spec._run_hook(task)) and task.state == TaskState.READY
    if done:
        task.complete()
    return done
