"""What has happened in a case: who did which step, and the path taken through the diagram (URS-008)."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Select, and_, bindparam, func, or_, select, union_all
from sqlalchemy.orm import Session

from core.clock import to_zone
from core.tables import on_tables, table_of
from core.types import Bilingual
from workflows import codec, past
from workflows.facts import Facts
from workflows.models import HumanTask, ProcessCase, StepHistory, StoredState, TaskState

START = "start"
_Done = tuple[uuid.UUID, str, uuid.UUID | None, uuid.UUID | None, list[str] | None]
"""One completed task: case, step, who, for whom, and who else."""


@dataclass(frozen=True)
class Path:
    """The way of a case through its diagram, by ids of elements and sequence flows.

    ``rounds`` says how often an element was passed; ``marks`` are lines to write under a step: who did it
    last, how often if more than once, and when.
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


class TaskLine(NamedTuple):
    """What the later steps of a case need to know of one human task of it."""

    id: uuid.UUID
    case_id: uuid.UUID
    element_id: str
    step: str
    name: Bilingual
    form_key: str
    flows: list[str]
    state: TaskState
    completed_at: datetime | None
    completed_by: uuid.UUID | None
    completed_for: uuid.UUID | None
    also_by: list[str] | None
    taken_back: list[int] | None


class Passage(NamedTuple):
    """An element as a case passed it: ``rounds`` says how often by the same way, with the last of them."""

    seq: int
    element_id: str
    element_type: str
    name: Bilingual
    flows: list[str]
    ended_at: datetime
    actor_id: str
    actor_name: str
    decision: dict[str, Any] | None
    rounds: int


_TASK, _STEP = table_of(HumanTask), table_of(StepHistory)
_TASK_LINE = tuple(_TASK.c[name] for name in TaskLine._fields)
_PASSAGE = tuple(_STEP.c[name] for name in Passage._fields if name != "rounds")


def _telling_tasks() -> Select[Any]:
    """Grouped, not ranked: a window function would sort every round of the case on every click.

    Steps done at the same moment as a last one come along.
    """
    of_case = _TASK.c.case_id == bindparam("case_id")
    persons = (_TASK.c.completed_by, _TASK.c.completed_for, _TASK.c.also_by)
    completed = and_(of_case, _TASK.c.state == TaskState.COMPLETED)
    last = select(func.max(_TASK.c.completed_at)).where(completed).group_by(_TASK.c.step, *persons)
    telling = or_(
        _TASK.c.state == TaskState.OPEN,
        _TASK.c.taken_back.is_not(None),
        and_(_TASK.c.state == TaskState.COMPLETED, _TASK.c.completed_at.in_(last)),
    )
    return select(*_TASK_LINE).where(of_case, telling).order_by(_TASK.c.completed_at, _TASK.c.id)


_TELLING = _telling_tasks()


def task_lines(session: Session, case_id: uuid.UUID) -> list[TaskLine]:
    """List the human tasks of a case that tell something, in the order they were done in.

    Those that are open, those taken back, the last round of each step, and one of every person who has done
    it: however often a case goes round, the list stays short.
    """
    lines = [TaskLine(*row) for row in on_tables(session, _TELLING, {"case_id": case_id})]
    last = {_doing(line): line.id for line in lines if line.state is TaskState.COMPLETED}
    return [line for line in lines if last.get(_doing(line), line.id) == line.id]


def _doing(line: TaskLine) -> tuple[Any, ...]:
    """What two rounds of a step share that were done by the same persons, and not taken back."""
    return line.state, line.step, line.completed_by, line.completed_for, *(line.also_by or ())


def performers(
    session: Session, case_id: uuid.UUID, *, tasks: Sequence[TaskLine] | None = None
) -> dict[str, set[uuid.UUID]]:
    """Say who has done each step of a case in any round; ``start`` is who started it.

    A delegate and the person he acted for both count. Steps nobody has done yet are missing. ``tasks`` are
    the tasks of the case when the caller has read them already.
    """
    case = session.get(ProcessCase, case_id)
    started = {START: {case.started_by}} if case is not None and case.started_by is not None else {}
    done = _done_by(session, [case_id]) if tasks is None else _persons(_done(tasks))
    return started | done.get(case_id, {})


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
    done = select(
        HumanTask.case_id,
        HumanTask.step,
        HumanTask.completed_by,
        HumanTask.completed_for,
        HumanTask.also_by,
    ).where(HumanTask.case_id.in_(case_ids), HumanTask.state == TaskState.COMPLETED)
    rows = session.execute(done)
    return _persons((case_id, step, by, acted_for, also) for case_id, step, by, acted_for, also in rows)


