"""The registers as pages: found by words, filtered, linked with cases and lots; other sites' stay unseen."""

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from app.access.models import RoleGrant
from app.factory import create_app
from core import clock
from core.actor import Actor
from core.db import read_session, unit_of_work
from tests.factories.floor import Floor, make_floor
from tests.factories.inbox import PASSWORD
from tests.factories.people import sign_in
from tests.integration.quality import test_capa as capa
from tests.integration.quality import test_deviation as deviation
from workflows import messages, runtime
from workflows.models import HumanTask, ProcessCase, TaskState


@pytest.fixture
def floor(database: Engine, keeper: Actor, now) -> Floor:
    people = deviation.PEOPLE | capa.PEOPLE | {"far": ("employee",)}
    return make_floor(("deviation", "capa"), people, keeper, now)


def visit(login: str) -> FlaskClient:
    return sign_in(create_app(testing=True), login, PASSWORD)


def test_a_nonconformity_is_found_by_lot_and_leads_to_its_case(floor: Floor) -> None:
    lot = deviation.lot_of(floor)
    case = deviation.reported(floor, lot)
    pages = visit("qa1")
    page = pages.get("/nonconformities", query_string={"q": lot.number}).text
    assert f"/cases/{case.id}" in page
    assert f"/lots/{lot.id}" in page
    assert case.number in pages.get(f"/lots/{lot.id}").text
    assert case.number not in pages.get("/nonconformities", query_string={"q": "nothing like it"}).text
    assert case.number not in pages.get("/nonconformities", query_string={"state": "closed"}).text
    assert case.number in pages.get("/nonconformities", query_string={"state": "open", "sort": "title"}).text


def test_a_capa_shows_its_open_actions_and_what_asked_for_it(floor: Floor) -> None:
    case = capa.to_plan(floor)
    floor.signs("owner", case, "plan", capa.PLAN)
    floor.signs("qa2", case, "plan_approval", capa.AGREE)
    page = visit("qa1").get("/corrective-actions").text
    assert f"/cases/{case.id}" in page
    assert "1 / 1" in page


def test_what_another_site_has_found_is_not_listed(floor: Floor) -> None:
    case = deviation.reported(floor)
    with unit_of_work(floor.people["head"], now=floor.now) as session:
        far = RoleGrant.person_id == uuid.UUID(floor.people["far"].id)
        session.scalars(select(RoleGrant).where(far)).one().site_id = floor.plant.registrant.id
    assert case.number not in visit("far").get("/nonconformities").text


@pytest.mark.urs("URS-071")
def test_a_deviation_asks_for_a_capa_and_both_are_linked(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: floor.now)
    case = deviation.reported(floor)
    floor.signs("qa1", case, "assess", deviation.MINOR)
    floor.signs("engineer", case, "proposal", {"reason": "No lot is concerned."})
    floor.signs("qa2", case, "qa_decision", deviation.AGREE)
    floor.signs("qa1", case, "conclusion", deviation.NO_CAPA | {"capa": "open"})
    floor.post()
    with read_session() as session:
        asked = session.scalars(select(ProcessCase).filter_by(process_key="capa")).one()
        task = session.scalars(select(HumanTask).filter_by(case_id=asked.id, state=TaskState.OPEN)).one()
    begun = visit("qa2").get(f"/inbox/{task.id}").text
    for said in (f'value="{deviation.REPORT["title"]}"', f'value="{case.number}"', '"deviation" selected'):
        assert said in begun, "the triage begins with what the deviation said"
    floor.signs("qa2", asked, "triage", capa.TRIAGE | {"source": "deviation"})
    page = visit("qa1").get("/corrective-actions", query_string={"q": case.number}).text
    assert f"/cases/{asked.id}" in page
    assert f"/cases/{case.id}" in page
    for here, there in ((case, asked), (asked, case)):
        assert f'data-linked="{there.number}"' in visit("qa1").get(f"/cases/{here.id}").text
    with read_session() as session:
        (sent,) = messages.of_case(session, case.id)
        assert (sent.from_case_id, sent.to_case_id) == (case.id, asked.id)


@pytest.mark.urs("URS-071")
def test_a_deviation_and_the_cases_of_the_lots_it_names_are_linked(floor: Floor) -> None:
    lots, cases = [deviation.lot_of(floor) for _ in range(2)], []
    for lot in lots:
        with unit_of_work(floor.people["qa1"], now=floor.now) as session:
            started = runtime.start_case(
                session, "deviation", title={"en": "A lot", "zh": "批次"}, site_id=floor.plant.site.id,
                subject=("inventory.lot", lot.id), data={}, actor=floor.people["qa1"], now=floor.now,
            )  # fmt: skip
            cases.append(started.id)
    mine, other = (floor.case(one) for one in cases)
    case = deviation.reported(floor, lots[0])
    page = visit("qa1").get(f"/cases/{case.id}").text
    assert f'data-linked="{mine.number}"' in page
    assert f'data-linked="{other.number}"' not in page
    assert f'data-linked="{case.number}"' in visit("qa1").get(f"/cases/{mine.id}").text
    assert "data-linked" not in visit("qa1").get(f"/cases/{other.id}").text
