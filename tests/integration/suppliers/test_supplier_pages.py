"""What suppliers may deliver, kept through the pages: a block holds at once, everything else is signed."""

import io
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from app.catalog.models import Item, ItemKind, Supplier
from app.factory import create_app
from app.objects.models import ChangeState, ObjectChange
from app.objects.texts import raw_row
from app.sites.models import Site
from app.suppliers.approval.models import Grade, SupplierEvaluation
from app.suppliers.certificates import CERTIFICATES
from app.suppliers.models import Standing, SupplierCertificate, SupplierScope, SupplierStanding
from app.suppliers.queries import may_order
from app.suppliers.routes import CERTIFICATE
from core import clock
from core.db import read_session, unit_of_work
from documents.sheets.examining import examine
from documents.sheets.writing import csv_file, csv_template
from tests.factories.inbox import Plant, make_plant
from tests.factories.people import add_person, sign_in, token
from tests.factories.suppliers import certify


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now, "object_change")
    owner = plant.people["owner"]
    with unit_of_work(owner, now=now) as session:
        supplier = Supplier(
            code="S-1", name={"en": "Ruipu", "zh": "瑞普"}, criticality="A", country="CN", created_at=now
        )
        item = Item(
            code="RM-1", name={"en": "Granulate", "zh": "粒料"}, kind=ItemKind.MATERIAL, uom="kg",
            created_at=now,
        )  # fmt: skip
        session.add_all([supplier, item])
        session.flush()
        certify(session, supplier)
        add_person(session, "buyer", "buyer", plant.site_id, now=now)
    return plant


@pytest.fixture
def buyer(plant: Plant) -> FlaskClient:
    return sign_in(create_app(testing=True), "buyer")


def send(buyer: FlaskClient, path: str, **fields: object) -> TestResponse:
    form = {**fields, "csrf_token": token(buyer, "/supplier-scopes")}
    return buyer.post(path, data=form, content_type="multipart/form-data")


def scope(plant: Plant, **changes: str) -> dict[str, str]:
    with read_session() as session:
        site = session.get_one(Site, plant.site_id).code
    first = (plant.now - timedelta(days=5)).date().isoformat()
    last = (plant.now + timedelta(days=30)).date().isoformat()
    given = {"supplier": "S-1", "item": "RM-1", "site": site, "valid_from": first, "valid_until": last}
    return {**given, "reason": "Audit passed", **changes}


def accept(plant: Plant) -> None:
    with read_session() as session:
        waiting = session.scalars(select(ObjectChange).filter_by(state=ChangeState.PROPOSED)).one()
        plant.case_id = waiting.case_id
    plant.signs("qa", "acceptance", {"decision": "accept"})


@pytest.mark.urs("URS-040", "URS-041", "URS-148")
def test_a_signed_scope_is_on_the_approved_list(plant: Plant, buyer: FlaskClient) -> None:
    assert send(buyer, "/supplier-scopes/new", **scope(plant)).status_code == 303
    assert "No supplier is approved" in buyer.get("/approved-suppliers").text
    accept(plant)
    page = buyer.get("/approved-suppliers").text
    assert "Lapses soon" in page
    assert "RM-1" in page
    again = send(buyer, "/supplier-scopes/new", **scope(plant, valid_from="2020-01-01"))
    assert again.status_code == 422
    assert "End that scope first" in again.text.replace("\n", " ")
    assert "RM-1" in buyer.get("/supplier-scopes?q=瑞普").text
    assert buyer.get("/supplier-scopes.xlsx").status_code == 200


@pytest.mark.urs("URS-041")
def test_what_cannot_be_is_refused_at_its_field(plant: Plant, buyer: FlaskClient) -> None:
    wrong = send(buyer, "/supplier-scopes/new", **scope(plant, valid_until="2020-01-01"))
    assert wrong.status_code == 422
    assert "before it begins" in wrong.text
    assert 'id="error-valid_until"' in wrong.text
    with read_session() as session:
        assert session.scalars(select(SupplierScope)).all() == []


@pytest.mark.urs("URS-041")
def test_a_block_holds_at_once_and_is_lifted_by_a_second_person(plant: Plant, buyer: FlaskClient) -> None:
    fields = {"supplier": "S-1", "standing": "blocked", "why": "Deviation 14", "reason": "Deviation 14"}
    answer = send(buyer, "/supplier-standings/new", **fields)
    assert answer.status_code == 303
    with read_session() as session:
        row = session.scalars(select(SupplierStanding)).one()
        assert row.standing is Standing.BLOCKED
        change = session.scalars(select(ObjectChange)).one()
        assert (change.state, change.case_id) == (ChangeState.APPLIED, None)
    lifted = {"supplier": "S-1", "standing": "free", "why": "Closed", "reason": "Closed"}
    assert send(buyer, f"/supplier-standings/{row.id}/change", **lifted).status_code == 303
    with read_session() as session:
        assert session.scalars(select(SupplierStanding)).one().standing is Standing.BLOCKED
    accept(plant)
    with read_session() as session:
        assert session.scalars(select(SupplierStanding)).one().standing is Standing.FREE


