"""Equipment that is overdue or blocked is refused where it is used; its uses are known (URS-078)."""

import uuid
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from app.equipment import queries, services
from app.equipment.imports import blocks_only
from app.equipment.models import Duty, Equipment, EquipmentKind, EquipmentState, EquipmentUse, Verdict
from app.equipment.services import RecordEvent, Use, months_later
from core import clock
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import Conflict, FieldErrors, Invalid
from documents.sheets.importers import importer_of
from tests.factories.inbox import RESULTS, Plant, make_plant
from workflows import registry

METROLOGIST = Actor(str(uuid.UUID(int=8)), "metro", "Metrologist")
DAY = timedelta(days=1)
CODE = "M-014"


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now)
    with unit_of_work(METROLOGIST, now=now) as session:
        session.add(
            Equipment(
                code=CODE, name={"en": "Micrometer", "zh": "千分尺"}, kind=EquipmentKind.INSTRUMENT,
                site_id=plant.site_id, state=EquipmentState.IN_USE, calibration_months=12,
                calibrated_until=now.date() + 10 * DAY, last_good=now.date() - 300 * DAY,
            )
        )  # fmt: skip
    return plant


def change(now: datetime, **values: object) -> None:
    with unit_of_work(METROLOGIST, now=now) as session:
        one = session.scalars(select(Equipment)).one()
        for name, value in values.items():
            setattr(one, name, value)


def key() -> uuid.UUID:
    with read_session() as session:
        return session.scalars(select(Equipment.id)).one()


def record(now: datetime, **changes: object) -> date | None:
    given = {"equipment_id": key(), "duty": Duty.CALIBRATION, "done_on": now.date(), "document": "C-1"}
    with unit_of_work(METROLOGIST, now=now) as session:
        command = RecordEvent(**{**given, **changes})  # type: ignore[arg-type]
        return services.record_event(session, command, actor=METROLOGIST, now=now).until


@pytest.mark.urs("URS-078")
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"calibrated_until": date(2026, 1, 1)}, "was valid until 2026-01-01"),
        ({"calibrated_until": None}, "No calibration"),
        ({"maintained_until": date(2026, 1, 1)}, "The maintenance"),
        ({"blocked": True, "block_reason": "Dropped"}, "is blocked: Dropped"),
        ({"state": EquipmentState.OUT_OF_USE}, "not in use"),
        ({"code": "M-999"}, "no equipment “M-014”"),
    ],
)
def test_a_step_is_not_signed_with_equipment_that_is_not_in_order(
    plant: Plant, now: datetime, values: dict[str, object], words: str
) -> None:
    change(now, **values)
    with pytest.raises(FieldErrors) as refused:
        plant.signs("inspector", "inspection", RESULTS)
    assert words in refused.value.errors["instrument"].text("en")


@pytest.mark.urs("URS-078")
def test_equipment_in_order_is_taken_on_its_last_day_too(plant: Plant, now: datetime) -> None:
    change(now, calibrated_until=clock.site_day(now, "Asia/Shanghai"))
    with pytest.raises(FieldErrors) as refused:  # of other fields: the plan of this small plant is empty
        plant.signs("inspector", "inspection", RESULTS)
    assert "instrument" not in refused.value.errors


