"""Facts that cannot be are refused at their field or cell, with the way out, in the reader's language.

Each of them is typed into its page and brought in as a list; nothing is kept either way.
"""

import html
import io
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.access.models import Person, PersonState
from app.catalog import revising, services
from app.catalog.models import Bom, Item, ItemKind, Supplier
from app.cli.demo_objects import store_list
from app.factory import create_app
from app.imports.models import DataImport, ImportState
from app.objects.models import ObjectChange
from app.organisation.models import Department, Post
from app.regions.packs import store_delivered
from core import clock
from core.actor import system_actor
from core.db import read_session, unit_of_work
from documents.sheets.importers import importer_of
from tests.factories import people
from tests.factories.inbox import PASSWORD, Plant, make_plant
from tests.factories.lists import csv
from tests.factories.people import add_person, sign_in, token
from workflows import human_tasks

LOADER = system_actor("test")
BOTH = ("en", "zh")
ADDED = ("buyer", "security_admin")

Browser = Callable[[str, str], FlaskClient]
Fields = Mapping[str, str]


@dataclass(frozen=True)
class Bad:
    """A fact that cannot be: where it is typed, what is typed, and what has to be said about it there."""

    page: str
    typed: Fields
    at: str
    code: str
    says: Mapping[str, str]
    listed: str
    row: Fields
    column: str
    login: str = "owner"
    more: tuple[Fields, ...] = field(default=())


POST = {"person": "qa", "position": "P-1", "valid_from": "2021-01-01"}
CERTIFICATE = {
    "supplier": "S-1", "kind": "iso_13485", "number": "MD 71001", "issuer": "Body",
    "valid_from": "2026-06-01", "valid_until": "2026-05-31",
}  # fmt: skip
RULE = {
    "region": "EU", "key": "incident.death", "valid_from": "2026-12-01", "kind": "clock", "name_en": "Death",
    "name_zh": "死亡", "value": "9", "unit": "calendar_days", "clause": "art. 87(5)", "source": "MDR",
}  # fmt: skip
ITEM = {"code": "GOOD", "name_en": "Good", "name_zh": "好", "kind": "component", "uom": "{pcs}"}
BOM = {"item": "PART", "revision": "A"}
BAD = {
    "a holiday file for the wrong year": Bad(
        "/holidays/new",
        {"site": "SH", "year": "2026", "day": "2027-10-01", "kind": "off"},
        "day",
        "calendar.other_year",
        {"en": "Bring in the list of 2026, or write the year", "zh": "请导入 2026 年度的清单"},
        "organisation.calendar_days",
        {"site": "SH", "year": "2026", "day": "2027-10-01", "kind": "off"},
        "day",
    ),
    "a holiday file of a year that is over": Bad(
        "/holidays/new",
        {"site": "SH", "year": "2025", "day": "2025-10-01", "kind": "off"},
        "year",
        "calendar.year_over",
        {"en": "Take the list of 2026 or later", "zh": "请使用 2026 年或以后的清单"},
        "organisation.calendar_days",
        {"site": "SH", "year": "2025", "day": "2025-10-01", "kind": "off"},
        "year",
    ),
    "overlapping effective dates of posts": Bad(
        "/posts/new",
        {**POST, "position": "P-M", "valid_from": "2021-01-01"},
        "valid_from",
        "range.overlap",
        {"en": "End that one first, or choose other days", "zh": "请先终止该项或另选日期"},
        "organisation.posts",
        {**POST, "position": "P-M", "valid_from": "2021-01-01"},
        "valid_from",
    ),
    "overlapping effective dates of a region's rule": Bad(
        "/region-rules/new",
        RULE,
        "valid_from",
        "region.overlap",
        {"en": "End the earlier one first", "zh": "请先终止"},
        "regions.rules",
        RULE,
        "valid_from",
    ),
    "a rule that ends before it begins": Bad(
        "/region-rules/new",
        {**RULE, "key": "new", "valid_until": "2026-11-30"},
        "valid_until",
        "region.range",
        {"en": "before it begins on 2026-12-01. Check both days", "zh": "请核对两个日期"},
        "regions.rules",
        {**RULE, "key": "new", "valid_until": "2026-11-30"},
        "valid_until",
    ),
    "a certificate that ends before it begins": Bad(
        "/supplier-certificates/new",
        CERTIFICATE,
        "valid_until",
        "days.ends_before",
        {"en": "Check both days", "zh": "请核对两个日期"},
        "suppliers.certificates",
        CERTIFICATE,
        "valid_until",
        login="buyer",
    ),
    "a leaver with open tasks": Bad(
        "/posts/{leaver}/change",
        {"person": "inspector", "position": "P-1", "valid_from": "2020-01-01", "valid_to": "2026-11-22"},
        "valid_to",
        "access.open_work",
        {"en": "Hand them over first", "zh": "请先交接"},
        "organisation.posts",
        {"person": "inspector", "position": "P-1", "valid_from": "2020-01-01", "valid_to": "2026-11-22"},
        "valid_to",
    ),
    "a deleted department with people": Bad(
        "/departments/{department}/change",
        {"code": "D-QA", "name_en": "Quality", "name_zh": "质量", "state": "closed"},
        "state",
        "department.people",
        {"en": "End or move their posts first", "zh": "请先终止或调整"},
        "organisation.departments",
        {"code": "D-QA", "name_en": "Quality", "name_zh": "质量", "state": "closed"},
        "state",
    ),
    "a unit that does not convert": Bad(
        "/boms/new",
        {**BOM, "item": "MADE", "revision": "B", "lines.1.part": "PART", "lines.1.quantity": "2",
         "lines.1.unit": "kg"},
        "1.unit",
        "unit.no_conversion",
        {"en": "Add a unit conversion of the item", "zh": "请先为该物料添加单位换算"},
        "catalog.boms",
        {"item": "MADE", "revision": "B", "effective_from": "2026-12-24", "part": "PART", "quantity": "2",
         "unit": "kg"},
        "unit",
    ),
    "a bill of material in a circle": Bad(
        "/boms/new",
        {**BOM, "lines.1.part": "MADE", "lines.1.quantity": "1"},
        "1.part",
        "bom.circle",
        {"en": "PART → MADE → PART. Leave out one of these parts", "zh": "请去掉其中一个子件"},
        "catalog.boms",
        {**BOM, "effective_from": "2026-12-24", "part": "MADE", "quantity": "1"},
        "part",
    ),
    "a GTIN with a wrong digit": Bad(
        "/items/new",
        {**ITEM, "gtin": "06901234560016"},
        "gtin",
        "gtin.check_digit",
        {"en": "it ends in 6 and should end in 5. Scan the label again", "zh": "应为 5"},
        "catalog.items",
        {**ITEM, "gtin": "06901234560016"},
        "gtin",
    ),
}  # fmt: skip


