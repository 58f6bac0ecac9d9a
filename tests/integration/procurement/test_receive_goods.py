"""Goods arrive: everything of a receipt in one transaction, or nothing."""

import uuid
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select

from app.catalog.gs1 import parse_scan, write_message
from app.inventory.models import Balance, Lot, LotStatus, Movement, MovementKind
from app.procurement import services
from app.procurement.models import PurchaseOrderLine, Receipt
from app.quality.models import Inspection
from core import db
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound, QmsError
from core.outbox import OutboxEntry
from documents.models import Record
from tests.factories import plant as factory
from workflows.models import HumanTask, ProcessCase


@pytest.fixture
def plant(database: Engine, keeper: Actor, now: datetime) -> factory.Plant:
    with db.unit_of_work(keeper, now=now) as session:
        made = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
    return made


def receive(plant: factory.Plant, keeper: Actor, now: datetime, **changes: object) -> Receipt:
    with db.unit_of_work(keeper, now=now) as session:
        return services.receive_goods(
            session, factory.goods(plant, now=now, **changes), actor=keeper, now=now
        )


def counts() -> dict[str, int]:
    with db.read_session() as session:
        tables = (Receipt, Lot, Movement, Balance, ProcessCase, Record, OutboxEntry)
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }


@pytest.mark.urs("URS-004", "URS-042", "URS-050")
def test_a_receipt_is_a_lot_in_quarantine_a_ledger_line_a_record_and_a_case(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    posted = receive(plant, keeper, now)

    assert set(counts().values()) == {1}
    with db.read_session() as session:
        lot = session.scalars(select(Lot)).one()
        line = session.scalars(select(Movement)).one()
        assert (lot.status, lot.supplier_lot, lot.supplier_id) == (
            LotStatus.QUARANTINE,
            "G77",
            plant.supplier.id,
        )
        assert (line.kind, line.quantity, line.document) == (
            MovementKind.RECEIPT,
            Decimal(200),
            posted.number,
        )
        case = session.scalars(select(ProcessCase)).one()
        assert (case.process_key, case.subject_id) == ("lot_release", lot.id)
        task = session.scalars(select(HumanTask)).one()
        assert (task.step, task.role, task.site_id) == ("inspection", "inspector", plant.site.id)
        record = session.scalars(select(Record)).one()
        assert (record.kind, record.form_code, record.form_revision) == (
            "procurement.receipt",
            "QR-WH-004",
            "A2",
        )
        assert (record.case_id, record.subject_id) == (case.id, lot.id)
        assert session.scalars(select(OutboxEntry)).one().payload == {"record_id": str(record.id)}
        assert session.get_one(PurchaseOrderLine, plant.order.lines[0].id).open_quantity == Decimal(800)


@pytest.mark.urs("URS-004")
def test_a_failure_while_the_case_starts_leaves_nothing(
    plant: factory.Plant, keeper: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the machine stopped")

    monkeypatch.setattr("app.inventory.release.start_case", fail)
    with pytest.raises(RuntimeError, match="stopped"):
        receive(plant, keeper, now)

    assert counts() == before


@pytest.mark.urs("URS-004")
def test_without_an_effective_process_nothing_is_received(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        plant = factory.make_plant(session, actor=keeper, now=now)

    with pytest.raises(NotFound) as refusal:
        receive(plant, keeper, now)

    assert refusal.value.code == "release.none"
    assert counts()["lot"] == 0


@pytest.mark.urs("URS-042")
def test_a_form_sent_twice_is_one_receipt(plant: factory.Plant, keeper: Actor, now: datetime) -> None:
    first = receive(plant, keeper, now, key="the form")
    second = receive(plant, keeper, now, key="the form")

    assert first.id == second.id
    assert counts()["movement"] == 1


def label(gtin: str = factory.PVC, lot: str = "G77", expiry: date | None = None) -> object:
    return parse_scan(write_message(gtin, lot=lot, expiry=expiry), today=date(2020, 1, 1))


BAD = [
    ("wrong item", {"label": label(factory.LUER)}, "receipt.wrong_item", "scan"),
    ("unit of another item", {"unit": "{pcs}"}, "receipt.unit", "unit"),
    ("unknown unit", {"unit": "bushel"}, "unit.unknown", "unit"),
    ("nothing", {"quantity": Decimal(0)}, "quantity.positive", "quantity"),
    ("less than nothing", {"quantity": Decimal(-5)}, "quantity.positive", "quantity"),
    ("too fine", {"quantity": Decimal("0.0000001")}, "quantity.decimals", "quantity"),
    ("more than may come", {"quantity": Decimal("1100.000001")}, "receipt.too_much", "quantity"),
    ("no supplier's lot", {"supplier_lot": ""}, "receipt.supplier_lot", "supplier_lot"),
    ("no expiry", {"label": label(), "expiry": None}, "lot.expiry_missing", "expiry"),
    ("expired", {"label": label(), "expiry": date(2026, 11, 21)}, "lot.expired_on_arrival", "expiry"),
    ("beyond its shelf life", {"label": label(), "expiry": date(2036, 1, 1)}, "lot.expiry_far", "expiry"),
    ("not the label's expiry", {"expiry": date(2027, 1, 1)}, "receipt.expiry_differs", "expiry"),
    ("a place of nowhere", {"location_id": uuid.uuid4()}, "location.unknown", "location"),
]  # fmt: skip


@pytest.mark.urs("URS-042", "URS-051")
def test_a_bad_delivery_is_refused_at_its_field_and_leaves_nothing(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    for what, changes, code, field in BAD:
        with pytest.raises(QmsError) as refusal:
            receive(plant, keeper, now, **changes)

        assert (refusal.value.code, refusal.value.field) == (code, field), what
        assert refusal.value.text("en")
    assert counts()["lot"] == counts()["movement"] == counts()["receipt"] == 0


@pytest.mark.urs("URS-042")
def test_the_tolerance_of_an_order_line_may_be_used_up_but_not_passed(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    receive(plant, keeper, now, quantity=Decimal(1000))
    receive(plant, keeper, now, quantity=Decimal(100), supplier_lot="G78")

    with pytest.raises(Conflict) as refusal:
        receive(plant, keeper, now, quantity=Decimal("0.000001"), supplier_lot="G79")

    assert refusal.value.code == "receipt.too_much"


@pytest.mark.urs("URS-032")
def test_a_suppliers_lot_that_came_before_has_to_be_confirmed(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    first = receive(plant, keeper, now)

    with pytest.raises(Conflict) as refusal:
        receive(plant, keeper, now)
    second = receive(plant, keeper, now, same_lot_again=True)

    assert (refusal.value.code, refusal.value.facts["lot"]) == (
        "receipt.supplier_lot_known",
        first.lot.number,
    )
    assert second.lot_id != first.lot_id


@pytest.mark.urs("URS-051")
def test_the_expiry_day_itself_still_counts_and_the_day_is_the_sites(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    late = now.replace(hour=20)
    with pytest.raises(Invalid) as refusal:
        receive(plant, keeper, late, label=label(), expiry=late.date())
    receive(plant, keeper, now, label=label(), expiry=now.date())

    assert refusal.value.code == "lot.expired_on_arrival", "in Shanghai it is tomorrow already"


@pytest.mark.urs("URS-144", "URS-147")
def test_numbers_carry_the_year_of_the_site_not_of_greenwich(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    new_year_in_shanghai = now.replace(month=12, day=31, hour=17)

    posted = receive(plant, keeper, new_year_in_shanghai)

    with db.read_session() as session:
        numbers = [posted.number]
        for numbered in (Lot, Record, Inspection, ProcessCase):
            numbers += session.scalars(select(numbered.number))
    assert len(numbers) == 5
    assert all(number.startswith(f"{plant.site.code}-") and "-2027-" in number for number in numbers)
