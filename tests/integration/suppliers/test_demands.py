"""Which certificates a risk class demands is data: changed with a signature, from a day on."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.catalog.models import Supplier
from app.objects.texts import text_of
from app.suppliers import demands
from app.suppliers.models import SupplierCertificate, SupplierDemand
from app.suppliers.queries import CERTIFICATE_NAMES, OrderGate, may_order
from core.actor import Actor
from core.clock import site_day
from core.db import read_session, unit_of_work
from core.errors import Invalid
from documents.sheets.examining import Examined, Read, examine_rows, read_row, store_rows
from documents.sheets.importers import importer_of
from tests.factories.plant import Plant, make_plant

DAY = timedelta(days=1)


@pytest.fixture
def plant(database: Engine, now: datetime, keeper: Actor) -> Plant:
    with unit_of_work(keeper, now=now) as session:
        return make_plant(session, actor=keeper, now=now)


def codes(session: Session, plant: Plant, on: date) -> list[str]:
    supplier = session.get_one(Supplier, plant.supplier.id)
    return [reason.code for reason in may_order(session, supplier, plant.material, plant.site, on)]


def demand(session: Session, rated: str, first: date, certificates: str) -> None:
    listed = importer_of("suppliers.demands")
    row, findings = read_row(
        listed.columns, 1,
        {"risk_class": rated, "valid_from": first.isoformat(), "certificates": certificates},
    )  # fmt: skip
    told = Examined(rows=1)
    for finding in findings:
        told.note(finding)
    examined = examine_rows(session, listed, Read([row], told), None)
    if examined.findings:
        raise examined.findings[0].error
    store_rows(session, listed, [row], actor=Actor("a", "a", "A"), now=datetime.now().astimezone())
    session.flush()


@pytest.mark.urs("URS-041", "URS-148")
def test_before_anybody_says_more_the_delivered_table_holds(plant: Plant, now: datetime) -> None:
    with read_session() as session:
        gate = OrderGate(session, [plant.supplier.id])
        said = {rated: sorted(gate.demanded(rated, now.date())) for rated in "ABC"}
    assert said == {"A": ["iso_13485"], "B": ["iso_13485", "iso_9001"], "C": []}


@pytest.mark.urs("URS-041", "URS-148")
def test_another_demand_holds_from_its_day_on_and_not_before(
    plant: Plant, now: datetime, keeper: Actor
) -> None:
    today = now.date()
    with unit_of_work(keeper, now=now) as session:
        demand(session, "A", today + 5 * DAY, "registration, Licence")
        assert codes(session, plant, today + 4 * DAY) == []
        assert codes(session, plant, today + 5 * DAY) == ["supplier.certificate_missing"]
        certificate = session.scalars(select(SupplierCertificate)).one()
        demand(session, "A", today + 9 * DAY, "none")
        session.delete(certificate)
        session.flush()
        assert codes(session, plant, today) == ["supplier.certificate_missing"]
        assert codes(session, plant, today + 9 * DAY) == [], "none is an answer, too"


@pytest.mark.urs("URS-041")
def test_the_refusal_names_what_the_class_demands_then(plant: Plant, now: datetime, keeper: Actor) -> None:
    with unit_of_work(keeper, now=now) as session:
        demand(session, "A", now.date(), "licence test_report")
        supplier = session.get_one(Supplier, plant.supplier.id)
        [reason] = may_order(session, supplier, plant.material, plant.site, now.date())
    assert "Licence / Test report" in reason.text("en")


@pytest.mark.urs("URS-148")
@pytest.mark.parametrize("cell", ["iso_13486", "none iso_9001", ",", "iso_9001 iso_9001 x"])
def test_what_is_no_certificate_is_refused_where_it_is_typed(plant: Plant, now: datetime, cell: str) -> None:
    with pytest.raises(Invalid) as refusal:
        demands.certificates(cell)
    assert refusal.value.code.startswith("demand.")


@pytest.mark.urs("URS-041", "URS-148")
def test_a_new_plant_begins_with_the_delivered_table_as_rows_that_can_be_changed(
    plant: Plant, now: datetime, keeper: Actor
) -> None:
    with unit_of_work(keeper, now=now) as session:
        demands.store_delivered(session, now=now)
        rows = {one.risk_class: one.certificates for one in session.scalars(select(SupplierDemand))}
        assert rows == {"A": "iso_13485", "B": "iso_13485 iso_9001", "C": "none"}
        demand(session, "B", now.date(), "iso_9001")
    with read_session() as session:
        gate = OrderGate(session, [plant.supplier.id])
        assert gate.demanded("B", now.date()) == {"iso_9001"}
        assert session.scalars(select(SupplierDemand).filter_by(risk_class="B")).one().revision == 2


@pytest.mark.urs("URS-041", "URS-147")
def test_what_has_ended_and_begun_is_told_by_the_day_of_the_sites(
    plant: Plant, now: datetime, keeper: Actor
) -> None:
    """At 20:00 UTC the 23rd has begun where the sites are: the 22nd is over, the baseline begins then."""
    evening, over = now.replace(hour=20), now.date().isoformat()
    cells = {"supplier": "S-01", "kind": "iso_9001", "number": "Q 1", "issuer": "B",
             "valid_from": "2026-01-01", "valid_until": over}  # fmt: skip
    listed = importer_of("suppliers.certificates")
    with unit_of_work(keeper, now=evening) as session:
        read = Read([read_row(listed.columns, 1, cells)[0]], Examined(rows=1))
        found = examine_rows(session, listed, read, None).findings
        assert [one.error.code for one in found] == ["days.over"]
        demands.store_delivered(session, now=evening)
        session.flush()
        begun = set(session.scalars(select(SupplierDemand.valid_from)))
    assert begun == {site_day(evening, plant.site.zone)}


@pytest.mark.urs("URS-041", "URS-149")
def test_a_demand_is_read_by_the_names_of_its_certificates() -> None:
    column = importer_of("suppliers.demands").column("certificates")
    assert column is not None
    told = text_of(column, "iso_13485 iso_9001")
    assert told == {lang: " / ".join(CERTIFICATE_NAMES[one][lang] for one in ("iso_13485", "iso_9001"))
                    for lang in ("en", "zh")}  # fmt: skip
    assert text_of(column, "none") == {"en": "no certificate", "zh": "不要求证书"}
    assert text_of(column, "left_long_ago") == {"en": "left_long_ago", "zh": "left_long_ago"}
