"""The state of a case as bytes: where its tokens stand, and its facts; never the specification.

Format 2, JSON: ``{"v": 2, "facts": …, "own": …, "results": …, "done": bool, "top": [task…],
"subs": [[parent id, [task…]]…]}``; ``own`` and ``results`` are those of ``scopes``. A task is ``[id,
parent id | 0, spec name, state, changed at (s since 1970), triggered, internal data | 0]``, parents first.
Format 1 had no scopes, and tasks that were only guessed. Only states that this module wrote are ever read;
nothing in them is evaluated.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.task import Task

from workflows import codec_first
from workflows.compiled import CompiledProcess
from workflows.facts import Facts
from workflows.scopes import Scopes
from workflows.tokens import CaseWorkflow, InnerWorkflow

FORMAT = 2
_DECIMAL = "$decimal"


def dump(workflow: Any, scopes: Scopes) -> bytes:
    """Write a compacted case."""
    return orjson.dumps(
        {
            "v": FORMAT,
            "facts": scopes.facts,
            "own": scopes.own,
            "results": scopes.results,
            "done": bool(workflow.completed),
            "top": [_row(task) for task in workflow.tasks.values()],
            "subs": [
                [task_id.hex, [_row(task) for task in inner.tasks.values()]]
                for task_id, inner in workflow.subprocesses.items()
            ],
        },
        default=_tagged,
    )


def load_facts(state: bytes) -> Facts:
    """Read the facts of a case alone."""
    facts: Facts = _untagged(orjson.loads(state)["facts"])
    return facts


def load_scopes(state: bytes) -> Scopes:
    """Read the facts of a case with the scopes that are open in it."""
    kept = orjson.loads(state)
    return Scopes(
        _untagged(kept["facts"]), _untagged(kept.get("own", {})), _untagged(kept.get("results", {}))
    )


def load(state: bytes, process: CompiledProcess, engine: Any) -> Any:
    """Set a case up again on its compiled process, with a script engine; its facts are not in it.

    Raises:
        ValueError: the state has a format that this version does not know.
    """
    kept = orjson.loads(state)
    if kept["v"] == codec_first.FORMAT:
        kept = codec_first.brought_forward(kept)
    if kept["v"] != FORMAT:
        raise ValueError(f"unknown state format {kept['v']}")
    workflow = CaseWorkflow(process.spec, process.subspecs, script_engine=engine, deserializing=True)
    workflow.completed = kept["done"]
    _fill(workflow, kept["top"])
    for parent_id, rows in kept["subs"]:
        key = UUID(hex=parent_id)
        parent = workflow.get_task_from_id(key)
        inside = process.subspecs[parent.task_spec.spec]
        inner = InnerWorkflow(inside, key, workflow, parent.workflow, deserializing=True)
        _fill(inner, rows)
        workflow.subprocesses[key] = inner
    return workflow


def as_stored(facts: Facts) -> dict[str, Any]:
    """Write facts so that JSON keeps them exactly: a decimal becomes ``{"$decimal": text}``."""
    stored: dict[str, Any] = orjson.loads(orjson.dumps(facts, default=_tagged))
    return stored


def as_facts(stored: dict[str, Any]) -> Facts:
    """Read facts that ``as_stored`` wrote."""
    facts: Facts = _untagged(stored)
    return facts


def _row(task: Task) -> list[Any]:
    return [
        task.id.hex,
        task._parent.hex if task._parent else 0,
        task.task_spec.name,
        task._state,
        task.last_state_change,
        1 if task.triggered else 0,
        task.internal_data or 0,
    ]


def _fill(workflow: Any, rows: list[list[Any]]) -> None:
    specs = workflow.spec.task_specs
    for key, parent, spec, state, changed, triggered, internal in rows:
        task = Task.__new__(Task)
        task.id = UUID(hex=key)
        task.workflow = workflow
        task.task_spec = specs[spec]
        task.thread_id = 0
        task.triggered = bool(triggered)
        task.data = {}
        task.internal_data = internal or {}
        task.last_state_change = changed
        task._state = state
        task._children = []
        task._parent = UUID(hex=parent) if parent else None
        workflow.tasks[task.id] = task
        if task._parent is None:
            workflow.task_tree = task
        else:
            workflow.tasks[task._parent]._children.append(task.id)


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    raise TypeError(f"{type(value).__name__} is no fact")


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and _DECIMAL in value:
            return Decimal(value[_DECIMAL])
        return {key: _untagged(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_untagged(member) for member in value]
    return value
