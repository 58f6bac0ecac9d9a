"""A deviation on the real rooms: lots stop with the report and move with the decision."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, select

from app.equipment.models import Equipment, EquipmentKind
from app.inventory.models import Lot, LotStatus, Movement, MovementKind
from app.inventory.queries import on_hand
from app.inventory.services import Consumption, record_consumption
from app.inventory.steps import release_lot
from app.quality.deviations.models import Nonconformity, NonconformityState
from app.suppliers.queries import standing_row
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import FieldErrors, NotAllowed, QmsError
from tests.factories import plant as plants
from tests.factories.floor import Floor, make_floor
from tests.factories.walks import separations
from workflows import registry
from workflows.message_models import CaseMessage
from workflows.models import CaseState, ProcessCase
from workflows.registry import OperationCall

STAFF = ("employee", "qa", "engineer", "regulatory", "releaser", "quality_head", "inspector")
PEOPLE = {
    "finder": STAFF,
    "maker": STAFF,
    "qa1": ("qa",),
    "qa2": ("qa",),
    "engineer": ("engineer", "qa", "regulatory", "releaser", "quality_head"),
    "regulatory": ("regulatory", "qa", "releaser", "quality_head"),
    "releaser": ("releaser",),
    "head": ("quality_head", "qa"),
    "worker": ("employee", "inspector"),
    "inspector": ("inspector", "employee"),
}
REPORT = {
    "title": "Hardness above the limit",
    "found_on": "2026-11-22",
    "place": "Incoming inspection",
    "description": "Five of five samples are too hard.",
    "category": "material",
    "item": "RM-PVC",
    "descendants": "no",
    "block_equipment": "no",
    "block_supplier": "no",
}
MINOR = {"decision": "nonconformity", "reason": "Outside the limit", "severity": "2", "delivered": "no"}
AGREE = {"decision": "approve"}
NO_CAPA = {
    "summary": "A single bad lot.",
    "capa": "waive",
    "rationale": "First time, supplier told.",
    "lift_blocks": "yes",
}
CAUSE = {
    "method": "five_why",
    "findings": "The oven ran hot.",
    "cause": "machine",
    "cause_text": "The fan was broken.",
}
BOARD = ("qa_decision", "regulatory_decision", "production_decision", "head_decision")


@pytest.fixture
def floor(database: Engine, keeper: Actor, now: datetime) -> Floor:
    return make_floor(("deviation",), PEOPLE, keeper, now)


def lot_of(floor: Floor, *, released: bool = True, quantity: int = 100) -> Lot:
    maker = floor.people["maker"]
    with unit_of_work(maker, now=floor.now) as session:
        return plants.make_lot(
            session, floor.plant, floor.plant.material, Decimal(quantity), actor=maker, now=floor.now,
            released=released,
        )  # fmt: skip


def made_of(floor: Floor, lot: Lot) -> Lot:
    maker = floor.people["maker"]
    with unit_of_work(maker, now=floor.now) as session:
        device = plants.make_lot(
            session, floor.plant, floor.plant.device, Decimal(50), actor=maker, now=floor.now
        )
        used = Consumption(lot.id, Decimal(10), device.id, "WO-1", f"use-{device.id}")
        record_consumption(session, used, actor=maker, now=floor.now)
        return device


def status(lot: Lot) -> LotStatus:
    with read_session() as session:
        return session.get_one(Lot, lot.id).status


def reported(floor: Floor, *lots: Lot, **changes: str):
    case = floor.starts("finder", "deviation")
    rows = {f"lots.{number}.lot": lot.number for number, lot in enumerate(lots)}
    floor.signs("finder", case, "report", REPORT | rows | changes)
    return case


def disposition(number: int, kind: str, **more: str) -> dict[str, str]:
    typed = {f"dispositions.{number}.{name}": value for name, value in more.items()}
    return {
        f"dispositions.{number}.disposition": kind,
        "reason": "As the board will see it.",
        "concession": "The hardness does not matter for this use.",
        "concession_risk": "None found.",
        "rework_instruction": "WI-017",
        **typed,
    }


@pytest.mark.urs("URS-001", "URS-004", "URS-050")
def test_the_report_holds_the_lots_and_the_disposition_scraps_them(floor: Floor) -> None:
    lot, other = lot_of(floor), lot_of(floor)
    case = reported(floor, lot)
    assert (status(lot), status(other)) == (LotStatus.HOLD, LotStatus.RELEASED)
    assert floor.case(case.id).title["en"].endswith(REPORT["title"])
    floor.signs("qa1", case, "assess", MINOR)
    floor.signs("engineer", case, "proposal", disposition(0, "scrap"))
    floor.signs("qa2", case, "qa_decision", AGREE)
    with read_session() as session:
        gone = session.scalars(select(Movement).filter_by(lot_id=lot.id, kind=MovementKind.SCRAP)).all()
        assert [one.quantity for one in gone] == [Decimal(-100)]
        assert not on_hand(session, [lot.id])[lot.id]
    floor.signs("qa1", case, "conclusion", NO_CAPA)
    assert floor.case(case.id).outcome == "closed"
    with read_session() as session:
        found = session.scalars(select(Nonconformity)).one()
        assert (found.number, found.state) == (case.number, NonconformityState.CLOSED)
        assert found.severity_class == "minor"


@pytest.mark.urs("URS-032", "URS-050")
def test_every_lot_made_from_a_named_one_is_held_on_request(floor: Floor) -> None:
    lot = lot_of(floor)
    device = made_of(floor, lot)
    case = reported(floor, lot, descendants="yes")
    assert (status(lot), status(device)) == (LotStatus.HOLD, LotStatus.HOLD)
    floor.signs("qa1", case, "assess", {"decision": "none", "reason": "The gauge was read wrongly."})
    assert (status(lot), status(device)) == (LotStatus.RELEASED, LotStatus.RELEASED)
    assert floor.case(case.id).outcome == "nothing_wrong"


@pytest.mark.urs("URS-050")
def test_part_is_returned_and_the_rest_used_under_a_concession(floor: Floor) -> None:
    lot = lot_of(floor)
    case = reported(floor, lot)
    floor.signs("qa1", case, "assess", MINOR)
    floor.signs("engineer", case, "proposal", disposition(0, "use_as_is", returned="40"))
    floor.signs("qa2", case, "qa_decision", AGREE)
    assert status(lot) is LotStatus.HOLD, "a concession also needs regulatory affairs"
    floor.signs("regulatory", case, "regulatory_decision", AGREE)
    assert status(lot) is LotStatus.RELEASED
    with read_session() as session:
        assert on_hand(session, [lot.id])[lot.id] == Decimal(60)


@pytest.mark.urs("URS-022")
def test_a_use_as_is_without_its_justification_is_refused_at_the_field(floor: Floor) -> None:
    case = reported(floor, lot_of(floor))
    floor.signs("qa1", case, "assess", MINOR)
    typed = {**disposition(0, "use_as_is"), "concession": "", "concession_risk": ""}
    with pytest.raises(FieldErrors) as refused:
        floor.signs("engineer", case, "proposal", typed)
    assert {"concession", "concession_risk"} <= set(refused.value.errors)


@pytest.mark.urs("URS-001")
def test_rework_stays_on_hold_until_the_new_inspection_passes(floor: Floor) -> None:
    lot = lot_of(floor)
    case = reported(floor, lot)
    floor.signs("qa1", case, "assess", MINOR)
    for conclusion, after in (("fail", LotStatus.HOLD), ("pass", LotStatus.RELEASED)):
        floor.signs("engineer", case, "proposal", disposition(0, "rework"))
        floor.signs("qa2", case, "qa_decision", AGREE)
        floor.signs("worker", case, "rework", {"instruction": "WI-017", "done": "Dried again"})
        assert status(lot) is LotStatus.HOLD
        floor.signs("inspector", case, "reinspection", {"checked": "Hardness", "conclusion": conclusion})
        assert status(lot) is after
    assert floor.open(case) == ["conclusion"]


@pytest.mark.urs("URS-004")
def test_a_supplier_is_blocked_with_the_report_and_freed_with_the_conclusion(floor: Floor) -> None:
    def standing() -> str | None:
        with read_session() as session:
            row = standing_row(session, floor.plant.supplier.id)
            return row.standing.value if row else None

    case = reported(floor, supplier="S-01", block_supplier="yes")
    assert standing() == "blocked"
    floor.signs("qa1", case, "assess", MINOR)
    floor.signs("engineer", case, "proposal", {"reason": "No lot is concerned."})
    floor.signs("qa2", case, "qa_decision", AGREE)
    floor.signs("qa1", case, "conclusion", NO_CAPA)
    assert standing() == "free"


@pytest.mark.urs("URS-005", "URS-071")
def test_severity_5_needs_a_capa_and_doing_without_needs_rationale_and_the_quality_head(floor: Floor) -> None:
    case = reported(floor)
    floor.signs("qa1", case, "assess", MINOR | {"severity": "5"})
    floor.signs("engineer", case, "investigation", CAUSE)
    floor.signs("engineer", case, "proposal", {"reason": "No lot is concerned."})
    for who, step in (
        ("qa2", "qa_decision"), ("regulatory", "regulatory_decision"),
        ("releaser", "production_decision"), ("head", "head_decision"),
    ):  # fmt: skip
        floor.signs(who, case, step, AGREE)
    with pytest.raises(FieldErrors) as refused:
        floor.signs("qa1", case, "conclusion", {**NO_CAPA, "rationale": ""})
    assert set(refused.value.errors) == {"rationale"}
    assert floor.open(case) == ["conclusion"]
    floor.signs("qa1", case, "conclusion", NO_CAPA)
    floor.signs("head", case, "waiver", {"decision": "return", "reason": "Severity 5 is not waived."})
    floor.signs("qa1", case, "conclusion", NO_CAPA | {"capa": "open"})
    with read_session() as session:
        sent = session.scalars(select(CaseMessage)).one()
        assert (sent.name, case.number in sent.correlation) == ("capa_wanted", True)


@pytest.mark.urs("URS-005")
def test_the_third_of_its_kind_in_six_months_is_major_and_needs_a_capa(floor: Floor) -> None:
    for _ in range(2):
        reported(floor)
        floor.now += timedelta(days=30)
    case = reported(floor)
    floor.signs("qa1", case, "assess", MINOR)
    facts = floor.facts(case)
    assert (facts["recurrence"]["count"], facts["grading"]["class"]) == (3, "major")


@pytest.mark.urs("URS-022")
def test_a_lot_that_does_not_exist_is_refused_and_nothing_is_kept(floor: Floor) -> None:
    case = floor.starts("finder", "deviation")
    with pytest.raises(FieldErrors) as refused:
        floor.signs("finder", case, "report", REPORT | {"lots.0.lot": "NO-SUCH-LOT"})
    assert {path: one.code for path, one in refused.value.errors.items()} == {"lots.0.lot": "pick.unknown"}
    assert floor.open(case) == ["report"]
    with read_session() as session:
        assert session.scalars(select(Nonconformity)).all() == []


@pytest.mark.urs("URS-023")
def test_whoever_took_the_lot_off_the_line_does_not_decide(floor: Floor) -> None:
    maker = floor.people["maker"]
    with unit_of_work(maker, now=floor.now) as session:
        lot = plants.make_lot(
            session, floor.plant, floor.plant.material, Decimal(5), actor=maker, now=floor.now,
            kind=MovementKind.OUTPUT,
        )  # fmt: skip
    case = reported(floor, lot)
    floor.signs("qa1", case, "assess", MINOR)
    floor.signs("engineer", case, "proposal", disposition(0, "scrap"))
    with pytest.raises(QmsError) as refused:
        floor.signs("maker", case, "qa_decision", AGREE)
    assert refused.value.code == "nonconformity.maker"
    assert floor.open(case) == ["qa_decision"]


STEPS = (
    ("finder", "report", REPORT),
    ("qa1", "assess", MINOR | {"severity": "5", "delivered": "yes"}),
    ("regulatory", "delivered_goods", {"risk": "Hard to say so far.", "advisory": "no", "reportable": "no"}),
    ("engineer", "investigation", CAUSE),
    ("engineer", "proposal", {"reason": "No lot is concerned."}),
)  # fmt: skip


@pytest.mark.urs("URS-023")
@pytest.mark.parametrize("step", BOARD)
def test_finder_investigator_proposer_and_other_deciders_do_not_decide(floor: Floor, step: str) -> None:
    case = floor.starts("finder", "deviation")
    for who, earlier, typed in STEPS:
        floor.signs(who, case, earlier, typed)
    for who in ("finder", "engineer"):
        with pytest.raises(NotAllowed) as refused:
            floor.signs(who, case, step, AGREE)
        assert refused.value.code == "task.separation"
    other = "regulatory_decision" if step == "qa_decision" else "qa_decision"
    floor.signs("regulatory", case, other, AGREE)
    with pytest.raises(NotAllowed) as refused:
        floor.signs("regulatory", case, step, AGREE)
    assert refused.value.code == "task.separation"


@pytest.mark.urs("URS-023")
def test_the_separations_are_those_of_the_readme() -> None:
    excluded: dict[str, set[str]] = {}
    for step, other in separations("deviation"):
        excluded.setdefault(step, set()).add(other)
    decisions = set(BOARD)
    for step in decisions:
        assert excluded[step] == {"start", "report", "investigation", "proposal"} | decisions - {step}
    assert excluded["reinspection"] == {"rework"}
    assert excluded["assess"] == excluded["delivered_goods"] == {"start", "report"}


@pytest.mark.urs("URS-023")
def test_who_reworked_does_not_inspect_again(floor: Floor) -> None:
    case = reported(floor, lot_of(floor))
    floor.signs("qa1", case, "assess", MINOR)
    floor.signs("engineer", case, "proposal", disposition(0, "rework"))
    floor.signs("qa2", case, "qa_decision", AGREE)
    floor.signs("worker", case, "rework", {"instruction": "WI-017", "done": "Dried again"})
    with pytest.raises(NotAllowed) as refused:
        floor.signs("worker", case, "reinspection", {"checked": "Hardness", "conclusion": "pass"})
    assert refused.value.code == "task.separation"


def test_two_people_deciding_at_once_decide_once(floor: Floor) -> None:
    lot = lot_of(floor)
    case = reported(floor, lot)
    floor.signs("qa1", case, "assess", MINOR)
    floor.signs("engineer", case, "proposal", disposition(0, "scrap"))
    together, outcomes = Barrier(2), []

    def decide(sign: Callable[[], object]) -> None:
        together.wait()
        try:
            sign()
            outcomes.append("signed")
        except QmsError as refused:
            outcomes.append(refused.code)

    hands = [floor.ready(who, case, "qa_decision", AGREE) for who in ("qa2", "regulatory")]
    both = [Thread(target=decide, args=(sign,)) for sign in hands]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(outcomes) == 2
    assert set(outcomes) < {"signed", "task.over", "task.not_open"}
    assert outcomes.count("signed") == 1
    with read_session() as session:
        gone = session.scalars(select(Movement).filter_by(lot_id=lot.id, kind=MovementKind.SCRAP)).all()
        assert len(gone) == 1


@pytest.mark.urs("URS-004")
def test_a_lot_with_two_deviations_stays_on_hold_until_both_have_decided(floor: Floor) -> None:
    lot = lot_of(floor)
    first, second = reported(floor, lot), reported(floor, lot)
    floor.signs("qa1", first, "assess", {"decision": "none", "reason": "Nothing is wrong"})
    assert status(lot) is LotStatus.HOLD
    floor.signs("qa1", second, "assess", {"decision": "none", "reason": "Nothing is wrong"})
    assert status(lot) is LotStatus.RELEASED


@pytest.mark.urs("URS-050", "URS-032")
def test_no_lot_is_released_while_a_deviation_is_open_on_its_material(floor: Floor, now: datetime) -> None:
    lot = lot_of(floor)
    device = made_of(floor, lot)
    case = reported(floor, lot)
    with unit_of_work(floor.people["head"], now=now) as session, pytest.raises(QmsError) as refused:
        release_lot(OperationCall(session, {"lot": str(device.id)}, case, floor.people["head"], now))
    assert refused.value.code in {"release.inspection_missing", "release.nonconformity"}
    assert floor.case(case.id).state is CaseState.RUNNING


def test_a_machine_is_blocked_by_the_report(floor: Floor) -> None:
    with unit_of_work(floor.people["head"], now=floor.now) as session:
        oven = {"code": "M-1", "name": plants.names("Oven", "烘箱"), "kind": "machine"}
        session.add(Equipment(**oven, site_id=floor.plant.site.id))
    reported(floor, equipment="M-1", block_equipment="yes")
    with read_session() as session:
        assert session.scalars(select(Equipment)).one().blocked


@pytest.mark.urs("URS-041", "URS-050", "URS-078")
def test_causes_are_blocked_once_with_the_number_of_the_case(floor: Floor) -> None:
    case, finder = reported(floor), floor.people["finder"]

    def told(operation: str, **named: str | None) -> object:
        with unit_of_work(finder, now=floor.now) as session:
            params = {"equipment": None, "supplier": None, **named}
            call = OperationCall(session, params, session.get_one(ProcessCase, case.id), finder, floor.now)
            return registry.call(operation, call)

    with unit_of_work(finder, now=floor.now) as session:
        for code, why in (("M-1", ""), ("M-2", "Broken")):
            machine = Equipment(
                code=code, name=plants.names(code, code), kind=EquipmentKind.MACHINE,
                site_id=floor.plant.site.id, blocked=bool(why), block_reason=why,
            )  # fmt: skip
            session.add(machine)
    assert told("quality.block_causes") == {"blocked": []}
    with pytest.raises(QmsError) as unknown:
        told("quality.block_causes", equipment="M-1", supplier="S-99")
    assert unknown.value.code == "pick.unknown"
    with read_session() as session:
        assert not session.scalars(select(Equipment).filter_by(code="M-1")).one().blocked, "all or nothing"
    assert told("quality.block_causes", equipment="M-1", supplier="S-01") == {"blocked": ["M-1", "S-01"]}
    assert told("quality.block_causes", equipment="M-1", supplier="S-01") == {"blocked": []}
    assert told("quality.block_causes", equipment="M-2") == {"blocked": []}, "somebody else did before"
    with read_session() as session:
        reasons = {one.code: one.block_reason for one in session.scalars(select(Equipment))}
        row = standing_row(session, floor.plant.supplier.id)
    assert reasons == {"M-1": f"{case.number} {REPORT['title']}", "M-2": "Broken"}
    assert row is not None
    assert row.why.startswith(case.number)
    assert told("quality.lift_blocks", equipment="M-2") == {"lifted": []}
    assert told("quality.lift_blocks", equipment="M-1", supplier="S-01") == {"lifted": ["M-1", "S-01"]}
