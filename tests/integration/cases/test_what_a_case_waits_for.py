"""The case page says which timers and messages a case waits for, and draws the processes it calls."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from lxml import html

from core.db import unit_of_work
from tests.factories.inbox import Plant
from workflows import repository, runtime
from workflows.models import ProcessCase

pytestmark = pytest.mark.urs("URS-008", "URS-010")
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:qms="urn:qms:bpmn:1"'
    ' targetNamespace="urn:test">'
)
CALLER = (
    HEAD
    + """<bpmn:message id="M" name="lab_result"/>
<bpmn:process id="caller" name="Caller" isExecutable="true" qms:prefix="CLR">
  <bpmn:startEvent id="begin"/>
  <bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>
  <bpmn:intermediateCatchEvent id="result" name="Laboratory result" qms:nameZh="化验结果">
    <bpmn:extensionElements><qms:correlation name="lot" value="lot.number"/></bpmn:extensionElements>
    <bpmn:messageEventDefinition messageRef="M"/></bpmn:intermediateCatchEvent>
  <bpmn:intermediateCatchEvent id="pause" name="Rest" qms:nameZh="静置"><bpmn:timerEventDefinition>
    <bpmn:timeDuration>P2D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
  <bpmn:callActivity id="call" name="Look" calledElement="looking"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="split"/>
  <bpmn:sequenceFlow id="f2" sourceRef="split" targetRef="result"/>
  <bpmn:sequenceFlow id="f3" sourceRef="split" targetRef="pause"/>
  <bpmn:sequenceFlow id="f4" sourceRef="split" targetRef="call"/>
  <bpmn:sequenceFlow id="f5" sourceRef="result" targetRef="join"/>
  <bpmn:sequenceFlow id="f6" sourceRef="pause" targetRef="join"/>
  <bpmn:sequenceFlow id="f7" sourceRef="call" targetRef="join"/>
  <bpmn:sequenceFlow id="f8" sourceRef="join" targetRef="done"/>
</bpmn:process></bpmn:definitions>"""
)
CALLED = (
    HEAD
    + """<bpmn:process id="looking" name="A closer look" qms:nameZh="细看" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="lane" qms:role="qa">
    <bpmn:flowNodeRef>look</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="lbegin"/>
  <bpmn:userTask id="look" name="Look at it" qms:form="lot_release_decision" qms:due="P2D"/>
  <bpmn:endEvent id="ldone"/>
  <bpmn:sequenceFlow id="l1" sourceRef="lbegin" targetRef="look"/>
  <bpmn:sequenceFlow id="l2" sourceRef="look" targetRef="ldone"/>
</bpmn:process></bpmn:definitions>"""
)


@pytest.fixture
def case(plant: Plant, now: datetime) -> ProcessCase:
    owner = plant.people["owner"]
    with unit_of_work(owner, now=now) as session:
        files = {"caller.bpmn": CALLER.encode(), "looking.bpmn": CALLED.encode()}
        release = repository.propose_release(session, "caller", files, actor=owner, now=now)
        repository.make_effective(session, release, actor=plant.people["qa"], now=now)
        return runtime.start_case(
            session,
            "caller",
            title={"en": "Waiting", "zh": "等待"},
            site_id=plant.site_id,
            subject=("inventory.lot", plant.lot_id),
            data={
                "lot": {"id": str(plant.lot_id), "number": "T-001"},
                "sites": {"plant": str(plant.site_id)},
            },
            actor=owner,
            now=now,
        )


def test_timers_and_messages_are_named_with_moment_values_and_since_when(
    case: ProcessCase, browser: Callable[[str], FlaskClient]
) -> None:
    page = browser("qa").get(f"/cases/{case.id}").text
    assert "Waits for time or messages" in page
    assert "Message “lab_result”" in page
    assert "lot = T-001" in page
    assert "Timer, due" in page
    assert "Rest" in page


def test_where_a_case_waits_for_a_moment_or_a_message_it_stands_now(
    case: ProcessCase, browser: Callable[[str], FlaskClient]
) -> None:
    page = html.fromstring(browser("qa").get(f"/cases/{case.id}").text)
    marks = json.loads(page.xpath("//@data-markers")[0])
    assert {key for key, mark in marks.items() if mark == "current"} == {"result", "pause", "look"}


def test_a_called_process_is_drawn_with_the_marks_of_the_case(
    case: ProcessCase, browser: Callable[[str], FlaskClient]
) -> None:
    client = browser("qa")
    page = client.get(f"/cases/{case.id}").text
    assert "Called process: A closer look" in page
    assert f"/cases/{case.id}/diagram.svg?" in page
    assert "process=looking" in page
    drawn = client.get(f"/cases/{case.id}/diagram.svg?process=looking")
    assert 'aria-label="A closer look"' in drawn.text
    assert 'aria-label="Caller"' in client.get(f"/cases/{case.id}/diagram.svg?process=nothing").text
