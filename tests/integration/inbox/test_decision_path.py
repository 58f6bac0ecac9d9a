"""What gateways asked and scripts worked out: in the history, on the record, on the case page (URS-005)."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from app.factory import create_app
from app.inbox.records import content_of
from app.inbox.services import open_view
from core import clock
from core.db import read_session
from tests.factories import inbox
from tests.factories.inbox import RESULTS, Plant, make_plant
from tests.factories.people import sign_in
from workflows import history
from workflows.models import StepHistory

pytestmark = pytest.mark.urs("URS-005", "URS-008")
BETWEEN = """
    <bpmn:scriptTask id="Sum" qms:step="sums">
      <bpmn:script>sums = inspection.sample_size * 2</bpmn:script>
    </bpmn:scriptTask>
    <bpmn:exclusiveGateway id="Fit" name="Fit for release?" qms:nameZh="可否放行？" default="Flow_5"/>
    <bpmn:endEvent id="EndEvent_2" name="Not fit" qms:nameZh="不可放行"/>
    <bpmn:sequenceFlow id="Flow_2" sourceRef="Inspection" targetRef="Sum"/>
    <bpmn:sequenceFlow id="Flow_2b" sourceRef="Sum" targetRef="Fit"/>
    <bpmn:sequenceFlow id="Flow_4" sourceRef="Fit" targetRef="Release">
      <bpmn:conditionExpression>inspection.conclusion = "pass" and sums &gt; 3</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="Flow_5" sourceRef="Fit" targetRef="EndEvent_2"/>"""
FLOW = '<bpmn:sequenceFlow id="Flow_2" sourceRef="Inspection" targetRef="Release"/>'
CONDITION = 'inspection.conclusion = "pass" and sums > 3'


@pytest.fixture
def plant(database: Engine, now: datetime, inspection_plan: None, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(inbox, "MODEL", inbox.MODEL.replace(FLOW, BETWEEN))
    plant = make_plant(now)
    plant.signs("inspector2", "inspection", RESULTS)
    return plant


def row_of(plant: Plant, element: str) -> StepHistory:
    with read_session() as session:
        return next(row for row in history.steps(session, plant.case_id) if row.element_id == element)


def test_a_gateway_keeps_condition_facts_answer_and_way(plant: Plant) -> None:
    kept = row_of(plant, "Fit").decision
    assert kept is not None
    assert kept["outputs"] == {CONDITION: True}
    assert {one["expression"]: one["value"] for one in kept["inputs"]} == {
        "inspection.conclusion": "pass",
        "sums": 16,
    }
    assert kept["taken"] == [{"flow": "Flow_4", "name": {"en": "Incoming release", "zh": "进货放行"}}]


def test_a_script_keeps_what_it_worked_out_from_which_facts(plant: Plant) -> None:
    kept = row_of(plant, "Sum").decision
    assert kept is not None
    assert list(kept["outputs"].values()) == [16]
    assert [one["expression"] for one in kept["inputs"]] == ["inspection.sample_size"]


def test_the_record_of_the_next_step_says_it_in_both_languages(plant: Plant) -> None:
    with read_session() as session:
        content = content_of(open_view(session, plant.task("incoming_release").id), [], [])
    ways = [one for one in content["decisions"] if "asked" in one]
    assert [one["title"]["zh"] for one in ways][-1] == "可否放行？"
    asked = ways[-1]["asked"][0]
    assert (asked["expression"], asked["value"]) == (CONDITION, "yes")
    assert asked["inputs"] == {"inspection.conclusion": "pass", "sums": "16"}
    assert asked["said"] == {"inspection.conclusion": {"en": "Pass", "zh": "合格"}}
    assert ways[-1]["taken"] == [{"en": "Incoming release", "zh": "进货放行"}]


def test_the_case_page_tells_it_in_its_timeline(plant: Plant) -> None:
    page = sign_in(create_app(testing=True), "qa", inbox.PASSWORD).get(f"/cases/{plant.case_id}").text
    assert "Fit for release?" in page
    assert "“Inspection: Conclusion” is “Pass”, and “Sum” is more than 3" in page
    assert "Way taken" in page
