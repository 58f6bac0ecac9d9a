"""Decisions inside a process: requirements, the record of why, and what gateways asked (URS-005)."""

import pytest

from core.errors import Conflict
from tests.factories import workflows as made
from workflows import decisions, dmn, expressions
from workflows.decisions import decide
from workflows.xmlfile import parse

NAMESPACE = 'xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"'
GRAPH = f"""<definitions {NAMESPACE} id="g" name="G" namespace="urn:test">
  <itemDefinition name="tRisk"><typeRef>string</typeRef>
    <allowedValues><text>"low","high"</text></allowedValues></itemDefinition>
  <inputData id="age" name="Age"><variable name="Age" typeRef="number" /></inputData>
  <decision id="risk" name="Risk Class"><variable name="Risk Class" typeRef="tRisk" />
    <informationRequirement><requiredInput href="#age" /></informationRequirement>
    <decisionTable hitPolicy="UNIQUE"><input label="Age"><inputExpression typeRef="number"><text>Age</text>
      </inputExpression></input><output />
      <rule><inputEntry><text>&lt; 18</text></inputEntry><outputEntry><text>"high"</text></outputEntry></rule>
      <rule><inputEntry><text>&gt;= 18</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
    </decisionTable></decision>
  <decision id="factor" name="factor"><variable name="factor" typeRef="number" />
    <knowledgeRequirement><requiredKnowledge href="#twice" /></knowledgeRequirement>
    <informationRequirement><requiredInput href="#age" /></informationRequirement>
    <literalExpression><text>twice(Age) + lot.extra</text></literalExpression></decision>
  <businessKnowledgeModel id="twice" name="twice"><encapsulatedLogic>
    <formalParameter name="x" typeRef="number" /><literalExpression><text>x * 2</text></literalExpression>
  </encapsulatedLogic></businessKnowledgeModel>
  <decision id="premium" name="Premium"><variable name="premium" />
    <informationRequirement><requiredDecision href="#risk" /></informationRequirement>
    <informationRequirement><requiredDecision href="#factor" /></informationRequirement>
    <decisionTable hitPolicy="FIRST"><input label="Class"><inputExpression typeRef="string">
      <text>Risk Class</text></inputExpression></input><output name="amount" typeRef="number" />
      <rule><inputEntry><text>"low"</text></inputEntry><outputEntry><text>factor</text></outputEntry></rule>
      <rule><inputEntry><text>-</text></inputEntry><outputEntry><text>factor * 1.5</text></outputEntry></rule>
    </decisionTable></decision>
</definitions>"""


def premium():
    model, findings = dmn.read_model(parse(GRAPH.encode()))
    assert findings == []
    assert dmn.fact_names(model) == []
    return model.decisions["premium"]


@pytest.mark.urs("URS-005")
def test_a_decision_asks_what_it_requires_and_keeps_how_each_came_out():
    why = decide(premium(), {"Age": 20, "lot": {"extra": 2}}, now=made.NOW)
    assert (why.outputs, why.rows) == ({"amount": 42}, [1])
    risk, factor = why.required
    assert (risk.decision, risk.rows, risk.outputs) == ("risk", [2], {"Risk Class": "low"})
    assert risk.inputs == [{"label": {"en": "Age", "zh": "Age"}, "expression": "Age", "value": 20}]
    assert (factor.outputs, factor.policy) == ({"factor": 42}, "")
    assert {one["expression"]: one["value"] for one in factor.inputs} == {"Age": 20, "lot.extra": 2}
    assert [one["decision"] for one in why.as_json()["required"]] == ["risk", "factor"]


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"lot": {"extra": 2}}, "Age"),
        ({"Age": 20, "lot": {}}, "extra"),
        ({"Age": "twenty", "lot": {"extra": 2}}, "number"),
        ({"Age": 20, "lot": {"extra": "two"}}, "two"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_refused_by_its_name(facts, said):
    with pytest.raises((Conflict, Exception)) as refused:
        decide(premium(), facts, now=made.NOW)
    assert said in str(refused.value)


def test_what_a_gateway_asked_stands_in_the_history_with_the_values_it_read():
    found = expressions.holds('review.decision = "release" and lot.quantity > 2', FACTS)
    kept = decisions.asked("way", {"en": "Way?", "zh": "去向？"})
    decisions.add_evaluation(kept, found)
    decisions.add_evaluation(kept, expressions.holds("lot.quantity > 5", FACTS))
    assert (kept["decision"], kept["policy"], kept["rows"]) == ("way", decisions.CONDITIONS, [])
    assert {one["expression"]: one["value"] for one in kept["inputs"]} == {
        "review.decision": "release",
        "lot.quantity": 3,
    }
    assert kept["outputs"] == {
        'review.decision = "release" and lot.quantity > 2': True,
        "lot.quantity > 5": False,
    }


FACTS = {"review": {"decision": "release"}, "lot": {"quantity": 3}}
