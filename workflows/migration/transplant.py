"""Setting the tokens of a case into another release: where they stand stays, what lies ahead is drawn anew.

Running timers keep their time (the library would start them again), tasks keep their keys, so that drafts and
claims stay. A boundary event that the other release adds begins to wait now; one that it drops is forgotten.
"""

from typing import Any

import orjson
from SpiffWorkflow.task import Task

from workflows import codec, codec_first
from workflows.activities import Activity, borders_of, watch
from workflows.compaction import compact
from workflows.compiled import CompiledProcess
from workflows.engine import CaseEngine, Move
from workflows.migration.verdicts import LIVE
from workflows.store import LoadedCase
from workflows.tokens import listen

Row = list[Any]
_KEY, _PARENT, _SPEC = 0, 1, 2


def transplant(state: bytes, process: CompiledProcess, move: Move) -> LoadedCase:
    """Give a case as it stands under another release; nothing is saved, the state is read back once.

    Raises:
        LookupError: the release does not know something that the case is in the middle of.
    """
    kept = orjson.loads(state)
    if kept["v"] == codec_first.FORMAT:
        kept = codec_first.brought_forward(kept)
    subs = [[sub[0], _rows(sub[1], _subspec(process, kept, sub[0]))] for sub in kept["subs"]]
    kept |= {"top": _rows(kept["top"], process.spec), "subs": subs}
    engine = CaseEngine(process, codec.load_scopes(state), move)
    workflow = codec.load(orjson.dumps(kept), process, engine)
    for scope in (workflow, *workflow.subprocesses.values()):
        _mend_families(scope)
    compact(workflow)  # puts parents first again
    codec.load(codec.dump(workflow, engine.scopes), process, engine)
    return LoadedCase(move, engine, workflow, revision=0, waits=None)


def _rows(rows: list[Row], spec: Any) -> list[Row]:
    """Drop what the other release does not know; the children move up."""
    parent_of = {row[_KEY]: row[_PARENT] for row in rows}
    known = {row[_KEY] for row in rows if row[_SPEC] in spec.task_specs}
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
    """Give running activities the boundary events, and the scope the listeners, that the release draws."""
    specs = scope.spec.task_specs
    for task in [task for task in scope.tasks.values() if _is_running_activity(task)]:
        present = {border.task_spec.name for border in borders_of(task)}
        for name in task.task_spec.borders:
            if name not in present:
                watch(task, specs[name])
    listening = {task.task_spec.name for task in scope.tasks.values() if task.has_state(LIVE)}
    for name in scope.spec.start.listeners:
        if name not in listening:
            listen(scope.task_tree, specs[name])


def _is_running_activity(task: Task) -> bool:
    return isinstance(task.task_spec, Activity) and task.has_state(LIVE)
