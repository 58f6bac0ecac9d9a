"""An object is opened, changed, found again and looked at in its past, through the pages every kind has."""

import io
import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from app.objects.models import ChangeState, ObjectChange
from app.organisation.models import Department
from core import clock
from core.db import read_session
from core.errors import QmsError
from tests.factories.inbox import Plant, make_plant
from tests.factories.people import token

QA = {"code": "D-QA", "name_en": "Quality assurance", "name_zh": "质量保证部", "reason": "First departments"}

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now, "object_change")


def send(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    form = {**fields, "csrf_token": token(client, "/departments")}
    return client.post(path, data=form, content_type="multipart/form-data")


def decide(plant: Plant, decision: str = "accept", **more: str) -> ObjectChange:
    with read_session() as session:
        waiting = session.scalars(select(ObjectChange).filter_by(state=ChangeState.PROPOSED)).one()
    plant.case_id = waiting.case_id
    plant.signs("qa", "acceptance", {"decision": decision, **more})
    return waiting


def department(code: str = "D-QA") -> Department | None:
    with read_session() as session:
        return session.scalar(select(Department).where(Department.code == code))


def opened(plant: Plant, browser: Browser, **fields: str) -> uuid.UUID:
    assert send(browser("owner"), "/departments/new", **{**QA, **fields}).status_code == 303
    decide(plant)
    return department(fields.get("code", "D-QA")).id


@pytest.mark.urs("URS-140", "URS-148")
def test_a_new_object_holds_when_a_second_person_has_signed(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    answer = send(client, "/departments/new", **QA)
    assert answer.status_code == 303, answer.text
    assert department() is None, "nothing is stored before the signature"
    page = client.get(answer.headers["Location"]).text
    assert "First departments" in page
    assert "质量保证部" in page or "Quality assurance" in page
    with read_session() as session:
        plant.case_id = session.scalars(select(ObjectChange)).one().case_id
    with pytest.raises(QmsError):
        plant.signs("owner", "acceptance", {"decision": "accept"})
    decide(plant)
    assert department().name == {"en": "Quality assurance", "zh": "质量保证部"}
    assert "D-QA" in client.get("/departments?q=质量").text
    assert "D-QA" not in client.get("/departments?q=车间").text


@pytest.mark.urs("URS-148")
def test_a_refused_change_leaves_what_was_there(plant: Plant, browser: Browser) -> None:
    assert send(browser("owner"), "/departments/new", **QA).status_code == 303
    decide(plant, "refuse", reason="Wrong code")
    assert department() is None


@pytest.mark.urs("URS-030")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"code": ""}, "must not be empty"),
        ({"code": "D QA"}, "is no code"),
        ({"name_en": "", "name_zh": ""}, "must not be empty"),
        ({"site": "NOWHERE"}, "There is no site"),
        ({"parent": "D-NONE"}, "There is no department"),
        ({"parent": "D-QA"}, "There is no department"),
        ({"reason": ""}, "Say why"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_kept(
    plant: Plant, browser: Browser, fields: dict[str, str], words: str
) -> None:
    answer = send(browser("owner"), "/departments/new", **{**QA, **fields})
    assert answer.status_code == 422
    assert words in answer.text
    with read_session() as session:
        assert session.scalars(select(ObjectChange)).all() == []


@pytest.mark.urs("URS-024", "URS-140")
def test_a_change_keeps_the_past(plant: Plant, browser: Browser) -> None:
    at = f"/departments/{opened(plant, browser)}"
    client = browser("owner")
    assert "This names the object" not in client.get(f"{at}/change").text
    changed = {**QA, "name_en": "Quality", "name_zh": "质量部", "reason": "Renamed"}
    assert send(client, f"{at}/change", **QA).status_code == 409, "nothing would be different"
    assert send(client, f"{at}/change", **{**changed, "code": "D-X"}).status_code == 422
    assert send(client, f"{at}/change", **changed).status_code == 303
    assert "waits for a decision" in client.get(at).text
    assert send(client, f"{at}/change", **{**changed, "name_en": "Q"}).status_code == 409
    change = decide(plant)
    assert change.before["values"]["name_en"] == "Quality assurance"
    assert department().name["en"] == "Quality"
    history = client.get(f"{at}/history?on=2000-01-01").text
    assert "Quality assurance" in history
    assert "It was not there yet" in history
    assert "<s>–</s>" not in history, "what was not there before is not struck out"
    today = client.get(f"{at}/history?on={clock.now():%Y-%m-%d}").text
    assert "Renamed" in today or "Quality" in today


@pytest.mark.urs("URS-030")
def test_an_object_is_opened_once(plant: Plant, browser: Browser) -> None:
    opened(plant, browser)
    answer = send(browser("owner"), "/departments/new", **QA)
    assert answer.status_code == 422
    assert "exists already" in answer.text


@pytest.mark.urs("URS-026")
def test_files_lie_with_an_object_and_are_taken_away(plant: Plant, browser: Browser) -> None:
    at = f"/departments/{opened(plant, browser)}"
    client = browser("owner")
    brought = (io.BytesIO(b"name,phone\nQA,1\n"), "phones.csv")
    assert send(client, f"{at}/files", file=brought, note="Telephone list").status_code == 303
    page = client.get(at).text
    assert "Telephone list" in page
    address = page.split('href="' + at + "/files/")[1].split('"')[0]
    assert client.get(f"{at}/files/{address}").data == b"name,phone\nQA,1\n"
    assert send(client, f"{at}/files", file=(io.BytesIO(b"MZ"), "virus.exe")).status_code == 422
    assert send(client, f"{at}/files/{address}/remove").status_code == 303
    assert "phones.csv" not in client.get(at).text


@pytest.mark.urs("URS-151")
def test_a_filter_is_kept_and_the_export_shows_what_it_shows(plant: Plant, browser: Browser) -> None:
    opened(plant, browser)
    opened(plant, browser, code="D-WS", name_en="Workshop", name_zh="一车间")
    client = browser("owner")
    assert send(client, "/departments/filters", q="车间", filter_name="Workshops").status_code == 303
    assert "Workshops" in client.get("/departments?q=").text
    sheet = load_workbook(io.BytesIO(client.get("/departments.xlsx?q=车间").data)).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["D-WS"]
    assert {"Active", "在用"} & {cell.value for cell in sheet[2]}, "answers stand in words"
    assert send(client, "/departments/filters", q="车间", forget="Workshops").status_code == 303
    assert "Workshops" not in client.get("/departments?q=").text


@pytest.mark.urs("URS-023", "URS-148")
def test_only_who_may_change_objects_can(plant: Plant, browser: Browser) -> None:
    at = f"/departments/{opened(plant, browser)}"
    client = browser("keeper")
    assert client.get(at).status_code == 200
    assert client.get("/departments/new").status_code == 403
    assert send(client, f"{at}/change", **QA).status_code == 403


@pytest.mark.urs("URS-148")
def test_what_an_object_names_is_shown_by_name_and_leads_to_it(plant: Plant, browser: Browser) -> None:
    above = opened(plant, browser)
    below = opened(plant, browser, code="D-WS", name_en="Workshop", name_zh="一车间", parent="D-QA")
    client = browser("owner")
    page = client.get(f"/departments/{below}").text
    assert f'href="/departments/{above}"' in page
    assert "D-QA · " in page
