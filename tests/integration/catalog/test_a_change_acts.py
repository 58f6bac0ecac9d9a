"""Change control acts on the plant: revisions, GTIN, shelf life on the day, stock and orders as decided."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.catalog.models import Bom, Item
from app.catalog.revising import BomPart, open_bom
from app.catalog.structure import parts_in_force
from app.inventory.ledger import balances_of
from app.inventory.models import Lot, LotStatus
from app.procurement.models import OrderState, PurchaseOrder
from app.procurement.services import OrderLine, place_order
from app.production.models import WorkOrder, WorkOrderState
from core.actor import Actor
from core.clock import day_begins, site_day
from core.db import unit_of_work
from core.effectivity import RevisionState, in_force
from core.errors import Conflict
from forms import guards
from forms.loader import load
from tests.factories import people
from tests.factories import workflows as made
from tests.factories.plant import PVC, Plant, make_lot, make_plant, names
from workflows import history, human_tasks, runtime
from workflows.models import CaseState, ProcessCase

ACTOR = Actor(str(uuid.UUID(int=7)), "planner", "Planner")
FREE_GTIN = "06901234560206"


@pytest.fixture
def plant(database: Engine, now: datetime) -> Plant:
    with unit_of_work(ACTOR, now=now) as session:
        plant = make_plant(session, actor=ACTOR, now=now)
        made.release(session, made.folder("change_control"), "change_control")
        people.add_person(session, "owner", "engineer", None)
        parts = [BomPart(plant.component, Decimal(3))]
        open_bom(session, plant.device, parts, revision="B1", effective_from=None, actor=ACTOR, now=now)
        make_lot(session, plant, plant.material, Decimal(40), actor=ACTOR, now=now)
        lines = [OrderLine(plant.material, Decimal(10), now.date())]
        place_order(session, "PO-2", plant.supplier, plant.site, lines, actor=ACTOR, now=now)
    return plant


def answers(first: date, **changes: object) -> dict[str, dict[str, object]]:
    plan = {
        "tasks": [{"what": "Write it", "owner": "owner", "due": first.isoformat()}],
        "revisions": [{"kind": "catalog.bom", "item": "IS-150", "revision": "B1"}],
        "item_data": [{"item": "IS-150", "gtin": FREE_GTIN, "shelf_life_days": 730}],
        "dispositions": [
            {"item": "RM-PVC", "stock": "block", "orders": "block", "work": "block", "reason": "Not used."}
        ],
        "training": "no", "effective_from": first.isoformat(), "check_after_days": 60,
    } | changes  # fmt: skip
    asked = {"safety": "none", "regulatory": "none", "validation": "no", "form_fit_function": "no"}
    none = {"impact": "none", "reason": "Nothing of ours.", "filing": "none"}
    departments = ("quality", "regulatory", "production", "purchasing", "validation", "risk", "training")
    return {
        "request": {"title": "Tubing without granulate", **asked},
        "screen": {"decision": "accept", "owner": "owner", "path": "normal"},
        **{f"assess_{one}": none for one in departments},
        "plan": plan,
        "plan_approval": {"decision": "approve"},
        "implement": {"done": "Written.", "done_on": first.isoformat()},
        "verify": {"decision": "verified"},
        "effectivity": {"decision": "approve", "effective_from": first.isoformat()},
    }


def play(session: Session, plant: Plant, given: dict[str, dict[str, object]], now: datetime) -> ProcessCase:
    case = runtime.start_case(
        session, "change_control", title=names("Change", "变更"), site_id=plant.site.id,
        subject=("catalog.item", plant.device.id), data={"sites": {"plant": str(plant.site.id)}},
        actor=ACTOR, now=now, message={},
    )  # fmt: skip
    while (tasks := human_tasks.open_tasks(session, case.id)) and tasks[0].step in given:
        human_tasks.complete(session, tasks[0], given[tasks[0].step], actor=ACTOR, now=now)
    return case


def bom_on(session: Session, plant: Plant, on: date) -> str:
    boms = session.scalars(select(Bom).where(Bom.item_id == plant.device.id)).all()
    found = in_force(boms, on)
    assert found is not None
    return found.code


@pytest.mark.urs("URS-004", "URS-031")
def test_a_revision_holds_from_its_day_and_the_rest_is_disposed_of(plant: Plant, now: datetime) -> None:
    first = now.date() + timedelta(days=20)
    with unit_of_work(ACTOR, now=now) as session:
        case = play(session, plant, answers(first), now)
        assert (bom_on(session, plant, first - timedelta(days=1)), bom_on(session, plant, first)) == (
            "A1",
            "B1",
        )
        device, lot = session.get_one(Item, plant.device.id), session.scalars(select(Lot)).one()
        assert (device.shelf_life_days, lot.status) == (1095, LotStatus.RELEASED)
    on_the_day = day_begins(first, plant.site.zone)
    with unit_of_work(ACTOR, now=on_the_day) as session:
        runtime.fire_timers(session, case.id, now=on_the_day)
        device, lot = session.get_one(Item, plant.device.id), session.scalars(select(Lot)).one()
        assert (device.shelf_life_days, device.gtin, lot.status) == (730, FREE_GTIN, LotStatus.HOLD)
        orders = {one.number: one.state for one in session.scalars(select(PurchaseOrder))}
        assert orders == {"PO-1": OrderState.OPEN, "PO-2": OrderState.CLOSED}
        assert history.facts(session, case.id)["dispose_orders"][0]["to_settle"] == ["PO-1"]
        assert session.scalars(select(WorkOrder)).one().state is WorkOrderState.CLOSED
        assert session.get_one(ProcessCase, case.id).state is CaseState.RUNNING
        assert [task.step for task in human_tasks.open_tasks(session, case.id)] == ["closing"]


@pytest.mark.urs("URS-031")
def test_scrap_takes_the_stock_away(plant: Plant, now: datetime) -> None:
    rows = [{"item": "RM-PVC", "stock": "scrap", "orders": "use_up", "work": "use_up", "reason": "Old."}]
    with unit_of_work(ACTOR, now=now) as session:
        given = answers(now.date(), dispositions=rows)
        case = play(session, plant, given, now)
        runtime.fire_timers(session, case.id, now=now)
        lot = session.scalars(select(Lot)).one()
        assert sum(movement for movement in quantities(session, lot)) == 0
        assert all(one.state is OrderState.OPEN for one in session.scalars(select(PurchaseOrder)))


@pytest.mark.urs("URS-031", "URS-050")
def test_what_is_to_be_reworked_is_an_open_task_and_released_anew_afterwards(
    plant: Plant, now: datetime
) -> None:
    rows = [{"item": "RM-PVC", "stock": "rework", "orders": "none", "work": "rework", "reason": "Old."}]
    with unit_of_work(ACTOR, now=now) as session:
        made.release(session, made.folder("lot_release"), "lot_release")
        case = play(session, plant, answers(now.date(), dispositions=rows), now)
        runtime.fire_timers(session, case.id, now=now)
        assert history.facts(session, case.id)["dispose_work"][0]["to_rework"] == ["WO-1"]
        (task,) = human_tasks.open_tasks(session, case.id)
        assert (task.step, session.scalars(select(Lot)).one().status) == ("rework", LotStatus.HOLD)
        done = {"done": "Sieved and inspected.", "done_on": now.date().isoformat()}
        human_tasks.complete(session, task, done, actor=ACTOR, now=now)
        assert [one.step for one in human_tasks.open_tasks(session, case.id)] == ["closing"]
        lot = session.scalars(select(Lot)).one()
        assert lot.status is LotStatus.QUARANTINE
        release = session.scalars(select(ProcessCase).filter_by(process_key="lot_release")).one()
        assert (release.subject_id, release.state) == (lot.id, CaseState.RUNNING)


def quantities(session: Session, lot: Lot) -> list[Decimal]:
    return [balance.quantity for balance in balances_of(session, lot.id)]


@pytest.mark.urs("URS-031")
def test_a_temporary_change_ends_on_its_last_day(plant: Plant, now: datetime) -> None:
    first, last = now.date(), now.date() + timedelta(days=30)
    with unit_of_work(ACTOR, now=now) as session:
        case = play(session, plant, answers(first, ends_on=last.isoformat()), now)
        runtime.fire_timers(session, case.id, now=now)
    later = day_begins(last, plant.site.zone)
    with unit_of_work(ACTOR, now=later) as session:
        runtime.fire_timers(session, case.id, now=later)
        temporary = session.scalars(select(Bom).where(Bom.code == "B1")).one()
        assert temporary.effective_until == last
        assert [task.step for task in human_tasks.open_tasks(session, case.id)] == ["restore"]


@pytest.mark.urs("URS-031", "URS-032")
def test_a_gtin_of_another_item_stops_the_change_and_nothing_of_it_holds(plant: Plant, now: datetime) -> None:
    given = answers(now.date(), item_data=[{"item": "IS-150", "gtin": PVC}], revisions=[])
    with unit_of_work(ACTOR, now=now) as session, pytest.raises(Conflict) as refused:
        play(session, plant, given, now)
    assert refused.value.code == "item.gtin_taken"


@pytest.mark.urs("URS-031")
def test_the_plan_names_drafts_and_true_gtins_only(plant: Plant, now: datetime) -> None:
    form = load("change_plan")
    approved = [{"kind": "catalog.bom", "item": "IS-150", "revision": "A1"}]
    missing = [{"kind": "catalog.bom", "item": "IS-150", "revision": "Z9"}]
    with unit_of_work(ACTOR, now=now) as session:

        def refused(**data: object) -> dict[str, str]:
            found = guards.refusals(form, session, data, site_id=plant.site.id, now=now)
            return {path: wrong.code for path, wrong in found.items()}

        assert session.scalars(select(Bom).where(Bom.code == "A1")).one().state is RevisionState.APPROVED
        assert refused(revisions=approved) == {"revisions": "revision.not_draft"}
        assert refused(revisions=missing) == {"revisions": "revision.unknown"}
        assert refused(documents=[{"document": "X", "revision": "1"}]) == {"documents": "revision.unknown"}
        wrong = refused(item_data=[{"item": "IS-150", "gtin": "06901234560207"}])
        assert wrong == {"item_data.0.gtin": "gtin.check_digit"}
        taken = refused(item_data=[{"item": "IS-150", "gtin": PVC}])
        assert taken == {"item_data.0.gtin": "item.gtin_taken"}


@pytest.mark.urs("URS-031", "URS-147")
def test_what_is_in_a_device_is_told_by_the_day_of_the_site(plant: Plant, now: datetime) -> None:
    """At 20:00 UTC the day after has begun in Suzhou, and with it the revision without granulate."""
    evening = now.replace(hour=20)
    with unit_of_work(ACTOR, now=evening) as session:
        new = session.scalars(select(Bom).where(Bom.code == "B1")).one()
        new.state, new.effective_from = RevisionState.APPROVED, site_day(evening, plant.site.zone)
        session.flush()
        assert parts_in_force(session, [plant.device.id]) == {plant.device.id: {plant.component.id}}


@pytest.mark.urs("URS-006", "URS-147")
def test_today_in_a_model_is_the_day_of_the_site(plant: Plant, now: datetime) -> None:
    evening = now.replace(hour=20)
    steps = (made.script("day", "day = string(today())"), made.user("a"))
    files = made.process(made.start(), *steps, made.end(), made.flows("begin>day>a>done"), tasks=("a",))
    with unit_of_work(ACTOR, now=evening) as session:
        made.release(session, files)
        case = runtime.start_case(
            session, "trial", title=names("Trial", "试验"), site_id=plant.site.id,
            subject=("catalog.item", plant.device.id), data={}, actor=ACTOR, now=evening,
        )  # fmt: skip
        assert history.facts(session, case.id)["day"] == "2026-11-23"
