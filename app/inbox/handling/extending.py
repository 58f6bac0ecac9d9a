"""Asking for more time for a step: whoever may take it says until when and why; somebody else decides."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.inbox import policy
from app.inbox.errors import TaskUnknown
from app.inbox.handling.errors import DayMissing, ReasonMissing, ReasonUnprintable
from app.sites.queries import site_of_task
from core.actor import Actor
from core.clock import to_zone
from documents import glyphs
from documents.records import moment_text
from documents.registry import Section, facts
from workflows import extending, human_tasks, repository, runtime
from workflows.models import HumanTask, ProcessCase

SHORTEST = 5
LABELS = {
    "case": {"en": "Case", "zh": "流程实例"},
    "step": {"en": "Step", "zh": "步骤"},
    "due_before": {"en": "Due now", "zh": "现到期时间"},
    "due_after": {"en": "Wanted", "zh": "申请延至"},
    "reason": {"en": "Reason", "zh": "理由"},
}


@dataclass(frozen=True)
class AskForTime:
    """Until which day (ISO 8601, of the site's calendar) a step shall have time, and why."""

    task_id: uuid.UUID
    day: str
    reason: str


@facts("workflows.extension")
def extension_sections(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """Tell which step shall have more time, until when, and why."""
    said = data["request"]
    rows = [
        {"label": label, "value": said[name], "unit": None, "mark": None} for name, label in LABELS.items()
    ]
    nth, most = said["nth"], extending.MOST
    title = {"en": f"Extension {nth} of {most}", "zh": f"第 {nth} 次延期（最多 {most} 次）"}
    return [{"title": title, "rows": rows, "table": None}]


def askable(session: Session, task_id: uuid.UUID, *, actor: Actor, now: datetime) -> HumanTask:
    """Find a step for which a person may ask for time: one that he may take.

    Raises:
        TaskUnknown: there is no such task at a site where he works.
        NotAllowed: he may not take it; the rule is named.
        Conflict: ``task.over``.
    """
    task = session.get(HumanTask, task_id)
    if task is None:
        raise TaskUnknown
    policy.check_role(session, task, actor=actor, now=now)
    policy.check_open(task)
    policy.check_assigned(session, task, actor=actor)
    return task


def ask_for_time(session: Session, command: AskForTime, *, actor: Actor, now: datetime) -> ProcessCase:
    """Start the request for a later due date; it decides, with a signature.

    Raises:
        TaskUnknown, NotAllowed, Conflict: as :func:`askable` and the rules of extensions say.
        DayMissing, ReasonMissing, ReasonUnprintable, Invalid: what was typed cannot be taken.
        NotFound: ``release.none``: no model of the request is in effect.
    """
    task = human_tasks.lock(session, askable(session, command.task_id, actor=actor, now=now).id)
    reason, zone = command.reason.strip(), site_of_task(session, task).zone
    due_after = _moment(command.day, task, zone)
    nth = extending.check_may_extend(session, task, due_after)
    if len(reason) < SHORTEST:
        raise ReasonMissing
    if lacking := sorted(glyphs.missing(reason)):
        raise ReasonUnprintable(" ".join(lacking))
    case = session.get_one(ProcessCase, task.case_id)
    name = repository.effective_release(session, extending.PROCESS).name
    return runtime.start_case(
        session,
        extending.PROCESS,
        title={lang: f"{name[lang]} · {case.number} · {task.name[lang]}" for lang in ("en", "zh")},
        site_id=task.site_id or case.site_id,
        subject=(extending.SUBJECT, task.id),
        data={
            "request": {
                "task": str(task.id),
                "case": case.number,
                "step": dict(task.name),
                "due_before": moment_text(task.due_at) if task.due_at else "",
                "due_after": moment_text(due_after),
                "reason": reason,
                "nth": nth,
            },
            "sites": {"plant": str(task.site_id or case.site_id)},
        },
        actor=actor,
        now=now,
    )


def _moment(day: str, task: HumanTask, zone: str) -> datetime:
    """The day asked for, at the time of day at which the step is due now."""
    try:
        wanted = date.fromisoformat(day.strip())
    except ValueError:
        raise DayMissing from None
    if task.due_at is None:
        raise DayMissing
    local = to_zone(task.due_at, zone)
    return local.replace(year=wanted.year, month=wanted.month, day=wanted.day).astimezone(task.due_at.tzinfo)
