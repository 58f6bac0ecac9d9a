"""The same stock on PostgreSQL, where several transactions really run at once."""

import importlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import DBAPIError

from app.catalog.queries import items
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
from signatures import audit
from tests.factories import plant as factory
from tests.factories import postgres

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="qms-pg-"))
    folder.chmod(0o755)  # its server runs as another account when the tests run as root
    with postgres.server(folder) as url:
        yield url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(home: Path, postgres_url: str) -> Iterator[Engine]:
    importlib.import_module("app.factory")
    engine = db.configure(postgres_url)
    with engine.begin() as connection:
        db.Base.metadata.create_all(connection)
        audit.install_triggers(connection, db.Base.metadata)
    yield engine
    engine.dispose()


@pytest.mark.urs("URS-050", "URS-051")
def test_stock_holds_on_postgresql(server: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        plant = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
        lot = factory.make_lot(session, plant, plant.component, Decimal(10), actor=keeper, now=now)
        into = factory.make_lot(
            session, plant, plant.device, Decimal(1), actor=keeper, now=now, released=False
        )

    receive_side_by_side(plant, keeper, now)
    taken = consume_side_by_side(lot, into, keeper, now)

    assert taken == 10
    with db.read_session() as session:
        sums = select(Movement.lot_id, func.sum(Movement.quantity)).group_by(Movement.lot_id)
        rows = select(Balance.lot_id, func.sum(Balance.quantity)).group_by(Balance.lot_id)
        assert dict(session.execute(sums).all()) == dict(session.execute(rows).all())
        assert [line.lot.id for line in uses_of(session, lot.id)] == [into.id]
        assert available(session, site_id=plant.site.id, today=now.date()) == []
        assert [item.code for item in items(session, words="luer")] == ["CP-LUER"]
        assert len(session.scalars(board([plant.site.id], BoardFilter(words="g77"))).all()) == 4
        assert sum(count_by_status(session, None).values()) == 6
        assert orders.line(session, plant.order.lines[0].id).received == Decimal(1100)
        assert orders.open_lines(session, None, factory.PVC) == []
        assert [order.number for order in open_work_orders(session, None)] == ["WO-1"]
    with pytest.raises(DBAPIError), db.unit_of_work(keeper, now=now) as session:
        session.execute(update(Movement).values(quantity=Decimal(99)))


def receive_side_by_side(plant: factory.Plant, keeper: Actor, now: datetime) -> None:
    """Four deliveries of 275 kg at once use the order line and its tolerance up; a fifth is one too many."""
    refused: list[str] = []
    together = threading.Barrier(5)

    def deliver() -> None:
        command = factory.goods(plant, now=now, quantity=Decimal(275), same_lot_again=True)
        together.wait()
        try:
            with db.unit_of_work(keeper, now=now) as session:
                receive_goods(session, command, actor=keeper, now=now)
        except Conflict as refusal:
            refused.append(refusal.code)

    run([threading.Thread(target=deliver) for _ in range(5)])
    assert refused == ["receipt.too_much"]


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
