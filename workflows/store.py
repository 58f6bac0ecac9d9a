"""Loading a case to move it, and saving it: compact state, optimistic lock, the caller's transaction."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from core import outbox
from core.db import lock_held
from core.errors import Conflict
from core.outbox import OutboxEntry
from core.tables import on_tables, table_of
from workflows import codec, compaction, repository, waits
from workflows.engine import CaseEngine, Move
from workflows.events import Wait
from workflows.events import waits as waits_of
from workflows.facts import Facts, plain
from workflows.message_models import CaseWait
from workflows.models import ProcessCase, StoredState
from workflows.scopes import Scopes
from workflows.tokens import CaseWorkflow, unfinished

FIRE = "workflows.fire_timers"
"""The job that lets due timers of a case fire; ``timers`` registers it."""


@dataclass
class LoadedCase:
    """A case in memory for one move. ``revision`` is that of the state it was loaded from; 0 is new.

    ``waits`` is what it waited for when it was loaded, as the rows of the database say (None: not known);
    ``listed`` are the human tasks that were open, by their engine ids. ``stored`` is the state as it was
    loaded; a move that takes the human task ``taking`` keeps it, so that the step can be taken back.
    """

    move: Move
    engine: CaseEngine
    workflow: Any
    revision: int
    due: datetime | None = None
    waits: dict[str, Wait] | None = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    stored: bytes | None = None
    taking: uuid.UUID | None = None

    @property
    def facts(self) -> Facts:
        """The facts of the case, changed in place by the move."""
        return self.engine.facts


def new(move: Move, facts: Facts) -> LoadedCase:
    """Set up a case that starts now."""
    process = repository.compiled_for(move.session, move.case.release_id)
    engine = CaseEngine(process, Scopes(plain(facts)), move)
    workflow = CaseWorkflow(process.spec, process.subspecs, script_engine=engine)
    return LoadedCase(move, engine, workflow, revision=0)


class Stored(NamedTuple):
    """What is stored of a case: its state in the codec's format, the revision of it, its earliest timer."""

    state: bytes
    revision: int
    next_due: datetime | None


STORED = (StoredState.state, StoredState.revision, StoredState.next_due)
"""The columns of :class:`Stored`, to read them together with something else."""

_READ = "state_read"


def read(session: Session, case_id: uuid.UUID) -> Stored:
    """Read what is stored of a case; under the lock of the case it is read once until the next load."""
    kept_for, kept = session.info.get(_READ, (None, None))
    if kept is not None and kept_for == case_id and lock_held(session, ProcessCase, case_id) is not None:
        return Stored(*kept)
    found = Stored(*session.execute(select(*STORED).where(StoredState.case_id == case_id)).one())
    if lock_held(session, ProcessCase, case_id) is not None:
        session.info[_READ] = (case_id, found)
    return found


def keep_read(session: Session, case_id: uuid.UUID, found: Stored) -> None:
    """Keep what was read together with the lock of a case, until the next load."""
    session.info[_READ] = (case_id, found)


def _read_once(session: Session, case_id: uuid.UUID) -> Stored:
    kept_for, kept = session.info.pop(_READ, (None, None))
    return kept if kept is not None and kept_for == case_id else read(session, case_id)


def load(move: Move) -> LoadedCase:
    """Load a case whose row the caller has locked."""
    stored = _read_once(move.session, move.case.id)
    move.session.info.pop(_READ, None)  # what the move writes makes it old
    process = repository.compiled_for(move.session, move.case.release_id)
    engine = CaseEngine(process, codec.load_scopes(stored.state), move)
    workflow = codec.load(stored.state, process, engine)
    listed = {task.id.hex for task in for_people(workflow)}
    return LoadedCase(
        move, engine, workflow, stored.revision, stored.next_due, waits_of(workflow), listed, stored.state
    )


def load_before(move: Move, state: bytes) -> LoadedCase:
    """Load a case whose row the caller has locked as it was in an earlier state of it."""
    now = load(move)
    engine = CaseEngine(now.engine.process, codec.load_scopes(state), move)
    workflow = codec.load(state, now.engine.process, engine)
    return LoadedCase(move, engine, workflow, now.revision, now.due, now.waits, now.listed)


def before(session: Session, case_id: uuid.UUID) -> tuple[bytes | None, uuid.UUID | None]:
    """The state before the last completed human task, and that task; nothing if the case has moved since."""
    columns = (StoredState.before, StoredState.before_task)
    state, task_id = session.execute(select(*columns).where(StoredState.case_id == case_id)).one()
    return state, task_id


