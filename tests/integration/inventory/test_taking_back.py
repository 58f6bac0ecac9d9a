"""A keeper takes a wrong consumption back: counter-entry, reason, sealed record, and no second time."""

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from app.factory import create_app
from app.inventory import queries, services
from app.inventory.models import Lot, LotStatus, Movement, MovementKind
from app.inventory.reversal import TakeBack, take_back
from core import db
from core.actor import Actor
from core.errors import Conflict
from core.outbox import OutboxEntry
from documents.models import Record
from signatures.audit import AuditEntry
from tests.factories import plant as factory
from tests.factories.people import add_person, post, sign_in


@pytest.fixture
def plant(database: Engine, keeper: Actor, now: datetime) -> factory.Plant:
    with db.unit_of_work(keeper, now=now) as session:
        return factory.make_plant(session, actor=keeper, now=now)


@pytest.fixture
def used(plant: factory.Plant, keeper: Actor, now: datetime) -> Movement:
    """Three of ten kilograms were posted into a device lot that waits for its release."""
    with db.unit_of_work(keeper, now=now) as session:
        lot = factory.make_lot(session, plant, plant.material, Decimal(10), actor=keeper, now=now)
        into = factory.make_lot(
            session, plant, plant.device, Decimal(1), actor=keeper, now=now, released=False
        )
        command = services.Consumption(lot.id, Decimal(3), into.id, "WO-1", "k")
        return services.record_consumption(session, command, actor=keeper, now=now)[0]


@pytest.fixture
def app(database: Engine) -> Flask:
    return create_app(testing=True)


def address(used: Movement) -> str:
    return f"/lots/{used.lot_id}/ledger/{used.id}"


@pytest.mark.urs("URS-050", "URS-051")
def test_a_wrong_scan_is_taken_back_with_its_reason_and_a_record(
    app: Flask, plant: factory.Plant, used: Movement, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        add_person(session, "wanda", "keeper", plant.site.id)
    client = sign_in(app, "wanda")
    assert "Take back…" in client.get(f"/lots/{used.lot_id}").text
    assert "WO-1" in client.get(address(used)).text

    refused = post(client, address(used), reason="", at=address(used))
    assert refused.status_code == 422
    assert 'id="error-reason"' in refused.text
    assert 'id="error-confirmed"' in refused.text
    answer = post(client, address(used), reason="label of another lot", confirmed="1", at=address(used))
    assert answer.status_code == 303
    again = post(client, address(used), reason="once more", confirmed="1", at=address(used))
    assert again.status_code == 409

    with db.read_session() as session:
        counter = session.scalars(select(Movement).where(Movement.reversal_of == used.id)).one()
        record = session.scalars(select(Record).where(Record.kind == "inventory.reversal")).one()
        assert (counter.quantity, counter.kind) == (Decimal(3), MovementKind.REVERSAL)
        assert queries.on_hand(session, [used.lot_id])[used.lot_id] == Decimal(10)
        assert b"label of another lot" in record.canonical
        assert session.scalar(select(func.count()).where(OutboxEntry.job == "archive.seal_record")) == 1
        assert "movement.reversed" in set(session.scalars(select(AuditEntry.action)))
    assert "Take back…" not in client.get(f"/lots/{used.lot_id}").text


@pytest.mark.urs("URS-051")
def test_what_a_released_lot_is_made_of_is_not_changed_any_more(
    used: Movement, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        made = session.scalars(select(Lot).where(Lot.status == LotStatus.QUARANTINE)).one()
        services.release_lot(session, made.id, document="t", actor=keeper, now=now)
    with pytest.raises(Conflict) as refusal, db.unit_of_work(keeper, now=now) as session:
        take_back(session, TakeBack(used.id, "late", True), actor=keeper, now=now)
    assert refusal.value.code == "movement.made_lot"


def test_a_line_of_another_lot_is_not_found(
    app: Flask, plant: factory.Plant, used: Movement, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        add_person(session, "wanda", "keeper", plant.site.id)
    client = sign_in(app, "wanda")
    assert client.get(f"/lots/{used.lot_id}/ledger/{uuid.uuid4()}").status_code == 404
