"""What only reads on PostgreSQL: its statements stay prepared, and the server lets it write nothing."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import DataError, InternalError

from core import db
from core.actor import Actor
from core.numbers import NumberRule
from core.outbox import OutboxEntry

pytestmark = pytest.mark.postgres


@pytest.fixture
def postgresql(postgresql_url: str):
    engine: Engine = db.configure(postgresql_url)
    yield engine
    engine.dispose()


def prepared() -> list[str]:
    """The statements of number rules that the server has prepared for the one connection of a test."""
    with db.read_session() as session:
        wanted = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%FROM number_rule%'"
        return list(session.scalars(text(wanted)))


def read_rules(times: int) -> None:
    for _ in range(times):
        with db.read_session() as session:
            session.scalars(select(NumberRule.digits)).all()


def test_a_page_finds_the_statements_prepared_that_pages_before_it_asked(postgresql: Engine) -> None:
    read_rules(times=10)
    assert len(prepared()) == 1


def test_a_question_that_failed_leaves_a_connection_that_answers(postgresql: Engine) -> None:
    with db.read_session() as session, pytest.raises(DataError):
        session.execute(text("SELECT 1 / 0"))
    read_rules(times=10)
    assert len(prepared()) == 1


@pytest.mark.urs("URS-024")
def test_the_server_refuses_to_write_for_whoever_only_reads(postgresql: Engine, now: datetime) -> None:
    entry = insert(OutboxEntry).values(job="any", key="any", payload={}, created_at=now, due_at=now)
    with db.read_session() as session, pytest.raises(InternalError, match="read-only transaction"):
        session.execute(entry)
    with db.read_session() as session:
        assert session.scalars(select(OutboxEntry)).all() == []


def test_a_plan_is_kept_only_for_the_act_of_a_click(
    postgresql: Engine, keeper: Actor, now: datetime
) -> None:
    mode = text("SHOW plan_cache_mode")
    with db.unit_of_work(keeper, now=now, brief=True) as session:
        assert session.scalar(mode) == "auto"
        with db.acting_as(session, reason="because"):
            assert session.scalar(mode) == "auto"
    with db.unit_of_work(keeper, now=now) as session:
        assert session.scalar(mode) == "force_custom_plan"
    with db.read_session() as session:
        assert session.scalar(mode) == "force_custom_plan"
