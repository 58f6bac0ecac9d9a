"""A completed step taken back: until somebody has opened what follows, and only where it can be undone."""

import json
from collections import Counter

import pytest
from sqlalchemy import select

from app.factory import create_app
from app.inbox.handling.taking_back import take_step_back
from core import clock
from core.db import read_session, unit_of_work
from core.errors import QmsError
from documents.models import Record
from tests.factories import handling, operations
from tests.factories.inbox import PASSWORD, RESULTS
from tests.factories.people import post, sign_in
from tests.integration.inbox.test_cancelling import start
from workflows import history
from workflows.models import HumanTask, ProcessCase, StepWithdrawal, TaskState

REASON = "The wrong lot was inspected"


def done(plant, step):
    with read_session() as session:
        query = select(HumanTask).filter_by(case_id=plant.case_id, step=step, state=TaskState.COMPLETED)
        return session.scalars(query).one()


def takes_back(plant, login, step, reason=REASON):
    task, actor = done(plant, step), plant.people[login]
    with unit_of_work(actor, now=plant.now) as session:
        return take_step_back(session, task.id, reason, actor=actor, now=plant.now)


def refusal(plant, login, step, reason=REASON):
    with pytest.raises(QmsError) as refused:
        takes_back(plant, login, step, reason)
    return refused.value.code


@pytest.mark.urs("URS-141")
def test_a_step_taken_back_is_open_again_with_its_entries_and_due_date(plant):
    before = plant.task("inspection")
    plant.signs("inspector", "inspection", RESULTS)
    again = takes_back(plant, "inspector", "inspection")
    task = plant.task("inspection")
    assert task.id == again.id != before.id
    assert task.due_at == before.due_at
    fields = task.draft[plant.people["inspector"].id]["fields"]
    assert fields["results.0.value"] == ["4.10"]
    assert fields["conclusion"] == ["pass"]
    with read_session() as session:
        withdrawn = session.get_one(HumanTask, before.id)
        later = session.scalars(select(HumanTask).filter_by(step="incoming_release")).one()
        assert (withdrawn.state, later.state) == (TaskState.WITHDRAWN, TaskState.WITHDRAWN)
        assert "inspection" not in history.facts(session, plant.case_id)
        assert "inspection" not in history.performers(session, plant.case_id)
        path = history.path(session, session.get_one(ProcessCase, plant.case_id))
        assert (path.done, path.current) == ({"StartEvent_1"}, {"Inspection"})
    plant.signs("inspector2", "inspection", RESULTS)
    plant.signs("qa", "incoming_release", {"decision": "release"})
    with read_session() as session:
        case = session.get_one(ProcessCase, plant.case_id)
        rows, tasks = history.steps(session, case.id), history.task_lines(session, case.id)
        counting = history.that_count(rows, tasks)
        assert len(counting) < len(rows)
        assert history.path(session, case).rounds == Counter(row.element_id for row in counting)


@pytest.mark.urs("URS-141", "URS-002")
def test_the_case_is_called_as_before_the_step_that_named_it(plant):
    handling.put_into_effect(plant, handling.model(process='qms:title="report.note"'))
    start(plant)
    plant.signs("keeper", "report", handling.NOTE)
    with read_session() as session:
        assert session.get_one(ProcessCase, plant.case_id).title["en"].endswith(handling.NOTE["note"])
    takes_back(plant, "keeper", "report")
    with read_session() as session:
        assert session.get_one(ProcessCase, plant.case_id).title == {"en": "Small report", "zh": "小报告"}


@pytest.mark.urs("URS-141", "URS-040")
def test_the_sealed_record_stays_and_another_says_why(plant):
    taken = plant.signs("inspector", "inspection", RESULTS)
    takes_back(plant, "inspector", "inspection")
    with read_session() as session:
        kept = session.scalars(select(Record).filter_by(case_id=plant.case_id).order_by(Record.number)).all()
        said = json.loads(kept[-1].canonical)["content"]
        withdrawal = session.scalars(select(StepWithdrawal)).one()
    assert kept[0].id == taken.record.id
    assert [row["value"] for row in said["entered"][0]["rows"]] == [
        {"en": "Inspection", "zh": "检验"},
        taken.record.number,
        REASON,
    ]
    assert withdrawal.reason == REASON


@pytest.mark.urs("URS-141")
def test_once_somebody_has_opened_what_follows_it_is_too_late(plant):
    plant.signs("inspector", "inspection", RESULTS)
    plant.opens("qa", plant.task("incoming_release").id)
    assert refusal(plant, "inspector", "inspection") == "take_back.opened"


@pytest.mark.urs("URS-141", "URS-023")
def test_only_the_performer_takes_a_step_back(plant):
    plant.signs("inspector", "inspection", RESULTS)
    assert refusal(plant, "inspector2", "inspection") == "take_back.own"
    assert refusal(plant, "inspector", "inspection", "no") == "handling.reason"


@pytest.mark.urs("URS-141")
def test_what_happened_outside_cannot_be_undone(plant):
    operations.register()
    service = '<bpmn:serviceTask id="told" name="Tell the plant" qms:operation="test.note"/>'
    flows = (
        '<bpmn:sequenceFlow id="to_told" sourceRef="report" targetRef="told"/>'
        '<bpmn:sequenceFlow id="to_answer" sourceRef="told" targetRef="answer"/>'
    )
    handling.put_into_effect(plant, handling.model(between=service, to_answer=flows))
    start(plant)
    plant.signs("keeper", "report", handling.NOTE)
    assert refusal(plant, "keeper", "report") == "take_back.outside"


@pytest.mark.urs("URS-141")
def test_a_step_of_an_ended_case_or_an_earlier_one_is_not_taken_back(plant):
    plant.signs("inspector2", "inspection", RESULTS)
    plant.signs("qa", "incoming_release", {"decision": "release"})
    assert refusal(plant, "inspector2", "inspection") == "case.not_running"
    handling.put_into_effect(plant, handling.model())
    start(plant)
    plant.signs("keeper", "report", handling.NOTE)
    takes_back(plant, "keeper", "report")
    plant.signs("keeper", "report", handling.NOTE)
    takes_back(plant, "keeper", "report")


@pytest.mark.urs("URS-141")
def test_on_the_pages_it_is_offered_marked_and_explained(plant, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: plant.now)
    plant.signs("inspector", "inspection", RESULTS)
    task = done(plant, "inspection")
    app = create_app(testing=True)
    inspector, qa = sign_in(app, "inspector", PASSWORD), sign_in(app, "qa", PASSWORD)
    at = f"/inbox/{task.id}/take-back"
    assert at not in qa.get(f"/cases/{plant.case_id}").text
    assert at in inspector.get(f"/cases/{plant.case_id}").text
    assert "open again with what you entered" in inspector.get(at).text
    assert post(inspector, at, reason="").status_code == 422
    answer = post(inspector, at, reason=REASON)
    assert (answer.status_code, answer.location) == (303, f"/inbox/{plant.task('inspection').id}")
    assert 'value="4.10"' in inspector.get(answer.location).text
    page = qa.get(f"/cases/{plant.case_id}").text
    assert "Taken back" in page
