"""What is in force where; drafts are nothing to work by; obsolete is marked (URS-074, ISO 13485 4.2.4)."""

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from app.controlled_documents import services
from app.controlled_documents.imports import revisions_by_key
from app.controlled_documents.models import ControlledDocument, DocumentRevision
from app.objects.models import ChangeState, ObjectChange
from core import clock
from core.clock import site_day
from core.db import read_session, unit_of_work
from core.effectivity import RevisionState
from core.errors import Conflict, Invalid
from tests.factories import training
from tests.factories.inbox import Plant, make_plant
from tests.factories.people import token

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now, "object_change")
    owner = plant.people["owner"]
    with unit_of_work(owner, now=now) as session:
        day = site_day(now, "Asia/Shanghai")
        of = training.document(session)
        training.revision(session, plant, of, "A1", day - timedelta(days=100))
        training.revision(session, plant, of, "A2", day - timedelta(days=10), places="SH")
        training.revision(session, plant, of, "B1-draft", None)
    return plant


@pytest.fixture
def today(now: datetime) -> date:
    return site_day(now, "Asia/Shanghai")


def send(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    form = {**fields, "csrf_token": token(client, "/documents/in-force")}
    return client.post(path, data=form, content_type="multipart/form-data")


def revision(code: str) -> DocumentRevision:
    with read_session() as session:
        return revisions_by_key(session, [("WI-QA-012", code)])[("WI-QA-012", code)]


def text_of(client: FlaskClient, code: str) -> TestResponse:
    return client.get(f"/document-revisions/{revision(code).id}/text")


@pytest.mark.urs("URS-074")
def test_what_is_in_force_is_one_click_away_and_drafts_are_not_seen(browser: Browser, today: date) -> None:
    client = browser("keeper")
    page = client.get("/documents/in-force").text
    assert "A2" in page
    assert "B1-draft" not in page
    assert f"/document-revisions/{revision('A2').id}/text" in page
    assert text_of(client, "A2").data == b"WI-QA-012/A2\n"
    assert text_of(client, "B1-draft").status_code == 404
    assert client.get(f"/document-revisions/{revision('B1-draft').id}").status_code == 403
    before = client.get(f"/documents/in-force?on={today - timedelta(days=20)}").text
    assert "A1" in before
    assert "Superseded" in before
    assert "SUPERSEDED" in text_of(client, "A1").headers["Content-Disposition"]
    with read_session() as session:
        document = session.scalars(select(ControlledDocument)).one()
    shown = client.get(f"/documents/{document.id}").text
    assert "Superseded" in shown
    assert "B1-draft" not in shown
    assert "B1-draft" in browser("owner").get(f"/documents/{document.id}").text


@pytest.mark.urs("URS-074", "URS-148")
def test_a_draft_gets_its_file_and_comes_into_force_by_two_persons(
    plant: Plant, browser: Browser, today: date
) -> None:
    client = browser("owner")
    new = {"document": "WI-QA-012", "code": "C1", "changes": "New gauge", "reason": "Gauge"}
    assert "sha256" not in client.get("/document-revisions/new").text
    old = {"sha256": revision("A2").sha256}
    assert send(client, "/document-revisions/new", **new, **old).status_code == 303
    assert revision("C1").sha256 is None, "a typed hash is no file"
    at = f"/document-revisions/{revision('C1').id}"
    day = {"verb": "take_effect", "day": today.isoformat(), "reason": "Released"}
    assert "no file yet" in send(client, f"{at}/day", **day).text
    brought = (io.BytesIO(b"Work so.\n"), "wi.txt")
    assert send(client, f"{at}/text", text=brought).status_code == 303
    assert send(client, f"{at}/day", **day).status_code == 303
    assert revision("C1").state is RevisionState.DRAFT
    with read_session() as session:
        waiting = session.scalars(select(ObjectChange).filter_by(state=ChangeState.PROPOSED)).one()
    plant.case_id = waiting.case_id
    plant.signs("qa", "acceptance", {"decision": "accept"})
    assert revision("C1").effective_from == today
    assert text_of(browser("keeper"), "C1").data == b"Work so.\n"
    assert "An approved revision" in client.get(f"{at}").text or revision("C1").sha256
    assert at in client.get("/document-revisions?q=检验").text, "found by the title of its document"
    page = client.get(at).text
    assert f'data-copy="{revision("C1").sha256}"' in page
    assert revision("C1").sha256 not in re.sub("<[^>]*>", "", page), "shortened, to be copied whole"
    refused = (io.BytesIO(b"Other.\n"), "wi.txt")
    send(client, f"{at}/text", text=refused)
    assert text_of(browser("keeper"), "C1").data == b"Work so.\n", "an approved file stays"


@pytest.mark.urs("URS-074")
def test_a_draft_for_a_site_that_is_not_there_is_refused(browser: Browser) -> None:
    new = {"document": "WI-QA-012", "code": "C1", "places": "SH XX", "reason": "Gauge"}
    answer = send(browser("owner"), "/document-revisions/new", **new)
    assert answer.status_code == 422
    assert "There is no site XX" in answer.text


@pytest.mark.urs("URS-074")
def test_processes_put_revisions_into_force_and_end_them(plant: Plant, now: datetime, today: date) -> None:
    owner = plant.people["owner"]
    with unit_of_work(owner, now=now) as session:
        draft = revisions_by_key(session, [("WI-QA-012", "B1-draft")])[("WI-QA-012", "B1-draft")]
        services.make_revision_effective(session, draft, day=None, actor=owner, now=now)
        assert draft.effective_from == now.date()
        with pytest.raises(Conflict):
            services.make_revision_effective(session, draft, day=None, actor=owner, now=now)
        with pytest.raises(Invalid):
            services.end_revision(
                session, draft, last_day=today - timedelta(days=2), actor=owner, now=now
            )
        services.end_revision(session, draft, last_day=today, actor=owner, now=now)
    assert revision("B1-draft").effective_until == today
