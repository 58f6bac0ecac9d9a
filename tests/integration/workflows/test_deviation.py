"""The delivered model of deviations: every flow is walked, every separation stands, tables tell."""

from pathlib import Path

import pytest

import app.factory
from tests.factories import walks
from workflows import analysis, bundle, compiler

assert app.factory  # the rooms register what the model calls


FOLDER = Path(__file__).parents[3] / "bpmn" / "deviation"
STOOD_IN = {
    "quality.open_nonconformity": {"number": "DEV-1"},
    "quality.hold_lots": {"held": [], "lots": 1},
    "quality.block_causes": {"blocked": []},
    "quality.free_lots": {"freed": []},
    "quality.lift_blocks": {"lifted": []},
    "quality.close_nonconformity": {"state": "closed"},
    "quality.count_recurrence": [{"count": 1}, {"count": 1}, {"count": 3}],
    "quality.classify_nonconformity": {"class": "minor"},
    "quality.refuse_makers": {"checked": "x"},
    "quality.dispose_lots": [{"done": {}, "rework": []}, {"done": {}, "rework": ["L1"]}],
    "quality.finish_rework": {"lots": []},
}


@pytest.mark.urs("URS-001", "URS-006")
def test_every_sequence_flow_is_walked_to_its_end(session, monkeypatch):
    called = walks.stand_in(monkeypatch, STOOD_IN)
    agree = ["approve", "approve", "approve", "return"]
    boards = ("qa_decision", "regulatory_decision", "production_decision", "head_decision")
    walker = walks.Walker(
        session,
        "deviation",
        answers={step: {"decision": agree} for step in boards},
        replies={"correction_closed": ["corrected", "refused"]},
    )
    walker.walk()
    assert walker.missing == set()
    assert set(walker.ends) == {"closed", "nothing_wrong"}
    assert {name for name, _, _ in called} == set(STOOD_IN)


def test_the_model_runs_as_drawn_and_has_no_error_on_any_path(session):
    files = bundle.read_folder(FOLDER)
    assert compiler.check_files(files).errors == []
    assert [one for one in analysis.explore(files) if one.severity == "error"] == []
