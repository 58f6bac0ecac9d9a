"""Operations a model may call, and repairs of imported models."""

import pytest

from core.errors import Conflict, NotFound
from tests.factories import workflows as made
from workflows import compiler, registry, repairs
from workflows.registry import OperationCall

TITLE = {"en": "Add", "zh": "加"}
SCHEMA = {
    "type": "object",
    "properties": {"lot": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["lot"],
    "additionalProperties": False,
}


@pytest.fixture
def operation(monkeypatch):
    monkeypatch.setattr(registry, "_operations", {})

    @registry.operation("test.add", schema=SCHEMA, title=TITLE)
    def add(call):
        """Add to a lot."""
        return {"lot": call.params["lot"]}

    return add


def call(**params):
    return OperationCall(session=None, params=params, case=None, actor=made.person(1), now=made.NOW)


@pytest.mark.urs("URS-004")
def test_an_operation_is_listed_with_its_description(operation):
    (listed,) = registry.operations()
    assert (listed.name, listed.title, listed.description) == ("test.add", TITLE, "Add to a lot.")
    assert registry.call("test.add", call(lot="L1")) == {"lot": "L1"}


@pytest.mark.urs("URS-004")
@pytest.mark.parametrize("params", [{}, {"lot": 1}, {"lot": "L1", "more": 1}, {"lot": "L1", "count": "x"}])
def test_parameters_that_do_not_fit_are_refused(operation, params):
    with pytest.raises(Conflict) as refused:
        registry.call("test.add", call(**params))
    assert refused.value.code == "operation.parameters"


def test_an_operation_nobody_provides_is_unknown(operation):
    with pytest.raises(NotFound):
        registry.call("test.subtract", call())


def test_two_rooms_cannot_claim_one_name(operation):
    with pytest.raises(ValueError, match="twice"):
        registry.operation("test.add", schema=SCHEMA, title=TITLE)(lambda call: None)


def test_no_administrator_takes_part_in_processes():
    assert not {"system_admin", "security_admin", "audit_admin"} & set(registry.roles())


@pytest.mark.urs("URS-009")
def test_repairs_make_an_import_run_and_are_all_listed():
    drawn = made.process(
        made.user("a"), made.user("b"), made.user("c"), made.flows("a>b", "a>c"), tasks=("a", "b", "c")
    )["trial.bpmn"].replace(b'isExecutable="true"', b'isExecutable="false"')
    assert not compiler.check_files({"trial.bpmn": drawn}, known_form=made.known_form).executable
    mended, made_repairs = repairs.repair(drawn)
    assert compiler.check_files({"trial.bpmn": mended}, known_form=made.known_form).errors == []
    assert {(repair.code, repair.element) for repair in made_repairs} == {
        ("process.not_executable", "trial"),
        ("flow.implicit_split", "a"),
        ("end.unreachable", "b"),
        ("end.unreachable", "c"),
        ("start.count", "a"),
    }


def test_a_sound_model_needs_no_repair():
    drawn = made.process(made.start(), made.user("a"), made.end(), made.flows("begin>a>done"), tasks=("a",))
    assert repairs.repair(drawn["trial.bpmn"])[1] == []


def test_an_unreadable_file_is_given_back_as_it_is():
    assert repairs.repair(b"<open>") == (b"<open>", [])


DRAWING = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="x">
  <collaboration id="c"><participant id="p" processRef="_1-A" /></collaboration>
  <process id="_1-A" name="Complaint handling" isExecutable="false">
    <startEvent id="_2"><timerEventDefinition /></startEvent>
    <task id="_3-x" name="Look at it" /><serviceTask id="_4" /><receiveTask id="_5" />
    <exclusiveGateway id="_6" /><task id="_7" /><intermediateCatchEvent id="_8">
      <timerEventDefinition><timeDuration>soon</timeDuration></timerEventDefinition></intermediateCatchEvent>
    <dataObject id="_9" />
    <sequenceFlow id="f1" sourceRef="_2" targetRef="_3-x" />
    <sequenceFlow id="f2" sourceRef="_3-x" targetRef="_4" />
    <sequenceFlow id="f3" sourceRef="_4" targetRef="_5" />
    <sequenceFlow id="f4" sourceRef="_5" targetRef="_6" />
    <sequenceFlow id="f5" sourceRef="_6" targetRef="_7" />
    <sequenceFlow id="f6" sourceRef="_6" targetRef="_8">
      <conditionExpression>Is it bad?</conditionExpression></sequenceFlow>
  </process>
  <process id="other" isExecutable="false"><task id="o" /></process>
</definitions>"""


@pytest.mark.urs("URS-009")
def test_a_drawing_becomes_a_model_by_repairs_that_are_all_listed():
    mended, made_repairs = repairs.repair(DRAWING.encode())
    assert compiler.check_files({"a.bpmn": mended}).errors == []
    assert {repair.code for repair in made_repairs} >= {
        *("bundle.process_count", "process.key", "start.trigger", "task.untyped"),
        *("service.no_operation", "receive.no_message", "task.no_lane", "task.no_form", "step.key"),
        *("flow.no_condition", "flow.condition", "timer.unparsable", "end.unreachable"),
    }
    assert b'id="complaint_handling"' in mended


def test_a_repaired_model_needs_no_more_repairs():
    mended, _ = repairs.repair(DRAWING.encode())
    again, more = repairs.repair(mended)
    assert more == []
    assert again == mended
