"""The delivered model of lot release: both routes, rejections, who did what, in both decision tables."""

import shutil
from pathlib import Path

import pytest

from tests.factories import workflows as made
from workflows import bundle, compiler, history, human_tasks, registry, repository
from workflows.models import CaseState

MODELS = Path(__file__).parents[3] / "bpmn"
REGISTRANT = "88888888-8888-4888-8888-888888888888"
PASS = {"conclusion": "pass", "results": [{"verdict": "pass"}, {"verdict": "pass"}]}
OPERATIONS = (
    "quality.open_inspection",
    "quality.record_inspection",
    "inventory.check_release",
    "inventory.release_lot",
    "inventory.reject_lot",
)

pytestmark = pytest.mark.parametrize("plant_url", ["sqlite"], indirect=True)  # nothing here asks the database


@pytest.fixture
def called(monkeypatch):
    """The operations of the model, replaced by notes of their calls."""
    calls = []

    def stand_in(name):
        title = {"en": name, "zh": name}
        run = lambda call: calls.append((name, call.actor.login))  # noqa: E731
        return registry.Operation(name, title, {"type": "object"}, "", run)

    for name in OPERATIONS:
        monkeypatch.setitem(registry._operations, name, stand_in(name))
    return calls


@pytest.fixture
def lot(session, called):
    files = bundle.read_folder(MODELS / "lot_release")

    def begin(kind, expiry="2027-06-30"):
        if not repository.releases(session, "lot_release"):
            made.release(session, files, "lot_release")
        facts = {
            "lot": {"id": str(made.SUBJECT), "number": "L1", "item_kind": kind, "expiry": expiry},
            "receipt": {"kind": "purchase"},
            "sites": {"plant": str(made.SITE), "registrant": REGISTRANT},
        }
        return made.case(session, "lot_release", data=facts)

    return begin


def sign(session, case, person, fields):
    task = human_tasks.open_tasks(session, case.id)[0]
    human_tasks.complete(session, task, fields, actor=made.person(person), now=made.NOW)
    return task


@pytest.mark.urs("URS-001", "URS-004")
@pytest.mark.parametrize("kind", ["material", "component", "packaging"])
def test_incoming_goods_need_one_release_by_quality_assurance(session, lot, called, kind):
    case = lot(kind)
    assert sign(session, case, 2, PASS).role == "inspector"
    assert sign(session, case, 3, {"decision": "release"}).step == "incoming_release"
    assert (case.state, case.outcome) == (CaseState.COMPLETED, "released")
    assert [name for name, _ in called] == [*OPERATIONS[:2], "inventory.release_lot"]
    assert called[-1] == ("inventory.release_lot", "person3")
    assert set(history.performers(session, case.id)) == {"start", "inspection", "incoming_release"}


@pytest.mark.urs("URS-001", "URS-023")
def test_a_finished_device_needs_production_and_market_release(session, lot, called):
    case = lot("finished")
    sign(session, case, 2, PASS)
    production = sign(session, case, 3, {"decision": "release"})
    assert case.state is CaseState.RUNNING
    assert ("inventory.release_lot", "person3") not in called, "nothing leaves before both releases"
    market = sign(session, case, 4, {"decision": "release"})
    assert (production.role, str(production.site_id)) == ("releaser", str(made.SITE))
    assert (market.role, str(market.site_id)) == ("registrant_releaser", REGISTRANT)
    assert market.policy["not_by"] == ["start", "inspection", "production_release"]
    assert (case.state, case.outcome) == (CaseState.COMPLETED, "released")
    people = history.performers(session, case.id)
    assert {step: {person.int for person in who} for step, who in people.items()} == {
        "start": {1},
        "inspection": {2},
        "production_release": {3},
        "market_release": {4},
    }