@pytest.mark.urs("URS-041")
def test_a_supplier_is_blocked_from_his_page(plant: Plant, buyer: FlaskClient) -> None:
    with read_session() as session:
        supplier_id = session.scalars(select(Supplier.id)).one()
    at = f"/approved-suppliers/{supplier_id}/block"
    page = buyer.get(f"/suppliers/{supplier_id}").text
    asked = f'action="{at}" data-once data-confirm="Block Ruipu now?'
    assert asked in page, "what holds at once is asked first"
    assert send(buyer, at, why=" ").headers["Location"].endswith("/approved-suppliers")
    assert "Say why the supplier is blocked" in buyer.get("/approved-suppliers").text
    answer = send(buyer, at, why="Recall")
    assert "Recall" in buyer.get(answer.headers["Location"]).text


@pytest.mark.urs("URS-040")
def test_the_file_of_a_certificate_is_signed_by_its_hash(plant: Plant, buyer: FlaskClient) -> None:
    with read_session() as session:
        at = f"/supplier-certificates/{session.scalars(select(SupplierCertificate.id)).one()}"
    file = (io.BytesIO(b"code,name\r\n1,2\r\n"), "certificate.csv")
    assert send(buyer, f"{at}/files", file=file, note="Certificate").status_code == 303
    page = buyer.get(at).text
    [address] = re.findall(r'action="([^"]+/sign)"', page)
    assert send(buyer, address).status_code == 303
    with read_session() as session:
        assert session.scalars(select(SupplierCertificate)).one().sha256 is None
    accept(plant)
    with read_session() as session:
        found = session.scalars(select(SupplierCertificate)).one()
        assert found.sha256 is not None
    page = buyer.get(at).text
    assert f'data-copy="{found.sha256}"' in page
    assert found.sha256 not in re.sub("<[^>]*>", "", page), "people see its beginning and copy the whole"


@pytest.mark.urs("URS-040")
def test_nobody_types_the_hash_of_a_certificate(
    plant: Plant, buyer: FlaskClient, tmp_path: Path, now: datetime
) -> None:
    with read_session() as session:
        one = session.scalars(select(SupplierCertificate)).one()
        [held] = CERTIFICATE.values_of(session, [one])
    at, typed = f"/supplier-certificates/{one.id}", "ab" * 32
    assert "sha256" not in buyer.get("/supplier-certificates/new").text + buyer.get(f"{at}/change").text
    changed = {**raw_row(held), "issuer": "Another body", "sha256": typed, "reason": "Letter"}
    assert send(buyer, f"{at}/change", **changed).status_code == 303
    with read_session() as session:
        [change] = session.scalars(select(ObjectChange)).all()
        assert "sha256" not in change.rows[0]
        listed = {**raw_row(held), "sha256": typed}
        (tmp_path / "l.csv").write_bytes(csv_file(list(listed), [list(listed.values())]))
        found = examine(session, CERTIFICATES, tmp_path / "l.csv", "l.csv", None)
    assert [(bad.column, bad.error.code) for bad in found.findings] == [("sha256", "certificate.no_file")]
    assert b"sha256" not in csv_template(CERTIFICATES, "en").lower().replace(b"-", b"")


@pytest.mark.urs("URS-041", "URS-148")
def test_what_a_class_demands_changes_by_a_signed_proposal_and_the_gate_reads_it(
    plant: Plant, buyer: FlaskClient
) -> None:
    def reasons() -> list[str]:
        with read_session() as session:
            supplier, item = session.scalars(select(Supplier)).one(), session.scalars(select(Item)).one()
            site = session.get_one(Site, plant.site_id)
            return [one.code for one in may_order(session, supplier, item, site, plant.now.date())]

    send(buyer, "/supplier-scopes/new", **scope(plant))
    accept(plant)
    assert reasons() == []
    line = {"risk_class": "A", "valid_from": plant.now.date().isoformat(), "reason": "Management review"}
    wrong = send(buyer, "/supplier-demands/new", **line, certificates="ISO 9002")
    assert wrong.status_code == 422
    assert 'id="error-certificates"' in wrong.text
    assert send(buyer, "/supplier-demands/new", **line, certificates="Licence").status_code == 303
    assert reasons() == [], "nothing holds before the signature"
    accept(plant)
    assert reasons() == ["supplier.certificate_missing"]
    assert ">Licence<" in re.sub(r"\s+", "", buyer.get("/supplier-demands").text)


@pytest.mark.urs("URS-040")
def test_the_page_of_a_supplier_names_case_score_and_next_review(plant: Plant, buyer: FlaskClient) -> None:
    today = plant.now.date()
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        supplier_id = session.scalars(select(Supplier.id)).one()
        found = SupplierEvaluation(
            supplier_id=supplier_id, case_id=plant.case_id, round=1, number="SH-SA-2026-0007",
            risk_class="A", average=Decimal("1.75"), grade=Grade.CONDITIONAL, evaluated_on=today,
            next_review=today + timedelta(days=20),
        )  # fmt: skip
        session.add(found)
    page = buyer.get(f"/suppliers/{supplier_id}").text
    for text in ("SH-SA-2026-0007", "1.75 · On conditions only", f"/cases/{plant.case_id}", "Next review"):
        assert text in page