def _staff(session: Session, now: datetime) -> None:
    positions = [
        {"code": code, "name_en": code, "name_zh": code, "department": "D-QA"} for code in ("P-M", "P-1")
    ]
    posts = [
        {"person": login, "position": position, "valid_from": "2020-01-01"}
        for login, position in (("qa", "P-M"), ("inspector", "P-1"))
    ]
    for name, rows in (
        ("departments", [{"code": "D-QA", "name_en": "Quality", "name_zh": "质量"}]),
        ("positions", positions),
        ("posts", posts),
    ):
        store_list(session, f"organisation.{name}", rows, actor=LOADER, now=now)


def _catalog(session: Session, now: datetime) -> None:
    made, part = (
        services.open_item(
            session,
            services.NewItem(code, {"en": code, "zh": code}, ItemKind.COMPONENT, "{pcs}"),
            actor=LOADER,
            now=now,
        )
        for code in ("MADE", "PART")
    )
    parts, first = [revising.BomPart(part, Decimal(1))], date(2026, 1, 1)
    revising.open_bom(session, made, parts, revision="A", effective_from=first, actor=LOADER, now=now)
    name = {"en": "Ruipu", "zh": "瑞普"}
    session.add(Supplier(code="S-1", name=name, criticality="A", country="CN", created_at=now))


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now, "object_change", "data_import")
    with unit_of_work(LOADER, now=now) as session:
        _staff(session, now)
        _catalog(session, now)
        store_delivered(session, actor=LOADER, now=now)
        for login in ADDED:
            add_person(session, login, login, plant.site_id, now=now)
    inspector = plant.people["inspector"]
    with unit_of_work(inspector, now=now) as session:
        human_tasks.claim(session, plant.task("inspection"), actor=inspector, now=now)
    return plant


@pytest.fixture
def browser(plant: Plant) -> Browser:
    app = create_app(testing=True)

    def reading(login: str, language: str) -> FlaskClient:
        client = sign_in(app, login, people.PASSWORD if login in ADDED else PASSWORD)
        answer = client.post(
            "/language", data={"language": language, "csrf_token": token(client, "/me/password")}
        )
        assert answer.status_code == 302
        return client

    return reading


def kept() -> tuple[int, ...]:
    with read_session() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(kind)) or 0 for kind in (ObjectChange, Item, Post)
        )


