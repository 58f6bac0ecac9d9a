"""A list is checked cell by cell, proposed, accepted by a second signature, and stored whole or not."""

import io
import re
import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from app.access.models import GrantState, Person, RoleGrant
from app.catalog.models import Item, Supplier
from app.factory import create_app
from app.imports.models import DataImport, ImportState
from core import clock
from core.db import read_session, unit_of_work
from core.errors import QmsError
from documents.models import Record
from tests.factories.inbox import Plant, make_plant
from tests.factories.lists import GOOD_ITEM, ITEM_HEADS, csv, xlsx
from tests.factories.people import add_person, sign_in, token
from workflows.models import ProcessCase

BAD_ITEM = ["RM-NEW", "", "", "plastic", "stone", "06901234560016", "1,5"]

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now, "data_import")


def bring(
    client: FlaskClient, data: bytes, *, name: str = "items.xlsx", what: str = "catalog.items"
) -> TestResponse:
    form = {"file": (io.BytesIO(data), name), "csrf_token": token(client, "/imports")}
    return client.post(f"/imports/{what}/new", data=form, content_type="multipart/form-data")


def propose(client: FlaskClient, address: str, reason: str = "First items") -> TestResponse:
    return client.post(
        f"{address}/propose", data={"reason": reason, "csrf_token": token(client, "/imports")}
    )


def count(what: type) -> int:
    with read_session() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def last_import() -> DataImport:
    with read_session() as session:
        return session.scalars(select(DataImport).order_by(DataImport.uploaded_at.desc())).first()


@pytest.mark.urs("URS-120")
def test_every_bad_cell_is_named_and_nothing_is_stored(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    answer = bring(client, xlsx(ITEM_HEADS, GOOD_ITEM, BAD_ITEM))
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["Location"]).text
    assert "6 findings. Nothing was stored." in page
    found = {(row, code) for code, row in re.findall(r'data-code="([^"]+)"><td[^>]*>(\d+)<', page)}
    codes = {
        "cell.doubled",
        "cell.required",
        "cell.choice",
        "unit.unknown",
        "gtin.check_digit",
        "cell.comma",
    }
    assert {code for _, code in found} >= codes - {"cell.required"}
    assert {row for row, _ in found} == {"3"}
    assert (count(Item), last_import().state) == (0, ImportState.FAULTY)
    assert propose(client, answer.headers["Location"]).status_code == 409
    table = load_workbook(
        io.BytesIO(client.get(f"{answer.headers['Location']}/findings.xlsx").data)
    ).active
    assert table.max_row == 2, "one row, with its six findings in a column of its own"
    assert table.cell(2, table.max_column).value.count("[") == 6
    assert b"gtin.check_digit" in client.get(f"{answer.headers['Location']}/findings.csv").data
    only = client.get(f"{answer.headers['Location']}?column=gtin").text
    assert "should end in 5" in only
    assert "cell.comma" not in only