def save(loaded: LoadedCase) -> None:
    """Write the state back.

    Raises:
        Conflict: ``case.moved_on``: somebody else has moved the case since it was loaded.
    """
    compaction.compact(loaded.workflow)
    scopes = loaded.engine.scopes
    if scopes.own or scopes.results:
        scopes.keep_only({task.id.hex for task in unfinished(loaded.workflow)})
    state = codec.dump(loaded.workflow, scopes)
    case_id, session = loaded.move.case.id, loaded.move.session
    before, after = loaded.waits, waits_of(loaded.workflow)
    loaded.waits = after
    waits.keep(loaded.move, before, after)
    due = min((wait.due for wait in after.values() if wait.due is not None), default=None)
    if due != loaded.due:
        _wake(session, case_id, due)
    if loaded.revision == 0:
        session.execute(insert(StoredState).values(case_id=case_id, state=state, next_due=due, revision=1))
        return
    now = {"new_state": state, "new_due": due, **_kept(loaded)}
    written = on_tables(session, _MOVE_ON, {"moved": case_id, "loaded_at": loaded.revision, **now})
    if not isinstance(written, CursorResult) or written.rowcount != 1:
        raise Conflict("case.moved_on", "Somebody else has moved %(case)s on.", case=loaded.move.case.number)


_STATE = table_of(StoredState)
_MOVE_ON = (
    update(_STATE)
    .where(_STATE.c.case_id == bindparam("moved"), _STATE.c.revision == bindparam("loaded_at"))
    .values(
        state=bindparam("new_state"),
        next_due=bindparam("new_due"),
        revision=_STATE.c.revision + 1,
        before=bindparam("kept_state"),
        before_task=bindparam("kept_task"),
    )
)


def _kept(loaded: LoadedCase) -> dict[str, Any]:
    taking = loaded.taking
    return {"kept_state": loaded.stored if taking is not None else None, "kept_task": taking}


def stop(session: Session, case_id: uuid.UUID) -> None:
    """Let a case that is over wait for nothing: no timer fires, no message finds it, no step comes back."""
    session.execute(delete(CaseWait).where(CaseWait.case_id == case_id))
    _wake(session, case_id, None)
    still = update(StoredState).where(StoredState.case_id == case_id)
    over = still.values(next_due=None, before=None, before_task=None, revision=StoredState.revision + 1)
    session.execute(over.execution_options(synchronize_session=False))


def _wake(session: Session, case_id: uuid.UUID, due: datetime | None) -> None:
    """Let the one entry of a case in the outbox be due when its earliest timer is; without timers none."""
    if due is None:
        session.execute(delete(OutboxEntry).where(OutboxEntry.key == _key(case_id)))
    elif not _set_due(session, case_id, due):
        entry = outbox.later(session, FIRE, {"case_id": str(case_id)}, key=_key(case_id))
        entry.due_at = due
        session.flush()  # a later move in this unit of work finds it


def fired(session: Session, case_id: uuid.UUID, entry_id: uuid.UUID) -> None:
    """Put an entry that has been worked off to the next timer of its case, or strike it out."""
    due = session.scalar(select(StoredState.next_due).where(StoredState.case_id == case_id))
    if due is None or not _set_due(session, case_id, due, entry_id):
        outbox.done(session, entry_id)


def _set_due(session: Session, case_id: uuid.UUID, due: datetime, entry_id: uuid.UUID | None = None) -> bool:
    found = update(OutboxEntry).where(OutboxEntry.key == _key(case_id))
    if entry_id is not None:
        found = found.where(OutboxEntry.id == entry_id)
    written = session.execute(found.values(due_at=due, attempts=0, dead=False))
    return isinstance(written, CursorResult) and written.rowcount == 1


def _key(case_id: uuid.UUID) -> str:
    return f"timer-{case_id}"


def next_due(workflow: Any) -> datetime | None:
    """Say when the earliest waiting timer of a case fires."""
    return min((wait.due for wait in waits_of(workflow).values() if wait.due is not None), default=None)


def for_people(workflow: Any) -> list[Task]:
    """List the tasks of a case that wait for people."""
    return [task for task in unfinished(workflow) if task.state == TaskState.READY and task.task_spec.manual]
