"""Several people at one order line, one form, one lot, all at once."""

import threading
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import DBAPIError

from app.inventory import services
from app.inventory.models import Balance, Lot, Movement
from app.inventory.queries import BoardFilter, available, board, count_by_status
from app.procurement import queries as orders
from app.procurement.services import receive_goods
from app.production.queries import open_work_orders
from app.traceability.queries import uses_of
from core import db
from core.actor import Actor
from core.errors import Conflict
from tests.factories import plant as factory


@pytest.mark.urs("URS-050", "URS-051")
def test_stock_holds_when_everybody_comes_at_once(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        plant = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
        lot = factory.make_lot(session, plant, plant.component, Decimal(10), actor=keeper, now=now)
        into = factory.make_lot(
            session, plant, plant.device, Decimal(1), actor=keeper, now=now, released=False
        )

    assert len(click_twice(plant, keeper, now)) == 1
    receive_side_by_side(plant, keeper, now)
    taken = consume_side_by_side(lot, into, keeper, now)

    assert taken == 10
    with db.read_session() as session:
        sums = select(Movement.lot_id, func.sum(Movement.quantity)).group_by(Movement.lot_id)
        rows = select(Balance.lot_id, func.sum(Balance.quantity)).group_by(Balance.lot_id)
        assert dict(session.execute(sums).all()) == dict(session.execute(rows).all())
        assert [line.lot.id for line in uses_of(session, lot.id)] == [into.id]
        assert available(session, site_id=plant.site.id, today=now.date()) == []
        assert len(session.scalars(board([plant.site.id], BoardFilter(words="g77"))).all()) == 5
        assert sum(count_by_status(session, None).values()) == 7
        assert orders.line(session, plant.order.lines[0].id).received == Decimal(1100)
        assert orders.open_lines(session, None, factory.PVC) == []
        assert [order.number for order in open_work_orders(session, None)] == ["WO-1"]
    with pytest.raises(DBAPIError), db.unit_of_work(keeper, now=now) as session:
        session.execute(update(Movement).values(quantity=Decimal(99)))


def receive_side_by_side(plant: factory.Plant, keeper: Actor, now: datetime) -> None:
    """Four deliveries at once use the order line and its tolerance up; a fifth is one too many."""
    refused: list[str] = []
    together = threading.Barrier(5)

    def deliver() -> None:
        command = factory.goods(plant, now=now, quantity=Decimal("274.75"), same_lot_again=True)
        together.wait()
        try:
            with db.unit_of_work(keeper, now=now) as session:
                receive_goods(session, command, actor=keeper, now=now)
        except Conflict as refusal:
            refused.append(refusal.code)

    run([threading.Thread(target=deliver) for _ in range(5)])
    assert refused == ["receipt.too_much"]


def click_twice(plant: factory.Plant, keeper: Actor, now: datetime) -> set[str]:
    """The same form arrives twice at once; gives the numbers of the receipts it led to."""
    command = factory.goods(plant, now=now, quantity=Decimal(1), same_lot_again=True)
    numbers: set[str] = set()
    together = threading.Barrier(2)

    def click() -> None:
        together.wait()
        with db.unit_of_work(keeper, now=now) as session:
            numbers.add(receive_goods(session, command, actor=keeper, now=now).number)

    run([threading.Thread(target=click) for _ in range(2)])
    return numbers


def consume_side_by_side(lot: Lot, into: Lot, keeper: Actor, now: datetime) -> int:
    """Four hands take one piece at a time until the lot refuses; gives how many were taken."""
    taken: list[int] = []
    refused: set[str] = set()

    def take(hand: int) -> None:
        for turn in range(6):
            command = services.Consumption(lot.id, Decimal(1), into.id, "WO-1", f"{hand}-{turn}")
            try:
                with db.unit_of_work(keeper, now=now) as session:
                    services.record_consumption(session, command, actor=keeper, now=now)
                taken.append(turn)
            except Conflict as refusal:
                refused.add(refusal.code)

    run([threading.Thread(target=take, args=(hand,)) for hand in range(4)])
    assert refused == {"stock.short_lot"}
    return len(taken)


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
