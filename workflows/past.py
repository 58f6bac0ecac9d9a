"""What a case has passed, in running totals beside it: so a step costs the same in every round of a loop.

The history stays the truth; the totals are counted from it as they were kept from it, row by row.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import TypedDict, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows.models import HumanTask, ProcessCase, StepHistory


class Passed(TypedDict):
    """The totals of a case, steps taken back left out.

    ``human`` is the ``seq`` of its last human step, 0 for none. ``ways`` says of each element, by the
    sequence flows it was reached by, the ``seq`` of the last time and how many times there were; a way is
    written as the ids of the element and of the flows, with blanks between them, which no id has (NCName).
    """

    human: int
    ways: dict[str, tuple[int, int]]


NOTHING: Passed = {"human": 0, "ways": {}}


def passed_of(session: Session, case: ProcessCase) -> Passed:
    """Give the totals of a case; counted where they were not kept, as of a case begun before they were."""
    return cast("Passed", case.passed) if case.passed is not None else _counted(session, case.id)


def count(session: Session, case: ProcessCase, row: StepHistory) -> None:
    """Count the next row of the history, which is not in the database yet."""
    case.passed = {**_also(passed_of(session, case), row.seq, row.element_id, row.element_type, row.flows)}


def recount(session: Session, case: ProcessCase) -> None:
    """Count the history anew: a step has been taken back, and what came of it counts no longer."""
    case.passed = {**_counted(session, case.id)}


def counts(seq: int, void: Iterable[Sequence[int]]) -> bool:
    """Whether a row of the history still counts; ``void`` are the first and last of steps taken back."""
    return not any(first <= seq <= last for first, last in void)


def _counted(session: Session, case_id: uuid.UUID) -> Passed:
    back = select(HumanTask.taken_back).where(HumanTask.case_id == case_id, HumanTask.taken_back.is_not(None))
    void = [rows for rows in session.scalars(back) if rows]
    columns = (StepHistory.seq, StepHistory.element_id, StepHistory.element_type, StepHistory.flows)
    rows = session.execute(select(*columns).where(StepHistory.case_id == case_id).order_by(StepHistory.seq))
    found = NOTHING
    for seq, element_id, element_type, flows in rows:
        if counts(seq, void):
            found = _also(found, seq, element_id, element_type, flows)
    return found


def _also(before: Passed, seq: int, element_id: str, element_type: str, flows: Sequence[str]) -> Passed:
    way = " ".join((element_id, *flows))
    _, rounds = before["ways"].get(way, (0, 0))
    human = seq if element_type == "userTask" else before["human"]
    return {"human": human, "ways": {**before["ways"], way: (seq, rounds + 1)}}
