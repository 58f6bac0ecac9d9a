from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Column, Engine, MetaData, Table, text
from sqlalchemy.orm import Session

from core import db, errors, outbox
from core.actor import Actor, system_actor
from core.types import Quantity, UtcDateTime


def told(session: Session, *names: str) -> tuple[str | None, ...]:
    """What a trigger would read: from functions of the connection on SQLite, from settings on PostgreSQL."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    reads = [f"app_{name}()" if sqlite else f"current_setting('app.{name}', true)" for name in names]
    return tuple(session.execute(text(f"SELECT {', '.join(reads)}")).one())


@pytest.mark.urs("URS-024")
def test_triggers_can_read_who_why_and_when(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, reason="count", now=now) as session:
        assert told(session, "actor", "reason", "now") == (keeper.id, "count", now.isoformat())
        with db.acting_as(session, actor=system_actor("timer"), reason="due"):
            assert told(session, "actor", "reason") == ("system:timer", "due")
        assert told(session, "actor") == (keeper.id,)


@pytest.mark.urs("URS-024")
def test_nobody_stands_behind_a_read_session(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now):
        pass
    with db.read_session() as session:
        assert told(session, "actor") in [(None,), ("",)]
        with pytest.raises(LookupError):
            db.write_context(session)


def test_a_unit_of_work_inside_another_is_refused(database: Engine, keeper: Actor) -> None:
    second = db.unit_of_work(keeper)
    with db.unit_of_work(keeper), pytest.raises(RuntimeError, match="open in this thread"):
        second.__enter__()


def test_what_follows_the_commit_is_forgotten_on_rollback(database: Engine, keeper: Actor) -> None:
    seen: list[str] = []

    def give_up() -> None:
        with db.unit_of_work(keeper) as session:
            db.after_commit(session, lambda: seen.append("after"))
            raise ValueError

    with pytest.raises(ValueError):
        give_up()
    with db.unit_of_work(keeper) as session:
        db.before_commit(session, lambda: seen.append("before"))
        db.after_commit(session, lambda: seen.append("after"))
    assert seen == ["before", "after"]


def test_a_job_is_leased_again_later_and_dies_after_its_last_attempt(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        outbox.later(session, "archive.seal_record", {"record_id": "1"}, key="seal-1", secret=b"key")
    moment = now
    for attempt in range(1, outbox.LAST_ATTEMPT + 1):
        with db.unit_of_work(keeper, now=moment) as session:
            (entry,) = outbox.lease_due(session, now=moment)
            assert entry.attempts == attempt
            assert outbox.lease_due(session, now=moment) == []
        moment += outbox.LEASE * 60
    with db.unit_of_work(keeper, now=moment) as session:
        assert outbox.lease_due(session, now=moment) == []
        dead = session.query(outbox.OutboxEntry).one()
        assert dead.dead
        outbox.retry(session, dead.id, now=moment)
    with db.unit_of_work(keeper, now=moment) as session:
        assert len(outbox.lease_due(session, now=moment)) == 1


def test_a_job_that_the_queue_lost_keeps_its_place_before_newer_ones(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        old = outbox.later(session, "archive.seal_record", {}, key="old")
        outbox.lease_due(session, now=now)
    later = now + timedelta(minutes=1)
    with db.unit_of_work(keeper, now=later) as session:
        outbox.later(session, "archive.seal_record", {}, key="new")
        lost_at = later + timedelta(minutes=1)
        outbox.due_again(session, old.id, attempt=1, begun=False, why="lost", now=lost_at)
    with db.unit_of_work(keeper, now=lost_at) as session:
        assert [entry.key for entry in outbox.lease_due(session, now=lost_at)] == ["old", "new"]


def test_decimals_and_moments_keep_their_meaning(database: Engine) -> None:
    table = Table("thing", MetaData(), Column("quantity", Quantity()), Column("at", UtcDateTime()))
    moment = datetime(2026, 11, 22, 16, 10, tzinfo=timezone(timedelta(hours=8)))
    with db.owner_connection() as connection, Session(connection) as session:
        table.create(connection)
        session.execute(table.insert().values(quantity=Decimal("0.000001"), at=moment))
        assert session.execute(table.select()).one() == (Decimal("0.000001"), moment.astimezone(UTC))
        with pytest.raises(Exception, match="decimal places"):
            session.execute(table.insert().values(quantity=Decimal("0.0000001")))
        with pytest.raises(Exception, match="needs its zone"):
            session.execute(table.insert().values(at=datetime(2026, 1, 1)))


def test_a_refusal_speaks_with_its_facts() -> None:
    refusal = errors.Conflict(
        "lot.expired", "Lot %(lot)s expired on %(expiry)s.", lot="L1", expiry="2026-01-01"
    )
    assert refusal.text("en") == "Lot L1 expired on 2026-01-01."
    assert refusal.status == 409
