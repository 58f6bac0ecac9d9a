"""Loading a case to move it, and saving it: compact state, optimistic lock, the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from sqlalchemy import insert, select, update
from sqlalchemy.engine import CursorResult

from core import outbox
from core.errors import Conflict
from workflows import codec, compaction, repository
from workflows.engine import CaseEngine, Move
from workflows.facts import Facts, plain
from workflows.models import StoredState
from workflows.parser import DUE

FIRE = "workflows.fire_timers"
"""The job that lets due timers of a case fire; ``timers`` registers it."""


@dataclass
class LoadedCase:
    """A case in memory for one move. ``revision`` is that of the state it was loaded from; 0 is new."""

    move: Move
    engine: CaseEngine
    workflow: Any
    revision: int
    due: datetime | None = None

    @property
    def facts(self) -> Facts:
        """The facts of the case, changed in place by the move."""
        return self.engine.facts


def new(move: Move, facts: Facts) -> LoadedCase:
    """Set up a case that starts now."""
    process = repository.compiled_for(move.session, move.case.release_id)
    engine = CaseEngine(process, plain(facts), move)
    workflow = BpmnWorkflow(process.spec, process.subspecs, script_engine=engine)
    return LoadedCase(move, engine, workflow, revision=0)


def load(move: Move) -> LoadedCase:
    """Load a case whose row the caller has locked."""
    stored = move.session.execute(
        select(StoredState.state, StoredState.revision, StoredState.next_due).where(
            StoredState.case_id == move.case.id
        )
    ).one()
    process = repository.compiled_for(move.session, move.case.release_id)
    engine = CaseEngine(process, codec.load_facts(stored.state), move)
    return LoadedCase(
        move, engine, codec.load(stored.state, process, engine), stored.revision, stored.next_due
    )


def save(loaded: LoadedCase) -> None:
    """Write the state back.

    Raises:
        Conflict: ``case.moved_on``: somebody else has moved the case since it was loaded.
    """
    compaction.compact(loaded.workflow)
    state = codec.dump(loaded.workflow, loaded.facts)
    case_id, session = loaded.move.case.id, loaded.move.session
    due = next_due(loaded.workflow)
    if due is not None and due != loaded.due:
        _wake(loaded, due)
    if loaded.revision == 0:
        session.execute(insert(StoredState).values(case_id=case_id, state=state, next_due=due, revision=1))
        return
    written = session.execute(
        update(StoredState)
        .where(StoredState.case_id == case_id, StoredState.revision == loaded.revision)
        .values(state=state, next_due=due, revision=loaded.revision + 1)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(written, CursorResult) or written.rowcount != 1:
        raise Conflict("case.moved_on", "Somebody else has moved %(case)s on.", case=loaded.move.case.number)


def _wake(loaded: LoadedCase, due: datetime) -> None:
    case_id = loaded.move.case.id
    entry = outbox.later(
        loaded.move.session, FIRE, {"case_id": str(case_id)}, key=f"timer-{case_id}-{loaded.revision}"
    )
    entry.due_at = due


def next_due(workflow: Any) -> datetime | None:
    """Say when the earliest waiting timer of a case fires."""
    waiting = [
        task.internal_data[DUE] for task in workflow.event_manager.tasks.values() if DUE in task.internal_data
    ]
    return min((datetime.fromisoformat(due) for due in waiting), default=None)
