"""What stands against a release refuses the signature with its rule; rejecting stays possible."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, select

from app.equipment.models import Duty, Equipment, EquipmentKind, EquipmentUse, Verdict
from app.equipment.services import RecordEvent, record_event
from app.inventory import obstacles
from app.inventory.models import Lot, LotStatus
from app.inventory.services import Consumption, record_consumption
from app.procurement import services as procurement
from app.training.models import Qualification
from core.actor import Actor
from core.clock import site_day
from core.db import read_session, unit_of_work
from core.errors import QmsError
from documents import registry
from tests.factories import plant as plants
from tests.factories import training
from tests.factories.floor import Floor, make_floor
from workflows.models import ProcessCase

PEOPLE = {
    "finder": ("employee",),
    "inspector": ("inspector",),
    "qa": ("qa",),
    "qa2": ("qa",),
    "engineer": ("engineer",),
    "regulatory": ("regulatory",),
}
GOOD = {"sample_size": "5", "results.0.value": "80.5", "results.1.judgement": "pass", "conclusion": "pass"}
BAD = GOOD | {"results.0.value": "91", "conclusion": "fail"}
RELEASE = {"decision": "release"}
REPORT = {
    "title": "Too hard", "found_on": "2026-11-22", "place": "Dock", "description": "All samples too hard.",
    "category": "material", "descendants": "no", "block_equipment": "no", "block_supplier": "no",
}  # fmt: skip
USE = {
    "dispositions.0.disposition": "use_as_is", "reason": "Only for training devices.",
    "concession": "No patient use.", "concession_risk": "None.",
}  # fmt: skip


@pytest.fixture
def floor(database: Engine, keeper: Actor, now: datetime) -> Floor:
    return make_floor(("lot_release", "deviation"), PEOPLE, keeper, now)


def received(floor: Floor, keeper: Actor) -> ProcessCase:
    with unit_of_work(keeper, now=floor.now) as session:
        goods = plants.goods(floor.plant, now=floor.now)
        case_id = procurement.receive_goods(session, goods, actor=keeper, now=floor.now).case_id
    return floor.case(case_id)


def lot_of(case: ProcessCase) -> Lot:
    with read_session() as session:
        return session.get_one(Lot, case.subject_id)


def refused(floor: Floor, case: ProcessCase) -> str:
    with pytest.raises(QmsError) as wrong:
        floor.signs("qa", case, "incoming_release", RELEASE)
    assert floor.open(case) == ["incoming_release"]
    assert wrong.value.text("zh") != wrong.value.text("en")
    return wrong.value.code


@pytest.mark.urs("URS-050")
def test_a_failed_inspection_is_released_under_a_concession_only(floor: Floor, keeper: Actor) -> None:
    case = received(floor, keeper)
    floor.signs("inspector", case, "inspection", BAD)
    assert refused(floor, case) == "release.inspection_failed"
    deviation = floor.starts("finder", "deviation")
    floor.signs("finder", deviation, "report", REPORT | {"lots.0.lot": lot_of(case).number})
    assert refused(floor, case) in {"release.inspection_failed", "release.nonconformity"}
    judged = {"decision": "nonconformity", "reason": "Outside", "severity": "2", "delivered": "no"}
    floor.signs("qa2", deviation, "assess", judged)
    floor.signs("engineer", deviation, "proposal", USE)
    floor.signs("qa", deviation, "qa_decision", {"decision": "approve"})
    floor.signs("regulatory", deviation, "regulatory_decision", {"decision": "approve"})
    assert lot_of(case).status is LotStatus.QUARANTINE, "its own release is under way"
    assert refused(floor, case) == "release.nonconformity"
    ended = {"summary": "Used for training.", "capa": "waive", "rationale": "A single lot."}
    ended["lift_blocks"] = "no"
    floor.signs("qa2", deviation, "conclusion", ended)
    floor.signs("qa", case, "incoming_release", RELEASE)
    assert lot_of(case).status is LotStatus.RELEASED


@pytest.mark.urs("URS-078", "URS-050")
def test_an_instrument_found_out_of_tolerance_since_keeps_the_lot(floor: Floor, keeper: Actor) -> None:
    case = received(floor, keeper)
    floor.signs("inspector", case, "inspection", GOOD)
    with unit_of_work(keeper, now=floor.now) as session:
        tester = Equipment(
            code="M-014", name=plants.names("Hardness tester", "硬度计"), kind=EquipmentKind.INSTRUMENT,
            site_id=floor.plant.site.id, calibration_months=12,
        )  # fmt: skip
        session.add(tester)
        session.flush()
        use = EquipmentUse(
            equipment_id=tester.id, used_at=floor.now, what="IN-1", subject_type="inventory.lot",
            subject_id=case.subject_id, used_by=keeper.id, used_by_name=keeper.name,
        )  # fmt: skip
        session.add(use)
        found = RecordEvent(tester.id, Duty.CALIBRATION, date(2026, 11, 22), "C-1", Verdict.OUT_OF_TOLERANCE)
        record_event(session, found, actor=keeper, now=floor.now)
    assert refused(floor, case) == "release.calibration"
    typed = {"decision": "reject", "category": "other", "reason": "Measured with a bad tester"}
    floor.signs("qa", case, "incoming_release", typed)
    assert lot_of(case).status is LotStatus.REJECTED


@pytest.mark.urs("URS-050", "URS-075")
def test_a_step_by_somebody_who_was_not_trained_for_it_keeps_the_lot(floor: Floor, keeper: Actor) -> None:
    case, day = received(floor, keeper), site_day(floor.now, floor.plant.site.zone)
    floor.signs("inspector", case, "inspection", GOOD)
    plant = SimpleNamespace(site_id=floor.plant.site.id, people={"owner": keeper}, now=floor.now)
    with unit_of_work(keeper, now=floor.now) as session:
        of = training.document(session)
        on = training.revision(session, plant, of, "A1", day - timedelta(days=30))
        needed = training.needs(session, plant, of, "inspector", day + timedelta(days=1))
        lot = session.get_one(Lot, case.subject_id)
        assert obstacles.obstacles_of(session, lot, now=floor.now) == [], "nothing was needed on that day"
        needed.since = day
    assert refused(floor, case) == "release.training"
    with read_session() as session:
        lot = session.get_one(Lot, case.subject_id)
        [found] = obstacles.obstacles_of(session, lot, now=floor.now)
    assert (found.rule, "WI-QA-012" in found.text["en"]) == ("training", True)
    assert ("Inspector" in found.text["en"], "测试inspector" in found.text["zh"]) == (True, True)
    with unit_of_work(keeper, now=floor.now) as session:
        training.trained(session, "inspector", "inspector", on, day + timedelta(days=1))
    assert refused(floor, case) == "release.training", "trained a day late"
    with unit_of_work(keeper, now=floor.now) as session:
        session.scalars(select(Qualification)).one().qualified_from = day
    floor.signs("qa", case, "incoming_release", RELEASE)
    assert lot_of(case).status is LotStatus.RELEASED


@pytest.mark.urs("URS-032", "URS-051")
def test_a_material_that_had_expired_before_keeps_what_was_made_of_it(
    floor: Floor, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        device = plants.make_lot(
            session, floor.plant, floor.plant.device, Decimal(5), actor=keeper, now=now, released=False
        )
        granulate = floor.plant.material
        material = plants.make_lot(session, floor.plant, granulate, Decimal(9), actor=keeper, now=now)
        used = Consumption(material.id, Decimal(1), device.id, "WO-1", "use-1")
        record_consumption(session, used, actor=keeper, now=now)
        material.expiry = (now - timedelta(days=3)).date()
        session.flush()
        rules = {one.rule for one in obstacles.obstacles_of(session, device, now=now)}
        assert rules == {"expired_material", "inspection_missing"}
        shown = registry.gather("inventory.obstacles", session, device.id, {})
        assert len(shown[0]["rows"]) == len(rules)


def test_nothing_is_shown_when_nothing_stands_against_a_release(floor: Floor, keeper: Actor) -> None:
    case = received(floor, keeper)
    floor.signs("inspector", case, "inspection", GOOD)
    with read_session() as session:
        lot = session.scalars(select(Lot).filter_by(id=case.subject_id)).one()
        assert obstacles.obstacles_of(session, lot, now=floor.now) == []
        assert registry.gather("inventory.obstacles", session, lot.id, {}) == []
    floor.signs("qa", case, "incoming_release", RELEASE)
