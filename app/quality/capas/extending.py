"""The day of an action and of the check of effectiveness moves with the step that is due on it (URS-006)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.quality.capas import queries, services
from app.quality.capas.models import Capa, CapaAction, CapaState
from core.clock import site_day
from workflows import human_tasks
from workflows.models import HumanTask

_SHOWN = {"quality.capa_action", "workflows.action"}
"""Facts of one action: a step of a CAPA that shows them carries that action out."""


def moved(session: Session, task: HumanTask) -> int:
    """How often the day of the action was moved that a step carries out; 0 for any other step."""
    found = queries.of_case(session, task.case_id)
    action = None if found is None else _action(session, found, task)
    return 0 if action is None else action.extensions


def move(session: Session, task: HumanTask, due_after: datetime) -> None:
    """Move the day in the register with the step: that of its action, or while watched that of the check.

    Raises:
        Conflict: ``capa.extensions``: it was moved twice already.
        Invalid: ``capa.due_earlier``: the new day is no later one.
    """
    if queries.of_case(session, task.case_id) is None:
        return
    found = queries.locked(session, task.case_id)
    day, action = site_day(due_after, found.site.zone), _action(session, found, task)
    if action is not None:
        services.move_action(session, found, action, day)
    elif found.state is CapaState.WATCHED:
        services.move_check(session, found, day)


def _action(session: Session, found: Capa, task: HumanTask) -> CapaAction | None:
    opened = human_tasks.open_task(session, task.id)
    position = opened.data.get("loopCounter")
    if position is None or not _SHOWN & set(opened.policy.shows):
        return None
    return queries.action_of(found, int(position))
