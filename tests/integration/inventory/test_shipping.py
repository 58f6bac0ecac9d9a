"""A lot leaves the house only when it may, only once, and only after its release is sealed on paper."""

import threading
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select

from app.factory import create_app
from app.inventory import shipping
from app.inventory.models import Lot, Movement, MovementKind, Shipment
from app.inventory.queries import on_hand
from app.inventory.release import start_release
from app.inventory.services import hold_lot, release_lot
from app.inventory.shipping import ShipLot, ship_lot, shipments_of
from app.sites.queries import style_of
from core import clock, db
from core.actor import Actor
from core.errors import Conflict, Invalid, QmsError
from core.outbox import OutboxEntry
from documents.models import Record
from documents.records import RecordDraft, create_record
from signatures.models import Signature
from tests.factories import plant as factory
from tests.factories.people import add_person, post, sign_in


@dataclass(frozen=True)
class Released:
    """A finished lot of 100 pieces, signed free; ``record`` is the record of that, not sealed yet."""

    plant: factory.Plant
    lot: Lot
    record: Record


@pytest.fixture
def moment() -> datetime:
    return clock.now()


@pytest.fixture
def released(database: Engine, keeper: Actor, moment: datetime) -> Released:
    with db.unit_of_work(keeper, now=moment) as session:
        plant = factory.make_plant(session, actor=keeper, now=moment)
        factory.make_lot_release_effective(session, actor=keeper, now=moment)
        for login in ("keeper", "inspector"):
            add_person(session, login, login, plant.site.id)
        lot = factory.make_lot(
            session, plant, plant.device, Decimal(100), actor=keeper, now=moment, released=False
        )
        case = start_release(
            session, lot, Decimal(100), receipt_id=uuid.uuid4(), receipt_number="FP-1",
            receipt_kind="output", actor=keeper, now=moment,
        )  # fmt: skip
        style = style_of(lot.site)
        words = {"en": "Market release", "zh": "上市放行"}
        draft = RecordDraft(
            "lot_release.market_release", words, "QR-QA-012", "A3", style, style.layout, {}, case_id=case.id
        )
        record = create_record(session, draft, actor=keeper, now=moment)
        session.add(signature(record, moment))
        release_lot(session, lot.id, document=case.number, actor=keeper, now=moment)
    return Released(plant, lot, record)


def signature(record: Record, now: datetime) -> Signature:
    return Signature(
        record_id=record.id, position=1, record_sha256=record.sha256, person_id=uuid.uuid4(), login="mah",
        signer_name="M", role="registrant_releaser", site="SH", meaning_code="released",
        meaning={"en": "Released", "zh": "放行"}, statement="-", method="password", language="en",
        signed_at=now, cms=b"-", certificate=b"-", level="internal",
    )  # fmt: skip