@pytest.mark.urs("URS-001")
@pytest.mark.parametrize(
    ("kind", "decisions"),
    [("material", ["reject"]), ("finished", ["reject"]), ("finished", ["release", "reject"])],
)
def test_any_rejection_blocks_the_lot(session, lot, called, kind, decisions):
    case = lot(kind)
    sign(session, case, 2, PASS)
    for person, decision in enumerate(decisions, 3):
        sign(session, case, person, {"decision": decision, "category": "other", "reason": "damaged"})
    assert (case.state, case.outcome) == (CaseState.COMPLETED, "rejected")
    assert called[-1][0] == "inventory.reject_lot"
    assert "inventory.release_lot" not in {name for name, _ in called}


@pytest.mark.urs("URS-002")
def test_what_is_no_clear_release_rejects(session, lot, called):
    case = lot("material")
    sign(session, case, 2, PASS)
    sign(session, case, 3, {"decision": "perhaps"})
    assert case.outcome == "rejected"


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize(
    ("expiry", "inspection", "row", "proposed"),
    [
        ("2026-11-21", PASS, 1, "reject"),
        ("2026-11-22", PASS, 4, "accept"),
        (None, PASS, 4, "accept"),
        ("2027-01-01", {"conclusion": "fail", "results": [{"verdict": "pass"}]}, 2, "reject"),
        ("2027-01-01", {"conclusion": "pass", "results": [{"verdict": "fail"}]}, 3, "reject"),
    ],
)
def test_the_disposition_keeps_which_row_hit_and_why(session, lot, expiry, inspection, row, proposed):
    case = lot("material", expiry)
    sign(session, case, 2, inspection)
    facts = history.facts(session, case.id)
    assert facts["disposition"]["proposed"] == proposed
    assert facts["disposition"]["reason"]["zh"]
    why = next(step.decision for step in history.steps(session, case.id) if step.element_id == "disposition")
    assert why["rows"] == [row]
    assert why["annotations"][0]["en"]
    assert [column["label"]["zh"] for column in why["inputs"]] == ["是否过期？", "检验结论", "不合格项数"]
    assert why["outputs"] == facts["disposition"]


@pytest.mark.urs("URS-002", "URS-007")
def test_a_process_owner_adds_a_second_reviewer_without_a_line_of_python(session, lot, called, tmp_path):
    before = lot("material")
    shutil.copytree(MODELS / "lot_release", tmp_path / "lot_release")
    drawing = tmp_path / "lot_release" / "lot_release.bpmn"
    drawing.write_text(with_second_reviewer(drawing.read_text(encoding="utf-8")), encoding="utf-8")
    files = bundle.read_folder(tmp_path / "lot_release")
    assert compiler.check_files(files).errors == []
    made.release(session, files, "lot_release")
    after = lot("material")
    for case in (before, after):
        sign(session, case, 2, PASS)
        sign(session, case, 3, {"decision": "release"})
    assert (before.state, after.state) == (CaseState.COMPLETED, CaseState.RUNNING)
    second = sign(session, after, 4, {"decision": "release"})
    assert second.step == "second_review"
    assert second.policy["not_by"] == ["incoming_release"]
    assert after.outcome == "released"


def with_second_reviewer(drawing):
    task = (
        '<bpmn:userTask id="second_review" name="Second review" qms:nameZh="复核"'
        ' qms:form="lot_release_decision" qms:meaning="reviewed" qms:notBy="incoming_release"'
        ' qms:due="P1D" />'
        '<bpmn:sequenceFlow id="to_release" sourceRef="second_review" targetRef="release_lot" />'
    )
    marker = '<bpmn:sequenceFlow id="to_open_inspection"'
    lane = "<bpmn:flowNodeRef>incoming_release</bpmn:flowNodeRef>"
    old = 'sourceRef="incoming_decision" targetRef="release_lot"'
    for part in (marker, lane, old):
        assert drawing.count(part) == 1
    return (
        drawing.replace(marker, task + marker)
        .replace(lane, lane + "<bpmn:flowNodeRef>second_review</bpmn:flowNodeRef>")
        .replace(old, 'sourceRef="incoming_decision" targetRef="second_review"')
    )
