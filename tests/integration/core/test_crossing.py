"""Two transactions that wait for each other: PostgreSQL ends one of them, and nothing of it stays."""

import threading
from datetime import datetime

import pytest
from sqlalchemy import Engine, select

from core import db
from core.actor import Actor
from core.errors import Conflict
from core.numbers import NumberRule, define

pytestmark = pytest.mark.postgres


@pytest.mark.urs("URS-130")
def test_who_waits_in_a_circle_is_asked_to_try_again(
    postgresql_url: str, keeper: Actor, now: datetime
) -> None:
    engine: Engine = db.configure(postgresql_url)
    with db.unit_of_work(keeper, now=now) as session:
        define(session, "first", prefix="A")
        define(session, "second", prefix="A")
    refused: list[str] = []
    half_way = threading.Barrier(2)

    def rename(*names: str) -> None:
        try:
            with db.unit_of_work(keeper, now=now) as session:
                change(session, names[0])
                half_way.wait()
                change(session, names[1])
        except Conflict as refusal:
            refused.append(refusal.code)

    def change(session, name: str) -> None:
        wanted = select(NumberRule).where(NumberRule.series == name).with_for_update()
        rule = session.scalars(wanted.execution_options(populate_existing=True)).one()
        rule.digits += 1
        session.flush()

    threads = [
        threading.Thread(target=rename, args=names) for names in (("first", "second"), ("second", "first"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["row.crossed"]
    with db.read_session() as session:
        assert session.scalars(select(NumberRule.digits)).all() == [5, 5]
    engine.dispose()
