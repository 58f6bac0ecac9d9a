"""The full step: the measured approval as the product does it, with its rows for the inbox, timers and audit.

Where the other two stores keep a state and a history, this one goes through the product's own doors on its
own tables: locks, human tasks, waits, the outbox entry of the timer, and every change linked into the trail.
"""

import uuid
from typing import Any

from sqlalchemy import func, select

from core.db import read_session, unit_of_work
from workflows import human_tasks, repository, runtime
from workflows.bench.stores import MODELS, NOW
from workflows.bench.waiting import SOMEBODY, SOMEBODY_ELSE
from workflows.models import CaseState, HumanTask, StoredState, TaskState

KEY = "bench_approval"


class FullStore:
    """Cases of the approval on the database of this process, one unit of work a step."""

    def __init__(self) -> None:
        self._cases: list[uuid.UUID] = []
        with unit_of_work(SOMEBODY, now=NOW) as session:
            files = {name: (MODELS / name).read_bytes() for name in ("approval.bpmn", "risk.dmn")}
            release = repository.propose_release(session, KEY, files, actor=SOMEBODY, now=NOW)
            repository.make_effective(session, release, actor=SOMEBODY_ELSE, now=NOW)

    def start(self, first: dict[str, Any]) -> int:
        """Start a case with its first facts, and give its place."""
        with unit_of_work(SOMEBODY, now=NOW) as session:
            case = runtime.start_case(
                session,
                KEY,
                title={"en": "Approval", "zh": "审批"},
                site_id=uuid.UUID(int=7),
                subject=("bench.thing", uuid.UUID(int=8)),
                data=first,
                actor=SOMEBODY,
                now=NOW,
            )
        self._cases.append(case.id)
        return len(self._cases) - 1

    def step(self, case: int, element: str, fields: dict[str, Any]) -> bool:
        """Complete the open task of an element; say whether the case has ended."""
        waiting = select(HumanTask.id).filter_by(
            case_id=self._cases[case], element_id=element, state=TaskState.OPEN
        )
        with unit_of_work(SOMEBODY, now=NOW) as session:
            task = human_tasks.lock(session, session.scalars(waiting).one())
            moved = human_tasks.complete(session, task, fields, actor=SOMEBODY, now=NOW)
        return moved.state is CaseState.COMPLETED

    def state_bytes(self, case: int) -> int:
        """Give the size of the saved state."""
        size = select(func.length(StoredState.state)).filter_by(case_id=self._cases[case])
        with read_session() as session:
            return int(session.scalars(size).one())
