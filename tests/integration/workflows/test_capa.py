"""The delivered model of CAPA: every flow is walked, by message and in person; no path has an error."""

from pathlib import Path

import pytest

import app.factory
from tests.factories import walks
from workflows import analysis, bundle, compiler

assert app.factory  # the rooms register what the model calls

FOLDER = Path(__file__).parents[3] / "bpmn" / "capa"
STOOD_IN = {
    "quality.open_capa": {"number": "CAPA-1"},
    "quality.set_plan": {"plan": 1},
    "quality.finish_action": {"done": "1.1"},
    "quality.count_extensions": [{"count": 0}, {"count": 1}],
    "quality.extend_action": {"count": 1},
    "quality.action_day": {"due": "2027-01-01"},
    "quality.set_effectiveness_check": [{"due": "2027-01-01", "count": 1}, {"due": "2027-03-01", "count": 2}],
    "quality.reopen_capa": {"times": 1},
    "quality.close_capa": {"state": "closed"},
}
AGREE = {"decision": ["approve", "approve", "return"]}
ANSWERS = {
    "triage": {"decision": ["yes", "yes", "no"]},
    "investigation_review": AGREE,
    "plan_approval": AGREE,
    "verification": AGREE,
    "effectiveness": {"outcome": ["effective", "effective", "inconclusive", "ineffective"]},
    "implement": {"result": ["done", "done", "extend"]},
}
REPLIES = {"change_closed": ["closed", "closed", "rejected"], "capa_lots_reached": ["reached"]}
ASKED = {"from": "DEV-1", "title": "x", "source": "deviation", "severity": 5, "lots": [], "answer": "yes"}


@pytest.mark.urs("URS-001", "URS-006")
def test_every_sequence_flow_is_walked_to_its_end(session, monkeypatch):
    called = walks.stand_in(monkeypatch, STOOD_IN)
    walker = walks.Walker(session, "capa", answers=ANSWERS, message=ASKED, replies=REPLIES)
    unasked = {"answer_wanted_to_closed", "refusal_wanted_to_declined"}
    walker.walk(besides=unasked)
    assert walker.missing - unasked == set()
    walker.message = {}
    walker.walk()
    assert walker.missing == set()
    assert set(walker.ends) == {"closed", "answered", "declined", "declined_answered"}
    assert {name for name, _, _ in called} == set(STOOD_IN)


def test_the_model_runs_as_drawn_and_has_no_error_on_any_path():
    files = bundle.read_folder(FOLDER)
    assert compiler.check_files(files).errors == []
    assert [one for one in analysis.explore(files) if one.severity == "error"] == []


@pytest.mark.urs("URS-023")
def test_owner_and_implementers_neither_approve_nor_check():
    excluded = {}
    for step, other in walks.separations("capa"):
        excluded.setdefault(step, set()).add(other)
    owner = {"containment", "investigation", "plan"}
    assert excluded["investigation_review"] == owner
    for step in ("plan_approval", "verification", "effectiveness"):
        assert excluded[step] == owner | {"implement"}
    assert "implement" in excluded["extension"] & excluded["second_extension"]


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize(
    ("severity", "occurrence", "detection", "recurrence", "expected"),
    [
        (5, 1, 1, 3, ("high", True)),
        (4, 5, 2, 3, ("high", True)),
        (4, 3, 3, 2, ("medium", False)),
        (3, 5, 1, 2, ("medium", False)),
        (2, 2, 3, 2, ("low", False)),
        (2, 2, 3, 3, ("medium", True)),
    ],
)
def test_the_risk_says_when_a_capa_is_mandatory(
    session, monkeypatch, severity, occurrence, detection, recurrence, expected
):
    walks.stand_in(monkeypatch, STOOD_IN)
    scores = {"severity": [severity], "occurrence": [occurrence], "detection": [detection]}
    scores["recurrence"] = [recurrence]
    monkeypatch.setattr(walks.Walker, "_spared", lambda _self, _step, _schema, found: found)
    answers = ANSWERS | {"triage": {**scores, "decision": ["yes"]}}
    walker = walks.Walker(session, "capa", answers=answers, message=ASKED)
    risk = walker.facts_after("triage")["risk"]
    assert (risk["class"], risk["mandatory"]) == expected
