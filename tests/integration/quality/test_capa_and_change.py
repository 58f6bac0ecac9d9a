"""A CAPA and the change it asks for: it waits for the answer, whatever the answer is; it may be cancelled."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, select

from app.quality.capas.models import CapaAction, CapaState
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import FieldErrors, QmsError
from documents.models import Record
from documents.registry import gather
from tests.factories.floor import Floor, make_floor
from tests.integration.quality.test_capa import AGREE, PEOPLE, PLAN, TRIAGE, registered, to_plan
from tests.integration.quality.test_deviation_ends import cancels
from workflows import history, messages, repository
from workflows.message_models import CaseMessage
from workflows.models import CaseState, HumanTask, ProcessCase, TaskState

STAFF = PEOPLE | {"asker": ("employee",)}
DONE = {"result": "done", "done": "Timer fitted"}
CHANGE = {
    "title": "A timer for the dryer", "current": "No timer.", "intended": "A timer.",
    "justification": "It dries too long.", "category": "process", "safety": "none", "regulatory": "none",
    "validation": "no", "form_fit_function": "no", "temporary": "no",
}  # fmt: skip


@pytest.fixture
def floor(database: Engine, keeper: Actor, now: datetime) -> Floor:
    return make_floor(("capa", "change_control"), STAFF, keeper, now)


def to_change(floor: Floor) -> tuple[ProcessCase, ProcessCase]:
    """A CAPA whose actions are done, and the change it asked for."""
    case = to_plan(floor)
    wanted = {"change": "yes", "change_reason": "The dryer needs a timer."}
    floor.signs("owner", case, "plan", PLAN | wanted)
    floor.signs("qa2", case, "plan_approval", AGREE)
    floor.post()
    with read_session() as session:
        change = session.scalars(select(ProcessCase).filter_by(process_key="change_control")).one()
    floor.signs("doer", case, "implement", DONE)
    assert floor.open(case) == [], "its actions are done, its change is not"
    return case, change


@pytest.mark.urs("URS-006", "URS-008")
def test_it_waits_for_its_change_and_a_rejected_one_leads_back_to_the_plan(floor: Floor) -> None:
    case, change = to_change(floor)
    asked = floor.facts(change)["wanted"]
    assert (asked["from"], asked["reason"], asked["answer"]) == (
        case.number,
        "The dryer needs a timer.",
        "yes",
    )
    floor.signs("asker", change, "request", CHANGE)
    rejected = {"decision": "reject", "owner": "owner", "path": "normal", "reason": "Done by software."}
    floor.signs("qa1", change, "screen", rejected)
    floor.post()
    assert floor.case(change.id).outcome == "rejected"
    assert floor.open(case) == ["plan"]
    with read_session() as session:
        links = {one.name: (one.from_case_id, one.to_case_id) for one in session.scalars(select(CaseMessage))}
    assert links == {"change_wanted": (case.id, change.id), "change_closed": (change.id, case.id)}


@pytest.mark.urs("URS-008", "URS-012")
def test_a_cancelled_change_answers_too_and_a_closed_one_is_verified(floor: Floor) -> None:
    case, change = to_change(floor)
    cancels(floor, "qa2", change)
    floor.post()
    assert floor.facts(case)["change_done"]["outcome"] == "cancelled"
    floor.signs("owner", case, "plan", PLAN | {"change": "yes", "change_reason": "Now for good."})
    floor.signs("qa2", case, "plan_approval", AGREE)
    floor.signs("doer", case, "implement", DONE)
    keys = {"case": case.number}
    with unit_of_work(messages.POST, now=floor.now) as session:
        messages.send(
            session, "change_closed", {"outcome": "closed"}, keys, actor=messages.POST, now=floor.now
        )
    floor.post()
    assert floor.open(case) == ["verification"]
    with read_session() as session:
        told = gather("quality.capa_plan", session, case.subject_id, history.facts(session, case.id))
        (shown,) = repository.compiled_for(session, case.release_id).vocabulary.say_rows(told)
    assert {"en": "Closed", "zh": "已关闭"} in [one["value"] for one in shown["rows"]]


@pytest.mark.urs("URS-012")
def test_it_is_cancelled_with_its_row_and_not_by_its_owner(floor: Floor) -> None:
    case = to_plan(floor)
    with pytest.raises(QmsError) as refused:
        cancels(floor, "owner", case)
    assert refused.value.code == "capa.own"
    assert (floor.case(case.id).state, registered().state) == (CaseState.RUNNING, CapaState.OPEN)
    cancels(floor, "head", case)
    assert (floor.case(case.id).state, registered().state) == (CaseState.CANCELLED, CapaState.CANCELLED)


@pytest.mark.urs("URS-022", "URS-147")
def test_an_action_is_due_at_the_end_of_its_own_day_and_no_entry_moves_it(floor: Floor) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    floor.signs("qa2", case, "plan_approval", AGREE)
    assert due(case) == "2026-12-31T15:59:59+00:00", "the end of the day in Shenzhen"
    for typed, wrong in (
        ({"result": "extend", "new_due": "2027-03-01"}, "reason"),
        ({"result": "extend", "reason": "The part is late."}, "new_due"),
    ):
        with pytest.raises(FieldErrors) as refused:
            floor.signs("doer", case, "implement", typed)
        assert {path: one.code for path, one in refused.value.errors.items()} == {wrong: "form.required"}
    wanted = {"result": "extend", "new_due": "2027-01-31", "reason": "The part is late."}
    floor.signs("doer", case, "implement", wanted)
    floor.signs("qa2", case, "extension", {"decision": "approve", "risk": "Stock is on hold."})
    assert due(case) == "2027-01-31T15:59:59+00:00"
    floor.signs("doer", case, "implement", DONE | {"new_due": "2027-06-30", "due": "2027-06-30"})
    with read_session() as session:
        assert str(session.scalars(select(CapaAction.due)).one()) == "2027-01-31"
        record = session.scalars(select(Record).where(Record.kind == "capa.implement")).all()[-1]
    assert "Fit a timer" in record.canonical.decode(), "the record says which action it is about"


@pytest.mark.urs("URS-006")
def test_three_times_in_six_months_needs_the_head_to_do_without(floor: Floor) -> None:
    case = floor.starts("qa1", "capa")
    typed = TRIAGE | {"decision": "no", "owner": "", "severity": "1", "recurrence": "3"}
    floor.signs("qa1", case, "triage", typed)
    assert floor.open(case) == ["declining"]


def due(case: ProcessCase) -> str:
    with read_session() as session:
        task = session.scalars(
            select(HumanTask).filter_by(case_id=case.id, step="implement", state=TaskState.OPEN)
        ).one()
        assert task.due_at is not None
        return task.due_at.isoformat()
