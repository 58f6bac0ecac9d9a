"""Forgetting finished tasks: the state holds where tokens stand, the history holds how they came there.

Without this the state grows with every rework round, and past a depth of 1,000 the library no longer sees its
own ready tasks. What stays: everything unfinished, its predecessors up to the nearest drawn element (they
name the flow taken), arrivals that wait before a join, and the family of a boundary event.
"""

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from workflows.joins import USED, ExactInclusiveGateway, ExactParallelGateway


def compact(workflow: Any) -> None:
    """Drop finished tasks from a loaded case, in place, subprocesses first."""
    for task_id, inner in list(workflow.subprocesses.items()):
        if inner.completed:
            del workflow.subprocesses[task_id]
        else:
            _contract(inner)
    _contract(workflow)


def _contract(workflow: Any) -> None:
    root = workflow.task_tree
    keep = {root.id}
    for task in workflow.tasks.values():
        keep.update(needed.id for needed in _needed(task))
    ordered = list(_walk(workflow, root))
    parents = {
        task.id: _kept_ancestor(task, keep) for task in ordered if task.id in keep and task is not root
    }
    workflow.tasks = {task.id: task for task in ordered if task.id in keep}
    for task in workflow.tasks.values():
        task._children = []
    for task_id, parent in parents.items():
        workflow.tasks[task_id]._parent = parent.id
        parent._children.append(task_id)


def _needed(task: Task) -> Iterator[Task]:
    if not task.has_state(TaskState.FINISHED_MASK):
        yield task
        if task.has_state(TaskState.DEFINITE_MASK):
            yield from _up_to_drawn(task)
        if isinstance(task.task_spec, BoundaryEventJoin):
            split = task.find_ancestor(task.task_spec.split_task)
            if split is not None:
                yield split
                yield from split.children
    elif _waits_before_join(task):
        yield task
        yield from _up_to_drawn(task)


def _waits_before_join(task: Task) -> bool:
    joins = isinstance(task.task_spec, (ExactParallelGateway, ExactInclusiveGateway))
    return joins and task.has_state(TaskState.CANCELLED) and not task.internal_data.get(USED)


def _up_to_drawn(task: Task) -> Iterator[Task]:
    above = task.parent
    while above is not None:
        yield above
        if above.task_spec.bpmn_id is not None:
            return
        above = above.parent


def _kept_ancestor(task: Task, keep: set[Any]) -> Task:
    above = task.parent
    while above.id not in keep:
        above = above.parent
    return above


def _walk(workflow: Any, root: Task) -> Iterator[Task]:
    waiting = [root]
    while waiting:
        task = waiting.pop()
        yield task
        waiting.extend(workflow.tasks[child] for child in reversed(task._children) if child in workflow.tasks)
