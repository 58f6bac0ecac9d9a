"""Parallel and inclusive gateways that count tokens, also in rework loops.

The library counts whatever finished before, so its join in a loop fires after one of two branches in the
second round (measured: 11 of 12). Here every token that has arrived stands before the join as a waiting task
of its own, and each firing uses up one of every incoming flow; what is left over waits for the next round.
"""

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from workflows.tokens import Choice, tokens

JOINED = "joined"


class _Join(Choice):
    """What both joins share: deciding to fire and using up the tokens is one act."""

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
        if not self.may_fire(my_task.workflow):
            return False
        used = self._one_of_each_flow(my_task)
        for other in used:
            if other is not my_task:
                other._set_state(TaskState.CANCELLED)
        my_task.internal_data[JOINED] = [_flow(task) for task in used]
        return True

    def may_fire(self, workflow: Any) -> bool:
        """Say whether the tokens that have arrived are enough."""
        raise NotImplementedError

    def arrivals(self, workflow: Any) -> list[Task]:
        """List the tokens that stand before the join, oldest first."""
        found = [
            task
            for task in workflow.tasks.values()
            if task.task_spec is self and task.state == TaskState.WAITING
        ]
        return sorted(found, key=lambda task: task.last_state_change)

    def _one_of_each_flow(self, fired: Task) -> list[Task]:
        used = {_flow(fired): fired}
        for task in self.arrivals(fired.workflow):
            used.setdefault(_flow(task), task)
        return list(used.values())


class ParallelGateway(_Join):
    """An AND gateway: one token from each incoming flow, one to each outgoing flow."""

    def may_fire(self, workflow: Any) -> bool:
        """Say whether every incoming flow has a token."""
        return len({_flow(task) for task in self.arrivals(workflow)}) >= len(self._inputs)

    def choose(self, my_task: Task) -> list[str]:
        """Go every way."""
        return [target for _, target in self.ways]


class InclusiveGateway(_Join):
    """An OR gateway: waits while a token elsewhere could still reach an empty incoming flow."""

    def __init__(self, wf_spec: Any, name: str) -> None:
        super().__init__(wf_spec, name)
        self._ahead: dict[str, frozenset[str]] = {}

    def may_fire(self, workflow: Any) -> bool:
        """Say whether no token elsewhere can still come by an empty incoming flow (BPMN 2.0.2, 13.4.3)."""
        arrived = {_flow(task) for task in self.arrivals(workflow)}
        empty = set(self._inputs) - arrived
        if not empty:
            return True
        return not any(
            ahead & empty and not ahead & arrived
            for ahead in (self.ahead_of(token.task_spec) for token in self._elsewhere(workflow))
        )

    def ahead_of(self, spec: Any) -> frozenset[str]:
        """Name the elements a token can come to without passing this join, where it stands included."""
        if spec.name not in self._ahead:
            seen: set[str] = set()
            waiting = [spec.name]
            while waiting:
                name = waiting.pop()
                if name not in seen and name != self.name:
                    seen.add(name)
                    found = self._wf_spec.task_specs[name]
                    waiting += [*found._outputs, *getattr(found, "borders", ())]
            self._ahead[spec.name] = frozenset(seen)
        return self._ahead[spec.name]

    def _elsewhere(self, workflow: Any) -> Iterator[Task]:
        return (task for task in tokens(workflow) if task.task_spec is not self)

    def choose(self, my_task: Task) -> list[str]:
        """Go every way whose condition holds, or the default."""
        held = [target for condition, target in self.ways if condition and self.holds(my_task, condition)]
        return held or [target for condition, target in self.ways if condition is None][:1]


def _flow(task: Task) -> str:
    """Name the incoming flow by which a token came: at most one leads here from each element."""
    return str(task.parent.task_spec.name)
