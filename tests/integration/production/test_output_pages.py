"""The output page: materials proposed by first expiry, scanned lots, and a refused form that comes back."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from app.factory import create_app
from app.inventory.models import Lot
from app.production.models import Output, WorkOrder
from core import clock, db
from core.actor import Actor, system_actor
from tests.factories import plant as factory
from tests.factories.people import add_person, sign_in, token

NEW = "/output/new"


class Desk:
    """A keeper at the output page of a plant with released material and components."""

    def __init__(self, keeper: Actor) -> None:
        now = clock.now()
        with db.unit_of_work(keeper, now=now) as session:
            self.plant = factory.make_plant(session, actor=keeper, now=now)
            factory.make_lot_release_effective(session, actor=keeper, now=now)
            self.lots: list[Lot] = [
                factory.make_lot(session, self.plant, item, Decimal(500), actor=keeper, now=now)
                for item in (self.plant.material, self.plant.component)
            ]
            add_person(session, "keeper", "keeper", self.plant.site.id)
        self.expiry = now.date() + timedelta(days=900)

    def fields(self, **changes: object) -> dict[str, object]:
        given: dict[str, object] = {
            "work_order": str(self.plant.work_order.id),
            "scan": f"(01){factory.DEVICE}(17){self.expiry:%y%m%d}(10)D1",
            "quantity": "100",
            "unit": "{pcs}",
            "location": str(self.plant.location.id),
            "lot": [lot.number for lot in self.lots],
            "used": ["2", "200"],
            "key": "one",
        }
        return given | changes


@pytest.fixture
def desk(database: Engine, keeper: Actor) -> Desk:
    return Desk(keeper)


@pytest.fixture
def browser(desk: Desk) -> FlaskClient:
    app: Flask = create_app(testing=True)
    return sign_in(app, "keeper")


def send(browser: FlaskClient, fields: dict[str, object]) -> TestResponse:
    return browser.post("/output", data=fields | {"csrf_token": token(browser, NEW)})


def outputs() -> int:
    with db.read_session() as session:
        return session.scalar(select(func.count()).select_from(Output)) or 0


@pytest.mark.urs("URS-051")
def test_the_form_proposes_lots_and_quantities_by_the_bill_of_material(
    desk: Desk, browser: FlaskClient
) -> None:
    asked = {"work_order": str(desk.plant.work_order.id), "quantity": "101"}
    page = browser.get("/output/materials", query_string=asked).text

    assert re.findall(r'name="used" value="([^"]+)"', page) == ["2.02", "202"]
    assert all(lot.number in page for lot in desk.lots)


@pytest.mark.urs("URS-032")
def test_posted_output_leads_to_its_page_with_the_lots_that_went_in(desk: Desk, browser: FlaskClient) -> None:
    answer = send(browser, desk.fields())
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert all(lot.number in page for lot in desk.lots)
    assert send(browser, desk.fields()).location == answer.location
    assert outputs() == 1


def test_a_second_click_after_the_order_is_complete_leads_to_the_same_output(
    desk: Desk, browser: FlaskClient
) -> None:
    with db.unit_of_work(system_actor("test")) as session:
        session.get_one(WorkOrder, desk.plant.work_order.id).quantity = Decimal(100)
    first, second = send(browser, desk.fields()), send(browser, desk.fields())
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location


WRONG: list[tuple[dict[str, object], int, str]] = [
    ({"work_order": ""}, 422, "work_order"),
    ({"scan": "hello"}, 422, "scan"),
    ({"quantity": "many"}, 422, "quantity"),
    ({"quantity": "1001"}, 409, "quantity"),
    ({"lot": ["unheard of"], "used": ["2"]}, 422, "input-0"),
    ({"used": ["2", "two"]}, 422, "input-1"),
    ({"lot": [], "used": []}, 422, "inputs"),
    ({"used": ["2", "501"]}, 409, "inputs"),
]


@pytest.mark.urs("URS-051")
def test_a_refused_form_comes_back_with_the_sentence_at_the_field(desk: Desk, browser: FlaskClient) -> None:
    for changes, status, field in WRONG:
        answer = send(browser, desk.fields(**changes))

        assert answer.status_code == status, changes
        assert f'id="error-{field}"' in answer.text, changes
    assert outputs() == 0
