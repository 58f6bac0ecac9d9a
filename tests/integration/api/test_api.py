"""Programs read and change objects through the API: with a person's rights, checks and second persons."""

import json
import uuid
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import Engine, select, update
from werkzeug.test import TestResponse

from app.access.models import Person
from app.api.models import AccessToken
from app.api.tokens import make_token, revoke_token
from app.factory import create_app
from app.objects.models import ObjectChange
from app.organisation.models import Department, DepartmentState
from core import clock
from core.db import read_session, unit_of_work
from tests.factories.inbox import PASSWORD, Plant, make_plant
from tests.factories.people import sign_in, token

QA = {"values": {"code": "D-QA", "name_en": "Quality assurance", "name_zh": "质量保证部"}, "reason": "First"}


class Program:
    """A program that acts in somebody's name."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.client, self.secret = app.test_client(), secret

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        own = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers={**own, **named})


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now, "object_change")


@pytest.fixture
def app(plant: Plant) -> Flask:
    return create_app(testing=True)


def secret_of(plant: Plant, login: str, now: datetime, days: int = 90) -> str:
    actor = plant.people[login]
    with unit_of_work(actor, now=now) as session:
        return make_token(session, uuid.UUID(actor.id), "ERP", days, actor=actor, now=now)[1]


@pytest.fixture
def program(app: Flask, plant: Plant, now: datetime) -> Program:
    return Program(app, secret_of(plant, "owner", now))


@pytest.fixture
def quality(plant: Plant, now: datetime) -> uuid.UUID:
    with unit_of_work(plant.people["owner"], now=now) as session:
        name = {"en": "Quality assurance", "zh": "质量保证部"}
        row = Department(code="D-QA", name=name, state=DepartmentState.ACTIVE)
        session.add(row)
    return row.id


def accept(plant: Plant) -> None:
    with read_session() as session:
        plant.case_id = session.scalars(select(ObjectChange)).one().case_id
    plant.signs("qa", "acceptance", {"decision": "accept"})


@pytest.mark.urs("URS-132")
def test_a_program_proposes_and_a_person_signs(program: Program, plant: Plant) -> None:
    answer = program.ask("POST", "/departments", QA)
    assert answer.status_code == 202, answer.text
    assert answer.json["state"] == "proposed"
    assert answer.json["case"]
    waiting = program.ask("GET", answer.headers["Location"].removeprefix("/api/v1"))
    assert waiting.json["state"] == "proposed"
    assert program.ask("GET", "/departments").json["items"] == []
    accept(plant)
    done = program.ask("GET", f"/changes/{answer.json['change']}").json
    assert done["state"] == "applied"
    held = program.ask("GET", f"/departments/{done['object']}")
    assert held.json["values"]["name_zh"] == "质量保证部"
    assert held.headers["ETag"]
    told = program.ask("GET", f"/departments/{done['object']}/history").json["items"]
    assert {"insert", "object.opened"} <= {entry["action"] for entry in told}


@pytest.mark.urs("URS-132")
def test_a_change_needs_the_state_it_was_made_from(program: Program, quality: uuid.UUID) -> None:
    path, wish = f"/departments/{quality}", {"values": {"name_en": "Quality"}, "reason": "Shorter"}
    tag = program.ask("GET", path).headers["ETag"]
    assert program.ask("PATCH", path, wish).status_code == 428
    refused = program.ask("PATCH", path, wish, If_Match='"another"')
    assert (refused.status_code, refused.json["type"]) == (412, "urn:qms:problem:api.overtaken")
    assert program.ask("PATCH", path, wish, If_Match=tag).status_code == 202
    with read_session() as session:
        [change] = session.scalars(select(ObjectChange)).all()
        assert change.rows[0]["name_zh"] == "质量保证部", "what is not sent stays"
    assert program.ask("GET", path, None, If_None_Match=tag).status_code == 304


@pytest.mark.urs("URS-132", "URS-023")
def test_asking_again_with_the_same_key_does_nothing_twice(program: Program) -> None:
    first = program.ask("POST", "/departments", QA, Idempotency_Key="k-1")
    again = program.ask("POST", "/departments", QA, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json == first.json
    assert again.headers["Idempotent-Replay"] == "true"
    other = {**QA, "reason": "Other"}
    assert program.ask("POST", "/departments", other, Idempotency_Key="k-1").status_code == 422
    with read_session() as session:
        assert len(session.scalars(select(ObjectChange)).all()) == 1


@pytest.mark.urs("URS-132")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"values": {**QA["values"], "code": "D QA"}, "reason": "x"}, "code"),
        ({"values": {"code": "D-1"}, "reason": "x"}, "name_en"),
        ({"values": QA["values"]}, "reason"),
        ({"values": {**QA["values"], "parent": "D-NONE"}, "reason": "x"}, "parent"),
        ({"values": {**QA["values"], "nothing": 1}, "reason": "x"}, "nothing"),
        ({"values": {**QA["values"], "code": ["D"]}, "reason": "x"}, "code"),
        ({"values": [], "reason": "x"}, "values"),
        ({"values": QA["values"], "reason": 7}, "reason"),
        ({"values": QA["values"], "reason": "x", "lines": []}, "lines"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_field_and_nothing_is_kept(
    program: Program, body: object, field: str
) -> None:
    answer = program.ask("POST", "/departments", body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert field in answer.json["errors"], answer.json
    with read_session() as session:
        assert session.scalars(select(ObjectChange)).all() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"values": NaN}', b'"\\ud800"', b"[" * 90_000])
def test_what_is_no_json_object_is_refused(program: Program, body: bytes) -> None:
    own = {"Authorization": f"Bearer {program.secret}", "Content-Type": "application/json"}
    assert program.client.post("/api/v1/departments", data=body, headers=own).status_code == 422


@pytest.mark.urs("URS-023", "URS-028")
def test_a_key_opens_the_api_alone_and_only_while_it_holds(
    app: Flask, program: Program, plant: Plant, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"Authorization": f"Bearer {program.secret}"}
    assert program.client.get("/departments", headers=own).status_code == 302, "pages are for people"
    assert program.ask("GET", "/departments").status_code == 200
    for wrong in ("", "qms_nothing"):
        refused = Program(app, wrong).ask("GET", "/departments")
        assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")
        assert "Bearer" in refused.headers["WWW-Authenticate"]
    with read_session() as session:
        [kept] = session.scalars(select(AccessToken)).all()
        assert program.secret not in json.dumps([kept.secret_sha256, kept.name])
    later = now + timedelta(days=91)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        assert program.ask("GET", "/departments").status_code == 401
    owner = plant.people["owner"]
    with unit_of_work(owner, now=now) as session:
        revoke_token(session, uuid.UUID(owner.id), kept.id, now=now)
    assert program.ask("GET", "/departments").status_code == 401


@pytest.mark.urs("URS-023")
@pytest.mark.parametrize(
    "change", [{"state": "locked"}, {"state": "left"}, {"must_change_password": True}]
)  # fmt: skip
def test_a_key_ends_with_the_account(
    program: Program, plant: Plant, now: datetime, change: dict[str, object]
) -> None:
    assert program.ask("GET", "/departments").status_code == 200
    with unit_of_work(plant.people["owner"], now=now) as session:
        session.execute(update(Person).where(Person.login == "owner").values(change))
    assert program.ask("GET", "/departments").status_code in (401, 403)


@pytest.mark.urs("URS-023")
def test_a_session_of_a_page_reads_but_never_writes(app: Flask, plant: Plant) -> None:
    client: FlaskClient = sign_in(app, "owner", PASSWORD)
    assert client.get("/api/v1/departments").status_code == 200
    form = {"X-CSRFToken": token(client)}
    refused = client.post("/api/v1/departments", json=QA, headers=form)
    assert (refused.status_code, refused.json["type"]) == (403, "urn:qms:problem:api.cookie")


@pytest.mark.urs("URS-023")
def test_wrong_keys_have_to_wait(app: Flask, program: Program) -> None:
    asked = [Program(app, f"qms_{number}").ask("GET", "/departments").status_code for number in range(31)]
    assert asked[0] == 401
    assert asked[-1] == 429
    assert program.ask("GET", "/departments").status_code == 429


@pytest.mark.urs("URS-023")
def test_rights_hold_for_programs_too(app: Flask, plant: Plant, now: datetime) -> None:
    keeper = Program(app, secret_of(plant, "keeper", now))
    assert keeper.ask("GET", "/departments").status_code == 200
    assert keeper.ask("POST", "/departments", QA).status_code == 403


@pytest.mark.urs("URS-132")
def test_a_list_is_read_to_its_end(program: Program, plant: Plant, now: datetime) -> None:
    with unit_of_work(plant.people["owner"], now=now) as session:
        session.add_all(
            Department(code=f"D-{n:02d}", name={"en": "Room", "zh": "车间"}, state=DepartmentState.ACTIVE)
            for n in range(17)
        )
    for more in ("", "&q=车间", "&sort=code", "&sort=-name", "&state=active"):
        seen, cursor = [], ""
        for _page in range(9):
            answer = program.ask("GET", f"/departments?limit=5{more}{cursor}").json
            seen += [one["values"]["code"] for one in answer["items"]]
            if not answer["next"]:
                break
            cursor = f"&cursor={answer['next']}"
        assert sorted(seen) == [f"D-{n:02d}" for n in range(17)], more
    for wrong in ("cursor=x", "cursor=WyJhIl0", "limit=0", "limit=x", "sort=nothing"):
        assert program.ask("GET", f"/departments?{wrong}").status_code == 422
    assert program.ask("GET", "/departments?q=厨房").json == {"items": [], "next": None}


@pytest.mark.urs("URS-132")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_description_is_valid_openapi(program: Program, language: str) -> None:
    said = program.ask("GET", "/openapi.json", None, Accept_Language=language).json
    OpenAPIV31SpecValidator(said).validate()
    assert "/departments/{id}" in said["paths"]
    assert ("部门" in json.dumps(said, ensure_ascii=False)) == (language == "zh")


@pytest.mark.urs("URS-132", "URS-023")
def test_a_person_makes_and_revokes_a_key_on_his_page(app: Flask, plant: Plant) -> None:
    client = sign_in(app, "owner", PASSWORD)
    form = {"csrf_token": token(client), "name": "ERP", "days": "30"}
    made = client.post("/me/keys", data=form)
    secret = made.text.split('data-copy="')[1].split('"')[0]
    assert secret.startswith("qms_")
    assert Program(app, secret).ask("GET", "/departments").status_code == 200
    page = client.get("/me/keys")
    assert "ERP" in page.text
    assert secret not in page.text
    with read_session() as session:
        key = session.scalars(select(AccessToken.id)).one()
    assert client.post(f"/me/keys/{key}/revoke", data=form).status_code == 303
    assert Program(app, secret).ask("GET", "/departments").status_code == 401
    assert client.post("/me/keys", data={**form, "name": ""}).status_code == 422
    assert "curl" in client.get("/api").text
