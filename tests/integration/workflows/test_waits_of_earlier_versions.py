"""Cases saved before there were rows of what they wait for get them, once, and their timers fire."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import delete, select, update

from tests.factories import workflows as made
from workflows import human_tasks, runtime, waits
from workflows.message_models import CaseWait
from workflows.models import HumanTask, StoredState

pytestmark = pytest.mark.urs("URS-002", "URS-010")
KEPT = json.loads((Path(__file__).parents[2] / "unit/workflows/states_of_format_1.json").read_text("utf-8"))[
    "timer"
]
DUE = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SINCE = datetime.fromtimestamp(next(row for row in KEPT["state"]["top"] if row[2] == "late")[4], UTC)


@pytest.fixture
def case(session):
    """A case as the first version left it: its state in the first format, its open task, no rows of waits."""
    made.release(session, {name: text.encode() for name, text in KEPT["files"].items()})
    case = made.case(session)
    ready = next(row[0] for row in KEPT["state"]["top"] if row[3] == 16)
    session.execute(update(StoredState).values(state=orjson.dumps(KEPT["state"]), next_due=DUE))
    session.execute(update(HumanTask).values(engine_id=ready))
    session.execute(delete(CaseWait))
    session.expire_all()
    return case


def test_they_are_listed_with_their_moment_and_since_when_they_wait(session, case):
    assert waits.of_case(session, case.id) == []
    assert runtime.list_waits(session, now=made.NOW + timedelta(hours=5)) == 1
    found = waits.of_case(session, case.id)
    assert [(row.kind, row.element_id, row.due_at, row.since) for row in found] == [
        ("timer", "late", DUE, SINCE)
    ]


def test_listing_again_finds_nothing_to_do(session, case):
    runtime.list_waits(session, now=made.NOW)
    before = session.scalars(select(CaseWait.id)).all()
    assert runtime.list_waits(session, now=made.NOW) == 0
    assert session.scalars(select(CaseWait.id)).all() == before


def test_the_listed_timer_fires_and_leaves_no_row(session, case):
    runtime.list_waits(session, now=made.NOW)
    assert waits.overdue(session, now=DUE) == [case.id]
    runtime.fire_timers(session, case.id, now=DUE)
    assert waits.of_case(session, case.id) == []


def test_a_case_that_ended_or_waits_for_people_only_is_left_alone(session, case):
    task = human_tasks.open_tasks(session, case.id)[0]
    human_tasks.complete(session, task, {"decision": "release"}, actor=made.person(2), now=made.NOW)
    assert runtime.list_waits(session, now=made.NOW) == 0
