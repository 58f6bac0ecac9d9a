"""Moving one case to another release, and putting it back exactly as it was while it stands still."""

import uuid
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import acting_as
from core.types import JsonDict
from signatures import audit
from workflows import advance, codec, durations, human_tasks, repository, runtime, store
from workflows.compiled import CompiledProcess
from workflows.engine import CaseEngine, Move
from workflows.migration.transplant import transplant
from workflows.migration.verdicts import Judgement, Passage, Verdict, broken, judge
from workflows.models import CaseMigration, HumanTask, ProcessCase, ProcessMigration, StoredState

_KEPT = ("name", "role", "step", "form_key", "policy")


def judge_case(
    session: Session, passage: Passage, case: ProcessCase, *, actor: Actor, now: datetime
) -> Judgement:
    """Judge a case and, unless it must finish where it is, try the move on a copy of its state."""
    state = session.scalars(select(StoredState.state).where(StoredState.case_id == case.id)).one()
    found = judge(passage, state, human_tasks.open_tasks(session, case.id))
    if found.verdict is Verdict.MUST_FINISH:
        return found
    try:
        transplant(state, passage.new, Move(session, case, actor, now))
    except Exception as wrong:  # whatever the engine cannot do on the copy it must not do to the case
        return Judgement(Verdict.MUST_FINISH, (broken(str(wrong) or type(wrong).__name__),))
    return found


def move_case(
    session: Session,
    case_id: uuid.UUID,
    passage: Passage,
    migration: ProcessMigration,
    *,
    actor: Actor,
    now: datetime,
) -> CaseMigration:
    """Let a case go on under the release of a migration. The caller has judged it under the same lock."""
    case = runtime.lock_case(session, case_id)
    stored = session.get_one(StoredState, case_id, populate_existing=True)
    tasks = human_tasks.open_tasks(session, case_id)
    kept = CaseMigration(
        migration_id=migration.id,
        case_id=case_id,
        from_release_id=case.release_id,
        to_release_id=migration.target_id,
        state_before=stored.state,
        tasks_before=[_as_it_is(task) for task in tasks],
        revision_after=stored.revision + 1,
        moved_at=now,
    )
    loaded = transplant(stored.state, passage.new, Move(session, case, actor, now))
    with acting_as(session, reason=f"{migration.reason} · {case.number}"):
        _save(session, replace(loaded, revision=stored.revision, due=stored.next_due), migration.target_id)
        for task in tasks:
            _follow(session, loaded, task, passage, now)
        session.add(kept)
        _tell(session, "case.migrated", kept, migration)
    return kept


def put_back(
    session: Session, kept: CaseMigration, migration: ProcessMigration, *, actor: Actor, now: datetime
) -> bool:
    """Put a moved case back as it was; say no, and change nothing, when it has gone on since."""
    case = runtime.lock_case(session, kept.case_id)
    stored = session.get_one(StoredState, kept.case_id, populate_existing=True)
    if not stands_still(case, stored, kept):
        return False
    old = repository.compiled_for(session, kept.from_release_id)
    loaded = _as_before(kept, old, Move(session, case, actor, now))
    with acting_as(session, reason=f"{migration.reason} · {case.number}"):
        _save(session, replace(loaded, revision=stored.revision), kept.from_release_id)
        for row in kept.tasks_before:
            _restore(session.get_one(HumanTask, uuid.UUID(row["id"])), row)
        _tell(session, "case.migration_reverted", kept, migration)
    return True


def stands_still(case: ProcessCase, stored: StoredState, kept: CaseMigration) -> bool:
    """Whether nothing has happened to a case since it was moved."""
    return (case.release_id, stored.revision) == (kept.to_release_id, kept.revision_after)


def _save(session: Session, loaded: store.LoadedCase, release_id: uuid.UUID) -> None:
    loaded.move.case.release_id = release_id
    store.save(loaded)
    session.flush()  # the trail says why while the reason stands
    session.expire(session.get_one(StoredState, loaded.move.case.id))


def _as_before(kept: CaseMigration, process: CompiledProcess, move: Move) -> store.LoadedCase:
    engine = CaseEngine(process, codec.load_scopes(kept.state_before), move)
    workflow = codec.load(kept.state_before, process, engine)
    return store.LoadedCase(move, engine, workflow, revision=0, waits=None)


def _follow(
    session: Session, loaded: store.LoadedCase, task: HumanTask, passage: Passage, now: datetime
) -> None:
    """Let an open task say what the other release says; draft and due date stay, so may the claim."""
    element, policy = passage.new.elements[task.element_id], passage.new.policy(task.element_id)
    if task.role != policy.role:
        task.claimed_by = None
    task.name, task.role, task.form_key = element.name, policy.role, policy.form
    task.policy, task.site_id = policy.as_json(), advance.site_of(loaded, element, policy)
    if task.due_at is None and policy.due and durations.is_duration(policy.due):
        task.due_at = durations.after(now, policy.due)


def _as_it_is(task: HumanTask) -> JsonDict:
    due, site, claimed = task.due_at, task.site_id, task.claimed_by
    return {
        "id": str(task.id),
        **{name: getattr(task, name) for name in _KEPT},
        "due_at": due.isoformat() if due else None,
        "site_id": str(site) if site else None,
        "claimed_by": str(claimed) if claimed else None,
    }


def _restore(task: HumanTask, row: JsonDict) -> None:
    for name in _KEPT:
        setattr(task, name, row[name])
    task.due_at = datetime.fromisoformat(row["due_at"]) if row["due_at"] else None
    task.site_id = uuid.UUID(row["site_id"]) if row["site_id"] else None
    task.claimed_by = uuid.UUID(row["claimed_by"]) if row["claimed_by"] else None


def _tell(session: Session, action: str, kept: CaseMigration, migration: ProcessMigration) -> None:
    facts = {
        "migration": str(migration.id),
        "from_release": str(kept.from_release_id),
        "to_release": str(kept.to_release_id),
    }
    audit.record(session, action, subject=("process_case", kept.case_id), facts=facts)