@pytest.mark.urs("URS-002", "URS-120")
def test_a_list_is_stored_when_a_second_person_has_signed(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    address = bring(client, xlsx(ITEM_HEADS, GOOD_ITEM)).headers["Location"]
    assert propose(client, address, "").status_code == 422
    assert propose(client, address).status_code == 303
    assert propose(client, address).status_code == 409, "it is proposed only once"
    assert count(Item) == 0
    noted = last_import()
    plant.case_id = noted.case_id
    with read_session() as session:
        [record] = session.scalars(select(Record).filter_by(kind="imports.proposal"))
        assert f'"sha256":"{noted.sha256}"' in record.canonical.decode(), "the record keeps the file"
        assert "类别: 原料" in record.canonical.decode(), "an answer stands there by its name"
    about = browser("qa").get(f"/inbox/{plant.task('acceptance').id}").text
    assert noted.sha256 in about
    assert "PVC granulate" in about
    with pytest.raises(QmsError):
        plant.signs("owner", "acceptance", {"decision": "accept"})
    plant.signs("qa", "acceptance", {"decision": "accept"})
    with read_session() as session:
        [item] = session.scalars(select(Item))
        assert (item.code, item.gtin, item.shelf_life_days) == ("RM-NEW", "06901234560015", 730)
        assert session.get_one(ProcessCase, noted.case_id).state == "completed"
    assert "1 row is stored." in client.get(address).text


def test_a_refused_list_leaves_nothing(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    address = bring(client, xlsx(ITEM_HEADS, GOOD_ITEM)).headers["Location"]
    propose(client, address)
    plant.case_id = last_import().case_id
    plant.signs("qa", "acceptance", {"decision": "refuse", "reason": "Wrong codes"})
    assert (count(Item), last_import().state) == (0, ImportState.REFUSED)


@pytest.mark.urs("URS-004")
def test_a_list_that_no_longer_fits_is_stored_not_even_in_part(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    other = ["RM-OTHER", *GOOD_ITEM[1:5], "", 100]
    addresses = [
        bring(client, data).headers["Location"]
        for data in (xlsx(ITEM_HEADS, GOOD_ITEM), xlsx(ITEM_HEADS, other, GOOD_ITEM))
    ]
    cases = []
    for address in addresses:
        propose(client, address)
        with read_session() as session:
            cases.append(session.get_one(DataImport, uuid.UUID(address.rpartition("/")[2])).case_id)
    plant.case_id = cases[0]
    plant.signs("qa", "acceptance", {"decision": "accept"})
    plant.case_id = cases[1]
    with pytest.raises(QmsError) as refused:
        plant.signs("qa", "acceptance", {"decision": "accept"})
    assert "row 3" in refused.value.text("en")
    assert count(Item) == 1


@pytest.mark.parametrize(
    ("data", "name", "status"),
    [
        (b"MZ\x00", "items.xlsx", 422),
        (b"%PDF-1.4", "items.csv", 422),
        (b"", "items.csv", 422),
        (csv(ITEM_HEADS, GOOD_ITEM), "items.pdf", 422),
        (csv(["a", "b"], [1, 2]), "items.csv", 422),
        (csv(ITEM_HEADS, ["=HYPERLINK(1)", *GOOD_ITEM[1:]]), "items.csv", 422),
        (xlsx(ITEM_HEADS, ["=1+1", *GOOD_ITEM[1:]]), "items.xlsx", 303),
    ],
)
def test_hostile_files_are_refused_or_only_reported(
    plant: Plant, browser: Browser, data: bytes, name: str, status: int
) -> None:
    answer = bring(browser("owner"), data, name=name)
    assert answer.status_code == status
    assert count(Item) == 0


def test_each_list_asks_for_its_own_right(plant: Plant, browser: Browser) -> None:
    assert browser("inspector2").get("/imports/catalog.items/new").status_code == 403
    assert bring(browser("keeper"), xlsx(ITEM_HEADS, GOOD_ITEM)).status_code == 403
    assert browser("keeper").get("/imports/inventory.locations/new").status_code == 200
    assert browser("owner").get("/imports/nothing/new").status_code == 404


PEOPLE_HEADS = [
    "User name",
    "Name (English)",
    "Name (Chinese)",
    "Language",
    "Time zone",
    "Site",
    "Role",
    "Role at site",
]


@pytest.mark.urs("URS-028")
def test_people_come_in_with_first_passwords_and_roles_that_wait(
    plant: Plant, browser: Browser, now: datetime
) -> None:
    with unit_of_work(plant.people["owner"], now=now) as session:
        add_person(session, "secadmin", "security_admin", plant.site_id, now=now)
    app = create_app(testing=True)
    client = sign_in(app, "secadmin")
    chen = ["chen.jie", "Chen Jie", "陈杰", "zh", "Asia/Shanghai", "SH"]
    rows = [
        [*chen, "inspector", ""],
        [*chen, "qa", "*"],
        ["wang", "Wang Wei", "王伟", "en", "Europe/Berlin", "SH", "", ""],
    ]
    address = bring(client, csv(PEOPLE_HEADS, *rows), name="people.csv", what="access.people").headers[
        "Location"
    ]
    assert propose(client, address).status_code == 409
    page = client.post(f"{address}/apply", data={"csrf_token": token(client, "/imports")})
    assert page.status_code == 200, page.text
    passwords = dict(re.findall(r'data-login="([^"]+)".*?<code>([^<]+)</code>', page.text))
    assert set(passwords) == {"chen.jie", "wang"}
    again = client.post(f"{address}/apply", data={"csrf_token": token(client, "/imports")})
    assert again.status_code == 409
    with read_session() as session:
        person = session.scalars(select(Person).filter_by(login="chen.jie")).one()
        assert person.must_change_password
        states = {
            one.role: one.state
            for one in session.scalars(select(RoleGrant).filter_by(person_id=person.id))
        }
    assert states == {"inspector": GrantState.EFFECTIVE, "qa": GrantState.PROPOSED}
    assert sign_in(app, "chen.jie", passwords["chen.jie"])
    assert browser("keeper").get(address).status_code == 404, "accounts are no business of the warehouse"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({0: "owner"}, "access.login_taken"),
        ({0: "Bad Login"}, "access.login"),
        ({4: "Shanghai"}, "access.zone"),
        ({5: "XX"}, "site.not_found"),
        ({6: "king"}, "cell.choice"),
        ({7: "YY"}, "site.not_found"),
    ],
)
def test_people_with_a_wrong_cell_stay_outside(
    plant: Plant, browser: Browser, now: datetime, changes: dict[int, str], code: str
) -> None:
    with unit_of_work(plant.people["owner"], now=now) as session:
        add_person(session, "secadmin", "security_admin", plant.site_id, now=now)
    client = sign_in(create_app(testing=True), "secadmin")
    row = ["chen.jie", "Chen Jie", "陈杰", "zh", "Asia/Shanghai", "SH", "inspector", ""]
    for place, value in changes.items():
        row[place] = value
    address = bring(client, csv(PEOPLE_HEADS, row), name="people.csv", what="access.people").headers[
        "Location"
    ]
    assert f'data-code="{code}"' in client.get(address).text


def test_suppliers_standards_places_orders_come_in_one_after_the_other(
    plant: Plant, browser: Browser
) -> None:
    lists = {
        "catalog.suppliers": ["code,name_en,criticality,country", "S-1,Ruipu,A,CN"],
        "catalog.items": [",".join(ITEM_HEADS), ",".join(map(str, GOOD_ITEM))],
        "catalog.characteristics": [
            "item,revision,effective_from,code,name_zh,kind,lower,upper,unit",
            "RM-NEW,1,2026-01-01,HARD,硬度,measured,67,73,1",
        ],
        "inventory.locations": [
            "site,warehouse,warehouse_name_en,location,name_en", "SH,W1,Main,01-IN,In", "SH,W1,Main,02,Rack",
        ],
        "suppliers.certificates": [
            "supplier,kind,number,issuer,valid_from,valid_until",
            "S-1,iso_13485,MD 1,Body,2020-01-01,2099-12-31",
        ],
        "suppliers.scopes": [
            "supplier,item,site,valid_from", "S-1,RM-NEW,SH,2020-01-01",
        ],
        "procurement.orders": [
            "number,supplier,site,item,quantity,due_on", "PO-1,S-1,SH,RM-NEW,1000,2026-12-01",
        ],
    }  # fmt: skip
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        add_person(session, "buyer", "buyer", plant.site_id, now=plant.now)
    buyer = sign_in(create_app(testing=True), "buyer")
    for what, lines in lists.items():
        client = buyer if what.startswith(("procurement", "suppliers")) else browser("owner")
        address = bring(client, "\n".join(lines).encode(), name="l.csv", what=what).headers["Location"]
        answer = propose(client, address)
        assert answer.status_code == 303, client.get(address).text
        with read_session() as session:
            noted = session.get_one(DataImport, uuid.UUID(address.rpartition("/")[2]))
            plant.case_id = noted.case_id
        plant.signs("qa", "acceptance", {"decision": "accept"})
    assert count(Supplier) == 1
    assert "PO-1" in buyer.get("/orders").text
