"""Settings change by a signed proposal; before and after, who, when and why are on one page (URS-148)."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from werkzeug.test import TestResponse

from app.access.policy import policy_of
from app.configuration.services import propose, registered
from app.factory import create_app
from app.objects.models import ChangeState, ObjectChange
from app.sites.models import Site
from app.sites.queries import site_by_code
from app.sites.services import CreateSite, create_site
from app.web.control import WantedSetting
from core import clock
from core.db import read_session, unit_of_work
from core.errors import QmsError
from core.numbers import rule_of
from tests.factories.inbox import Plant, make_plant
from tests.factories.people import add_person, sign_in, token
from workflows.repository import process_names

RULES = {"shortest": "14", "oldest_days": "180", "remembered": "5", "lock_after": "5", "own_words": ""}
Browser = Callable[[str], FlaskClient]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now, "object_change")


def send(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    form = {**fields, "csrf_token": token(client, "/configuration")}
    return client.post(path, data=form, content_type="multipart/form-data")


def decide(plant: Plant, decision: str, **more: str) -> ObjectChange:
    with read_session() as session:
        waiting = session.scalars(select(ObjectChange).filter_by(state=ChangeState.PROPOSED)).one()
    plant.case_id = waiting.case_id
    plant.signs("qa", "acceptance", {"decision": decision, **more})
    return waiting


def prefix() -> str:
    with read_session() as session:
        return rule_of(session, "record", "SH").prefix


@pytest.mark.urs("URS-144", "URS-148")
def test_a_numbering_rule_holds_when_a_second_person_has_signed(plant: Plant, browser: Browser) -> None:
    client = browser("admin")
    before = prefix()
    rule = {"series": "record", "site_code": "SH", "prefix": "RC", "digits": "5", "yearly": "yearly"}
    assert send(client, "/admin/house/numbers", **rule).status_code == 422, "without a reason"
    assert send(client, "/admin/house/numbers", **rule, reason="Group rule").status_code == 303
    assert prefix() == before, "nothing holds before the signature"
    again = send(client, "/admin/house/numbers", **rule | {"digits": "6"}, reason="x")
    assert "Another change of this object waits" in again.text
    page = client.get("/configuration").text
    assert "Proposed" in page
    change = decide(plant, "accept")
    assert prefix() == "RC"
    page = client.get("/configuration").text
    assert "Group rule" in page
    shown = browser("owner").get(f"/changes/{change.id}").text
    assert before in shown
    assert "RC" in shown


@pytest.mark.urs("URS-148")
def test_what_cannot_be_is_refused_where_it_is_typed(plant: Plant, browser: Browser) -> None:
    rule = {"series": "record", "site_code": "SH", "prefix": "9", "digits": "5", "reason": "x"}
    answer = send(browser("admin"), "/admin/house/numbers", **rule)
    assert answer.status_code == 422
    assert "capital letters" in answer.text
    with read_session() as session:
        assert session.scalars(select(ObjectChange)).all() == []
        assert rule_of(session, "record", "SH").prefix == prefix()


@pytest.mark.urs("URS-148")
def test_settings_come_with_the_product_and_change_by_their_own_page_too(
    plant: Plant, browser: Browser
) -> None:
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        row = registered(session, "numbers/SH/record").id
    client = browser("owner")
    lines = {"lines.0.field": "prefix", "lines.0.value": "RC", "reason": "x"}
    assert send(client, "/settings/new", code="numbers/any/mine", **lines).status_code == 404
    assert "/settings/new" not in client.get("/settings").text + client.get(f"/settings/{row}").text
    unknown = {**lines, "lines.0.field": "layout"}
    assert send(client, f"/settings/{row}/change", **unknown).status_code == 422
    full = {**lines, "lines.1.field": "digits", "lines.1.value": "5"}
    full |= {"lines.2.field": "yearly", "lines.2.value": "yes"}
    assert send(client, f"/settings/{row}/change", **full).status_code == 303
    decide(plant, "accept")
    assert prefix() == "RC"


@pytest.mark.urs("URS-028", "URS-148")
def test_rules_for_passwords_are_proposed_and_a_refusal_leaves_them(plant: Plant, browser: Browser) -> None:
    admin = plant.people["admin"]
    for decision, shortest in (("refuse", 10), ("accept", 14)):
        with unit_of_work(admin, now=plant.now) as session:
            propose(session, WantedSetting("password_policy", RULES, "SOP-IT-07"), admin, plant.now)
            assert policy_of(session).shortest == 10, "trying it out leaves nothing"
        decide(plant, decision, **({"reason": "Not yet"} if decision == "refuse" else {}))
        with read_session() as session:
            assert policy_of(session).shortest == shortest


@pytest.mark.urs("URS-144", "URS-148")
def test_the_house_style_is_proposed_by_the_administrator_who_cannot_sign(
    plant: Plant, browser: Browser
) -> None:
    client = browser("admin")
    with read_session() as session:
        site = site_by_code(session, "SH")
        texts = {
            f"{name}_{lang}": getattr(site, name)[lang]
            for name in ("name", "company", "address")
            for lang in ("en", "zh")
        }
    style = {**texts, "company_en": "New Medical", "layout": "both", "reason": "New name"}
    at = f"/admin/house/{plant.site_id}"
    assert send(client, at, **style, seen="0").status_code == 422
    assert send(client, at, **style, seen=str(site.revision)).status_code == 303
    with read_session() as session:
        plant.case_id = session.scalars(select(ObjectChange)).one().case_id
    with pytest.raises(QmsError):
        plant.signs("admin", "acceptance", {"decision": "accept"})
    decide(plant, "accept")
    with read_session() as session:
        assert site_by_code(session, "SH").company["en"] == "New Medical"


@pytest.mark.urs("URS-143", "URS-148")
def test_the_list_of_settings_names_them_in_words_and_reads_processes_once(
    plant: Plant, browser: Browser, database: Engine
) -> None:
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        names = process_names(session)
        codes = [*(f"numbers/any/case.{key}" for key in names), "form_code/SH/QR-CA-008"]
        row, *_more = (registered(session, code).id for code in codes)
    client, asked = browser("owner"), list[str]()
    event.listen(database, "before_cursor_execute", lambda *told: asked.append(told[2]))
    for lang, form in (("en", "QR-CA-008 Action carried out"), ("zh", "QR-CA-008 措施实施记录")):
        send(client, "/language", language=lang, next="/settings")
        asked.clear()
        listed = client.get("/settings?q=").text
        assert [one for one in asked if "FROM process_release" in one and ".name" in one][1:] == []
        assert form in listed
        page = listed + client.get(f"/settings/{row}").text + client.get("/admin/house").text
        assert "case." not in re.sub("<[^>]*>", "", page)
        for name in names.values():
            assert f" · {name[lang]}" in listed
            assert f" · {name[lang]}" in client.get(f"/settings?q={name[lang]}").text
        by_kind = client.get("/settings?q=表单编号").text
        assert form in by_kind
        assert not any(name[lang] in by_kind for name in names.values())


@pytest.mark.urs("URS-122", "URS-148")
def test_settings_of_a_site_out_of_reach_are_not_listed(plant: Plant, browser: Browser) -> None:
    with unit_of_work(plant.people["admin"], reason="a second site", now=plant.now) as session:
        mine = session.get_one(Site, plant.site_id)
        named = {"code": "XX", "name": mine.name, "company": mine.company, "address": mine.address}
        command = CreateSite(**named, region=mine.region, zone=mine.zone, kind=mine.kind)
        other = create_site(session, command, actor=plant.people["admin"])
        add_person(session, "guest", "inspector", other.id, now=plant.now)
        mine_code = mine.code
    assert f" · {mine_code}" in browser("inspector").get("/configuration").text
    guest = sign_in(create_app(testing=True), "guest")
    seen = guest.get("/configuration").text
    assert " · XX" in seen
    assert f" · {mine_code}" not in seen
