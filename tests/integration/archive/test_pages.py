"""The auditor's room through its pages."""

import csv
import hashlib
import io
import json
import uuid
import zipfile
from datetime import datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from app.access.models import RoleGrant
from app.sites.models import Site
from core.actor import system_actor
from core.db import unit_of_work
from documents.models import Record
from signatures.verify import verify_pdf
from tests.factories.inbox import Plant
from tests.integration.archive.conftest import record_of, run
from workflows.models import HumanTask

SITE_PARTS = ("name", "company", "address", "region", "zone", "layout", "demo")


@pytest.mark.urs("URS-026")
def test_a_record_is_found_by_number_word_lot_person_and_day_and_by_nothing_else(
    auditor: FlaskClient, sealed: Record
) -> None:
    words = [f"q={sealed.number}", "q=inspection", "q=检验", "lot=T-001"]
    for query in (*words, "person=Inspector", "person=演示inspector", "since=2026-11-22"):
        page = auditor.get(f"/records?{query}")
        assert page.status_code == 200
        assert sealed.number in page.text, query
    for query in ("q=nothing", "lot=%25", "lot=_", "person=qa", "until=2026-11-21", "supplier=Nobody"):
        page = auditor.get(f"/records?{query}")
        assert page.status_code == 200
        assert sealed.number not in page.text, query
        assert "Nothing found" in page.text
    assert 'id="error-since"' in auditor.get("/records?since=yesterday").text


def test_the_search_survives_paging(auditor: FlaskClient, sealed: Record) -> None:
    with unit_of_work(system_actor("test")) as session:
        for number in range(30):
            session.add(_copy(sealed, f"X-{number:03d}"))
    first = auditor.get("/records?lot=T-001&person=Inspector")
    assert "page=2" in first.text
    link = next(part for part in unescape(first.text).split('"') if "page=2" in part)
    assert "lot=T-001" in link
    assert "person=Inspector" in link
    assert auditor.get(link).text.count("data-row") == 6


@pytest.mark.urs("URS-025", "URS-026")
def test_the_page_of_a_record_shows_the_pdf_beside_its_verification(
    auditor: FlaskClient, sealed: Record
) -> None:
    page = auditor.get(f"/records/{sealed.id}")
    assert page.status_code == 200
    assert f"/records/{sealed.id}.pdf" in page.text
    assert "Every signature, timestamp and the seal hold." in page.text
    assert "Nothing outside the plant vouches for it." in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    pdf = auditor.get(f"/records/{sealed.id}.pdf")
    assert hashlib.sha256(pdf.data).hexdigest() == sealed.pdf_sha256
    assert "frame-ancestors 'self'" in pdf.headers["Content-Security-Policy"]
    assert auditor.get(f"/records/{sealed.id}.json").data == sealed.canonical
    assert "attachment" in auditor.get(f"/records/{sealed.id}.pdf?download=1").headers["Content-Disposition"]


def test_the_page_of_an_unsealed_record_waits_and_then_turns_up(auditor: FlaskClient, job) -> None:
    record = record_of(job)
    page = auditor.get(f"/records/{record.id}")
    assert "is being made" in page.text
    assert auditor.get(f"/records/{record.id}/verification").status_code == 202
    assert auditor.get(f"/records/{record.id}.pdf").status_code == 409
    run(job)
    turned = auditor.get(f"/records/{record.id}/verification", headers={"HX-Request": "true"})
    assert turned.headers["HX-Refresh"] == "true"
    assert auditor.get(f"/records/{record.id}/verification").json["ok"] is True


@pytest.mark.urs("URS-025", "URS-026")
def test_the_package_of_a_case_stands_on_its_own(auditor: FlaskClient, sealed: Record) -> None:
    answer = auditor.get(f"/records/case/{sealed.case_id}.zip")
    package = zipfile.ZipFile(io.BytesIO(answer.data))
    files = {name: package.read(name) for name in package.namelist()}
    sums = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    assert sums == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "SHA256SUMS"
    }
    rows = list(csv.reader(io.StringIO(files["index.csv"].decode("utf-8-sig"))))
    assert rows[1][0] == sealed.number
    page = files[rows[1][5]]
    root = auditor.get("/records/root.pem").data
    assert files["root.pem"] == root
    assert verify_pdf(
        page, root=json.loads(auditor.get(f"/records/{sealed.id}/verification").data)["root_sha256"]
    ).ok


def test_who_reaches_another_site_only_finds_nothing_until_his_site_takes_part_in_the_case(
    auditor: FlaskClient, sealed: Record, plant: Plant, now: datetime
) -> None:
    assert sealed.case_id
    with unit_of_work(system_actor("test"), now=now) as session:
        here = session.get_one(Site, plant.site_id)
        there = Site(code="REG", **{name: getattr(here, name) for name in SITE_PARTS})
        session.add(there)
        session.flush()
        elsewhere = there.id
        session.execute(update(RoleGrant).values(site_id=elsewhere))
    paths = (f"/records/{sealed.id}", f"/records/{sealed.id}.pdf", f"/records/case/{sealed.case_id}.zip")
    assert [auditor.get(path).status_code for path in paths] == [404, 404, 404]
    assert sealed.number not in auditor.get("/records").text
    with unit_of_work(system_actor("test"), now=now) as session:
        session.execute(
            update(HumanTask).where(HumanTask.step == "incoming_release").values(site_id=elsewhere)
        )
    assert [auditor.get(path).status_code for path in paths] == [200, 200, 200]
    assert sealed.number in auditor.get("/records").text


def test_nobody_sees_a_record_and_an_unknown_one_is_not_found(auditor: FlaskClient, plant: Plant) -> None:
    stranger = auditor.application.test_client()
    for path in ("", ".pdf", ".json", "/verification"):
        assert stranger.get(f"/records/{plant.case_id}{path}").status_code == 302
        assert auditor.get(f"/records/{plant.case_id}{path}").status_code == 404
    assert stranger.get("/records").status_code == 302
    assert auditor.get(f"/records/case/{plant.lot_id}.zip").status_code == 404


def _copy(record: Record, number: str) -> Record:
    columns = {column.key: getattr(record, column.key) for column in Record.__table__.columns}
    return Record(**columns | {"id": uuid.uuid4(), "number": number})
