"""What an inspection measured with is noted with each instrument; an overdue one stops the step (URS-078)."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from app.equipment.models import Equipment, EquipmentKind, EquipmentState, EquipmentUse
from app.inventory.models import Lot
from app.procurement import services as procurement
from app.quality import queries
from core import db
from core.actor import Actor
from core.errors import Invalid
from tests.factories import plant as factory
from workflows import registry

FOUND = {
    "instrument": "M-014, M-020",
    "results": [{"code": "HARD", "value": "80.5"}, {"code": "LOOK", "judgement": "pass"}],
    "conclusion": "pass",
}


@pytest.fixture
def lot_id(database: Engine, keeper: Actor, now: datetime) -> uuid.UUID:
    with db.unit_of_work(keeper, now=now) as session:
        plant = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
        for code in ("M-014", "M-020"):
            session.add(
                Equipment(
                    code=code, name=factory.names("Gauge", "量规"), kind=EquipmentKind.INSTRUMENT,
                    site_id=plant.site.id, state=EquipmentState.IN_USE,
                    calibrated_until=now.date() + timedelta(days=9),
                )
            )  # fmt: skip
        goods = factory.goods(plant, now=now)
        return procurement.receive_goods(session, goods, actor=keeper, now=now).lot_id


def record(lot_id: uuid.UUID, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        inspection = queries.waiting_plan(session, lot_id)
        assert inspection is not None
        call = registry.OperationCall(session, {"inspection": FOUND}, inspection.case, keeper, now)
        registry.call("quality.record_inspection", call)


@pytest.mark.urs("URS-078", "URS-090")
def test_each_instrument_knows_the_lot_it_measured(lot_id: uuid.UUID, keeper: Actor, now: datetime) -> None:
    record(lot_id, keeper, now)
    with db.read_session() as session:
        uses = session.scalars(select(EquipmentUse)).all()
        assert {use.equipment.code for use in uses} == {"M-014", "M-020"}
        assert {(use.subject_type, use.subject_id) for use in uses} == {("inventory.lot", lot_id)}
        assert session.get_one(Lot, lot_id).number in uses[0].what
        assert uses[0].case is not None


@pytest.mark.urs("URS-078")
def test_an_overdue_instrument_stops_the_step(lot_id: uuid.UUID, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.scalars(select(Equipment)).first().calibrated_until = now.date() - timedelta(days=2)
    with pytest.raises(Invalid, match="Overdue"):
        record(lot_id, keeper, now)
    with db.read_session() as session:
        assert session.scalars(select(EquipmentUse)).all() == []
        assert queries.waiting_plan(session, lot_id) is not None
