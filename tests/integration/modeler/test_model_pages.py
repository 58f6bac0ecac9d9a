"""A process owner proposes a release; a second person accepts it; new cases run it (URS-007)."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree, html
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from core import clock
from core.config import settings
from core.db import read_session
from tests.factories.inbox import MODEL, SIGNED, Plant, make_plant
from tests.factories.people import token
from workflows import bundle, registry, repository
from workflows.models import HumanTask, ProcessCase, ProcessRelease, ReleaseState, TaskState

MODELS = Path(__file__).parents[3] / "bpmn"
CHANGED = MODEL.replace("{release}", SIGNED).replace('qms:due="P2D"', 'qms:due="P5D"')
BROKEN = MODEL.replace("{release}", SIGNED).replace('qms:role="inspector"', 'qms:role="astronaut"')

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now, "process_model_change")


def upload(client: FlaskClient, *files: tuple[str, bytes]) -> TestResponse:
    parts = [(io.BytesIO(data), name) for name, data in files]
    form = {"files": parts, "csrf_token": token(client, "/models/new")}
    return client.post("/models/new", data=form, content_type="multipart/form-data")


def propose(client: FlaskClient, page: str, reason: str) -> TestResponse:
    found = re.search(r'name="bundle" value="([A-Za-z0-9+/=]+)"', page)
    assert found, "the page offers to propose what was checked"
    form = {"bundle": found.group(1), "reason": reason, "csrf_token": token(client, "/models/new")}
    return client.post("/models/propose", data=form)


def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"small_release/{name}.bpmn", text)
        archive.writestr("__MACOSX/._x.bpmn", "x")
        archive.writestr("small_release/picture.png", b"x")
    return out.getvalue()


@pytest.mark.urs("URS-007")
def test_a_change_is_shown_before_it_is_proposed(plant: Plant, browser: Browser) -> None:
    def kept() -> set[Path]:
        return {one for one in settings().files.rglob("*") if one.is_file()}

    client, before = browser("owner"), kept()
    answer = upload(client, ("small_release.bpmn", CHANGED.encode()))
    assert answer.status_code == 200
    assert "The model can run." in answer.text
    assert "Compared with version 1" in answer.text
    assert "<del>2 days</del> → <ins>5 days</ins>" in answer.text
    assert kept() == before, "what is only looked at is not kept"
    with read_session() as session:
        assert len(repository.releases(session, "small_release")) == 1, "nothing is proposed yet"
    torn = {"bundle": "no zip", "reason": "x", "csrf_token": token(client, "/models/new")}
    assert client.post("/models/propose", data=torn).status_code == 422


@pytest.mark.urs("URS-002", "URS-007")
def test_a_proposal_waits_for_a_second_person_and_not_for_its_author(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    page = upload(client, ("model.zip", zipped(small_release=CHANGED))).text
    answer = propose(client, page, "Inspectors need more time")
    assert answer.status_code == 302
    with read_session() as session:
        release = session.scalars(select(ProcessRelease).filter_by(version=2)).one()
        assert (release.state, release.note) == (ReleaseState.PROPOSED, "Inspectors need more time")
        case = session.scalars(select(ProcessCase).filter_by(subject_id=release.id)).one()
        task = session.scalars(select(HumanTask).filter_by(case_id=case.id, state=TaskState.OPEN)).one()
        assert (task.role, task.policy["not_by"]) == ("qa", ["start"])
    shown = client.get(answer.headers["Location"]).text
    assert "waits for its acceptance" in shown
    assert case.number in shown
    about = browser("qa").get(f"/inbox/{task.id}").text
    assert "What changes" in about
    assert "P2D → P5D" in about


def test_a_proposal_needs_a_reason(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    page = upload(client, ("small_release.bpmn", CHANGED.encode())).text
    answer = propose(client, page, "  ")
    assert answer.status_code == 422
    assert "Say why the process changes." in answer.text


@pytest.mark.urs("URS-009")
def test_a_model_that_cannot_run_is_refused_with_element_and_line(plant: Plant, browser: Browser) -> None:
    answer = upload(browser("owner"), ("small_release.bpmn", BROKEN.encode()))
    assert answer.status_code == 422
    assert "The model cannot run." in answer.text
    assert "astronaut" in answer.text
    assert 'name="bundle"' not in answer.text


@pytest.mark.urs("URS-009")
def test_a_deadlock_stands_before_what_is_only_noted_and_draws_the_path_that_leads_into_it(
    plant: Plant, browser: Browser
) -> None:
    files = bundle.read_folder(MODELS / "supplier_approval")
    drawn = files.pop("supplier_approval.bpmn").decode()
    wrong = re.sub(
        r'<bpmn:exclusiveGateway( id="audited".*?)</bpmn:exclusiveGateway>',
        r"<bpmn:parallelGateway\1</bpmn:parallelGateway>",
        drawn,
        flags=re.DOTALL,
    )
    tables = [(name, data) for name, data in files.items() if name.endswith(".dmn")]
    page = html.fromstring(upload(browser("owner"), ("supplier_approval.bpmn", wrong.encode()), *tables).text)
    first, *others = page.xpath("//div[contains(@class, 'finding is-')]")
    assert "can wait for ever" in first.text_content()
    [way] = first.xpath(".//details[@open]")
    assert way.xpath(".//ol/li/text()")[-1] == "Audited"
    assert way.xpath(".//*[@data-at]//img")
    severities = [one.get("class") for one in others]
    assert severities == sorted(severities), "errors stand before warnings"
    assert any("more of this kind" in one for one in page.xpath("//details/summary/text()"))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("model.zip", b"no zip", "The file is no ZIP archive."),
        ("notes.txt", b"x", "Choose a .bpmn file"),
        ("model.bpmn", b"<not xml", "The model cannot run."),
        ("model.bpmn", b"", "The model cannot run."),
        ("model.bpmn", b"<!DOCTYPE x><x/>", "The model cannot run."),
        ("huge.zip", None, "MiB at most"),
    ],
)
def test_bad_uploads_are_refused_with_a_sentence(
    plant: Plant, browser: Browser, name: str, data: bytes | None, words: str
) -> None:
    if data is None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("huge.bpmn", b" " * 9_000_000)
        data = out.getvalue()
    answer = upload(browser("owner"), (name, data))
    assert answer.status_code == 422
    assert words in answer.text


def test_proposing_the_same_files_again_is_a_conflict(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    page = upload(client, ("small_release.bpmn", MODEL.replace("{release}", SIGNED).encode())).text
    assert propose(client, page, "Once more").status_code == 409


def test_only_process_owners_may_propose(plant: Plant, browser: Browser) -> None:
    assert browser("qa").get("/models/new").status_code == 403
    assert "Propose a release" not in browser("qa").get("/models").text


@pytest.mark.urs("URS-007")
def test_releases_are_listed_with_the_cases_that_run_on_them(plant: Plant, browser: Browser) -> None:
    client = browser("qa")
    page = client.get("/models").text
    assert "small_release" in page
    assert re.search(r'data-label="Running cases">1<', page)
    with read_session() as session:
        release = repository.effective_release(session, "small_release")
    shown = client.get(f"/models/{release.id}").text
    assert "The model can run as it is drawn." in shown
    assert "is-error" not in shown
    source = zipfile.ZipFile(io.BytesIO(client.get(f"/models/{release.id}/source").data))
    assert source.namelist() == ["small_release.bpmn"]
    assert source.read("small_release.bpmn").decode() == release_text(release.id)
    assert client.get(f"/models/{release.id}/diagram.svg").mimetype == "image/svg+xml"
    assert b"small_release" in client.get(f"/models/{release.id}/model.bpmn").data


def test_the_reference_lists_what_models_may_use(plant: Plant, browser: Browser) -> None:
    page = browser("owner").get("/models/operations").text
    wanted = ("inventory.release_lot", "workflows.make_release_effective", "lot_inspection", "registrant")
    assert [words for words in wanted if words not in page] == []


@pytest.mark.urs("URS-132")
def test_the_reference_shows_what_to_put_into_a_model(plant: Plant, browser: Browser) -> None:
    page = html.fromstring(browser("owner").get("/models/operations").text)
    examples = [one.text_content() for one in page.xpath("//pre/code")]
    names = {'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"', 'xmlns:qms="urn:qms:bpmn:1"'}
    for example in examples:
        task = etree.fromstring(f"<a {' '.join(names)}>{example}</a>")[0]
        assert registry.known(task.get("{urn:qms:bpmn:1}operation"))
        given = {one.get("name") for one in task.iter("{urn:qms:bpmn:1}parameter")}
        assert registry.missing_parameters(task.get("{urn:qms:bpmn:1}operation"), given) is None
    assert len(examples) == len(registry.operations())
    assert "organisation.department" in page.text_content()


def release_text(release_id: object) -> str:
    with read_session() as session:
        return session.get_one(ProcessRelease, release_id).files["small_release.bpmn"]
