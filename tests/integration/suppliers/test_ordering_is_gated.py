"""Only approved pairs of supplier, item and site are ordered, by whatever door (URS-041)."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from app.catalog.models import Supplier, SupplierState
from app.inventory.models import Lot, LotStatus
from app.procurement.models import Receipt
from app.procurement.services import OrderLine, place_order, receive_goods
from app.suppliers import services
from app.suppliers.models import SupplierCertificate, SupplierClass, SupplierScope, SupplierStanding
from app.suppliers.queries import may_order
from app.suppliers.ratings import change_standings
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import Conflict, Invalid
from documents.models import Record
from documents.sheets.examining import Examined, Read, examine_rows, read_row, store_rows
from documents.sheets.importers import importer_of
from documents.sheets.rows import Row
from signatures.audit_models import AuditEntry
from tests.factories.plant import Plant, goods, make_lot_release_effective, make_plant
from tests.factories.suppliers import LATE, LONG_AGO
from workflows import registry

BUYER = Actor(str(uuid.UUID(int=7)), "buyer", "Buyer")
DAY = timedelta(days=1)


@pytest.fixture
def plant(database: Engine, now: datetime) -> Plant:
    with unit_of_work(BUYER, now=now) as session:
        made = make_plant(session, actor=BUYER, now=now)
        make_lot_release_effective(session, actor=BUYER, now=now)
    return made


def codes(session: Session, plant: Plant, on: date) -> list[str]:
    supplier = session.get_one(Supplier, plant.supplier.id)
    return [reason.code for reason in may_order(session, supplier, plant.material, plant.site, on)]


def order(session: Session, plant: Plant, number: str, now: datetime) -> None:
    line = OrderLine(plant.material, Decimal(10), now.date())
    supplier = session.get_one(Supplier, plant.supplier.id)
    place_order(session, number, supplier, plant.site, [line], actor=BUYER, now=now)


def lapse(session: Session, plant: Plant, now: datetime) -> None:
    for scope in session.scalars(select(SupplierScope)):
        scope.valid_until = now.date() - DAY


def no_scope(session: Session, plant: Plant, now: datetime) -> None:
    session.execute(delete(SupplierScope))


def no_certificate(session: Session, plant: Plant, now: datetime) -> None:
    session.execute(delete(SupplierCertificate))


def expire(session: Session, plant: Plant, now: datetime) -> None:
    session.scalars(select(SupplierCertificate)).one().valid_until = now.date() - DAY


def block(session: Session, plant: Plant, now: datetime) -> None:
    services.block_supplier(session, plant.supplier.id, "Deviation 14", actor=BUYER, now=now)


def on_conditions(session: Session, plant: Plant, now: datetime) -> None:
    session.get_one(Supplier, plant.supplier.id).state = SupplierState.CONDITIONAL


WRONGS: list[tuple[Callable[..., None], str, str]] = [
    (no_scope, "supplier.not_approved", "propose the scope"),
    (lapse, "supplier.scope_lapsed", "propose a new scope"),
    (no_certificate, "supplier.certificate_missing", "ISO 13485"),
    (expire, "supplier.certificate_expired", "new certificate"),
    (block, "supplier.blocked", "Deviation 14"),
    (on_conditions, "supplier.conditional", "conditions"),
]


@pytest.mark.urs("URS-041")
@pytest.mark.parametrize(("wrong", "code", "words"), WRONGS, ids=[code for _, code, _ in WRONGS])
def test_no_door_orders_what_is_not_approved(
    plant: Plant, now: datetime, wrong: Callable[..., None], code: str, words: str
) -> None:
    with unit_of_work(BUYER, now=now) as session:
        order(session, plant, "PO-OK", now)
        wrong(session, plant, now)
    with pytest.raises(Conflict) as refused, unit_of_work(BUYER, now=now) as session:
        order(session, plant, "PO-2", now)
    assert refused.value.code == code
    assert words in refused.value.text("en")
    cells = {"number": "PO-3", "supplier": "S-01", "site": "SZ", "item": "RM-PVC", "quantity": "5",
             "due_on": "2099-01-01"}  # fmt: skip
    with unit_of_work(BUYER, now=now) as session:
        findings = examined(session, "procurement.orders", cells)[1]
    assert [finding.error.code for finding in findings] == [code]


def examined(session: Session, name: str, *cells: dict[str, str]) -> tuple[list[Row], list]:
    listed, told, rows = importer_of(name), Examined(rows=len(cells)), []
    for number, one in enumerate(cells, start=1):
        row, findings = read_row(listed.columns, number, one)
        rows.append(row)
        for finding in findings:
            told.note(finding)
    return rows, examine_rows(session, listed, Read(rows, told), None).findings


@pytest.mark.urs("URS-040", "URS-041")
def test_class_c_needs_no_certificate_and_the_class_of_the_day_holds(plant: Plant, now: datetime) -> None:
    today = now.date()
    with unit_of_work(BUYER, now=now) as session:
        no_certificate(session, plant, now)
        session.add_all(
            SupplierClass(supplier_id=plant.supplier.id, valid_from=day, risk_class=rated, grounds="g")
            for day, rated in ((today - 10 * DAY, "C"), (today + 10 * DAY, "A"))
        )
        session.flush()
        assert codes(session, plant, today - 11 * DAY) == ["supplier.certificate_missing"]
        assert codes(session, plant, today) == []
        assert codes(session, plant, today + 10 * DAY) == ["supplier.certificate_missing"]


@pytest.mark.urs("URS-041")
def test_first_and_last_day_of_a_scope_count(plant: Plant, now: datetime) -> None:
    first, last = date(2030, 3, 1), date(2030, 3, 31)
    with unit_of_work(BUYER, now=now) as session:
        no_scope(session, plant, now)
        command = services.ApproveScope(plant.supplier, plant.material, plant.site, first, last)
        services.approve_scope(session, command, actor=BUYER, now=now)
        assert codes(session, plant, first - DAY) == ["supplier.scope_ahead"]
        assert codes(session, plant, first) == codes(session, plant, last) == []
        assert codes(session, plant, last + DAY) == ["supplier.scope_lapsed"]


@pytest.mark.urs("URS-041")
@pytest.mark.parametrize(
    ("days", "code"),
    [
        (("2031-01-01", "2030-01-01"), "days.ends_before"),
        (("2020-01-01", "2021-01-01"), "days.over"),
        (("2026-01-01", "2098-01-01"), "scope.overlap"),
        (("2026-01-01", ""), "scope.overlap"),
    ],
)
def test_scopes_that_cannot_be_are_refused_where_they_are_typed(
    plant: Plant, now: datetime, days: tuple[str, str], code: str
) -> None:
    cells = {"supplier": "S-01", "item": "RM-PVC", "site": "SZ", "valid_from": days[0],
             "valid_until": days[1]}  # fmt: skip
    with unit_of_work(BUYER, now=now) as session:
        found = [one.error.code for one in examined(session, "suppliers.scopes", cells)[1]]
    assert code in found


@pytest.mark.urs("URS-041")
def test_scopes_of_one_list_do_not_overlap_either_and_one_may_be_ended(plant: Plant, now: datetime) -> None:
    two = [
        {"supplier": "S-01", "item": "IS-150", "site": "SZ", "valid_from": first, "valid_until": last}
        for first, last in (("2030-01-01", "2030-06-30"), ("2030-06-30", ""))
    ]
    end = {"supplier": "S-01", "item": "RM-PVC", "site": "SZ", "valid_from": LONG_AGO.isoformat(),
           "valid_until": "2040-01-01"}  # fmt: skip
    with unit_of_work(BUYER, now=now) as session:
        assert [one.error.code for one in examined(session, "suppliers.scopes", *two)[1]] == ["scope.overlap"]
        rows, found = examined(session, "suppliers.scopes", end)
        assert found == []
        store_rows(session, importer_of("suppliers.scopes"), rows, actor=BUYER, now=now)
        session.flush()
        assert codes(session, plant, date(2040, 1, 1)) == []
        assert codes(session, plant, date(2040, 1, 2)) == ["supplier.scope_lapsed"]


@pytest.mark.urs("URS-040")
@pytest.mark.parametrize(
    ("days", "code"),
    [(("2031-01-01", "2030-01-01"), "days.ends_before"), (("2020-01-01", "2021-01-01"), "days.over")],
)
def test_certificates_that_end_before_they_begin_or_are_over_are_refused(
    plant: Plant, now: datetime, days: tuple[str, str], code: str
) -> None:
    cells = {"supplier": "S-01", "kind": "iso_9001", "number": "Q 1", "issuer": "B", "valid_from": days[0],
             "valid_until": days[1]}  # fmt: skip
    with unit_of_work(BUYER, now=now) as session:
        assert [one.error.code for one in examined(session, "suppliers.certificates", cells)[1]] == [code]


@pytest.mark.urs("URS-041", "URS-050")
def test_goods_of_a_blocked_supplier_wait_until_the_block_is_lifted(plant: Plant, now: datetime) -> None:
    with unit_of_work(BUYER, now=now) as session:
        block(session, plant, now)
    with unit_of_work(BUYER, now=now) as session:
        receipt_id = receive_goods(session, goods(plant, now=now), actor=BUYER, now=now).id
    with read_session() as session:
        receipt = session.get_one(Receipt, receipt_id)
        assert receipt.held_because == "Deviation 14"
        assert receipt.lot.status is LotStatus.HOLD
        assert "Deviation 14" in session.scalars(select(Record)).one().canonical.decode()
        lot_id = receipt.lot_id
    with unit_of_work(BUYER, now=now) as session:
        rows, found = examined(
            session, "suppliers.standings", {"supplier": "S-01", "standing": "free", "why": "Checked"}
        )
        assert found == []
        change_standings(session, rows, BUYER, now)
    with read_session() as session:
        assert session.get_one(Lot, lot_id).status is LotStatus.QUARANTINE
        actions = set(session.scalars(select(AuditEntry.action)))
        assert {"lot.held", "lot.resumed", "supplier.blocked"} <= actions


@pytest.mark.urs("URS-041")
def test_a_block_needs_a_reason_and_is_not_laid_twice(plant: Plant, now: datetime) -> None:
    with pytest.raises(Invalid), unit_of_work(BUYER, now=now) as session:
        services.block_supplier(session, plant.supplier.id, "  ", actor=BUYER, now=now)
    with unit_of_work(BUYER, now=now) as session:
        block(session, plant, now)
    with pytest.raises(Conflict), unit_of_work(BUYER, now=now) as session:
        block(session, plant, now)
    with unit_of_work(BUYER, now=now) as session:
        services.unblock_supplier(session, plant.supplier.id, "Closed", actor=BUYER, now=now)
    with pytest.raises(Conflict), unit_of_work(BUYER, now=now) as session:
        services.unblock_supplier(session, plant.supplier.id, "Closed", actor=BUYER, now=now)
    with read_session() as session:
        assert session.scalars(select(SupplierStanding)).one().why == "Closed"


@pytest.mark.urs("URS-004", "URS-041")
def test_processes_may_approve_end_block_and_unblock(plant: Plant, now: datetime) -> None:
    def call(session: Session, name: str, **params: object) -> dict[str, object]:
        made = registry.OperationCall(session, params, None, BUYER, now)  # type: ignore[arg-type]
        return registry.call(name, made)

    supplier = str(plant.supplier.id)
    with unit_of_work(BUYER, now=now) as session:
        no_scope(session, plant, now)
        given = {"supplier": supplier, "item": str(plant.material.id), "site": str(plant.site.id)}
        scope = call(session, "suppliers.approve_scope", **given, valid_until=LATE.isoformat())["scope"]
        assert codes(session, plant, now.date()) == []
        with pytest.raises(Conflict):
            call(session, "suppliers.approve_scope", **given)
        assert call(session, "suppliers.end_scope", scope=scope)["last_day"]
        assert codes(session, plant, now.date() + 2 * DAY) == ["supplier.scope_lapsed"]
        call(session, "suppliers.block", supplier=supplier, why="Recall")
        assert codes(session, plant, now.date()) == ["supplier.blocked"]
        call(session, "suppliers.unblock", supplier=supplier, why="Closed")
        assert codes(session, plant, now.date()) == []
        with pytest.raises(Conflict) as refused:
            call(session, "suppliers.block", supplier=supplier)
    assert refused.value.code == "operation.parameters"
