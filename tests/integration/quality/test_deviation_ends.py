"""Other ends of a deviation: cancelled, found to be a slip of entry, goods regraded to another item."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select

from app.catalog import services as catalog
from app.catalog.models import CharacteristicKind, Item, ItemKind
from app.catalog.revising import Characteristic
from app.equipment.models import Equipment
from app.inbox.handling.cancelling import CancelCase, cancel, review_cancellation
from app.inventory import services as inventory
from app.inventory.genealogy import all_inputs
from app.inventory.models import Lot, LotStatus, MovementKind
from app.inventory.queries import on_hand
from app.inventory.regrading import regrade_lot
from app.quality.deviations.models import Nonconformity, NonconformityState
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import FieldErrors, QmsError
from documents.models import Record
from tests.factories.floor import Floor, make_floor
from tests.factories.plant import names
from tests.integration.quality.test_deviation import (
    AGREE,
    MINOR,
    NO_CAPA,
    PEOPLE,
    REPORT,
    disposition,
    lot_of,
    reported,
    status,
)
from workflows.message_models import CaseMessage
from workflows.models import CaseState, ProcessCase

STAFF = PEOPLE | {"owner": ("process_owner",)}
SLIP = {
    "decision": "slip",
    "reason": "The print-out says 80.8.",
    "slip_field": "Title",
    "slip_old": REPORT["title"],
    "slip_new": "Hardness at the limit",
}


@pytest.fixture
def floor(database: Engine, keeper: Actor, now: datetime) -> Floor:
    return make_floor(("deviation", "data_correction", "lot_release"), STAFF, keeper, now)


def cancels(floor: Floor, login: str, case: ProcessCase) -> None:
    actor = floor.people[login]
    with unit_of_work(actor, now=floor.now) as session:
        asked = CancelCase(case.id, "Reported twice by mistake.", language="en", method="password")
        seen = review_cancellation(session, asked, actor=actor, now=floor.now).hash
        cancel(session, CancelCase(**{**vars(asked), "seen": seen}), actor=actor, now=floor.now)


def registered() -> Nonconformity:
    with read_session() as session:
        return session.scalars(select(Nonconformity)).one()


@pytest.mark.urs("URS-012", "URS-050")
def test_a_report_cancelled_before_it_is_judged_frees_lots_and_machine_but_not_by_its_author(
    floor: Floor,
) -> None:
    lot, now = lot_of(floor), floor.now
    with unit_of_work(floor.people["maker"], now=now) as session:
        machine = {"code": "EX-01", "name": names("Extruder", "挤出机"), "kind": "machine"}
        session.add(Equipment(**machine, site_id=floor.plant.site.id))
    blocked = {"equipment": "EX-01", "block_equipment": "yes"}
    case = reported(floor, lot, **blocked)
    with pytest.raises(QmsError) as refused:
        cancels(floor, "finder", case)
    assert refused.value.code == "nonconformity.own_report"
    assert (floor.case(case.id).state, status(lot)) == (CaseState.RUNNING, LotStatus.HOLD)
    cancels(floor, "qa1", case)
    assert (floor.case(case.id).state, status(lot)) == (CaseState.CANCELLED, LotStatus.RELEASED)
    assert registered().state is NonconformityState.CANCELLED
    with read_session() as session:
        assert not session.scalars(select(Equipment)).one().blocked


@pytest.mark.urs("URS-012", "URS-050")
def test_a_judged_one_is_not_cancelled_while_a_lot_waits_for_its_disposition(floor: Floor) -> None:
    lot = lot_of(floor)
    case = reported(floor, lot)
    floor.signs("qa1", case, "assess", MINOR)
    with pytest.raises(QmsError) as refused:
        cancels(floor, "qa2", case)
    assert refused.value.code == "case.holds"
    assert (floor.open(case), status(lot)) == (["proposal"], LotStatus.HOLD)
    floor.signs("engineer", case, "proposal", disposition(0, "scrap"))
    floor.signs("qa2", case, "qa_decision", AGREE)
    cancels(floor, "qa2", case)
    assert registered().state is NonconformityState.CANCELLED


@pytest.mark.urs("URS-008", "URS-024")
def test_a_slip_asks_for_a_data_correction_and_waits_for_it_with_the_lots_on_hold(floor: Floor) -> None:
    lot = lot_of(floor)
    case = reported(floor, lot)
    with read_session() as session:
        record = session.scalars(select(Record).where(Record.case_id == case.id)).one().number
    floor.signs("qa1", case, "assess", SLIP | {"slip_record": record})
    floor.post()
    with read_session() as session:
        sent = session.scalars(select(CaseMessage).filter_by(name="correction_wanted")).one()
        assert sent.from_case_id == case.id
        correction = session.get_one(ProcessCase, sent.to_case_id)
    asked = floor.facts(correction)["wanted"]
    assert (asked["record"], asked["old"], asked["from"]) == (record, REPORT["title"], case.number)
    assert (floor.open(case), status(lot)) == ([], LotStatus.HOLD)
    request = {
        "title": "Title typed wrongly", "record": record, "field": "Title", "old": asked["old"],
        "new": asked["new"], "reason": "Read from the wrong line.", "evidence": "Print-out of it",
    }  # fmt: skip
    floor.signs("worker", correction, "request", request)
    floor.signs("owner", correction, "check", {"decision": "slip", "reason": "Compared with it"})
    floor.signs("qa2", correction, "decision", AGREE | {"decided_release": "no", "reason": "Evidence"})
    floor.post()
    assert floor.case(case.id).outcome == "nothing_wrong"
    assert (status(lot), registered().state) == (LotStatus.RELEASED, NonconformityState.CANCELLED)


@pytest.mark.urs("URS-008")
def test_a_correction_that_is_cancelled_or_refused_brings_the_report_back_to_quality(floor: Floor) -> None:
    case = reported(floor, lot_of(floor))
    floor.signs("qa1", case, "assess", SLIP | {"slip_record": "R-X"})
    floor.post()
    with read_session() as session:
        correction = session.scalars(select(ProcessCase).filter_by(process_key="data_correction")).one()
    cancels(floor, "qa2", correction)
    floor.post()
    assert floor.open(case) == ["assess"]


@pytest.mark.urs("URS-032", "URS-050")
def test_a_regraded_lot_becomes_a_lot_of_the_other_item_that_is_released_anew(floor: Floor) -> None:
    lot = lot_of(floor)
    other = item(floor, "RM-SEC")
    case = reported(floor, lot)
    floor.signs("qa1", case, "assess", MINOR)
    with pytest.raises(FieldErrors):
        floor.signs("engineer", case, "proposal", disposition(0, "regrade"))
    wanted = disposition(0, "regrade", regrade_to=other.code, scrapped="10")
    floor.signs("engineer", case, "proposal", wanted)
    floor.signs("qa2", case, "qa_decision", AGREE)
    with read_session() as session:
        new = session.scalars(select(Lot).filter_by(item_id=other.id)).one()
        assert (new.number, new.status) == (lot.number, LotStatus.QUARANTINE)
        there = on_hand(session, [lot.id, new.id])
        assert (there[lot.id], there[new.id]) == (Decimal(0), Decimal(90))
        assert all_inputs(session, new.id) == {lot.id}
        release = session.scalars(select(ProcessCase).filter_by(process_key="lot_release")).one()
        assert release.subject_id == new.id
    floor.signs("qa1", case, "conclusion", NO_CAPA)
    assert floor.case(case.id).outcome == "closed"


@pytest.mark.urs("URS-032", "URS-050")
@pytest.mark.parametrize("quantity", ["1", "1000000"])
def test_only_what_is_there_of_a_held_lot_is_regraded(floor: Floor, quantity: str) -> None:
    """A lot that is free to be used has not been judged; one on hold gives no more than there is."""
    lot, other, maker = lot_of(floor), item(floor, "RM-SEC"), floor.people["maker"]
    if held := quantity != "1":
        reported(floor, lot)
    with pytest.raises(QmsError) as refused, unit_of_work(maker, now=floor.now) as session:
        regrade_lot(session, lot.id, Decimal(quantity), other, document="test", actor=maker, now=floor.now)
    assert refused.value.code == ("stock.short_disposal" if held else "lot.not_held")


@pytest.mark.urs("URS-022")
def test_a_number_that_two_items_have_names_no_lot_until_the_item_is_said(floor: Floor) -> None:
    lot, other = lot_of(floor), item(floor, "RM-SEC")
    maker = floor.people["maker"]
    with unit_of_work(maker, now=floor.now) as session:
        twin = inventory.ReceiveLot(
            item=other, site=floor.plant.site, location_id=floor.plant.location.id, number=lot.number,
            quantity=Decimal(5), expiry=floor.now.date() + timedelta(days=90), kind=MovementKind.RECEIPT,
            document="test", key="twin",
        )  # fmt: skip
        twin_id = inventory.receive_lot(session, twin, actor=maker, now=floor.now).id
    case = floor.starts("finder", "deviation")
    with pytest.raises(FieldErrors) as refused:
        floor.signs("finder", case, "report", REPORT | {"lots.0.lot": lot.number})
    assert refused.value.errors["lots.0.lot"].code == "pick.ambiguous"
    assert f"{lot.number}@RM-SEC" in refused.value.errors["lots.0.lot"].text("en")
    rows = {"lots.0.lot": f"{lot.number}@RM-SEC", "lots.1.lot": f"{lot.number}@RM-PVC"}
    floor.signs("finder", case, "report", REPORT | {"lots.0.lot": rows["lots.0.lot"]})
    with read_session() as session:
        assert session.get_one(Lot, twin_id).status is LotStatus.HOLD
    assert status(lot) is LotStatus.RELEASED
    second = floor.starts("finder", "deviation")
    floor.signs("finder", second, "report", REPORT | rows)
    floor.signs("qa1", second, "assess", MINOR)
    scrap = disposition(0, "scrap") | disposition(1, "scrap")
    floor.signs("engineer", second, "proposal", scrap)
    proposed = floor.facts(second)["proposal"]["dispositions"]
    assert {row["lot"] for row in proposed} == set(rows.values())


def item(floor: Floor, code: str) -> Item:
    """Another material, counted like the first one."""
    keeper = floor.people["maker"]
    looks = Characteristic("LOOK", names("Appearance", "外观"), CharacteristicKind.JUDGED)
    with unit_of_work(keeper, now=floor.now) as session:
        command = catalog.NewItem(
            code=code, name=names("Second choice", "次级料"), kind=ItemKind.MATERIAL, uom="kg",
            shelf_life_days=730, specification="SP-SEC/A", characteristics=[looks],
        )  # fmt: skip
        return catalog.open_item(session, command, actor=keeper, now=floor.now)
