"""Facts of a case, and of what runs several times at once inside it.

The facts of a case are one JSON object; a step writes under its own key. Each member of a multi-instance and
each called process has a scope of its own over them: what it writes stays in there until it is done, and is
then put under the step key of the whole. So parallel branches never overwrite each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.task import Task

from workflows.facts import Facts


@dataclass
class Scopes:
    """The facts of a case with the scopes that are open.

    ``own`` maps the id (hex) of the task that opened a scope to ``{"up": id or None, "own": facts}``;
    ``results`` maps a running multi-instance to what its members have brought so far, by their number.
    """

    facts: Facts
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    def open(self, task: Task, facts: Facts) -> None:
        """Open a scope for a member of a multi-instance or a called process."""
        key = task.id.hex
        if key in self.own:
            self.own[key]["own"].update(facts)
        else:
            self.own[key] = {"up": self.around(task), "own": facts}

    def close(self, task: Task) -> Facts:
        """Forget a scope and give what was written in it."""
        closed = self.own.pop(task.id.hex, None)
        return closed["own"] if closed is not None else {}

    def at(self, task: Task) -> str | None:
        """Name the innermost scope in which a task acts; None is the case itself."""
        return task.id.hex if task.id.hex in self.own else self.around(task)

    def around(self, task: Task) -> str | None:
        """Name the scope around a task, its own not counted."""
        inner: Any = task.workflow
        while inner.parent_task_id is not None:
            key = inner.parent_task_id.hex
            if key in self.own:
                return str(key)
            inner = inner.parent_workflow
        return None

    def visible(self, key: str | None) -> Mapping[str, Any]:
        """Give all facts that can be read in a scope, the innermost first."""
        seen = self.facts
        chain: list[Facts] = []
        while key is not None and key in self.own:
            chain.append(self.own[key]["own"])
            key = self.own[key]["up"]
        for own in reversed(chain):
            seen = {**seen, **own}
        return seen

    def target(self, key: str | None) -> Facts:
        """Give the facts that a step in a scope writes into."""
        return self.own[key]["own"] if key is not None and key in self.own else self.facts

    def keep_only(self, living: set[str]) -> None:
        """Forget the scopes of tasks that were stopped."""
        for table in (self.own, self.results):
            for key in [key for key in table if key not in living]:
                del table[key]
