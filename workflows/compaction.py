"""Forgetting finished tasks: the state holds where tokens stand, the history holds how they came there.

What stays: everything unfinished, and the task before each of them, which names the flow it came by.
"""

from typing import Any

from SpiffWorkflow.util.task import TaskState


def compact(workflow: Any) -> None:
    """Drop finished tasks from a case, in place; inner scopes that have ended go as a whole."""
    for task_id, inner in list(workflow.subprocesses.items()):
        if inner.completed:
            del workflow.subprocesses[task_id]
        else:
            _contract(inner)
    _contract(workflow)


def _contract(scope: Any) -> None:
    root = scope.task_tree
    keep = {root.id}
    for task in scope.tasks.values():
        if not task.has_state(TaskState.FINISHED_MASK):
            keep.update((task.id, task._parent or root.id))
    scope.tasks = {task_id: task for task_id, task in scope.tasks.items() if task_id in keep}
    for task in scope.tasks.values():
        task._children = []
    for task in scope.tasks.values():
        if task is not root:
            if task._parent not in keep:
                task._parent = root.id
            scope.tasks[task._parent]._children.append(task.id)
