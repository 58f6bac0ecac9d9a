"""An inspection freezes its plan, judges again what the form judged, and keeps results that never change."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import DatabaseError

from app.catalog.models import InspectionCharacteristic
from app.inventory.models import Lot
from app.procurement import services as procurement
from app.quality import queries, records, services
from app.quality.models import Inspection, InspectionResult, Verdict
from core import db
from core.actor import Actor
from core.errors import QmsError
from documents import registry
from forms import sources
from forms.loader import load
from tests.factories import plant as factory


@pytest.fixture
def lot_id(database: Engine, keeper: Actor, now: datetime) -> uuid.UUID:
    """A lot that was received, with its inspection opened by the process."""
    with db.unit_of_work(keeper, now=now) as session:
        plant = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
        goods = factory.goods(plant, now=now)
        return procurement.receive_goods(session, goods, actor=keeper, now=now).lot_id


def rows(value: str = "80.5", judgement: str = "pass") -> list[dict[str, Any]]:
    return [{"code": "HARD", "value": value}, {"code": "LOOK", "judgement": judgement}]


def record(lot_id: uuid.UUID, keeper: Actor, now: datetime, **found: Any) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        inspection = queries.waiting_plan(session, lot_id)
        assert inspection is not None
        services.record_inspection(session, inspection, services.Findings(**found), actor=keeper, now=now)


@pytest.mark.urs("URS-004", "URS-031")
def test_receiving_opens_an_inspection_whose_plan_later_changes_do_not_reach(
    lot_id: uuid.UUID, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, reason="tighter", now=now) as session:
        session.scalars(
            select(InspectionCharacteristic).where(InspectionCharacteristic.code == "HARD")
        ).first().upper = Decimal(81)
    with db.read_session() as session:
        given = sources.prefill(load("lot_inspection"), session, lot_id, {})
    assert given["results"][0] == {
        "code": "HARD",
        "characteristic": {"en": "Hardness", "zh": "硬度"},
        "kind": "measured",
        "method": "SOP-12",
        "unit": "",
        "lower": "75",
        "upper": "85",
    }
    assert given["results"][1]["kind"] == "judged"


@pytest.mark.urs("URS-004")
def test_results_are_kept_with_the_limits_they_were_held_against(
    lot_id: uuid.UUID, keeper: Actor, now: datetime
) -> None:
    record(lot_id, keeper, now, rows=rows(), conclusion=Verdict.PASS, sample_size=8)

    with db.read_session() as session:
        kept = session.scalars(select(InspectionResult).order_by(InspectionResult.position)).all()
        shown = registry.gather("quality.inspection", session, lot_id, {})
    assert [(one.code, one.value, one.verdict) for one in kept] == [
        ("HARD", Decimal("80.5"), Verdict.PASS),
        ("LOOK", None, Verdict.PASS),
    ]
    assert kept[0].limits_text == "75 … 85"
    assert shown[0]["table"]["rows"][0][1:] == ["75 … 85", "80.5", records.VERDICT_NAMES[Verdict.PASS]]


@pytest.mark.urs("URS-022")
@pytest.mark.parametrize(
    ("found", "conclusion", "code"),
    [
        (rows(value="85.000001"), "pass", "inspection.conclusion"),
        (rows(judgement="fail"), "pass", "inspection.conclusion"),
        (rows()[:1], "pass", "inspection.result_missing"),
        (rows(value="about 80"), "fail", "inspection.value"),
        (rows(value="NaN"), "fail", "inspection.value"),
    ],
)
def test_the_server_judges_again_and_refuses_what_does_not_hold(
    lot_id: uuid.UUID, keeper: Actor, now: datetime, found: list[dict[str, Any]], conclusion: str, code: str
) -> None:
    with pytest.raises(QmsError) as refusal:
        record(lot_id, keeper, now, rows=found, conclusion=Verdict(conclusion))
    assert refusal.value.code == code
    assert refusal.value.text("en")
    with db.read_session() as session:
        assert session.scalars(select(InspectionResult)).all() == []
        assert session.scalars(select(Inspection)).one().conclusion is None


def test_an_inspection_is_recorded_once(lot_id: uuid.UUID, keeper: Actor, now: datetime) -> None:
    record(lot_id, keeper, now, rows=rows(value="90"), conclusion=Verdict.FAIL)
    with db.unit_of_work(keeper, now=now) as session:
        inspection = queries.inspections_of(session, lot_id)[0]
        again = services.Findings(rows(), Verdict.PASS)
        with pytest.raises(QmsError, match="already"):
            services.record_inspection(session, inspection, again, actor=keeper, now=now)
        assert inspection.conclusion is Verdict.FAIL


@pytest.mark.urs("URS-024")
def test_the_database_itself_refuses_to_delete_a_result(
    lot_id: uuid.UUID, keeper: Actor, now: datetime
) -> None:
    record(lot_id, keeper, now, rows=rows(), conclusion=Verdict.PASS)
    with pytest.raises(DatabaseError), db.unit_of_work(keeper, now=now) as session:
        session.execute(delete(InspectionResult))


@pytest.mark.urs("URS-020")
def test_a_step_shows_the_lot_and_nothing_where_there_is_no_genealogy(lot_id: uuid.UUID) -> None:
    with db.read_session() as session:
        lot = session.get_one(Lot, lot_id)
        shown = registry.gather("inventory.lot", session, lot_id, {"receipt": {"number": "GR-1"}})
        made_of = registry.gather("quality.genealogy", session, lot_id, {})
    values = {row["label"]["en"]: row["value"] for row in shown[0]["rows"]}
    assert values["Lot"] == lot.number
    assert values["Quantity"] == {"en": "200 kg", "zh": "200 kg"}
    assert values["Supplier's lot"] == "G77"
    assert values["Status"] == {"en": "in quarantine", "zh": "待检"}
    assert made_of == []