def said_at(name: str, page: str) -> str:
    """What stands under a field of a page."""
    said = re.search(rf'id="error-{re.escape(name)}"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert said is not None, re.findall(r'class="[^"]*(?:invalid|danger)[^"]*".*?</div>', page, re.DOTALL)
    return html.unescape(said[1])


def address(page: str) -> str:
    with read_session() as session:
        department = session.scalars(select(Department).where(Department.code == "D-QA")).one()
        leaver = session.scalars(select(Post).join(Post.person).where(Person.login == "inspector")).one()
        return page.format(department=department.id, leaver=leaver.id)


@pytest.mark.urs("URS-030", "URS-031", "URS-040", "URS-120", "URS-140")
@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("what", BAD)
def test_it_is_refused_at_its_field_with_the_way_out(
    plant: Plant, browser: Browser, what: str, language: str
) -> None:
    bad, before = BAD[what], kept()
    client = browser(bad.login, language)
    form = {**bad.typed, "reason": "Trial", "csrf_token": token(client, "/me/password")}
    answer = client.post(address(bad.page), data=form, content_type="multipart/form-data")
    assert answer.status_code == 422, answer.text
    assert bad.says[language] in said_at(bad.at, answer.text)
    assert f'aria-describedby="error-{bad.at}"' in answer.text
    assert kept() == before


@pytest.mark.urs("URS-030", "URS-031", "URS-040", "URS-120", "URS-140")
@pytest.mark.parametrize("what", BAD)
def test_a_list_with_it_is_refused_at_its_cell_with_the_way_out(
    plant: Plant, browser: Browser, what: str
) -> None:
    bad, before = BAD[what], kept()
    columns = {one.key: one.name for one in importer_of(bad.listed).columns}
    client = browser(bad.login, "en")
    data = csv([columns[key]["en"] for key in bad.row], list(bad.row.values()))
    form = {"file": (io.BytesIO(data), "list.csv"), "csrf_token": token(client, "/me/password")}
    answer = client.post(f"/imports/{bad.listed}/new", data=form, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    for language in BOTH:
        page = browser(bad.login, language).get(answer.headers["Location"]).text
        found = re.findall(rf'<tr data-code="{re.escape(bad.code)}">(.*?)</tr>', page, re.DOTALL)
        texts = [html.unescape(one) for one in found]
        assert any(columns[bad.column][language] in one and bad.says[language] in one for one in texts), texts
    with read_session() as session:
        assert session.scalars(select(DataImport)).one().state is ImportState.FAULTY
    assert kept() == before


def draft_of(plant: Plant) -> uuid.UUID:
    """A draft of what is made, beside a revision that comes into force on 24 December and ends in January."""
    with unit_of_work(LOADER, now=plant.now) as session:
        made, part = (session.scalars(select(Item).filter_by(code=code)).one() for code in ("MADE", "PART"))
        parts, first = [revising.BomPart(part, Decimal(2))], date(2026, 12, 24)
        revising.open_bom(
            session, made, parts, revision="B", effective_from=first, actor=LOADER, now=plant.now
        )
        return revising.open_bom(
            session, made, parts, revision="C", effective_from=None, actor=LOADER, now=plant.now
        ).id


@pytest.mark.urs("URS-031")
@pytest.mark.parametrize(("language", "words"), [("en", "Choose another day"), ("zh", "请另选日期")])
def test_two_revisions_do_not_come_into_force_on_one_day(
    plant: Plant, browser: Browser, language: str, words: str
) -> None:
    draft, client = draft_of(plant), browser("owner", language)
    form = {"day": "2026-12-24", "reason": "Trial", "csrf_token": token(client, "/me/password")}
    answer = client.post(f"/boms/{draft}/day", data=form)
    assert answer.status_code == 422
    assert words in said_at("day", answer.text)
    assert kept()[0] == 0


@pytest.mark.urs("URS-031")
@pytest.mark.parametrize(("language", "words"), [("en", "Check both days"), ("zh", "请核对两个日期")])
def test_a_revision_does_not_end_before_it_begins(
    plant: Plant, browser: Browser, language: str, words: str
) -> None:
    draft_of(plant)
    with read_session() as session:
        later = session.scalars(select(Bom).where(Bom.code == "B")).one().id
    client = browser("owner", language)
    form = {
        "verb": "end",
        "day": "2026-12-23",
        "reason": "Trial",
        "csrf_token": token(client, "/me/password"),
    }
    answer = client.post(f"/boms/{later}/day", data=form)
    assert answer.status_code == 422
    assert words in said_at("day", answer.text)
    assert kept()[0] == 0


@pytest.mark.urs("URS-140", "URS-141")
@pytest.mark.parametrize(("language", "words"), [("en", "Hand them over first"), ("zh", "请先交接")])
def test_an_account_is_not_closed_while_its_owner_has_open_tasks(
    plant: Plant, browser: Browser, language: str, words: str
) -> None:
    client, leaver = browser("security_admin", language), plant.people["inspector"].id
    answer = client.post(f"/admin/people/{leaver}/leave", data={"csrf_token": token(client, "/me/password")})
    assert answer.status_code == 409
    assert words in html.unescape(answer.text)
    with read_session() as session:
        found = session.scalars(select(Person).where(Person.login == "inspector")).one()
        assert found.state is not PersonState.LEFT