@pytest.mark.urs("URS-078")
def test_out_of_tolerance_blocks_and_names_what_was_measured_since_it_was_good(
    plant: Plant, now: datetime
) -> None:
    for back in (301, 300, 2):
        at = now - back * DAY
        with unit_of_work(METROLOGIST, now=at) as session:
            session.scalars(select(Equipment)).one().calibrated_until = now.date()
            subject = ("inventory.lot", plant.lot_id)
            use = Use(plant.site_id, f"{CODE}，{CODE}", f"lot {back}", subject)
            assert len(services.use_equipment(session, use, actor=METROLOGIST, now=at)) == 1
    with read_session() as session:
        assert queries.uses_in_question(session, session.scalars(select(Equipment)).one()) == []
    assert record(now, verdict=Verdict.OUT_OF_TOLERANCE, document="C-9") is None
    with read_session() as session:
        found = session.scalars(select(Equipment)).one()
        assert found.blocked
        assert "C-9" in found.block_reason
        assert [one.what for one in queries.uses_in_question(session, found)] == ["lot 300", "lot 2"]
    use = Use(plant.site_id, CODE, "lot", ("inventory.lot", plant.lot_id))
    with pytest.raises(Invalid), unit_of_work(METROLOGIST, now=now) as session:
        services.use_equipment(session, use, actor=METROLOGIST, now=now)
    assert record(now) == months_later(now.date(), 12)
    with read_session() as session:
        found = session.scalars(select(Equipment)).one()
        assert found.blocked, "a good calibration does not lift the block: that is signed"
        assert found.last_good == now.date()
        assert len(session.scalars(select(EquipmentUse)).all()) == 3


@pytest.mark.urs("URS-078")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"done_on": date(2099, 1, 1)}, "equipment.future"),
        ({"done_on": date(2020, 1, 1)}, "equipment.over"),
        ({"until": date(2020, 1, 1)}, "days.ends_before"),
        ({"document": " "}, "equipment.document"),
        ({"duty": Duty.MAINTENANCE}, "equipment.no_interval"),
    ],
)
def test_what_cannot_have_been_done_is_refused(
    plant: Plant, now: datetime, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        record(now, **changes)
    assert refused.value.code == code


@pytest.mark.urs("URS-078")
def test_what_is_due_within_thirty_days_is_listed_with_what_is_over(plant: Plant, now: datetime) -> None:
    with read_session() as session:
        [one] = queries.due(session, None, now.date() + queries.SOON)
        assert one.duty is Duty.CALIBRATION
    change(now, calibrated_until=now.date() + 31 * DAY, maintenance_months=3)
    with read_session() as session:
        [one] = queries.due(session, {plant.site_id}, now.date() + queries.SOON)
        assert (one.duty, one.until) == (Duty.MAINTENANCE, None)
        assert queries.due(session, set(), now.date() + queries.SOON) == []


@pytest.mark.urs("URS-004", "URS-078")
def test_processes_may_block_unblock_and_record_a_calibration(plant: Plant, now: datetime) -> None:
    given = {"equipment": str(key())}
    with unit_of_work(METROLOGIST, now=now) as session:

        def call(name: str, **params: object) -> dict[str, object]:
            made = registry.OperationCall(session, params, None, METROLOGIST, now)  # type: ignore[arg-type]
            return registry.call(name, made)

        call("equipment.block", **given, why="Dropped")
        with pytest.raises(Conflict):
            call("equipment.block", **given, why="Dropped")
        call("equipment.unblock", **given, why="Checked")
        with pytest.raises(Conflict):
            call("equipment.unblock", **given, why="Checked")
        today = now.date().isoformat()
        made = call("equipment.record_calibration", **given, done_on=today, verdict="good", document="C")
    assert made == {"until": months_later(now.date(), 12).isoformat()}


@pytest.mark.urs("URS-078", "URS-148")
def test_only_a_block_holds_at_once() -> None:
    before = {"code": "A", "state": "in_use", "blocked": "no"}
    blocked = {**before, "blocked": "yes", "block_reason": "Dropped"}
    assert blocks_only(before, [blocked])
    assert not blocks_only(None, [blocked])
    assert not blocks_only(before, [{**blocked, "state": "retired"}])
    assert not blocks_only(blocked, [before])
    assert importer_of("equipment.register").proposal


@pytest.mark.urs("URS-078")
def test_months_end_where_the_month_ends() -> None:
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 12, 15), 12) == date(2027, 12, 15)
    assert months_later(date(2027, 2, 28), 12) == date(2028, 2, 28)
