"""The ledger tells everything, balances are its sums, and nothing is ever picked that is not there or not
released."""

import threading
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.inventory import genealogy, services
from app.inventory.models import Balance, Lot, LotEdge, LotStatus, Movement, MovementKind
from app.inventory.queries import available
from core import db
from core.actor import Actor
from core.errors import Conflict, QmsError
from tests.factories import plant as factory


@pytest.fixture
def plant(database: Engine, keeper: Actor, now: datetime) -> factory.Plant:
    with db.unit_of_work(keeper, now=now) as session:
        return factory.make_plant(session, actor=keeper, now=now)


def assert_ledger_holds(session: Session) -> None:
    sums: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for line in session.scalars(select(Movement)):
        sums[line.lot_id, line.location_id, line.status] += line.quantity
    rows = {
        (row.lot_id, row.location_id, row.status): row.quantity for row in session.scalars(select(Balance))
    }
    assert {key: total for key, total in sums.items() if total} == {
        key: one for key, one in rows.items() if one
    }
    assert all(quantity >= 0 for quantity in rows.values())


def consume(
    session: Session, lot: Lot, quantity: Decimal, into: Lot, key: str, *, actor: Actor, now: datetime
) -> list[Movement]:
    command = services.Consumption(lot.id, quantity, into.id, "WO-1", key)
    return list(services.record_consumption(session, command, actor=actor, now=now))


QUANTITIES = st.decimals(Decimal("0.000001"), Decimal(600), places=6)
ACTS = st.one_of(
    st.tuples(st.just("receive"), QUANTITIES, st.integers(-2, 400)),
    st.tuples(st.sampled_from(["release", "reject", "hold", "reverse"]), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("consume"), st.integers(0, 9), QUANTITIES),
    st.tuples(st.just("later"), st.integers(0, 300), st.just(0)),
)


@pytest.mark.urs("URS-050", "URS-051")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, max_size=25))
def test_whatever_happens_balances_are_the_sums_of_the_ledger_and_never_below_zero(
    plant: factory.Plant, keeper: Actor, now: datetime, acts: list[tuple[str, object, object]]
) -> None:
    lots: list[Lot] = []
    used: list[Movement] = []
    with db.unit_of_work(keeper, now=now) as session:
        into = factory.make_lot(
            session, plant, plant.device, Decimal(1), actor=keeper, now=now, released=False
        )
        for number, (act, first, second) in enumerate(acts):
            today = now.date()
            before = {lot.id: (lot.status, lot.expired_on(today)) for lot in lots}
            try:
                with session.begin_nested():
                    if act == "later":
                        now += timedelta(days=int(first))  # type: ignore[call-overload]
                    elif act == "receive":
                        expiry = today + timedelta(days=int(second))  # type: ignore[call-overload]
                        lots.append(
                            factory.make_lot(
                                session, plant, plant.material, Decimal(str(first)), actor=keeper, now=now,
                                expiry=expiry, released=False,
                            )
                        )  # fmt: skip
                    elif act == "reverse" and used:
                        line = used[int(first) % len(used)]  # type: ignore[call-overload]
                        services.reverse_movement(
                            session, line.id, document="wrong scan", actor=keeper, now=now
                        )
                    elif act in ("release", "reject", "hold") and lots:
                        lot = lots[int(first) % len(lots)]  # type: ignore[call-overload]
                        verb = getattr(services, f"{act}_lot")
                        verb(session, lot.id, document="test", actor=keeper, now=now)
                        assert act != "release" or not before[lot.id][1], "an expired lot was released"
                    elif act == "consume" and lots:
                        lot = lots[int(first) % len(lots)]  # type: ignore[call-overload]
                        used += consume(
                            session, lot, Decimal(str(second)), into, f"c{number}", actor=keeper, now=now
                        )
                        assert before[lot.id] == (LotStatus.RELEASED, False), (
                            "it was not released, or expired"
                        )
            except QmsError:
                session.expire_all()
            assert_ledger_holds(session)


