"""What has happened in a case: who did which step, and the path taken through the diagram (URS-008)."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import to_zone
from workflows import codec
from workflows.facts import Facts
from workflows.models import HumanTask, ProcessCase, StepHistory, StoredState, TaskState

START = "start"


@dataclass(frozen=True)
class Path:
    """The way of a case through its diagram, by ids of elements and sequence flows.

    ``rounds`` says how often an element was passed; ``marks`` are lines to write under a step: who did it
    last, when, and how often if more than once.
    """

    done: frozenset[str]
    current: frozenset[str]
    flows: frozenset[str]
    rounds: dict[str, int]
    marks: dict[str, list[str]]

    def as_json(self) -> dict[str, Any]:
        """Give the path as kept in records."""
        return {
            "done": sorted(self.done),
            "current": sorted(self.current),
            "flows": sorted(self.flows),
            "rounds": dict(sorted(self.rounds.items())),
        }


def performers(session: Session, case_id: uuid.UUID) -> dict[str, set[uuid.UUID]]:
    """Say who has done each step of a case in any round; ``start`` is who started it.

    A delegate and the person he acted for both count. Steps nobody has done yet are missing.
    """
    case = session.get(ProcessCase, case_id)
    started = {START: {case.started_by}} if case is not None and case.started_by is not None else {}
    return started | _done_by(session, [case_id]).get(case_id, {})


def performers_of(
    session: Session, case_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, dict[str, set[uuid.UUID]]]:
    """Say of several cases at once who has done each step, as :func:`performers` does of one."""
    found = _done_by(session, case_ids)
    started = select(ProcessCase.id, ProcessCase.started_by).where(ProcessCase.id.in_(case_ids))
    for case_id, person in session.execute(started):
        steps_done = found.setdefault(case_id, {})
        steps_done |= {START: {person}} if person is not None else {}
    return found


def _done_by(session: Session, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, set[uuid.UUID]]]:
    found: dict[uuid.UUID, dict[str, set[uuid.UUID]]] = {}
    done = select(
        HumanTask.case_id,
        HumanTask.step,
        HumanTask.completed_by,
        HumanTask.completed_for,
        HumanTask.also_by,
    ).where(HumanTask.case_id.in_(case_ids), HumanTask.state == TaskState.COMPLETED)
    for case_id, step, by, acted_for, also_by in session.execute(done):
        persons = found.setdefault(case_id, {}).setdefault(step, set())
        persons.update(person for person in (by, acted_for) if person is not None)
        persons.update(uuid.UUID(person) for person in also_by or ())
    return found


def steps(session: Session, case_id: uuid.UUID) -> list[StepHistory]:
    """List the history of a case, first row first."""
    return list(session.scalars(select(StepHistory).filter_by(case_id=case_id).order_by(StepHistory.seq)))


def facts(session: Session, case_id: uuid.UUID) -> Facts:
    """Read the facts of a case as they stand."""
    return codec.load_facts(
        session.scalars(select(StoredState.state).where(StoredState.case_id == case_id)).one()
    )


def path(
    session: Session,
    case: ProcessCase,
    *,
    zone: str = "UTC",
    names: Mapping[str, str] | None = None,
    passed: Sequence[StepHistory] | None = None,
) -> Path:
    """Work out the path of a case so far; times in ``marks`` are on the wall clock of an IANA zone.

    ``names`` gives names by actor id where they should not be written as the history keeps them; ``passed``
    is the history when the caller has read it already.
    """
    passed = steps(session, case.id) if passed is None else passed
    waiting = session.execute(
        select(HumanTask.element_id, HumanTask.flows).filter_by(case_id=case.id, state=TaskState.OPEN)
    ).all()
    rounds = Counter(row.element_id for row in passed)
    return Path(
        done=frozenset(rounds),
        current=frozenset(element_id for element_id, _ in waiting),
        flows=frozenset(
            flow for taken in [*(row.flows for row in passed), *(led for _, led in waiting)] for flow in taken
        ),
        rounds=dict(rounds),
        marks={
            row.element_id: _mark(row, rounds, zone, names or {})
            for row in passed
            if row.element_type == "userTask"
        },
    )


def _mark(row: StepHistory, rounds: Mapping[str, int], zone: str, names: Mapping[str, str]) -> list[str]:
    count = rounds[row.element_id]
    at = to_zone(row.ended_at, zone).strftime("%Y-%m-%d %H:%M %Z")
    return [names.get(row.actor_id, row.actor_name), f"{at} · ×{count}" if count > 1 else at]
