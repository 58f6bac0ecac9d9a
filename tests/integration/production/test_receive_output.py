"""Goods come off the line: inputs consumed, genealogy written, lot, record and case, in one transaction."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select

from app.catalog.gs1 import parse_scan, write_message
from app.inventory import services as stock
from app.inventory.models import Lot, LotStatus, Movement, MovementKind
from app.production import services
from app.production.inputs import find_lot
from app.production.models import Output, WorkOrder
from app.traceability import queries as trace
from core import db
from core.actor import Actor
from core.errors import Invalid, QmsError
from documents.models import Record
from tests.factories import plant as factory
from workflows.models import HumanTask, ProcessCase

EXPIRY = date(2029, 11, 1)


class Line:
    """A plant with released material and components, ready to take output in."""

    def __init__(self, keeper: Actor, now: datetime) -> None:
        self.keeper, self.now = keeper, now
        with db.unit_of_work(keeper, now=now) as session:
            self.plant = factory.make_plant(session, actor=keeper, now=now)
            factory.make_lot_release_effective(session, actor=keeper, now=now)
            self.pvc = factory.make_lot(
                session, self.plant, self.plant.material, Decimal(10), actor=keeper, now=now
            )
            self.luer = factory.make_lot(
                session, self.plant, self.plant.component, Decimal(500), actor=keeper, now=now
            )

    def command(self, lot: str = "D1") -> services.ReceiveOutput:
        label = parse_scan(write_message(factory.DEVICE, lot=lot, expiry=EXPIRY), today=self.now.date())
        used = [services.UsedLot(self.pvc.id, Decimal(2)), services.UsedLot(self.luer.id, Decimal(200))]
        return services.ReceiveOutput(
            self.plant.work_order.id,
            label,
            Decimal(100),
            "{pcs}",
            self.plant.location.id,
            used,
            f"form-{lot}",
        )

    def receive(self, command: services.ReceiveOutput) -> Output:
        with db.unit_of_work(self.keeper, now=self.now) as session:
            return services.receive_output(session, command, actor=self.keeper, now=self.now)


@pytest.fixture
def line(database: Engine, keeper: Actor, now: datetime) -> Line:
    return Line(keeper, now)


@pytest.mark.urs("URS-004", "URS-032")
def test_output_consumes_its_inputs_and_starts_the_release(line: Line) -> None:
    output = line.receive(line.command())

    with db.read_session() as session:
        lot = session.get_one(Lot, output.lot_id)
        used = session.scalars(select(Movement).where(Movement.kind == MovementKind.CONSUMPTION)).all()
        inputs, outputs = trace.neighbours(session, lot.id)
        task = session.scalars(select(HumanTask)).one()
        record = session.scalars(select(Record)).one()
        order = session.get_one(WorkOrder, line.plant.work_order.id)
        found = {(one.level, one.lot.number) for one in trace.materials_of(session, lot.id)}
        affected = [one.lot.number for one in trace.uses_of(session, line.pvc.id)]
    assert (lot.number, lot.status, lot.expiry) == ("D1", LotStatus.QUARANTINE, EXPIRY)
    assert {(one.lot_id, one.quantity) for one in used} == {
        (line.pvc.id, Decimal(-2)),
        (line.luer.id, Decimal(-200)),
    }
    assert ({edge.parent_id for edge in inputs}, outputs) == ({line.pvc.id, line.luer.id}, [])
    assert (task.step, record.kind, record.form_code) == ("inspection", "production.output", "QR-PD-021")
    assert order.open_quantity == Decimal(900)
    assert found == {(1, line.pvc.number), (1, line.luer.number)}
    assert affected == ["D1"]


@pytest.mark.urs("URS-032")
def test_levels_are_followed_through_everything_made_of_a_lot(line: Line) -> None:
    first = line.receive(line.command("D1"))
    with db.unit_of_work(line.keeper, now=line.now) as session:
        stock.release_lot(session, first.lot_id, document="t", actor=line.keeper, now=line.now)
        pack = factory.make_lot(
            session,
            line.plant,
            line.plant.device,
            Decimal(1),
            actor=line.keeper,
            now=line.now,
            released=False,
        )
        command = stock.Consumption(first.lot_id, Decimal(3), pack.id, "repack", "k")
        stock.record_consumption(session, command, actor=line.keeper, now=line.now)
        down = [(one.level, one.lot.number) for one in trace.uses_of(session, line.luer.id)]
        up = [(one.level, one.lot.item.code) for one in trace.materials_of(session, pack.id)]
    assert down == [(1, "D1"), (2, pack.number)]
    assert up == [(1, "IS-150"), (2, "CP-LUER"), (2, "RM-PVC")]


def used(line: Line, lot: Lot, quantity: str) -> services.UsedLot:
    return services.UsedLot(lot.id, Decimal(quantity))


WRONG = [
    ("other item", "output.wrong_item", "scan"),
    ("no expiry", "lot.expiry_missing", "expiry"),
    ("too many", "output.too_much", "quantity"),
    ("kilograms", "output.unit", "unit"),
    ("input missing", "output.input_missing", "inputs"),
    ("input twice", "output.input_twice", "inputs"),
    ("input of another item", "output.not_in_bom", "inputs"),
    ("input short", "stock.short_lot", "inputs"),
    ("input in quarantine", "lot.not_usable", "inputs"),
    ("input expired", "lot.expired_use", "inputs"),
    ("lot there already", "lot.exists", "scan"),
]


@pytest.mark.urs("URS-051", "URS-004")
def test_wrong_output_is_refused_at_its_field_and_leaves_nothing(line: Line) -> None:
    line.receive(line.command("D0"))
    today = line.now
    for wrong, code, field in WRONG:
        line.now = today
        with pytest.raises(QmsError) as refusal:
            line.receive(spoilt(line, wrong))

        assert (refusal.value.code, refusal.value.field) == (code, field), wrong
        assert refusal.value.text("en")
    with db.read_session() as session:
        assert session.scalar(select(func.count()).select_from(ProcessCase)) == 1
        assert session.scalar(select(func.count()).select_from(Output)) == 1
        assert session.get_one(WorkOrder, line.plant.work_order.id).made == Decimal(100)


def spoilt(line: Line, wrong: str) -> services.ReceiveOutput:
    """A command with one thing wrong."""
    command, plant = line.command(), line.plant
    luer = used(line, line.luer, "200")

    def label(gtin: str, lot: str = "D1", expiry: date | None = EXPIRY) -> services.ReceiveOutput:
        return replace(
            command, label=parse_scan(write_message(gtin, lot=lot, expiry=expiry), today=line.now.date())
        )

    with db.unit_of_work(line.keeper, now=line.now) as session:
        waiting, device, dying = (
            factory.make_lot(
                session,
                plant,
                item,
                Decimal(9),
                actor=line.keeper,
                now=line.now,
                released=released,
                expiry=expiry,
            )
            for item, released, expiry in (
                (plant.material, False, None),
                (plant.device, True, None),
                (plant.material, True, line.now.date()),
            )
        )
    if wrong == "input expired":
        line.now += timedelta(days=1)
    return {
        "other item": label(factory.PVC),
        "no expiry": label(factory.DEVICE, expiry=None),
        "too many": replace(command, quantity=Decimal(901)),
        "kilograms": replace(command, unit="kg"),
        "input missing": replace(command, inputs=[luer]),
        "input twice": replace(command, inputs=[*command.inputs, luer]),
        "input of another item": replace(command, inputs=[*command.inputs, used(line, device, "1")]),
        "input short": replace(command, inputs=[used(line, line.pvc, "8.000001"), luer]),
        "input in quarantine": replace(command, inputs=[used(line, waiting, "1"), luer]),
        "input expired": replace(command, inputs=[used(line, dying, "1"), luer]),
        "lot there already": label(factory.DEVICE, lot="D0"),
    }[wrong]


def test_a_form_sent_twice_is_one_output(line: Line) -> None:
    assert line.receive(line.command()).id == line.receive(line.command()).id


@pytest.mark.urs("URS-032")
def test_an_input_is_found_by_label_by_number_and_by_the_suppliers_lot(line: Line) -> None:
    label = write_message(factory.PVC, lot=line.pvc.label_lot or "", expiry=line.pvc.expiry)
    with db.read_session() as session:
        for scan in (label, line.pvc.number, f" {line.pvc.supplier_lot} "):
            found = find_lot(
                session, scan, site_id=line.plant.site.id, today=line.now.date(), field="input-0"
            )
            assert found.id == line.pvc.id
        with pytest.raises(Invalid) as refusal:
            find_lot(
                session, "unheard of", site_id=line.plant.site.id, today=line.now.date(), field="input-0"
            )
        with pytest.raises(Invalid):
            find_lot(
                session, line.pvc.number, site_id=line.plant.registrant.id, today=line.now.date(), field="x"
            )
    assert (refusal.value.code, refusal.value.field) == ("lot.not_found", "input-0")
