"""`qms models`: the command a process owner and a script rely on."""

import json
import shutil
import uuid
from pathlib import Path

import pytest

from app.access.models import Person, PersonState
from app.cli import main
from app.sites.models import Site
from core import db
from core.actor import system_actor
from tests.factories import workflows as made
from workflows import bundle, human_tasks, repository
from workflows.models import ProcessCase, ReleaseState

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "bpmn"
KEYS = {"code", "element", "line", "message", "hint"}


def qms(capsys, *words):
    status = main(["models", *map(str, words)])
    return status, capsys.readouterr()


@pytest.mark.urs("URS-009")
def test_the_delivered_models_can_run(capsys):
    status, printed = qms(capsys, "check", MODELS, "--static", "--json")
    report = json.loads(printed.out)
    assert status == 0
    assert {Path(entry["file"]).name for entry in report} >= {
        "lot_release.bpmn",
        "disposition.dmn",
        "route.dmn",
    }
    assert all(entry["executable"] and entry["repairs"] == [] for entry in report)
    noted = {finding["code"] for entry in report for finding in entry["findings"]}
    assert noted <= {"static.escalation"}, "steps without a timer get the site's default reminder"


@pytest.mark.urs("URS-009")
def test_a_model_that_cannot_run_is_named_with_place_and_hint(capsys):
    file = ROOT / "tests" / "bpmn" / "refused" / "gateway.complex.bpmn"
    status, printed = qms(capsys, "check", file, "--json")
    (entry,) = json.loads(printed.out)
    assert status == 1
    assert set(entry) == {"file", "executable", "findings", "repairs"}
    assert not entry["executable"]
    (finding,) = entry["findings"]
    assert set(finding) >= KEYS
    assert (finding["code"], finding["element"]) == ("gateway.complex", "complex")
    status, printed = qms(capsys, "check", file)
    assert status == 1
    assert "gateway.complex" in printed.out


def test_a_file_that_is_not_there_cannot_be_checked(capsys):
    status, printed = qms(capsys, "check", "nowhere.bpmn", "--json")
    assert status == 2
    assert printed.out == ""
    assert "nowhere.bpmn" in printed.err


@pytest.mark.urs("URS-009")
def test_repairs_are_listed_and_the_file_is_left_alone(capsys, tmp_path):
    file = tmp_path / "a.bpmn"
    shutil.copy(ROOT / "tests" / "bpmn" / "refused" / "process.not_executable.bpmn", file)
    before = file.read_bytes()
    status, printed = qms(capsys, "check", file, "--repair", "--json")
    (entry,) = json.loads(printed.out)
    assert status == 0
    assert [set(repair) for repair in entry["repairs"]] == [{"code", "element", "message"}]
    assert file.read_bytes() == before


def test_two_folders_are_compared(capsys, tmp_path):
    assert qms(capsys, "diff", MODELS / "lot_release", MODELS / "lot_release")[0] == 0
    shutil.copytree(MODELS / "lot_release", tmp_path / "new")
    drawing = tmp_path / "new" / "lot_release.bpmn"
    drawing.write_text(drawing.read_text(encoding="utf-8").replace('"P2D"', '"P3D"', 1), encoding="utf-8")
    status, printed = qms(capsys, "diff", MODELS / "lot_release", tmp_path / "new", "--json")
    assert status == 1
    assert [one["id"] for one in json.loads(printed.out)["changed"]] == ["inspection"]


@pytest.fixture
def plant(database):
    """An installation with one site, one process owner and the delivered models in effect."""
    both = {"en": "Plant", "zh": "工厂"}
    with db.unit_of_work(system_actor("test"), now=made.NOW) as session:
        site = Site(code="SZ", name=both, company=both, address=both, region="CN", zone="Asia/Shanghai")
        session.add(site)
        session.flush()
        owner = Person(login="owner", name=both, password_hash="-", password_changed_at=made.NOW)
        owner.home_site_id, owner.created_at, owner.state = site.id, made.NOW, PersonState.ACTIVE
        session.add(owner)
        for name in ("lot_release", "process_model_change"):
            made.release(session, bundle.read_folder(MODELS / name), name)
    return database


@pytest.mark.urs("URS-007")
def test_a_deployed_model_is_proposed_and_takes_effect_when_somebody_else_accepts(plant, capsys, tmp_path):
    shutil.copytree(MODELS / "lot_release", tmp_path / "lot_release")
    drawing = tmp_path / "lot_release" / "lot_release.bpmn"
    drawing.write_text(drawing.read_text(encoding="utf-8").replace('"P2D"', '"P3D"', 1), encoding="utf-8")
    status, printed = qms(capsys, "deploy", tmp_path / "lot_release", "--by", "owner", "--json")
    proposed = json.loads(printed.out)
    assert status == 0
    assert (proposed["ok"], proposed["version"], proposed["state"]) == (True, 2, "proposed")
    with db.unit_of_work(made.person(5), now=made.NOW) as session:
        assert repository.effective_release(session, "lot_release").version == 1
        case = session.query(ProcessCase).filter_by(number=proposed["case"]).one()
        assert case.subject_id == uuid.UUID(proposed["id"])
        (task,) = human_tasks.open_tasks(session, case.id)
        assert (task.role, task.policy["not_by"], task.policy["meaning"]) == ("qa", ["start"], "approved")
        human_tasks.complete(session, task, {"decision": "accept"}, actor=made.person(5), now=made.NOW)
        effective = repository.effective_release(session, "lot_release")
        assert (effective.version, effective.decided_by) == (2, uuid.UUID(int=5))
    status, printed = qms(capsys, "list", "--json")
    states = {(one["process"], one["version"]): one["state"] for one in json.loads(printed.out)}
    assert states["lot_release", 1] == "superseded"
    assert states["lot_release", 2] == "effective"


@pytest.mark.urs("URS-007")
def test_a_refused_model_stays_without_effect_and_keeps_the_reason(plant, capsys, tmp_path):
    shutil.copytree(MODELS / "lot_release", tmp_path / "lot_release")
    drawing = tmp_path / "lot_release" / "lot_release.bpmn"
    drawing.write_text(drawing.read_text(encoding="utf-8").replace('"P2D"', '"P9D"', 1), encoding="utf-8")
    proposed = json.loads(qms(capsys, "deploy", tmp_path / "lot_release", "--by", "owner", "--json")[1].out)
    with db.unit_of_work(made.person(5), now=made.NOW) as session:
        case = session.query(ProcessCase).filter_by(number=proposed["case"]).one()
        (task,) = human_tasks.open_tasks(session, case.id)
        fields = {"decision": "refuse", "reason": "too slow"}
        human_tasks.complete(session, task, fields, actor=made.person(5), now=made.NOW)
        refused = repository.releases(session, "lot_release")[0]
        assert (refused.state, refused.note) == (ReleaseState.REFUSED, "too slow")
        assert repository.effective_release(session, "lot_release").version == 1


def test_deploying_needs_a_known_proposer_and_a_changed_model(plant, capsys):
    assert qms(capsys, "deploy", MODELS / "lot_release", "--by", "nobody")[0] == 2
    status, printed = qms(capsys, "deploy", MODELS / "lot_release", "--by", "owner")
    assert status == 2
    assert "has these same files already" in printed.err
    assert qms(capsys, "deploy", MODELS / "lot_release", "--by", "owner", "--site", "XX")[0] == 2
