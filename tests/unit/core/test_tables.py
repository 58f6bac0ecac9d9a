"""Statements over tables stand in for those over models: they see what was changed, and ask no mapper."""

from datetime import datetime

from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import ORMExecuteState

from core import db
from core.actor import Actor
from core.numbers import NumberRule
from core.tables import on_tables, table_of

RULE = table_of(NumberRule)


def new_rule() -> NumberRule:
    return NumberRule(series="record", prefix="R", digits=4, yearly=True)


def test_rows_are_as_this_unit_of_work_has_left_them(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        rule = new_rule()
        session.add(rule)
        assert on_tables(session, select(RULE.c.prefix)).scalars().all() == ["R"]
        rule.prefix = "REC"
        assert on_tables(session, select(RULE.c.prefix)).scalars().all() == ["REC"]


def test_a_change_of_a_table_comes_after_what_was_changed_before(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.add(new_rule())
        on_tables(session, update(RULE).values(digits=RULE.c.digits + 1))
    with db.read_session() as session:
        assert session.scalars(select(NumberRule.digits)).one() == 5


def test_a_statement_over_tables_goes_no_way_to_objects(database: Engine) -> None:
    ways: list[bool] = []

    def note(asked: ORMExecuteState) -> None:
        ways.append(asked.is_orm_statement)

    with db.read_session() as session:
        event.listen(session, "do_orm_execute", note)
        on_tables(session, select(RULE.c.prefix).where(RULE.c.series == "record"))
        on_tables(session, select(RULE.c.prefix).where(NumberRule.series == "record"))
    assert ways == [False, True]
