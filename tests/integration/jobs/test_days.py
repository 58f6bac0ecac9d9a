"""A day begins at each site by its own calendar, and what has expired there leaves the usable stock."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select

from app.inventory.models import Lot, LotStatus
from app.jobs.days import DAILY, LOOK_SECONDS, Days
from core import clock, db
from core.actor import Actor
from core.outbox import OutboxEntry, handler_of
from signatures.audit import AuditEntry
from tests.factories import plant as factory


def due() -> list[OutboxEntry]:
    with db.read_session() as session:
        return list(session.scalars(select(OutboxEntry).where(OutboxEntry.job.in_(DAILY))))


def do(entries: list[OutboxEntry]) -> None:
    for entry in entries:
        handler_of(entry.job)(entry.id, entry.payload, None)


@pytest.mark.urs("URS-051")
def test_a_lot_expires_when_its_last_day_is_over_at_its_site(
    database: Engine, keeper: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    with db.unit_of_work(keeper, now=now) as session:
        plant = factory.make_plant(session, actor=keeper, now=now)
        today = clock.site_day(now, plant.site.zone)
        lot = factory.make_lot(
            session, plant, plant.material, Decimal(5), actor=keeper, now=now, expiry=today
        ).id
    days = Days(keeper)
    assert days.look(now, 0.0) >= 1
    assert days.look(now, LOOK_SECONDS / 2) == 0, "it looks at the calendar now and then only"
    do(due())
    assert status(lot) is LotStatus.RELEASED, "its last day still counts"
    assert days.look(now, LOOK_SECONDS) == 0, "the day is not new any more"

    tomorrow = now + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert days.look(tomorrow, 2 * LOOK_SECONDS) >= 1
    do(due())
    assert due() == []
    assert status(lot) is LotStatus.EXPIRED
    with db.read_session() as session:
        assert "lot.expired" in set(session.scalars(select(AuditEntry.action)))


def test_a_restart_does_the_day_again_and_changes_nothing(
    database: Engine, keeper: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    with db.unit_of_work(keeper, now=now) as session:
        factory.make_plant(session, actor=keeper, now=now)
    first = Days(keeper).look(now, 0.0)
    assert first == len(due()) > 0
    assert Days(keeper).look(now, 0.0) == 0, "the first one still waits"
    do(due())
    assert Days(keeper).look(now, 0.0) == first
    do(due())
    assert due() == []


def status(lot_id: object) -> LotStatus:
    with db.read_session() as session:
        return session.get_one(Lot, lot_id).status
