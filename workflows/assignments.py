"""Whose task it is by the model: of who did another step, or of the person an expression names."""

import uuid

from SpiffWorkflow.task import Task
from sqlalchemy import func, select

from workflows.elements import Policy
from workflows.errors import StepFailed, title_of
from workflows.history import START
from workflows.models import HumanTask, TaskState
from workflows.persons import person_of
from workflows.sentences import N_, said
from workflows.store import LoadedCase

_NO_PERSON = N_("nobody has the login “%(login)s”")


def assigned(loaded: LoadedCase, task: Task, policy: Policy) -> uuid.UUID | None:
    """Give the one person who does a task that comes up; None leaves it to everybody of its role.

    Of a step that a deputy has done this is the person he stood in for.

    A case that nobody started in person, a step that nobody did, and an expression that gives null name
    nobody.

    Raises:
        StepFailed: ``case.step_failed``: the login is nobody's.
        ExpressionError: the expression reads what the case has not got.
    """
    if policy.by == START:
        return loaded.move.case.started_by
    if policy.by is not None:
        return _last_performer(loaded, policy.by)
    if policy.assignee is None:
        return None
    login = loaded.engine.evaluate(task, policy.assignee)
    if login is None:
        return None
    found = person_of(loaded.move.session, str(login))
    if found is None:
        raise StepFailed(title_of(loaded.engine.element(task)), said(_NO_PERSON, login=str(login)))
    return found


def _last_performer(loaded: LoadedCase, step: str) -> uuid.UUID | None:
    query = (
        select(func.coalesce(HumanTask.completed_for, HumanTask.completed_by))
        .filter_by(case_id=loaded.move.case.id, step=step, state=TaskState.COMPLETED)
        .order_by(HumanTask.completed_at.desc())
        .limit(1)
    )
    return loaded.move.session.scalar(query)
