"""A carton's label at receipt: the GTIN of every pack of the item is read, and its units are counted."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from app.catalog.gs1 import parse_scan, write_message
from app.catalog.models import PackagingKind, PackagingLevel
from app.catalog.packs import pack_with_gtin
from app.factory import create_app
from app.procurement import queries, services
from app.procurement.models import Receipt
from core import clock, db
from core.actor import Actor
from core.errors import Invalid
from documents.models import Record
from tests.factories import plant as factory
from tests.factories.people import add_person, post, sign_in

CARTON, PALLET, OF_DEVICE = "16901234560029", "26901234560026", "16901234560104"


@pytest.fixture
def plant(database: Engine, keeper: Actor) -> factory.Plant:
    now = clock.now()
    with db.unit_of_work(keeper, now=now) as session:
        made = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
        for item, level, contains, gtin in (
            (made.component, PackagingKind.CARTON, 12, CARTON),
            (made.component, PackagingKind.PALLET, 480, PALLET),
            (made.device, PackagingKind.CARTON, 100, OF_DEVICE),
        ):
            session.add(PackagingLevel(item_id=item.id, level=level, contains=contains, gtin=gtin))
        add_person(session, "keeper", "keeper", made.site.id)
    return made


@pytest.fixture
def app(plant: factory.Plant) -> Flask:
    return create_app(testing=True)


def goods(plant: factory.Plant, gtin: str, now: datetime) -> services.ReceiveGoods:
    label = parse_scan(write_message(gtin, lot="L9"), today=now.date())
    return factory.goods(
        plant, now=now, line_id=plant.order.lines[1].id, label=label, unit="{pcs}",
        quantity=Decimal(120), supplier_lot="L9", expiry=None,
    )  # fmt: skip


def fields(plant: factory.Plant, gtin: str = CARTON, **changes: str) -> dict[str, str]:
    given = {
        "scan": f"(01){gtin}(10)L9",
        "line": str(plant.order.lines[1].id),
        "unit": "{pcs}",
        "location": str(plant.location.id),
        "key": "one",
    }
    return given | changes


def received() -> list[Decimal]:
    with db.read_session() as session:
        return list(session.scalars(select(Receipt.quantity)))


@pytest.mark.urs("URS-032", "URS-042")
def test_the_label_of_every_pack_of_the_item_is_taken_and_finds_its_order_line(
    plant: factory.Plant, keeper: Actor
) -> None:
    now = clock.now()
    for gtin in (factory.LUER, CARTON, PALLET):
        with db.read_session() as session:
            found = queries.open_lines(session, None, gtin)
        assert [line.id for line in found] == [plant.order.lines[1].id], gtin
    with db.unit_of_work(keeper, now=now) as session:
        services.receive_goods(session, goods(plant, PALLET, now), actor=keeper, now=now)
    assert received() == [Decimal(120)], "what is received is what was counted, in the item's own unit"


@pytest.mark.urs("URS-032", "URS-042")
def test_the_record_says_of_which_pack_the_label_is(plant: factory.Plant, keeper: Actor) -> None:
    now = clock.now()
    with db.unit_of_work(keeper, now=now) as session:
        services.receive_goods(session, goods(plant, CARTON, now), actor=keeper, now=now)
    with db.read_session() as session:
        canonical = session.scalars(select(Record.canonical)).one().decode()
    assert "Carton of 12 pcs" in canonical
    assert "外箱，内含12 件" in canonical


@pytest.mark.urs("URS-032", "URS-042")
def test_the_label_of_another_items_pack_is_refused(plant: factory.Plant, keeper: Actor) -> None:
    now = clock.now()
    with pytest.raises(Invalid) as refusal, db.unit_of_work(keeper, now=now) as session:
        services.receive_goods(session, goods(plant, OF_DEVICE, now), actor=keeper, now=now)
    assert (refusal.value.code, refusal.value.field) == ("receipt.wrong_item", "scan")
    assert received() == []
    with db.read_session() as session:
        assert queries.open_lines(session, None, OF_DEVICE) == []
        assert pack_with_gtin(session, factory.LUER) is None


@pytest.mark.urs("URS-032", "URS-042")
def test_the_form_says_what_the_carton_holds_and_reckons_the_quantity(
    app: Flask, plant: factory.Plant
) -> None:
    keeper = sign_in(app, "keeper")

    read = keeper.get("/receipts/label", query_string={"scan": fields(plant)["scan"]}).text
    counted = keeper.get("/receipts/label", query_string={"scan": fields(plant)["scan"], "packs": "10"}).text
    loose = keeper.get("/receipts/label", query_string={"scan": f"(01){factory.LUER}(10)L9"}).text
    answer = post(keeper, "/receipts", at="/receipts/new", **fields(plant, packs="10"))

    assert "Carton of 12 pcs" in read
    assert f'value="{plant.order.lines[1].id}" selected' in read
    assert 'name="packs"' in read
    assert 'name="quantity" type="text" value="120"' in counted
    assert 'name="packs"' not in loose
    assert answer.status_code == 303
    assert received() == [Decimal(120)]


@pytest.mark.urs("URS-042")
def test_packs_that_do_not_make_the_quantity_are_refused_at_the_field(
    app: Flask, plant: factory.Plant
) -> None:
    keeper = sign_in(app, "keeper")
    wrong = [
        ({"packs": "10", "quantity": "110"}, "quantity"),
        ({"packs": "1.5"}, "packs"),
        ({"packs": "-2"}, "packs"),
        ({"packs": "9" * 40}, "packs"),
        ({"packs": "500"}, "quantity"),
        ({"packs": ""}, "quantity"),
    ]
    for changes, field in wrong:
        answer = post(keeper, "/receipts", at="/receipts/new", **fields(plant, **changes))
        assert answer.status_code in (409, 422), changes
        assert f'id="error-{field}"' in answer.text, changes
    other = post(keeper, "/receipts", at="/receipts/new", **fields(plant, factory.LUER, packs="3"))
    assert 'id="error-packs"' in other.text
    with db.read_session() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 0


@pytest.mark.urs("URS-032", "URS-051")
def test_a_carton_may_be_less_than_full_when_its_units_are_typed(app: Flask, plant: factory.Plant) -> None:
    day = clock.now().date() + timedelta(days=1)
    sent = fields(plant, quantity="7", expiry="", delivery_note=f"open carton {day}")
    answer = post(sign_in(app, "keeper"), "/receipts", at="/receipts/new", **sent)
    assert answer.status_code == 303
    assert received() == [Decimal(7)]
