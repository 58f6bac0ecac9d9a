"""A case that is cancelled: by whom the model says, with reason, signature and one record; nothing hangs."""

import json

import pytest
from sqlalchemy import select

from app.factory import create_app
from app.inbox.handling.cancelling import CancelCase, cancel, review_cancellation
from core import clock
from core.db import read_session, unit_of_work
from core.errors import QmsError
from core.outbox import OutboxEntry
from documents.models import Record
from signatures.models import Signature
from tests.factories import handling, operations
from tests.factories.inbox import PASSWORD
from tests.factories.people import post, sign_in
from workflows import cancelling as engine
from workflows import registry, runtime
from workflows.message_models import CaseWait
from workflows.models import CaseState, HumanTask, ProcessCase, StoredState, TaskState

REASON = "Reported twice, see the other one"
TIMED = """
    <bpmn:boundaryEvent id="late" attachedToRef="report" cancelActivity="false">
      <bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:endEvent id="told"/>
    <bpmn:sequenceFlow id="to_told" sourceRef="late" targetRef="told"/>"""


@pytest.fixture
def reported(plant):
    """A report waits, with a timer beside it; quality assurance may cancel it."""
    handling.put_into_effect(plant, handling.model(process='qms:cancel="qa"', between=TIMED))
    return start(plant)


def start(plant):
    with unit_of_work(plant.people["keeper"], now=plant.now) as session:
        plant.case_id = runtime.start_case(
            session,
            handling.KEY,
            title={"en": "Small report", "zh": "小报告"},
            site_id=plant.site_id,
            subject=None,
            data={"sites": {"plant": str(plant.site_id)}},
            actor=plant.people["keeper"],
            now=plant.now,
        ).id
    return plant


def cancels(plant, login, reason=REASON, seen=None):
    command = CancelCase(plant.case_id, reason, method="password")
    with read_session() as session:
        wanted = review_cancellation(session, command, actor=plant.people[login], now=plant.now)
    command = CancelCase(plant.case_id, reason, seen or wanted.hash, method="password")
    with unit_of_work(plant.people[login], now=plant.now) as session:
        return cancel(session, command, actor=plant.people[login], now=plant.now)


def refusal(plant, login, reason=REASON):
    with pytest.raises(QmsError) as refused:
        cancels(plant, login, reason)
    with read_session() as session:
        assert session.get_one(ProcessCase, plant.case_id).state is CaseState.RUNNING
    return refused.value


@pytest.mark.urs("URS-141", "URS-040")
def test_a_cancelled_case_ends_with_one_signed_record_and_nothing_waits(reported):
    record = cancels(reported, "qa")
    with read_session() as session:
        case = session.get_one(ProcessCase, reported.case_id)
        (kept,) = session.scalars(select(Record).filter_by(case_id=case.id)).all()
        (signature,) = session.scalars(select(Signature).filter_by(record_id=kept.id)).all()
        tasks = session.scalars(select(HumanTask).filter_by(case_id=case.id)).all()
        waits = session.scalars(select(CaseWait).filter_by(case_id=case.id)).all()
        timers = session.scalars(select(OutboxEntry).filter_by(key=f"timer-{case.id}")).all()
        stored = session.get_one(StoredState, case.id)
        content = json.loads(kept.canonical)["content"]
    assert (case.state, case.ended_reason) == (CaseState.CANCELLED, REASON)
    assert str(case.ended_by) == reported.people["qa"].id
    assert kept.id == record.id
    assert (signature.meaning_code, signature.role) == ("cancelled", "qa")
    assert content["entered"][0]["rows"][0]["value"] == REASON
    assert content["shown"][0]["rows"][0]["label"] == {"en": "Report", "zh": "报告"}
    assert [task.state for task in tasks] == [TaskState.WITHDRAWN]
    assert (waits, timers, stored.next_due) == ([], [], None)


@pytest.mark.urs("URS-141", "URS-023")
def test_only_the_roles_that_the_model_names_cancel(reported):
    refused = refusal(reported, "keeper")
    assert refused.code == "cancel.role"
    assert "Quality assurance" in refused.text("en")
    assert refusal(reported, "admin").code == "task.administrator"


@pytest.mark.urs("URS-141", "URS-023")
def test_a_model_that_names_nobody_lets_nobody_cancel(plant):
    assert refusal(plant, "qa").code == "cancel.nobody"


@pytest.mark.urs("URS-141")
@pytest.mark.parametrize("reason", ["", "  no ", "Reason \U0001f9ff with an amulet"])
def test_without_a_reason_that_can_be_printed_nothing_is_cancelled(reported, reason):
    assert refusal(reported, "qa", reason).field == "reason"


@pytest.mark.urs("URS-040")
def test_what_was_not_seen_is_not_signed(reported):
    with pytest.raises(QmsError) as refused:
        cancels(reported, "qa", seen="0" * 64)
    assert refused.value.code == "task.changed"


@pytest.mark.urs("URS-141")
def test_a_case_is_cancelled_once(reported):
    cancels(reported, "qa")
    with pytest.raises(QmsError) as refused:
        cancels(reported, "qa")
    assert refused.value.code == "case.not_running"


@pytest.mark.urs("URS-141", "URS-073")
def test_a_case_that_holds_something_is_not_cancelled_until_that_is_settled(plant, monkeypatch):
    operations.register()
    held = registry.find("test.note")
    monkeypatch.setitem(
        registry._operations, "test.note", registry.Operation(**{**vars(held), "holds": "inventory.lot"})
    )
    service = '<bpmn:serviceTask id="hold" name="Hold the lots" qms:operation="test.note"/>'
    flows = (
        '<bpmn:sequenceFlow id="to_hold" sourceRef="report" targetRef="hold"/>'
        '<bpmn:sequenceFlow id="to_answer" sourceRef="hold" targetRef="answer"/>'
    )
    model = handling.model(process='qms:cancel="qa"', between=service, to_answer=flows)
    monkeypatch.setattr("workflows.analysis.explore", lambda files: [])
    handling.put_into_effect(plant, model)
    start(plant)
    plant.signs("keeper", "report", handling.NOTE)
    refused = refusal(plant, "qa")
    assert refused.code == "case.holds"
    assert "Hold the lots" in refused.text("en")


@pytest.mark.urs("URS-141")
def test_rooms_with_a_register_of_cases_hear_of_it_in_the_same_transaction(reported, monkeypatch):
    heard = []
    monkeypatch.setattr(engine, "_afterwards", [lambda session, case, actor, now: heard.append(case.state)])
    cancels(reported, "qa")
    assert heard == [CaseState.CANCELLED]


@pytest.mark.urs("URS-141", "URS-040")
def test_on_the_pages_a_case_is_cancelled_in_two_looks(reported, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: reported.now)
    qa = sign_in(create_app(testing=True), "qa", PASSWORD)
    at = f"/cases/{reported.case_id}"
    assert f'href="{at}/cancel"' in qa.get(at).text
    review = post(qa, f"{at}/cancel", reason=REASON).text
    seen = review.split('name="seen" value="')[1].split('"')[0]
    wrong = post(qa, f"{at}/cancel", reason=REASON, seen=seen, login="qa", password="wrong")
    assert wrong.status_code in (401, 403, 422)
    assert REASON in wrong.text
    answer = post(qa, f"{at}/cancel", reason=REASON, seen=seen, login="qa", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, at)
    page = qa.get(at).text
    assert REASON in page
    assert f'href="{at}/cancel"' not in page
