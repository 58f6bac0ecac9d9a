"""The receipt pages: the keeper posts, the buyer only sees, and a refused form comes back with its faults."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from app.factory import create_app
from app.procurement.models import Receipt
from core import clock, db
from core.actor import Actor
from signatures.audit_models import AuditEntry
from tests.factories import plant as factory
from tests.factories.people import add_person, post, sign_in

NEW = "/receipts/new"


@pytest.fixture
def plant(database: Engine, keeper: Actor) -> factory.Plant:
    now = clock.now()
    with db.unit_of_work(keeper, now=now) as session:
        made = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
        for login in ("keeper", "buyer"):
            add_person(session, login, login, made.site.id)
        add_person(session, "far", "keeper", made.registrant.id)
    return made


@pytest.fixture
def app(plant: factory.Plant) -> Flask:
    return create_app(testing=True)


def fields(plant: factory.Plant, **changes: str) -> dict[str, str]:
    expiry = clock.now().date() + timedelta(days=200)
    given = {
        "scan": f"(01){factory.PVC}(17){expiry:%y%m%d}(10)G77",
        "line": str(plant.order.lines[0].id),
        "quantity": "150",
        "unit": "kg",
        "location": str(plant.location.id),
        "key": "one",
    }
    return given | changes


def count(table: type) -> int:
    with db.read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.urs("URS-042", "URS-032")
def test_the_keeper_scans_posts_and_is_led_to_the_receipt(app: Flask, plant: factory.Plant) -> None:
    keeper = sign_in(app, "keeper")
    scan = fields(plant)["scan"]

    read = keeper.get("/receipts/label", query_string={"scan": scan}).text
    answer = post(keeper, "/receipts", at=NEW, **fields(plant))
    again = post(keeper, "/receipts", at=NEW, **fields(plant))

    assert "G77" in read
    assert f'value="{plant.order.lines[0].id}" selected' in read
    assert (answer.status_code, again.location) == (303, answer.location)
    assert count(Receipt) == 1
    page = keeper.get(answer.location).text
    assert "Quarantine" in page
    assert "SZ-GR-" in page


@pytest.mark.urs("URS-042", "URS-023")
def test_the_buyer_sees_receipts_and_cannot_post_one_by_hand(app: Flask, plant: factory.Plant) -> None:
    buyer = sign_in(app, "buyer")

    assert buyer.get("/receipts").status_code == 200
    assert buyer.get(NEW).status_code == 403
    assert post(buyer, "/receipts", **fields(plant)).status_code == 403
    assert count(Receipt) == 0


@pytest.mark.urs("URS-042")
def test_a_keeper_of_another_site_finds_nothing_here(app: Flask, plant: factory.Plant) -> None:
    far = sign_in(app, "far")

    assert "PO-1" not in far.get("/orders").text
    assert far.get(f"/orders/{plant.order.id}").status_code == 404
    assert post(far, "/receipts", **fields(plant)).status_code == 404
    assert count(Receipt) == 0


WRONG = [
    ({"scan": "hello"}, 422, "scan"),
    ({"scan": f"(01){factory.LUER}(10)G77"}, 422, "scan"),
    ({"quantity": "-3"}, 422, "quantity"),
    ({"quantity": "<script>"}, 422, "quantity"),
    ({"quantity": "5000"}, 409, "quantity"),
    ({"unit": "{pcs}"}, 422, "unit"),
    ({"location": ""}, 422, "location"),
    ({"expiry": "2020-01-01"}, 422, "expiry"),
]


@pytest.mark.urs("URS-042")
def test_a_refused_form_comes_back_as_it_was_with_the_sentence_at_the_field(
    app: Flask, plant: factory.Plant
) -> None:
    keeper = sign_in(app, "keeper")
    for changes, status, field in WRONG:
        answer = post(keeper, "/receipts", at=NEW, **fields(plant, **changes, delivery_note="DN-9"))

        assert answer.status_code == status, changes
        assert f'id="error-{field}"' in answer.text, changes
        assert 'value="DN-9"' in answer.text
        assert "<script>" not in answer.text.split('id="main"')[1].split("</main>")[0]
    assert count(Receipt) == 0


@pytest.mark.urs("URS-024")
def test_a_refusal_by_the_state_of_things_is_in_the_audit_trail(app: Flask, plant: factory.Plant) -> None:
    post(sign_in(app, "keeper"), "/receipts", at=NEW, **fields(plant, quantity="5000"))
    with db.read_session() as session:
        refused = session.scalars(select(AuditEntry).where(AuditEntry.action == "request.refused")).one()
    assert "receipt.too_much" in refused.entry


@pytest.mark.urs("URS-122")
def test_refusals_are_said_in_chinese_too(app: Flask, plant: factory.Plant) -> None:
    keeper = sign_in(app, "keeper")
    post(keeper, "/language", language="zh", next="/me")
    answer = post(keeper, "/receipts", at=NEW, **fields(plant, unit="{pcs}"))
    assert "不是“件”" in answer.text
