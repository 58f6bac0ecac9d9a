"""A process that a person starts, on the plant of the inbox: a report, then somebody's answer."""

from core.db import unit_of_work
from tests.factories.inbox import Plant
from workflows import repository

KEY = "small_report"
NOTE = {"note": "Seal leaks on two pouches"}

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:qms="urn:qms:bpmn:1"
    targetNamespace="urn:test" id="Definitions_1">
  <bpmn:process id="small_report" name="Small report" isExecutable="true" qms:nameZh="小报告"
      qms:prefix="RP" {process}>
    <bpmn:documentation>Somebody has seen something; quality assurance answers.</bpmn:documentation>
    <bpmn:laneSet id="lanes">
      <bpmn:lane id="lane_keeper" name="Keeper" qms:nameZh="仓管员" qms:role="keeper">
        <bpmn:flowNodeRef>began</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>report</bpmn:flowNodeRef>
      </bpmn:lane>
      <bpmn:lane id="lane_qa" name="QA" qms:nameZh="质量保证" qms:role="qa">
        <bpmn:flowNodeRef>answer</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="began" name="Seen" qms:nameZh="已发现"/>
    <bpmn:userTask id="report" name="Report" qms:nameZh="报告" qms:form="step_note" qms:due="P2D" {report}/>
    {between}
    <bpmn:userTask id="answer" name="Answer" qms:nameZh="答复" qms:form="step_note" qms:due="P2D" {answer}/>
    <bpmn:endEvent id="over" name="Answered" qms:nameZh="已答复"/>
    <bpmn:sequenceFlow id="to_report" sourceRef="began" targetRef="report"/>
    {to_answer}
    <bpmn:sequenceFlow id="to_over" sourceRef="answer" targetRef="over"/>
  </bpmn:process>
</bpmn:definitions>
"""
STRAIGHT = '<bpmn:sequenceFlow id="to_answer" sourceRef="report" targetRef="answer"/>'


def model(
    *, process="", report='qms:by="start"', answer='qms:notBy="report"', between="", to_answer=STRAIGHT
):
    """The bundle, with what its elements say besides."""
    said = {"process": process, "report": report, "answer": answer, "between": between}
    return {"small_report.bpmn": HEAD.format(**said, to_answer=to_answer).encode()}


def put_into_effect(plant: Plant, files=None):
    """Let the process hold."""
    owner = plant.people["owner"]
    with unit_of_work(owner, now=plant.now) as session:
        proposed = repository.propose_release(session, KEY, files or model(), actor=owner, now=plant.now)
        repository.make_effective(session, proposed, actor=plant.people["qa"], now=plant.now)
