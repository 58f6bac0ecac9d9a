"""House style: changed by the system administrator with a reason, tried on a sample record before."""

import io
import json
import re
import uuid

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.sites import house
from app.sites.queries import site_by_code, style_of
from core import clock, numbers
from core.config import settings
from core.db import read_session, unit_of_work
from core.errors import Invalid
from documents.records import RecordDraft, create_record
from signatures.audit_models import AuditEntry
from tests.factories.people import SETUP, Company, make_company, sign_in, token

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="40" height="10"/></svg>'
STYLE = {
    "company_en": "New Company Ltd.",
    "company_zh": "新公司有限公司",
    "name_en": "Plant One",
    "name_zh": "一厂",
    "address_en": "1 New Road",
    "address_zh": "新路1号",
    "layout": "zh",
    "reason": "The company has a new name",
}


@pytest.fixture
def company(database) -> Company:
    made = make_company(("admin", "system_admin"), ("qa", "qa"))
    with unit_of_work(SETUP) as session:
        numbers.define(session, "record", prefix="R")
        numbers.define(session, "lot", prefix="L")
        numbers.define(session, "case.lot_release", prefix="LR")
    return made


@pytest.fixture
def admin(app, company) -> FlaskClient:
    return sign_in(app, "admin")


def send(client: FlaskClient, path: str, **fields) -> TestResponse:
    return client.post(path, data={"csrf_token": token(client, "/admin/house"), **fields})


def page_of(company: Company) -> str:
    return f"/admin/house/{company.plant}"


def change(client: FlaskClient, company: Company, **changes) -> TestResponse:
    seen = re.search(r'name="seen" value="(\d+)"', client.get(page_of(company)).text)
    return send(client, page_of(company), **{**STYLE, "seen": seen[1] if seen else "", **changes})


def plant():
    with read_session() as session:
        return style_of(site_by_code(session, "SZ1"))


@pytest.mark.urs("URS-144")
def test_the_head_of_records_changes_with_a_reason_that_the_trail_keeps(admin, company) -> None:
    answer = change(admin, company, logo=(io.BytesIO(LOGO), "logo.svg"))
    assert answer.status_code == 303
    style = plant()
    assert (style.company["zh"], style.name["en"], style.layout) == ("新公司有限公司", "Plant One", "zh")
    assert "<rect" in style.logo
    with read_session() as session:
        lines = session.scalars(select(AuditEntry.entry).filter_by(subject_id=str(company.plant))).all()
    last = json.loads(lines[-1])
    assert STYLE["reason"] in lines[-1]
    assert "Suzhou plant" in json.dumps(last)  # the old value beside the new one


@pytest.mark.urs("URS-144")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"company_zh": ""}, "company_zh"),
        ({"address_en": "x" * 121}, "address_en"),
        ({"name_en": "Plant \U0001f600"}, "name_en"),
        ({"layout": "fr"}, "layout"),
    ],
)
def test_a_style_that_could_not_be_printed_or_explained_is_refused_at_its_field(
    admin, company, changes, field
) -> None:
    before = plant()
    answer = change(admin, company, **changes)
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text
    assert plant() == before


@pytest.mark.urs("URS-144")
def test_a_hostile_logo_is_refused_and_everything_typed_stays(admin, company) -> None:
    hostile = LOGO.replace(b"<rect", b"<script>alert(1)</script><rect")
    answer = change(admin, company, logo=(io.BytesIO(hostile), "logo.svg"))
    assert answer.status_code == 422
    assert "The logo is not taken" in answer.text
    assert "New Company Ltd." in answer.text
    assert plant().logo == ""
    change(admin, company, logo=(io.BytesIO(LOGO), "logo.svg"), reason="")
    assert [path for path in settings().files.rglob("*") if path.is_file()] == []  # nobody keeps it


@pytest.mark.urs("URS-144")
def test_a_logo_that_breaks_the_page_is_found_before_it_holds(admin, company, monkeypatch) -> None:
    def breaks(style, **_) -> bytes:
        raise Invalid("style.unprintable", "A record with this head cannot be printed: %(reason)s", reason="")

    monkeypatch.setattr(house, "preview_of", breaks)
    before = plant()
    assert change(admin, company).status_code == 422
    assert plant() == before


def test_two_administrators_do_not_overwrite_each_other(admin, company) -> None:
    assert change(admin, company, seen="99").status_code == 422


def test_the_sample_record_is_a_pdf_in_the_sites_style(admin, company) -> None:
    answer = admin.get(f"{page_of(company)}/preview.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")


