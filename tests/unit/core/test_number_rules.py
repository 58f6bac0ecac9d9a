"""Numbering rules change without a number ever being given twice."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from core import db, numbers
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.number_rules import WriteNumbers, all_series, change_rule, next_number


def rule(series="record", site_code="*", prefix="R", digits=4, yearly=True) -> WriteNumbers:
    return WriteNumbers(series, site_code, prefix, digits, yearly)


@pytest.mark.urs("URS-144")
def test_a_series_counts_on_whatever_its_rule_says(database: Engine, keeper: Actor, now: datetime) -> None:
    given = []
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
        given.append(numbers.take(session, "record", site_code="SZ", now=now))
        for changed in (rule(prefix="Q"), rule(prefix="R", digits=6), rule(site_code="SZ", digits=3)):
            change_rule(session, changed)
            expected = next_number(session, "record", site_code="SZ", now=now)
            given.append(numbers.take(session, "record", site_code="SZ", now=now))
            assert given[-1] == expected
    assert given == ["SZ-R-2026-0001", "SZ-Q-2026-0002", "SZ-R-2026-000003", "SZ-R-2026-004"]


@pytest.mark.urs("URS-144")
def test_leaving_and_taking_up_the_year_never_repeats_a_number(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    given = []
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
        for yearly in (True, False, True, False):
            change_rule(session, rule(yearly=yearly))
            given.append(numbers.take(session, "record", site_code="SZ", now=now))
    assert given == ["SZ-R-2026-0001", "SZ-R-0001", "SZ-R-2026-0002", "SZ-R-0002"]


@pytest.mark.urs("URS-144")
def test_a_prefix_stays_with_its_series_also_when_it_is_left(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
        numbers.define(session, "lot", prefix="L")
        change_rule(session, rule(prefix="Q"))
        for taken in ("Q", "R"):
            with pytest.raises(Conflict):
                change_rule(session, rule("lot", prefix=taken))
            with pytest.raises(Conflict):
                change_rule(session, rule("lot", "SZ", prefix=taken))
        assert change_rule(session, rule(prefix="R")).former == ["Q"]
        assert all_series(session) == ["lot", "record"]


@pytest.mark.parametrize("prefix", ["", "r", "2026", "R-1", "R 1", "ABCDEFGHI", "Ä", "R\n"])
def test_a_prefix_that_could_be_read_as_something_else_is_refused(
    database: Engine, keeper: Actor, now: datetime, prefix: str
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
        with pytest.raises(Invalid):
            change_rule(session, rule(prefix=prefix))


@pytest.mark.parametrize("digits", [0, 2, 10])
def test_a_number_has_three_to_nine_digits(
    database: Engine, keeper: Actor, now: datetime, digits: int
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
        with pytest.raises(Invalid):
            change_rule(session, rule(digits=digits))


def test_a_series_nobody_has_defined_has_no_rule(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session, pytest.raises(NotFound):
        change_rule(session, rule("nothing"))
