"""A process puts a revision into force, approves a supplier and blocks a machine: all of it or nothing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from app.catalog import queries, revising
from app.catalog.models import ItemRevision
from app.equipment.models import Equipment, EquipmentKind
from app.suppliers.models import SupplierScope
from app.suppliers.queries import may_order
from core import db
from core.actor import Actor
from core.errors import Conflict
from signatures.audit_models import AuditEntry
from tests.factories import workflows as made
from tests.factories.plant import Plant, make_plant
from workflows.models import CaseState, ProcessCase

STEPS = ("effective", "approve", "block")


@pytest.fixture
def plant(database: Engine, keeper: Actor, now: datetime) -> Plant:
    with db.unit_of_work(keeper, now=now) as session:
        plant = make_plant(session, actor=keeper, now=now)
        revising.open_item_revision(
            session, plant.device, revising.ItemFacts("SP-2"), revision="B", effective_from=None,
            actor=keeper, now=now,
        )  # fmt: skip
        session.add(
            Equipment(code="MC-01", name={"en": "Sealer", "zh": "封口机"}, kind=EquipmentKind.MACHINE,
                      site_id=plant.site.id, place="Clean room")
        )  # fmt: skip
        made.release(session, model())
    return plant


def model() -> dict[str, bytes]:
    revision = {"kind": "'catalog.item_revision'", "revision": "facts.revision", "day": "facts.day"}
    pair = {"supplier": "facts.supplier", "item": "facts.item", "site": "facts.site"}
    machine = {"equipment": "facts.equipment", "why": "'Design change '+facts.number"}
    return made.process(
        made.start(),
        made.service("effective", "catalog.make_revision_effective", revision),
        made.service("approve", "suppliers.approve_scope", pair),
        made.service("block", "equipment.block", machine),
        made.end(),
        made.flows("begin>effective>approve>block>done"),
    )


def run(plant: Plant, now: datetime, actor: Actor) -> ProcessCase:
    with db.unit_of_work(actor, now=now) as session:
        draft = session.scalars(select(ItemRevision).filter_by(item_id=plant.device.id, code="B")).one()
        machine = session.scalars(select(Equipment)).one()
        facts = {
            "revision": str(draft.id),
            "day": (now.date() + timedelta(days=3)).isoformat(),
            "supplier": str(plant.supplier.id),
            "item": str(plant.device.id),
            "site": str(plant.site.id),
            "equipment": str(machine.id),
            "number": "CR-7",
        }
        return made.case(session, data={"facts": facts}, actor=actor, now=now)


@pytest.mark.urs("URS-004", "URS-031", "URS-041", "URS-078")
def test_operations_of_three_rooms_hold_when_the_process_has_called_them(
    plant: Plant, now: datetime, keeper: Actor
) -> None:
    case = run(plant, now, keeper)

    day = now.date() + timedelta(days=3)
    with db.read_session() as session:
        assert session.get_one(ProcessCase, case.id).state is CaseState.COMPLETED
        before, after = (
            queries.revision_in_force(session, ItemRevision, plant.device.id, on)
            for on in (day - timedelta(days=1), day)
        )
        assert (before and before.code, after and after.code) == ("1", "B")
        pair = (session.merge(one, load=False) for one in (plant.supplier, plant.device, plant.site))
        assert may_order(session, *pair, now.date()) == []
        machine = session.scalars(select(Equipment)).one()
        assert (machine.blocked, machine.block_reason) == (True, "Design change CR-7")
        told = set(session.scalars(select(AuditEntry.action)))
        assert {"revision.made_effective", "supplier.scope_approved", "equipment.blocked"} <= told


@pytest.mark.urs("URS-004")
def test_what_the_last_operation_refuses_takes_the_others_back(
    plant: Plant, now: datetime, keeper: Actor
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        machine = session.scalars(select(Equipment)).one()
        machine.blocked, machine.block_reason = True, "Broken"

    with pytest.raises(Conflict) as refused:
        run(plant, now, keeper)

    assert refused.value.code == "equipment.is_blocked"
    with db.read_session() as session:
        assert session.scalars(select(ItemRevision.effective_from).filter_by(code="B")).one() is None
        scopes = session.scalars(select(SupplierScope).filter_by(item_id=plant.device.id)).all()
        assert scopes == []
        assert session.scalars(select(ProcessCase)).all() == []


@pytest.mark.urs("URS-031")
def test_a_day_that_passed_while_the_process_waited_becomes_today(
    plant: Plant, now: datetime, keeper: Actor
) -> None:
    later = now + timedelta(days=10)
    with db.unit_of_work(keeper, now=later) as session:
        draft = session.scalars(select(ItemRevision).filter_by(code="B")).one()
        facts = {"revision": str(draft.id), "day": now.date().isoformat()}
        files = made.process(
            made.start(),
            made.service(
                "effective", "catalog.make_revision_effective",
                {"kind": "'catalog.item_revision'", "revision": "facts.revision", "day": "facts.day"},
            ),
            made.end(),
            made.flows("begin>effective>done"),
            key="late",
        )  # fmt: skip
        made.release(session, files, key="late")
        made.case(session, "late", data={"facts": facts}, actor=keeper, now=later)
        assert draft.effective_from == later.date()