def _done(tasks: Sequence[TaskLine]) -> Iterator[_Done]:
    for task in tasks:
        if task.state is TaskState.COMPLETED:
            yield task.case_id, task.step, task.completed_by, task.completed_for, task.also_by


def _persons(done: Iterable[_Done]) -> dict[uuid.UUID, dict[str, set[uuid.UUID]]]:
    found: dict[uuid.UUID, dict[str, set[uuid.UUID]]] = {}
    for case_id, step, by, acted_for, also_by in done:
        persons = found.setdefault(case_id, {}).setdefault(step, set())
        persons.update(person for person in (by, acted_for) if person is not None)
        persons.update(uuid.UUID(person) for person in also_by or ())
    return found


def steps(session: Session, case_id: uuid.UUID) -> list[StepHistory]:
    """List the history of a case, first row first."""
    return list(session.scalars(select(StepHistory).filter_by(case_id=case_id).order_by(StepHistory.seq)))


def that_count(passed: Sequence[StepHistory], tasks: Sequence[TaskLine]) -> list[StepHistory]:
    """Leave out of the history what came of steps that were taken back."""
    void = [task.taken_back for task in tasks if task.taken_back]
    return [row for row in passed if past.counts(row.seq, void)]


def passages(session: Session, case: ProcessCase, tasks: Sequence[TaskLine]) -> list[Passage]:
    """List what a case has passed, steps taken back left out: each element as it was passed last by each way,
    and everything since the last human step, in the order it happened in.

    What is left out of it are earlier rounds; whoever took a human step in one has them in the record of it.
    ``tasks`` are the tasks of the case.
    """
    void = [task.taken_back for task in tasks if task.taken_back]
    passed = past.passed_of(session, case)
    rounds = dict(passed["ways"].values())
    asked = {"case_id": case.id, "human": passed["human"], "last": [*rounds]}
    rows = on_tables(session, _PASSED, asked)
    return [Passage._make((*row, rounds.get(row.seq, 0))) for row in rows if past.counts(row.seq, void)]


def _passed() -> CompoundSelect[Any]:
    """The rows by their numbers, and all behind the last human step: two ways into one index."""
    told, seq = select(*_PASSAGE).where(_STEP.c.case_id == bindparam("case_id")), _STEP.c.seq
    last = told.where(seq.in_(bindparam("last", expanding=True)), seq <= bindparam("human"))
    return union_all(last, told.where(seq > bindparam("human"))).order_by("seq")


_PASSED = _passed()


def latest(passed: Sequence[Passage]) -> list[Passage]:
    """Leave out of what a case has passed how an element was passed before, but for what came since the last
    human step."""
    human = max((one.seq for one in passed if one.element_type == "userTask"), default=0)
    last = {one.element_id: one.seq for one in passed}
    return [one for one in passed if one.seq > human or last[one.element_id] == one.seq]


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
    passed: Sequence[Passage] | None = None,
    tasks: Sequence[TaskLine] | None = None,
) -> Path:
    """Work out the path of a case so far; times in ``marks`` are on the wall clock of an IANA zone.

    ``names`` gives names by actor id where they should not be written as the history keeps them; ``passed``
    and ``tasks`` are what the case has passed and its tasks when the caller has read them already.
    """
    tasks = task_lines(session, case.id) if tasks is None else tasks
    passed = passages(session, case, tasks) if passed is None else passed
    waiting = [(task.element_id, task.flows) for task in tasks if task.state is TaskState.OPEN]
    rounds: Counter[str] = Counter()
    for one in passed:
        rounds[one.element_id] += one.rounds
    return Path(
        done=frozenset(rounds),
        current=frozenset(element_id for element_id, _ in waiting),
        flows=frozenset(
            flow for taken in [*(one.flows for one in passed), *(led for _, led in waiting)] for flow in taken
        ),
        rounds=dict(rounds),
        marks={
            one.element_id: _mark(one, rounds, zone, names or {})
            for one in passed
            if one.element_type == "userTask"
        },
    )


def _mark(one: Passage, rounds: Mapping[str, int], zone: str, names: Mapping[str, str]) -> list[str]:
    count = rounds[one.element_id]
    name = names.get(one.actor_id, one.actor_name)
    at = to_zone(one.ended_at, zone).isoformat(" ", "minutes")
    return [f"{name} ×{count}" if count > 1 else name, at]
