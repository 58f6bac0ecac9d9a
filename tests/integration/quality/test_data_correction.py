"""A slip in a record is corrected beside it; a release that rested on it begins anew."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, select

from app.inventory.models import Lot, LotStatus
from app.procurement import services as procurement
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import NotAllowed, QmsError
from documents.models import Record
from signatures.audit import AuditEntry
from tests.factories import plant as plants
from tests.factories.floor import Floor, make_floor
from workflows.models import CaseState, ProcessCase

PEOPLE = {
    "clerk": ("employee", "process_owner", "qa"),
    "owner": ("process_owner", "qa"),
    "qa": ("qa",),
    "inspector": ("inspector",),
}
RESULTS = {"sample_size": "5", "results.0.value": "80.5", "results.1.judgement": "pass", "conclusion": "pass"}
SLIP = {"decision": "slip", "reason": "Compared with the print-out"}
AGREE = {"decision": "approve", "decided_release": "yes", "reason": "Evidence is clear"}


@pytest.fixture
def floor(database: Engine, keeper: Actor, now: datetime) -> Floor:
    return make_floor(("data_correction", "lot_release"), PEOPLE, keeper, now)


@pytest.fixture
def released(floor: Floor, keeper: Actor) -> Lot:
    with unit_of_work(keeper, now=floor.now) as session:
        goods = plants.goods(floor.plant, now=floor.now)
        receipt = procurement.receive_goods(session, goods, actor=keeper, now=floor.now)
        case_id, lot_id = receipt.case_id, receipt.lot_id
    floor.signs("inspector", floor.case(case_id), "inspection", RESULTS)
    floor.signs("qa", floor.case(case_id), "incoming_release", {"decision": "release"})
    with read_session() as session:
        return session.get_one(Lot, lot_id)


def request(**changes: str) -> dict[str, str]:
    with read_session() as session:
        inspected = [one for one in session.scalars(select(Record)) if one.kind.endswith("inspection")]
    return {
        "title": "Hardness typed wrongly", "record": inspected[0].number, "field": "Hardness", "old": "80.5",
        "new": "80.8", "reason": "Read from the wrong line.", "evidence": "Print-out of it",
        **changes,
    }  # fmt: skip


@pytest.mark.urs("URS-024", "URS-050")
def test_the_record_stays_and_the_release_begins_anew(floor: Floor, released: Lot) -> None:
    assert released.status is LotStatus.RELEASED
    case = floor.starts("clerk", "data_correction")
    typed = request()
    with read_session() as session:
        before = session.scalars(select(Record).filter_by(number=typed["record"])).one().sha256
    floor.signs("clerk", case, "request", typed)
    floor.signs("owner", case, "check", SLIP)
    floor.signs("qa", case, "decision", AGREE)
    assert floor.open(case) == ["judge_again"]
    with read_session() as session:
        assert session.get_one(Lot, released.id).status is LotStatus.QUARANTINE
        wanted = select(ProcessCase).filter_by(process_key="lot_release", state=CaseState.RUNNING)
        assert session.scalars(wanted).one().subject_id == released.id
        assert session.scalars(select(Record).filter_by(number=typed["record"])).one().sha256 == before
        told = session.scalars(select(AuditEntry).filter_by(action="data.corrected")).one()
        assert "80.8" in told.entry


@pytest.mark.urs("URS-023")
def test_who_asked_neither_checks_nor_decides(floor: Floor, released: Lot) -> None:
    case = floor.starts("clerk", "data_correction")
    floor.signs("clerk", case, "request", request())
    wrong = (("clerk", "check", SLIP), ("clerk", "decision", AGREE), ("owner", "decision", AGREE))
    for who, step, typed in wrong:
        if step == "decision" and step not in floor.open(case):
            floor.signs("owner", case, "check", SLIP)
        with pytest.raises(NotAllowed) as refused:
            floor.signs(who, case, step, typed)
        assert refused.value.code == "task.separation"


@pytest.mark.urs("URS-022")
@pytest.mark.parametrize(
    ("changes", "code"),
    [({"record": "NO-SUCH"}, "correction.no_record"), ({"old": "12.345"}, "correction.old_value"),
     ({"new": "80.5"}, "correction.same")],
)  # fmt: skip
def test_what_does_not_fit_the_record_is_refused(floor: Floor, released: Lot, changes, code) -> None:
    with pytest.raises(QmsError) as refused:
        corrected(floor, request(**changes))
    assert refused.value.code == code


def corrected(floor: Floor, typed: dict[str, str]) -> None:
    case = floor.starts("clerk", "data_correction")
    floor.signs("clerk", case, "request", typed)
    floor.signs("owner", case, "check", SLIP)
    floor.signs("qa", case, "decision", AGREE)
