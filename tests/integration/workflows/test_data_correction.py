"""The delivered model of data correction: every flow is walked; three persons ask, check and decide."""

from pathlib import Path

import pytest

import app.factory
from tests.factories import walks
from workflows import analysis, bundle, compiler

assert app.factory  # the rooms register what the model calls

FOLDER = Path(__file__).parents[3] / "bpmn" / "data_correction"
STOOD_IN = {
    "quality.open_correction": {"record": "R-1", "lot": None},
    "quality.record_correction": [{"record": "R-1", "lot": None}, {"record": "R-1", "lot": "L-1"}],
}


@pytest.mark.urs("URS-001", "URS-006")
def test_every_sequence_flow_is_walked_to_its_end(session, monkeypatch):
    called = walks.stand_in(monkeypatch, STOOD_IN)
    walker = walks.Walker(session, "data_correction", message={"from": "DEV-1", "answer": "yes"})
    walker.walk(besides={"answer_wanted_to_outcome"})
    walker.message = {}
    walker.walk()
    assert walker.missing == set()
    assert set(walker.ends) == {"corrected", "is_deviation", "refused"}
    assert {name for name, _, _ in called} == set(STOOD_IN)


def test_the_model_runs_as_drawn_and_has_no_error_on_any_path():
    files = bundle.read_folder(FOLDER)
    assert compiler.check_files(files).errors == []
    assert [one for one in analysis.explore(files) if one.severity == "error"] == []


@pytest.mark.urs("URS-023")
def test_who_asks_who_checks_and_who_decides_are_three_persons():
    found = set(walks.separations("data_correction"))
    assert {("check", "request"), ("decision", "request"), ("decision", "check"), ("check", "start")} <= found
    assert ("judge_again", "request") in found
