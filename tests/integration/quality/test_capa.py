"""A CAPA on the real rooms: planned, done, checked by timer, reopened when it had no effect."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select

from app.factory import create_app
from app.inbox.handling.extending import AskForTime, ask_for_time
from app.inventory.models import LotStatus
from app.quality.capas.counting import count_lots
from app.quality.capas.models import Capa, CapaAction, CapaOutcome, CapaState
from app.quality.capas.services import close_capa
from app.sites.tasks import CALENDAR
from core import clock
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import FieldErrors, NotAllowed, QmsError
from tests.factories.floor import Floor, make_floor
from tests.factories.inbox import PASSWORD
from tests.factories.people import sign_in
from tests.factories.plant import make_lot
from workflows.models import HumanTask, ProcessCase, TaskState

STAFF = ("employee", "qa")
PEOPLE = {
    "owner": STAFF,
    "doer": STAFF,
    "qa1": ("qa",),
    "qa2": ("qa",),
    "checker": ("qa",),
    "head": ("quality_head", "qa"),
    "regulatory": ("regulatory",),
    "process": ("process_owner",),
}
TRIAGE = {
    "title": "Hard granulate again",
    "source": "trend",
    "is": "Three lots too hard since June.",
    "severity": "4",
    "occurrence": "3",
    "detection": "3",
    "decision": "yes",
    "rationale": "It comes back.",
    "owner": "owner",
}
CONTAINED = {"measures": "All on hold", "scope": "Every lot since June", "lots_clear": "yes"}
CAUSE = {
    "whys.0.why": "Too hard?",
    "whys.0.because": "Dried too long.",
    "root_cause_code": "process",
    "root_cause": "The dryer has no timer.",
    "similar": "The other dryer, too.",
}
PLAN = {
    "actions.0.kind": "corrective",
    "actions.0.action": "Fit a timer",
    "actions.0.owner": "doer",
    "actions.0.due": "2026-12-31",
    "actions.0.verification": "Look at it",
    "metric": "Lots too hard",
    "target": "none",
    "sample": "3 lots",
    "change": "no",
    "scar": "no",
}
AGREE = {"decision": "approve"}
VERIFIED = {"implemented": "Seen at the machine.", "adverse": "none", "decision": "approve"}


def effect(outcome: str) -> dict[str, str]:
    return {"measured": "Three lots in 60 days", "value": "as found", "outcome": outcome, "reason": "Counted"}


@pytest.fixture
def floor(database: Engine, keeper: Actor, now: datetime) -> Floor:
    return make_floor(("capa", "extension_request"), PEOPLE, keeper, now)


def to_plan(floor: Floor, **triage: str) -> ProcessCase:
    case = floor.starts("qa1", "capa")
    floor.signs("qa1", case, "triage", TRIAGE | triage)
    floor.signs("owner", case, "containment", CONTAINED)
    floor.signs("owner", case, "investigation", CAUSE)
    floor.signs("qa2", case, "investigation_review", AGREE)
    return case


def to_check(floor: Floor) -> ProcessCase:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    done(floor, case)
    return case


def done(floor: Floor, case: ProcessCase) -> None:
    floor.signs("qa2", case, "plan_approval", AGREE)
    floor.signs("doer", case, "implement", {"result": "done", "done": "Timer fitted"})
    floor.signs("qa2", case, "verification", VERIFIED)


def registered() -> Capa:
    with read_session() as session:
        return session.scalars(select(Capa)).one()


@pytest.mark.urs("URS-001", "URS-004")
def test_the_effect_is_checked_when_its_day_has_come_and_closes_it(floor: Floor) -> None:
    case = to_check(floor)
    assert floor.open(case) == []
    assert (registered().state, str(registered().check_due)) == (CapaState.WATCHED, "2027-01-21")
    floor.timers(case, floor.now + timedelta(days=59))
    assert floor.open(case) == []
    floor.timers(case, floor.now + timedelta(days=2))
    floor.signs("checker", case, "effectiveness", effect("effective"))
    assert (registered().state, registered().outcome) == (CapaState.CLOSED, CapaOutcome.EFFECTIVE)
    assert floor.case(case.id).outcome == "closed"


BY_LOTS = {"check_by": "lots", "check_lots": "2", "check_item": "RM-PVC", "check_until": "2027-03-31"}


def counted(floor: Floor, at: datetime) -> list[str]:
    """Count the lots on a day, and let the messages that come of it arrive."""
    floor.now = at
    with unit_of_work(CALENDAR, now=at) as session:
        told = [one.number for one in count_lots(session, floor.plant.site, actor=CALENDAR, now=at)]
    floor.post()
    return told


def lots(floor: Floor, number: int, **options: LotStatus) -> None:
    with unit_of_work(floor.people["qa1"], now=floor.now) as session:
        for _one in range(number):
            plant = floor.plant
            lot = make_lot(
                session, plant, plant.material, Decimal(1), actor=floor.people["qa1"], now=floor.now
            )
            lot.status = options.get("status", lot.status)


@pytest.mark.urs("URS-004")
def test_the_effect_is_checked_when_the_lots_of_the_plan_have_come_in_and_are_decided(floor: Floor) -> None:
    lots(floor, 3)
    floor.now += timedelta(minutes=1)
    case = to_plan(floor)
    with pytest.raises(FieldErrors) as refused:
        floor.signs("owner", case, "plan", PLAN | {"check_by": "lots"})
    assert set(refused.value.errors) == {"check_lots", "check_item", "check_until"}
    floor.signs("owner", case, "plan", PLAN | BY_LOTS)
    done(floor, case)
    assert (registered().check_lots, str(registered().check_due)) == (2, "2027-03-31")
    floor.now += timedelta(minutes=1)
    lots(floor, 1)
    lots(floor, 1, status=LotStatus.QUARANTINE)
    assert counted(floor, floor.now) == [], "one is decided, the three from before do not count"
    assert floor.open(case) == []
    lots(floor, 1)
    assert counted(floor, floor.now + timedelta(days=1)) == [case.number]
    assert floor.open(case) == ["effectiveness"]
    assert counted(floor, floor.now + timedelta(days=1)) == []


@pytest.mark.urs("URS-004")
def test_lots_that_never_come_are_waited_for_until_the_last_day(floor: Floor) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN | BY_LOTS)
    done(floor, case)
    assert counted(floor, datetime(2027, 3, 30, 3, 0, tzinfo=UTC)) == []
    assert counted(floor, datetime(2027, 3, 31, 3, 0, tzinfo=UTC)) == [case.number]
    assert floor.open(case) == ["effectiveness"]


@pytest.mark.urs("URS-004")
def test_an_ineffective_one_reopens_itself_and_an_unclear_one_is_checked_once_more(floor: Floor) -> None:
    case = to_check(floor)
    for outcome in ("inconclusive", "inconclusive"):
        floor.timers(case, floor.now + timedelta(days=61))
        floor.signs("checker", case, "effectiveness", effect(outcome))
    assert floor.open(case) == ["investigation"]
    assert (registered().state, registered().reopened) == (CapaState.OPEN, 1)


@pytest.mark.urs("URS-023")
def test_owner_and_implementer_neither_approve_nor_verify_nor_check(floor: Floor) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    refused_to(floor, "owner", case, "plan_approval", AGREE)
    floor.signs("qa2", case, "plan_approval", AGREE)
    floor.signs("doer", case, "implement", {"result": "done", "done": "Timer fitted"})
    for who in ("owner", "doer"):
        refused_to(floor, who, case, "verification", VERIFIED)
    floor.signs("qa2", case, "verification", VERIFIED)
    floor.timers(case, floor.now + timedelta(days=61))
    for who in ("owner", "doer"):
        refused_to(floor, who, case, "effectiveness", effect("effective"))


def test_only_its_owner_carries_an_action_out(floor: Floor) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    floor.signs("qa2", case, "plan_approval", AGREE)
    with pytest.raises(QmsError):
        floor.signs("owner", case, "implement", {"result": "done", "done": "Timer fitted"})
    assert floor.open(case) == ["implement"]


def refused_to(floor: Floor, who: str, case: ProcessCase, step: str, typed: dict[str, str]) -> None:
    with pytest.raises(NotAllowed) as refused:
        floor.signs(who, case, step, typed)
    assert refused.value.code == "task.separation"


@pytest.mark.urs("URS-022")
def test_a_refusal_without_rationale_is_refused_and_against_the_table_it_is_the_heads(floor: Floor) -> None:
    case = floor.starts("qa1", "capa")
    typed = TRIAGE | {"decision": "no", "severity": "5", "owner": ""}
    with pytest.raises(FieldErrors) as refused:
        floor.signs("qa1", case, "triage", typed | {"rationale": ""})
    assert set(refused.value.errors) == {"rationale"}
    floor.signs("qa1", case, "triage", typed)
    assert floor.open(case) == ["declining"]
    floor.signs("head", case, "declining", {"decision": "return", "reason": "Severity 5 needs one."})
    assert floor.open(case) == ["triage"]


@pytest.mark.urs("URS-022")
def test_a_day_moves_by_signed_request_only_and_twice_at_most(floor: Floor) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    floor.signs("qa2", case, "plan_approval", AGREE)
    given = {"decision": "approve", "risk": "Stock is on hold."}
    for day, who, step in (("2027-01-31", "qa2", "extension"), ("2027-02-28", "head", "second_extension")):
        wanted = {"result": "extend", "new_due": day, "reason": "The part is late."}
        floor.signs("doer", case, "implement", wanted)
        assert floor.open(case) == [step]
        floor.signs(who, case, step, given)
        with read_session() as session:
            assert str(session.scalars(select(CapaAction.due)).one()) == day
    floor.signs("doer", case, "implement", wanted | {"new_due": "2027-03-31"})
    with pytest.raises(QmsError) as refused:
        floor.signs("head", case, "second_extension", given)
    assert refused.value.code == "capa.extensions"


def more_time(floor: Floor, case: ProcessCase, login: str, day: str) -> ProcessCase:
    """Ask for more time for the open step of a case in the general way."""
    with unit_of_work(floor.people[login], now=floor.now) as session:
        task = session.scalars(select(HumanTask).filter_by(case_id=case.id, state=TaskState.OPEN)).one()
        command = AskForTime(task.id, day, "The part is late.")
        return ask_for_time(session, command, actor=floor.people[login], now=floor.now)


def action() -> CapaAction:
    with read_session() as session:
        return session.scalars(select(CapaAction)).one()


@pytest.mark.urs("URS-006", "URS-022")
def test_a_general_extension_moves_the_day_of_the_action_and_counts_with_those_of_the_model(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    floor.signs("qa2", case, "plan_approval", AGREE)
    floor.signs("process", more_time(floor, case, "doer", "2027-01-31"), "first", AGREE)
    assert (str(action().due), str(action().due_before), action().extensions) == (
        "2027-01-31",
        "2026-12-31",
        1,
    )
    monkeypatch.setattr(clock, "now", lambda: floor.now)
    with read_session() as session:
        task = session.scalars(select(HumanTask.id).filter_by(case_id=case.id, state=TaskState.OPEN)).one()
    page = sign_in(create_app(testing=True), "doer", PASSWORD).get(f"/inbox/{task}").text
    assert "2027-01-31 (before: 2026-12-31)" in page
    floor.signs(
        "doer", case, "implement", {"result": "extend", "new_due": "2027-02-28", "reason": "Still late now."}
    )
    floor.signs("head", case, "second_extension", {"decision": "approve", "risk": "Stock is on hold."})
    assert (str(action().due), str(action().due_before)) == ("2027-02-28", "2027-01-31")
    with pytest.raises(QmsError) as refused:
        more_time(floor, case, "doer", "2027-03-31")
    assert refused.value.code == "extension.twice"


@pytest.mark.urs("URS-006")
def test_a_second_general_extension_after_one_of_the_model_is_the_quality_heads(floor: Floor) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    floor.signs("qa2", case, "plan_approval", AGREE)
    floor.signs(
        "doer",
        case,
        "implement",
        {"result": "extend", "new_due": "2027-01-31", "reason": "The part is late."},
    )
    floor.signs("qa2", case, "extension", {"decision": "approve", "risk": "Stock is on hold."})
    assert floor.open(more_time(floor, case, "doer", "2027-02-28")) == ["second"]


@pytest.mark.urs("URS-006", "URS-022")
def test_a_general_extension_moves_the_day_of_the_check_of_effectiveness(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = to_check(floor)
    floor.timers(case, floor.now + timedelta(days=61))
    floor.signs("process", more_time(floor, case, "checker", "2027-02-28"), "first", AGREE)
    assert (str(registered().check_due), str(registered().check_due_before)) == ("2027-02-28", "2027-01-21")
    monkeypatch.setattr(clock, "now", lambda: floor.now)
    page = sign_in(create_app(testing=True), "checker", PASSWORD).get("/corrective-actions").text
    assert "before: 2027-01-21" in page


@pytest.mark.urs("URS-022")
def test_nothing_closes_with_open_actions(floor: Floor) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    floor.signs("qa2", case, "plan_approval", AGREE)
    with unit_of_work(floor.people["qa1"], now=floor.now) as session, pytest.raises(QmsError) as refused:
        close_capa(session, session.get_one(Capa, registered().id), declined=False, now=floor.now)
    assert refused.value.code == "capa.actions_open"
    assert registered().state is CapaState.OPEN


@pytest.mark.urs("URS-022")
def test_an_adverse_effect_cannot_be_verified_away(floor: Floor) -> None:
    case = to_plan(floor)
    floor.signs("owner", case, "plan", PLAN)
    floor.signs("qa2", case, "plan_approval", AGREE)
    floor.signs("doer", case, "implement", {"result": "done", "done": "Timer fitted"})
    typed = VERIFIED | {"adverse": "some", "adverse_text": "The seal leaks."}
    with pytest.raises(FieldErrors):
        floor.signs("qa2", case, "verification", typed)
    floor.signs("qa2", case, "verification", typed | {"decision": "return"})
    assert floor.open(case) == ["plan"]
