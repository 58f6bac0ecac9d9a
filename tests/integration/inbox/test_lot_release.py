"""The shipped model of the lot release, taken through the inbox with the real rooms behind it."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select

from app.access.models import Person
from app.catalog.gs1 import parse_scan, write_message
from app.factory import create_app
from app.inventory.models import Lot, LotStatus
from app.procurement import services as procurement
from app.production import services as production
from core import clock
from core.actor import Actor
from core.config import settings
from core.db import read_session, unit_of_work
from core.errors import NotAllowed, QmsError
from documents.models import Record
from tests.factories import plant as plants
from tests.factories.floor import Floor, make_floor
from tests.factories.inbox import PASSWORD
from workflows.models import CaseState, HumanTask, ProcessCase, TaskState

ROLES = {
    "keeper": ("keeper", "inspector", "qa"),
    "inspector": ("inspector", "qa", "releaser"),
    "qa": ("qa",),
    "releaser": ("releaser", "registrant_releaser"),
    "registrant": ("registrant_releaser",),
}
RESULTS = {"sample_size": "5", "results.0.value": "80.5", "results.1.judgement": "pass", "conclusion": "pass"}
RELEASE = {"decision": "release"}
REJECT = {"decision": "reject", "category": "documents", "reason": "No certificate of the supplier"}


class House(Floor):
    """The plant with its people, at one moment; what arrives there and what it makes."""

    def receives(self) -> ProcessCase:
        """Granulate arrives."""
        with unit_of_work(self.people["keeper"], now=self.now) as session:
            goods = plants.goods(self.plant, now=self.now)
            case_id = procurement.receive_goods(
                session, goods, actor=self.people["keeper"], now=self.now
            ).case_id
        return self.case(case_id)

    def makes(self) -> ProcessCase:
        """A lot of devices comes off the line."""
        keeper = self.people["keeper"]
        with unit_of_work(keeper, now=self.now) as session:
            used = [
                production.UsedLot(
                    plants.make_lot(session, self.plant, item, Decimal(500), actor=keeper, now=self.now).id,
                    quantity,
                )
                for item, quantity in (
                    (self.plant.material, Decimal(2)),
                    (self.plant.component, Decimal(200)),
                )
            ]
            expiry = self.now.date() + timedelta(days=700)
            output = production.ReceiveOutput(
                work_order_id=self.plant.work_order.id,
                label=parse_scan(
                    write_message(plants.DEVICE, lot="D1", expiry=expiry), today=self.now.date()
                ),
                quantity=Decimal(100),
                unit="{pcs}",
                location_id=self.plant.location.id,
                inputs=used,
                key="out-1",
            )
            case_id = production.receive_output(session, output, actor=keeper, now=self.now).case_id
        return self.case(case_id)

    def status(self, case: ProcessCase) -> LotStatus:
        """Where the lot of a case stands."""
        with read_session() as session:
            return session.get_one(Lot, case.subject_id).status


@pytest.fixture
def house(database: Engine, keeper: Actor, now: datetime) -> House:
    return House(**vars(make_floor(("lot_release",), ROLES, keeper, now)))


@pytest.mark.urs("URS-001", "URS-002", "URS-004", "URS-005", "URS-050")
def test_received_material_is_inspected_and_released_by_quality_assurance(house: House) -> None:
    case = house.receives()
    assert house.status(case) is LotStatus.QUARANTINE
    house.signs("inspector", case, "inspection", RESULTS)
    taken = house.signs("qa", case, "incoming_release", RELEASE)
    assert house.status(case) is LotStatus.RELEASED
    assert house.case(case.id).state is CaseState.COMPLETED
    with read_session() as session:
        content = json.loads(session.get_one(Record, taken.record.id).canonical)["content"]
    tables = [decision for decision in content["decisions"] if "asked" not in decision]
    ways = [decision for decision in content["decisions"] if "asked" in decision]
    assert [decision["title"]["zh"] for decision in tables] == ["处置建议", "选择放行路径"]
    assert [decision["title"]["zh"] for decision in ways] == ["货物类别？"]
    assert all(decision["rows"] for decision in tables)
    assert len(content["prior"]) == 2
    assert "incoming_release" in content["path"]["current"]


def test_a_rejection_with_category_and_reason_blocks_the_lot(house: House) -> None:
    case = house.receives()
    house.signs("inspector", case, "inspection", RESULTS | {"results.0.value": "91", "conclusion": "fail"})
    with pytest.raises(QmsError):
        house.signs("qa", case, "incoming_release", {"decision": "reject"})
    house.signs("qa", case, "incoming_release", REJECT)
    assert house.status(case) is LotStatus.REJECTED


@pytest.mark.urs("URS-023")
def test_a_device_needs_plant_and_registrant_and_two_persons(house: House) -> None:
    case = house.makes()
    house.signs("inspector", case, "inspection", RESULTS)
    with pytest.raises(NotAllowed) as caught:
        house.signs("inspector", case, "production_release", RELEASE)
    assert caught.value.code == "task.separation"
    house.signs("releaser", case, "production_release", RELEASE)
    assert house.status(case) is LotStatus.QUARANTINE
    with pytest.raises(NotAllowed) as caught:
        house.signs("releaser", case, "market_release", RELEASE)
    assert caught.value.code == "task.separation"
    taken = house.signs("registrant", case, "market_release", RELEASE)
    assert house.status(case) is LotStatus.RELEASED
    assert taken.record.number.startswith("QR-") or house.plant.registrant.code in taken.record.number


@pytest.mark.urs("URS-023")
def test_whoever_received_the_goods_neither_inspects_nor_releases_them(house: House) -> None:
    case = house.receives()
    with pytest.raises(NotAllowed) as caught:
        house.signs("keeper", case, "inspection", RESULTS)
    assert caught.value.code == "task.separation"
    house.signs("inspector", case, "inspection", RESULTS)
    with pytest.raises(NotAllowed) as caught:
        house.signs("keeper", case, "incoming_release", RELEASE)
    assert caught.value.code == "task.separation"


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize(("language", "expected"), [("en", "Decision tables"), ("zh", "GR-")])
def test_the_releasers_page_shows_lot_results_and_decisions(
    house: House, monkeypatch: pytest.MonkeyPatch, language: str, expected: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: house.now)
    settings().secret_key_file.parent.mkdir(parents=True, exist_ok=True)
    settings().secret_key_file.write_bytes(b"k" * 32)
    case = house.receives()
    house.signs("inspector", case, "inspection", RESULTS)
    with unit_of_work(house.people["keeper"], now=house.now) as session:
        session.scalars(select(Person).filter_by(login="qa")).one().language = language
        task = session.scalars(select(HumanTask).filter_by(case_id=case.id, state=TaskState.OPEN)).one()
    client = create_app(testing=True).test_client()
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/login").text)
    assert token
    answer = client.post("/login", data={"csrf_token": token[1], "login": "qa", "password": PASSWORD})
    assert answer.status_code == 302
    page = client.get(f"/inbox/{task.id}").text
    for text in (expected, "80.5", "QR-QA-015"):
        assert text in page