def seal(record: Record, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.get_one(Record, record.id).seal("0" * 64, now)


def order(released: Released, quantity: str = "40", key: str = "one") -> ShipLot:
    return ShipLot(released.lot.id, Decimal(quantity), "Hospital 一院", "DN-7", True, key)


def ship(command: ShipLot, keeper: Actor, now: datetime) -> Shipment:
    with db.unit_of_work(keeper, now=now) as session:
        return ship_lot(session, command, actor=keeper, now=now)


def refusal(command: ShipLot, keeper: Actor, now: datetime) -> QmsError:
    with pytest.raises(QmsError) as refused:
        ship(command, keeper, now)
    return refused.value


@pytest.mark.urs("URS-050", "URS-020")
def test_nothing_leaves_before_the_record_of_its_release_is_sealed(
    released: Released, keeper: Actor, moment: datetime
) -> None:
    refused = refusal(order(released), keeper, moment)
    assert refused.code == "inventory.release_record_unsealed"
    assert released.record.number in refused.text("en")
    seal(released.record, keeper, moment)
    sent = ship(order(released), keeper, moment)
    with db.read_session() as session:
        assert on_hand(session, [released.lot.id]) == {released.lot.id: Decimal(60)}
        line = session.scalars(select(Movement).where(Movement.kind == MovementKind.SHIPMENT)).one()
        assert (line.quantity, line.document) == (Decimal(-40), sent.number)
        record = session.scalars(select(Record).where(Record.kind == "inventory.shipment")).one()
        assert sent.number in record.canonical.decode()
        assert session.scalars(select(OutboxEntry).where(OutboxEntry.key == f"seal:{record.id}")).one()


def test_the_gate_is_what_holds_it_back(
    released: Released, keeper: Actor, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "_check_release_is_sealed", lambda *_: None)
    assert ship(order(released), keeper, moment).quantity == Decimal(40)


def test_without_a_signed_release_nothing_leaves(released: Released, keeper: Actor, moment: datetime) -> None:
    with db.unit_of_work(keeper, now=moment) as session:
        loose = factory.make_lot(
            session, released.plant, released.plant.device, Decimal(5), actor=keeper, now=moment
        )
    command = replace(order(released), lot_id=loose.id)
    assert refusal(command, keeper, moment).code == "inventory.release_record_missing"


@pytest.mark.urs("URS-050")
def test_each_reason_to_stay_has_its_code(released: Released, keeper: Actor, moment: datetime) -> None:
    seal(released.record, keeper, moment)
    assert refusal(order(released, "101"), keeper, moment).code == "inventory.short"
    assert refusal(replace(order(released), customer=""), keeper, moment).code == "shipment.customer"
    assert refusal(replace(order(released), confirmed=False), keeper, moment).code == "shipment.unconfirmed"
    assert isinstance(refusal(order(released, "0.5"), keeper, moment), Invalid)
    late = moment + timedelta(days=400)
    assert refusal(order(released), keeper, late).code == "inventory.expired"
    with db.unit_of_work(keeper, now=moment) as session:
        material = factory.make_lot(
            session, released.plant, released.plant.material, Decimal(5), actor=keeper, now=moment
        )
        hold_lot(session, released.lot.id, document="hold", actor=keeper, now=moment)
    assert refusal(order(released), keeper, moment).code == "inventory.not_released"
    bought = replace(order(released), lot_id=material.id)
    assert refusal(bought, keeper, moment).code == "inventory.not_finished"


@pytest.mark.urs("URS-050")
def test_two_who_ship_at_once_never_send_more_than_there_is(
    released: Released, keeper: Actor, moment: datetime
) -> None:
    seal(released.record, keeper, moment)
    results: list[str] = []
    together = threading.Barrier(2)

    def send(key: str) -> None:
        together.wait()
        try:
            results.append(str(ship(order(released, "60", key), keeper, moment).quantity))
        except Conflict as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=send, args=(key,)) for key in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["60", "inventory.short"]
    with db.read_session() as session:
        assert on_hand(session, [released.lot.id]) == {released.lot.id: Decimal(40)}
        assert len(shipments_of(session, [released.lot.id])) == 1


def test_a_form_that_arrives_twice_is_one_shipment(
    released: Released, keeper: Actor, moment: datetime
) -> None:
    seal(released.record, keeper, moment)
    assert ship(order(released), keeper, moment).number == ship(order(released), keeper, moment).number
    with db.read_session() as session:
        assert session.scalar(select(func.count()).select_from(Shipment)) == 1


@pytest.mark.urs("URS-050", "URS-032")
def test_the_keeper_ships_on_the_page_of_the_lot_and_the_trace_names_the_customer(
    released: Released, keeper: Actor, moment: datetime
) -> None:
    app = create_app(testing=True)
    at = f"/lots/{released.lot.id}"
    browser = sign_in(app, "keeper")
    assert f"{at}/ship" in browser.get(at).text
    assert released.record.number in browser.get(f"{at}/ship").text
    fields = {"quantity": "25", "customer": "Hospital 一院", "delivery_note": "DN-7", "key": "k"}
    assert post(browser, f"{at}/ship", **fields).status_code == 422
    held = post(browser, f"{at}/ship", **fields, confirmed="1")
    assert held.status_code == 409
    assert released.record.number in held.text
    seal(released.record, keeper, moment)
    sent = post(browser, f"{at}/ship", **fields, confirmed="1")
    assert sent.status_code == 303
    for page in (browser.get(at).text, browser.get(f"{at}/trace").text):
        assert "Hospital 一院" in page
        assert "SZ-SH-" in page
    assert sign_in(app, "inspector").get(f"{at}/ship").status_code == 403