@pytest.mark.urs("URS-051")
def test_first_to_expire_comes_first_and_what_may_not_be_used_is_not_offered(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    today = now.date()
    with db.unit_of_work(keeper, now=now) as session:

        def lot(days: int, *, released: bool = True) -> Lot:
            expiry = today + timedelta(days=days)
            return factory.make_lot(
                session,
                plant,
                plant.material,
                Decimal(5),
                actor=keeper,
                now=now,
                expiry=expiry,
                released=released,
            )

        late, soon, _waiting, today_last = lot(300), lot(10), lot(5, released=False), lot(0)
        held = lot(3)
        services.hold_lot(session, held.id, document="doubt", actor=keeper, now=now)
        offered = available(session, site_id=plant.site.id, item_id=plant.material.id, today=today)
        tomorrow = available(session, site_id=plant.site.id, today=today + timedelta(days=1))

    assert [one.lot.id for one in offered] == [today_last.id, soon.id, late.id]
    assert [one.lot.id for one in tomorrow] == [soon.id, late.id]


@pytest.mark.urs("URS-051")
@pytest.mark.parametrize("status", ["quarantine", "rejected", "hold", "expired"])
def test_only_released_lots_can_be_used(
    plant: factory.Plant, keeper: Actor, now: datetime, status: str
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        lot = factory.make_lot(
            session,
            plant,
            plant.material,
            Decimal(5),
            actor=keeper,
            now=now,
            expiry=now.date(),
            released=False,
        )
        into = factory.make_lot(
            session, plant, plant.device, Decimal(1), actor=keeper, now=now, released=False
        )
        if status == "rejected":
            services.reject_lot(session, lot.id, document="t", actor=keeper, now=now)
        elif status == "hold":
            services.hold_lot(session, lot.id, document="t", actor=keeper, now=now)
        elif status == "expired":
            now += timedelta(days=1)
            assert services.expire_lots(session, plant.site, actor=keeper, now=now) == [lot]
        with pytest.raises(Conflict) as refusal:
            consume(session, lot, Decimal(1), into, "k", actor=keeper, now=now)
    assert refusal.value.code == "lot.not_usable"
    assert refusal.value.text("en").startswith(f"Lot {lot.number} is ")


@pytest.mark.urs("URS-051")
def test_an_expired_lot_can_never_be_released(plant: factory.Plant, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        lot = factory.make_lot(
            session,
            plant,
            plant.material,
            Decimal(5),
            actor=keeper,
            now=now,
            expiry=now.date(),
            released=False,
        )
        with pytest.raises(Conflict) as refusal:
            services.release_lot(session, lot.id, document="t", actor=keeper, now=now + timedelta(days=1))
        assert lot.status is LotStatus.QUARANTINE
    assert refusal.value.code == "lot.expired"
    assert "2026-11-22" in refusal.value.text("en")


@pytest.mark.urs("URS-050")
def test_a_release_is_a_pair_of_movements(plant: factory.Plant, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        lot = factory.make_lot(session, plant, plant.material, Decimal("7.5"), actor=keeper, now=now)
        lines = session.scalars(select(Movement).where(Movement.lot_id == lot.id)).all()
        pair = {(line.status, line.quantity) for line in lines if line.kind is MovementKind.STATUS}
        assert_ledger_holds(session)
    assert pair == {(LotStatus.QUARANTINE, Decimal("-7.5")), (LotStatus.RELEASED, Decimal("7.5"))}


def test_the_same_consumption_twice_is_one(plant: factory.Plant, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        lot = factory.make_lot(session, plant, plant.material, Decimal(5), actor=keeper, now=now)
        into = factory.make_lot(
            session, plant, plant.device, Decimal(1), actor=keeper, now=now, released=False
        )
        first = consume(session, lot, Decimal(5), into, "once", actor=keeper, now=now)
        again = consume(session, lot, Decimal(5), into, "once", actor=keeper, now=now)
    assert [line.id for line in first] == [line.id for line in again]


@pytest.mark.urs("URS-032")
def test_a_reversal_restores_stock_and_takes_the_edge_back_without_deleting_it(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        lot = factory.make_lot(session, plant, plant.material, Decimal(5), actor=keeper, now=now)
        into = factory.make_lot(
            session, plant, plant.device, Decimal(1), actor=keeper, now=now, released=False
        )
        line = consume(session, lot, Decimal(2), into, "k", actor=keeper, now=now)[0]
        assert [edge.parent_id for edge in genealogy.inputs_of(session, into.id)] == [lot.id]
        services.reverse_movement(session, line.id, document="wrong scan", actor=keeper, now=now)
        stock = available(session, site_id=plant.site.id, item_id=plant.material.id, today=now.date())
        with pytest.raises(Conflict, match="taken back already"):
            services.reverse_movement(session, line.id, document="wrong scan", actor=keeper, now=now)
        assert genealogy.inputs_of(session, into.id) == []
        assert session.scalars(select(LotEdge)).one().parent_id == lot.id
        assert_ledger_holds(session)
    assert [one.quantity for one in stock] == [Decimal(5)]


@pytest.mark.urs("URS-032")
def test_a_lot_cannot_go_into_what_it_is_made_of(plant: factory.Plant, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        first, second, third = (
            factory.make_lot(session, plant, plant.component, Decimal(9), actor=keeper, now=now)
            for _ in range(3)
        )
        consume(session, first, Decimal(1), second, "a", actor=keeper, now=now)
        consume(session, second, Decimal(1), third, "b", actor=keeper, now=now)
        with pytest.raises(Conflict) as refusal:
            consume(session, third, Decimal(1), first, "c", actor=keeper, now=now)
    assert refusal.value.code == "genealogy.loop"


@pytest.mark.urs("URS-050")
def test_many_hands_at_one_lot_never_take_more_than_there_is(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        lot = factory.make_lot(session, plant, plant.material, Decimal(10), actor=keeper, now=now)
        into = factory.make_lot(
            session, plant, plant.device, Decimal(1), actor=keeper, now=now, released=False
        )
    taken, refused, together = [], [], threading.Barrier(2)

    def take(hand: int) -> None:
        together.wait()
        for turn in range(8):
            try:
                with db.unit_of_work(keeper, now=now) as session:
                    consume(session, lot, Decimal(1), into, f"{hand}-{turn}", actor=keeper, now=now)
                taken.append(turn)
            except Conflict as refusal:
                refused.append(refusal.code)

    hands = [threading.Thread(target=take, args=(hand,)) for hand in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()

    assert (len(taken), set(refused)) == (10, {"stock.short_lot"})
    with db.read_session() as session:
        assert_ledger_holds(session)


@pytest.mark.urs("URS-050", "URS-024")
def test_the_database_itself_refuses_to_change_or_delete_a_ledger_line(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        factory.make_lot(session, plant, plant.material, Decimal(10), actor=keeper, now=now)
    for forbidden in (update(Movement).values(quantity=Decimal(99)), delete(Movement)):
        with pytest.raises(DatabaseError), db.unit_of_work(keeper, now=now) as session:
            session.execute(forbidden)


def test_the_database_itself_refuses_a_balance_below_zero(
    plant: factory.Plant, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        lot = factory.make_lot(session, plant, plant.material, Decimal(10), actor=keeper, now=now)
    row = {
        "id": db.new_id(), "item_id": lot.item_id, "lot_id": lot.id, "location_id": plant.location.id,
        "status": LotStatus.HOLD, "quantity": Decimal(-1),
    }  # fmt: skip
    with pytest.raises(DatabaseError), db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(Balance).values(row))
