"""Taking a completed step back: who has done it says why; one record tells of it, the sealed one stays."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inbox import policy
from app.inbox.errors import TaskUnknown
from app.inbox.handling import records
from app.inbox.handling.errors import ReasonMissing, ReasonUnprintable
from app.inbox.signing import seal_later
from app.sites.queries import style_of
from core.actor import Actor
from documents import glyphs
from documents.models import Record
from documents.records import create_record
from forms.validate import plain
from signatures import audit
from workflows import runtime, withdrawing
from workflows.models import HumanTask, ProcessCase, StepHistory

SHORTEST = 5
STEP = {"en": "Step", "zh": "步骤"}
RECORD = {"en": "Record of the step, taken back", "zh": "被撤回步骤的记录"}


def check_may_take_step_back(
    session: Session, task_id: uuid.UUID, *, actor: Actor, now: datetime
) -> HumanTask:
    """Find a completed step that a person may take back.

    Raises:
        TaskUnknown: there is no such task at a site where he works.
        NotAllowed, Conflict: the rule that keeps him from it.
    """
    task = session.get(HumanTask, task_id)
    if task is None:
        raise TaskUnknown
    policy.check_role(session, task, actor=actor, now=now)
    case = session.get_one(ProcessCase, task.case_id)
    withdrawing.check_may_take_back(session, case, task, actor=actor)
    return task


def take_step_back(
    session: Session, task_id: uuid.UUID, reason: str, *, actor: Actor, now: datetime
) -> HumanTask:
    """Take back a step that the actor has completed; what he entered is the draft of the open one.

    Raises:
        TaskUnknown, NotAllowed, Conflict: as :func:`check_may_take_step_back` says.
        ReasonMissing, ReasonUnprintable: it has to be said why.
    """
    if runtime.lock_case_of(session, task_id) is None:
        raise TaskUnknown
    task = check_may_take_step_back(session, task_id, actor=actor, now=now)
    said = reason.strip()
    if len(said) < SHORTEST:
        raise ReasonMissing
    if lacking := sorted(glyphs.missing(said)):
        raise ReasonUnprintable(" ".join(lacking))
    entered = _entered(session, task)
    again = withdrawing.take_back(session, task, reason=said, actor=actor, now=now)
    saved = {"fields": dict(_texts(entered)), "saved_at": now.isoformat()}
    again.draft = {actor.id: saved} if entered else None
    _keep_record(session, task, said, actor=actor, now=now)
    facts = {"step": task.step, "reason": said, "again": str(again.id)}
    audit.record(session, "step.taken_back", subject=("human_task", str(task.id)), facts=facts)
    return again


def _keep_record(session: Session, task: HumanTask, reason: str, *, actor: Actor, now: datetime) -> None:
    case = session.get_one(ProcessCase, task.case_id)
    style = style_of(records.site_of_case(session, case))
    own = select(Record).filter_by(case_id=case.id, element_id=task.element_id)
    signed = session.scalar(own.order_by(Record.created_at.desc(), Record.number.desc()).limit(1))
    rows = [records.line(STEP, dict(task.name))]
    rows += [records.line(RECORD, signed.number)] if signed is not None else []
    content = records.content_of(
        session, case, title=records.TAKEN_BACK[2], style=style, reason=reason, tasks=(), rows=rows
    )
    kind = f"{case.process_key}.{task.step}.taken_back"
    record = create_record(
        session, records.draft_of(case, records.TAKEN_BACK, kind, style, content), actor=actor, now=now
    )
    seal_later(session, record, [])


def _entered(session: Session, task: HumanTask) -> Mapping[str, Any]:
    query = select(StepHistory.data).filter_by(case_id=task.case_id, element_id=task.element_id)
    return session.scalar(query.order_by(StepHistory.seq.desc()).limit(1)) or {}


def _texts(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Entries as their inputs hold them: name of the input → texts."""
    for name, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for index, row in enumerate(value):
                yield from _texts(row, f"{prefix}{name}.{index}.")
        elif isinstance(value, list):
            yield prefix + name, [str(plain(one)) for one in value]
        elif not isinstance(value, Mapping) and value is not None:
            yield prefix + name, [str(plain(value))]
