"""Parallel and inclusive joins that count tokens, also in rework loops.

The library counts whatever finished before, so a join in a loop fires after one of two branches in the second
round (measured: 11 of 12). Here every arrival is used up by exactly one firing: an arrival is a task of the
join whose predecessor has completed and that no earlier firing has marked.
"""

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

USED = "used"


def arrivals(join: Any, workflow: Any) -> list[Task]:
    """List the tokens that stand before a join, oldest first."""
    found = [
        task
        for task in workflow.tasks.values()
        if task.task_spec is join
        and not task.has_state(TaskState.COMPLETED | TaskState.PREDICTED_MASK)
        and not task.internal_data.get(USED)
        and task.parent is not None
        and task.parent.has_state(TaskState.COMPLETED)
    ]
    return sorted(found, key=lambda task: task.last_state_change)


def use(join: Any, fired: Task) -> list[Task]:
    """Use up one arrival of each incoming flow for this firing, and list them with the firing one."""
    used = [fired]
    taken = {fired.parent.task_spec}
    for task in arrivals(join, fired.workflow):
        if task is not fired and task.parent.task_spec not in taken:
            taken.add(task.parent.task_spec)
            used.append(task)
    for task in used:
        task.internal_data[USED] = True
    fired.internal_data["joined"] = [str(task.parent.id) for task in used]
    return used


class _ExactJoin:
    """What both joins share: deciding to fire and using up the arrivals is one act."""

    def _update_hook(self, my_task: Task) -> bool:
        fires = self.may_fire(my_task.workflow)
        for other in arrivals(self, my_task.workflow):
            if other is not my_task and other.has_state(TaskState.WAITING):
                other.cancel()  # it still counts as an arrival; only the newest one waits to be asked again
        if fires:
            use(self, my_task)
        else:
            my_task._set_state(TaskState.WAITING)
        return fires

    def may_fire(self, workflow: Any) -> bool:
        """Say whether the tokens that have arrived are enough."""
        raise NotImplementedError


class ExactParallelGateway(_ExactJoin, ParallelGateway):
    """An AND gateway: one token from each incoming flow."""

    def may_fire(self, workflow: Any) -> bool:
        """Say whether every incoming flow has a token."""
        return {task.parent.task_spec for task in arrivals(self, workflow)} >= set(self.inputs)

    def _run_hook(self, my_task: Task) -> bool:
        return True


class ExactInclusiveGateway(_ExactJoin, InclusiveGateway):
    """An OR gateway: waits while a token elsewhere could still reach an empty incoming flow."""

    def may_fire(self, workflow: Any) -> bool:
        """Say whether no token elsewhere can still come by an empty incoming flow (BPMN 2.0.2, 13.4.3)."""
        arrived = {task.parent.task_spec for task in arrivals(self, workflow)}
        empty = set(self.inputs) - arrived
        return not any(
            self._reaches(token.task_spec, empty) and not self._reaches(token.task_spec, arrived)
            for token in _tokens(workflow, self)
        )

    def _reaches(self, start: Any, inputs: set[Any]) -> bool:
        seen, waiting = {self}, [start]
        while waiting:
            spec = waiting.pop()
            if spec in inputs:
                return True
            if spec not in seen:
                seen.add(spec)
                waiting.extend(spec.outputs)
        return False

    def _run_hook(self, my_task: Task) -> bool:
        matches, defaults = self._get_matching_outputs(my_task)
        if not matches and not defaults:
            raise WorkflowTaskException("no condition holds and there is no default flow", task=my_task)
        my_task._sync_children(matches or defaults, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


def _tokens(workflow: Any, join: Any) -> Iterator[Task]:
    for task in workflow.tasks.values():
        standing = task.has_state(TaskState.DEFINITE_MASK) and task.task_spec is not join
        if standing and (task.parent is None or task.parent.has_state(TaskState.FINISHED_MASK)):
            yield task