def test_a_picture_is_printed_too(admin, company) -> None:
    from_pixels = io.BytesIO()
    house_picture().save(from_pixels, "PNG")
    from_pixels.seek(0)
    assert change(admin, company, logo=(from_pixels, "logo.png")).status_code == 303
    assert admin.get(f"{page_of(company)}/preview.pdf").data.count(b"/Image") >= 1
    assert change(admin, company, without_logo="1").status_code == 303
    assert plant().logo == ""


def house_picture():
    return Image.new("RGBA", (40, 10), (18, 70, 107, 255))


def record_of(style, now):
    draft = RecordDraft("a.b", {"en": "t", "zh": "t"}, "QR-QA-012", "A3", style, "en", {})
    with unit_of_work(SETUP, now=now) as session:
        record = create_record(session, draft, actor=SETUP, now=now)
        return record.form_code, record.form_revision, json.loads(record.canonical)["form"]


@pytest.mark.urs("URS-144")
def test_a_form_gets_the_sites_own_number_on_page_and_record(admin, company, now) -> None:
    given = {"form": "QR-QA-012", "code": "SZ-QC-7", "revision": "b2", "reason": "Our list of forms"}
    assert send(admin, f"{page_of(company)}/forms", **given).status_code == 303
    assert "SZ-QC-7/B2" in admin.get(page_of(company)).text
    assert record_of(plant(), now) == ("SZ-QC-7", "B2", {"code": "SZ-QC-7", "revision": "B2"})
    assert plant().form("QR-QA-012", "A4") == ("SZ-QC-7", "A4")  # the form has changed since
    back = given | {"code": "QR-QA-012", "revision": "A3"}
    assert send(admin, f"{page_of(company)}/forms", **back).status_code == 303
    assert plant().forms == {}


@pytest.mark.urs("URS-144")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "QR-QA-013"}, "code"),
        ({"code": "-x y"}, "code"),
        ({"revision": ""}, "revision"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_number_of_another_form_or_no_number_is_refused(admin, company, changes, field) -> None:
    with read_session() as session:
        others = [one.form for one in house.forms_of(site_by_code(session, "SZ1")) if one.form != "QR-QA-012"]
    given = {"form": "QR-QA-012", "code": "SZ-QC-7", "revision": "B2", "reason": "x"} | changes
    if changes.get("code") == "QR-QA-013":
        given["code"] = others[0]
    answer = send(admin, f"{page_of(company)}/forms", **given)
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text
    assert plant().forms == {}


def number(client: FlaskClient, **changes) -> TestResponse:
    rule = {"series": "record", "site_code": "SZ1", "prefix": "q", "digits": "5", "yearly": "1"}
    return send(client, "/admin/house/numbers", **{**rule, "reason": "x", **changes})


@pytest.mark.urs("URS-144")
def test_a_site_numbers_its_own_way_and_the_page_shows_the_next_number(admin, company, now) -> None:
    assert number(admin).status_code == 303
    page = admin.get("/admin/house").text
    year = clock.now().year
    assert f"SZ1-Q-{year}-00001" in page
    assert f"REG-R-{year}-0001" in page
    assert f"SZ1-LR-{year}-0001" in page
    with unit_of_work(SETUP, now=now) as session:
        assert numbers.take(session, "record", site_code="SZ1", now=now) == "SZ1-Q-2026-00001"
        assert numbers.take(session, "record", site_code="REG", now=now) == "REG-R-2026-0001"


@pytest.mark.urs("URS-144")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prefix": "L"}, "prefix"),
        ({"prefix": "2026"}, "prefix"),
        ({"digits": "x"}, "digits"),
        ({"reason": ""}, "reason"),
        ({"site_code": "*"}, "site_code"),
    ],
)
def test_a_rule_that_could_repeat_a_number_is_refused_at_its_field(admin, company, changes, field) -> None:
    answer = number(admin, **changes)
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text


def test_a_rule_of_a_site_elsewhere_or_of_no_series_is_not_found(admin, company) -> None:
    assert number(admin, site_code="REG").status_code == 404
    assert number(admin, site_code="nowhere").status_code == 404
    assert number(admin, series="nothing").status_code == 404
    assert send(admin, f"/admin/house/{uuid.UUID(int=0)}/forms").status_code == 404


@pytest.mark.urs("URS-144", "URS-023")
def test_nobody_else_changes_the_house_style(app, company) -> None:
    client = sign_in(app, "qa")
    assert client.get("/admin/house").status_code == 403
    assert client.get(page_of(company)).status_code == 403
