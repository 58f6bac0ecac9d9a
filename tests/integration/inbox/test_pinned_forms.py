"""A case is worked on with the forms of its release, whatever becomes of the files (URS-007)."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from app.cases import sheet
from app.inbox.records import draft_of
from app.inbox.services import open_view
from core.db import read_session, unit_of_work
from documents.models import Record
from forms import loader
from tests.factories.inbox import MODEL, RESULTS, SIGNED, Plant, make_plant, start_case
from workflows import compiler, repository
from workflows.difference import compare
from workflows.models import ProcessRelease

pytestmark = pytest.mark.urs("URS-007", "URS-011")
FORM = "lot_release_decision"


@pytest.fixture
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The installed forms, in a folder that a test may change."""
    monkeypatch.setattr(loader, "SCHEMAS", Path(shutil.copytree(loader.SCHEMAS, tmp_path / "schemas")))
    forget()
    yield tmp_path / "schemas"
    forget()


@pytest.fixture
def plant(database: Engine, now: datetime, schemas: Path, inspection_plan: None) -> Plant:
    """The inspection is done, the release is open; then another form is installed."""
    plant = make_plant(now)
    plant.signs("inspector2", "inspection", RESULTS)
    change(schemas)
    return plant


def forget() -> None:
    """What a restart forgets."""
    loader.load.cache_clear()
    repository._compiled.clear()


def change(schemas: Path) -> None:
    path = schemas / f"{FORM}.json"
    form = json.loads(path.read_text())
    form["title"]["en"], form["x-revision"] = "Another form", "B7"
    form["required"].append("witness")
    form["properties"]["witness"] = {"type": "string", "title": {"en": "Witness", "zh": "见证人"}}
    path.write_text(json.dumps(form))
    forget()


def propose(plant: Plant) -> ProcessRelease:
    files = {"small_release.bpmn": MODEL.replace("{release}", SIGNED).encode()}
    owner = plant.people["owner"]
    with unit_of_work(owner, now=plant.now) as session:
        release = repository.propose_release(session, "small_release", files, actor=owner, now=plant.now)
        return repository.make_effective(session, release, actor=plant.people["qa"], now=plant.now)


def test_an_open_task_keeps_the_form_of_its_release(plant: Plant) -> None:
    with read_session() as session:
        view = open_view(session, plant.task("incoming_release").id)
        assert view.form is not None
        assert view.form.title["en"] == "Lot release decision"
        assert "witness" not in view.form.fields
        assert draft_of(view, {}).form_revision == "A1"


def test_it_is_signed_without_what_the_new_form_asks_for(plant: Plant) -> None:
    plant.signs("qa", "incoming_release", {"decision": "release"})
    with read_session() as session:
        records = session.scalars(select(Record).where(Record.element_id == "Release")).all()
        assert [record.form_revision for record in records] == ["A1"]


def test_a_new_release_takes_the_form_as_it_is_now(plant: Plant) -> None:
    release = propose(plant)
    with unit_of_work(plant.people["keeper"], now=plant.now) as session:
        case = start_case(session, plant)
        assert case.release_id == release.id
        process = repository.compiled_for(session, case.release_id)
        assert process.forms[FORM].revision == "B7"
        lines = [line for line in sheet.step_lines(process) if line.form is not None]
        assert [line.form.revision for line in lines if line.form.key == FORM] == ["B7"]


def test_the_hash_of_a_release_covers_its_forms_and_the_comparison_names_the_step(plant: Plant) -> None:
    new = propose(plant)
    with read_session() as session:
        old = session.scalars(select(ProcessRelease).where(ProcessRelease.version == 1)).one()
        assert f"{FORM}.form.json" in old.files
        assert old.bundle_sha256 != new.bundle_sha256
        found = compare(repository.compiled(old), repository.compiled(new))
    assert [change.id for change in found.changes] == ["Release"]
    assert [detail.label for detail in found.changes[0].details] == ["Form"]


def test_a_release_from_before_forms_were_kept_uses_what_is_installed(plant: Plant) -> None:
    with read_session() as session:
        release = session.scalars(select(ProcessRelease)).one()
        without = {name: text for name, text in release.files.items() if name.endswith(".bpmn")}
        process = compiler.rebuild(without)
        assert process.forms == {}
        repository._compiled[release.bundle_sha256] = process
        assert repository.form_for(session, release.id, FORM).revision == "B7"


def test_nobody_brings_a_form_along_with_a_model() -> None:
    files = {"small_release.bpmn": MODEL.replace("{release}", SIGNED).encode(), f"{FORM}.form.json": b"{}"}
    assert {finding.code for finding in compiler.check_files(files).errors} == {"file.unknown"}
