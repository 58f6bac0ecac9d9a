"""Starting cases, and what time does to them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from core import numbers
from core.actor import Actor, system_actor
from core.clock import to_zone
from core.db import hold_lock, lock_row, new_id
from core.errors import Conflict
from core.types import Bilingual
from workflows import advance, events, past, repository, store, waits
from workflows.engine import Move
from workflows.facts import Facts
from workflows.message_models import CaseWait, WaitKind
from workflows.models import CaseState, HumanTask, ProcessCase, ProcessRelease, StoredState
from workflows.places import place_of

ITSELF = "workflows.case"
"""Type of the subject of a case that is about nothing that was there before it."""


def start_case(
    session: Session,
    process_key: str,
    *,
    title: Bilingual,
    site_id: uuid.UUID | None,
    subject: tuple[str, uuid.UUID] | None,
    data: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    message: Facts | None = None,
) -> ProcessCase:
    """Start a case of the effective release and let it run to its first human tasks.

    ``subject`` is what the case is about, as (type, key), None if only itself; ``data`` are its first facts.
    The case's number comes from the series ``case.<process key>`` of its site, in the year of the site's
    clock. ``message`` is what the message brought that starts the case, for a process that begins with one;
    its facts lie under the step key of the start event.

    Raises:
        NotFound: ``release.none``: no release of the process is in effect.
        Conflict: ``case.fact_is_step``: a first fact has the name of a step; ``case.needs_message``: the
            process begins with a message, and there is none.
        StepFailed: ``case.step_failed``: the diagram cannot go on with these facts.
    """
    release = repository.effective_release(session, process_key)
    process = repository.compiled(release)
    taken = sorted(set(data) & set(process.model.steps()))
    if taken:
        raise Conflict(
            "case.fact_is_step", "“%(fact)s” is the key of a step and cannot be a first fact.", fact=taken[0]
        )
    start = process.started_by
    if start is not None and message is None:
        raise Conflict(
            "case.needs_message", "The process %(process)s begins with a message.", process=process.name
        )
    place, series = place_of(session, site_id), repository.case_series(process_key)
    key = new_id()
    subject = subject or (ITSELF, key)
    case = ProcessCase(
        id=key,
        number=numbers.take(session, series, site_code=place.code, now=to_zone(now, place.zone)),
        release_id=release.id,
        process_key=process_key,
        title=title,
        site_id=site_id,
        subject_type=subject[0],
        subject_id=subject[1],
        state=CaseState.RUNNING,
        started_at=now,
        started_by=repository.person(actor),
        started_by_name=actor.name,
        steps=0,
        passed={**past.NOTHING},
    )
    session.add(case)
    session.flush()  # operations of the first steps refer to the case
    brought = {start.step: message} if start is not None else {}
    loaded = store.new(Move(session, case, actor, now), {**data, **brought})
    advance.run(loaded)
    session.flush()  # the caller may look up the first tasks
    return case


def fire_timers(session: Session, case_id: uuid.UUID, *, now: datetime) -> ProcessCase:
    """Let the due timers of a case fire; without a due timer nothing changes.

    Raises:
        StepFailed: ``case.step_failed``: the diagram cannot go on from there.
    """
    case = lock_case(session, case_id)
    loaded = store.load(Move(session, case, system_actor("timer"), now))
    due = store.next_due(loaded.workflow)
    if case.state == CaseState.RUNNING and due is not None and due <= now:
        events.look_at_the_clock(loaded.workflow)
        advance.run(loaded)
        session.flush()  # the caller may look up the new tasks
    return case


def list_waits(session: Session, *, now: datetime, limit: int = 100) -> int:
    """Write the rows of what cases wait for that were saved before there were such rows; say how many.

    Their timers fire without them, but nobody could see them. Running it again finds nothing.
    """
    listed = exists().where(CaseWait.case_id == ProcessCase.id, CaseWait.kind == WaitKind.TIMER)
    unlisted = (
        select(ProcessCase.id)
        .join(StoredState)
        .where(ProcessCase.state == CaseState.RUNNING, StoredState.next_due.is_not(None), ~listed)
        .limit(limit)
    )
    found = session.scalars(unlisted).all()
    for case_id in found:
        case = lock_case(session, case_id)
        loaded = store.load(Move(session, case, system_actor("timer"), now))
        since = events.waiting_since(loaded.workflow)
        waits.keep(loaded.move, None, loaded.waits or {}, since=since)
    return len(found)


def lock_case(session: Session, case_id: uuid.UUID) -> ProcessCase:
    """Lock the row of a case until commit and read it afresh: the first lock of every move."""
    return lock_row(session, ProcessCase, case_id)


_LOCK_TASK = (
    select(ProcessCase, ProcessRelease, HumanTask, *store.STORED)
    .join(HumanTask, HumanTask.case_id == ProcessCase.id)
    .join(StoredState, StoredState.case_id == ProcessCase.id)
    .outerjoin(ProcessRelease, ProcessRelease.id == ProcessCase.release_id)
    .where(HumanTask.id == bindparam("task_id"))
    .with_for_update(of=(ProcessCase, HumanTask, StoredState))
    .execution_options(populate_existing=True)
)


def lock_task(session: Session, task_id: uuid.UUID) -> HumanTask | None:
    """Lock the case of a task, then the task and the stored state, until commit, and read all afresh at once.

    One statement: whoever waits for the case gets all three as they are when it comes free. None when there
    is no such task.
    """
    found = session.execute(_LOCK_TASK, {"task_id": task_id}).one_or_none()
    if found is None:
        return None
    case, _release, task, state, revision, next_due = found
    hold_lock(session, ProcessCase, case.id, case)
    hold_lock(session, HumanTask, task.id, task)
    store.keep_read(session, case.id, store.Stored(state, revision, next_due))
    return task


def lock_case_of(session: Session, task_id: uuid.UUID) -> ProcessCase | None:
    """Lock the case of a task as :func:`lock_case` does, in one statement that also reads its release.

    The release is not locked: it may be missing when the case was moved to another one at this moment, and is
    then read when it is asked for. None when there is no such task.
    """
    of_task = select(HumanTask.case_id).where(HumanTask.id == task_id).scalar_subquery()
    locking = (
        select(ProcessCase, ProcessRelease)
        .outerjoin(ProcessRelease, ProcessRelease.id == ProcessCase.release_id)
        .where(ProcessCase.id == of_task)
        .with_for_update(of=ProcessCase)
        .execution_options(populate_existing=True)
    )
    found = session.execute(locking).one_or_none()
    if found is None:
        return None
    case: ProcessCase = found[0]
    hold_lock(session, ProcessCase, case.id, case)
    return case
