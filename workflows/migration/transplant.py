"""Setting the tokens of a case into another release: where they stand stays, what lies ahead is drawn anew.

Predicted tasks are the engine's guess of what comes; they are dropped and guessed again on the other model.
Running timers keep their time (the library would start them again), tasks keep their keys, so that drafts and
claims stay. A boundary event that the other release adds begins to wait now; one that it drops is forgotten.
"""

from typing import Any

import orjson
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from workflows import codec
from workflows.compaction import compact
from workflows.compiled import CompiledProcess
from workflows.engine import CaseEngine, Move
from workflows.migration.verdicts import LIVE, SPLIT
from workflows.store import LoadedCase

Row = list[Any]
_KEY, _PARENT, _SPEC, _STATE = 0, 1, 2, 3
_AHEAD = TaskState.PREDICTED_MASK | TaskState.FUTURE


def transplant(state: bytes, process: CompiledProcess, move: Move) -> LoadedCase:
    """Give a case as it stands under another release; nothing is saved, the state is read back once.

    Raises:
        LookupError: the release does not know something that the case is in the middle of.
    """
    kept = orjson.loads(state)
    subs = [[sub[0], _rows(sub[1], _subspec(process, kept, sub[0]))] for sub in kept["subs"]]
    kept |= {"top": _rows(kept["top"], process.spec), "subs": subs}
    engine = CaseEngine(process, codec.load_facts(state), move)
    workflow = codec.load(orjson.dumps(kept), process, engine)
    for scope in (workflow, *workflow.subprocesses.values()):
        _mend_families(scope)
        for task in [task for task in scope.tasks.values() if task.has_state(LIVE)]:
            task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
    compact(workflow)  # puts parents first again
    codec.load(codec.dump(workflow, engine.facts), process, engine)
    return LoadedCase(move, engine, workflow, revision=0)


def _rows(rows: list[Row], spec: Any) -> list[Row]:
    """Drop what lies ahead and what the other release does not know; the children move up."""
    parent_of = {row[_KEY]: row[_PARENT] for row in rows}
    known = {row[_KEY] for row in rows if row[_SPEC] in spec.task_specs and not row[_STATE] & _AHEAD}
    kept = []
    for row in rows:
        if row[_KEY] not in known:
            continue
        parent = row[_PARENT]
        while parent and parent not in known:
            parent = parent_of[parent]
        kept.append([row[_KEY], parent, *row[_SPEC:]])
    return kept


def _subspec(process: CompiledProcess, kept: dict[str, Any], task_id: str) -> Any:
    rows = [row for group in (kept["top"], *(sub[1] for sub in kept["subs"])) for row in group]
    name = next(row[_SPEC] for row in rows if row[_KEY] == task_id)
    specs = [spec for spec in (process.spec, *process.subspecs.values()) if name in spec.task_specs]
    if not specs:
        raise LookupError(f"{name} is not in the release")
    return process.subspecs[specs[0].task_specs[name].spec]


def _mend_families(scope: Any) -> None:
    """Give every running activity the boundary events that the release draws at it."""
    for task in [task for task in scope.tasks.values() if task.has_state(LIVE)]:
        split_spec = scope.spec.task_specs.get(f"{task.task_spec.name}{SPLIT}")
        if split_spec is None:
            continue
        split = task.parent if task.parent.task_spec is split_spec else _insert(split_spec, task)
        present = {child.task_spec for child in split.children}
        for missing in [spec for spec in split_spec.outputs if spec not in present]:
            event = split._add_child(missing, TaskState.FUTURE)
            event.task_spec._update(event)


def _insert(split_spec: Any, task: Task) -> Task:
    parent = task.parent
    split = parent._add_child(split_spec, TaskState.FUTURE)
    split._set_state(TaskState.COMPLETED)
    parent._children.remove(task.id)
    split._children.append(task.id)
    task._parent = split.id
    return split
