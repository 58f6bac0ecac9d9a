"""What must not be twice at one time is not, even when two people accept it in the same moment."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from app.organisation.models import Absence, Deputy, Post
from core import clock
from core.actor import system_actor
from core.db import read_session, unit_of_work
from tests.factories.at_once import at_once, bring_in
from tests.factories.inbox import Plant, make_plant

ACTOR = system_actor("test")
Rows = list[dict[str, str]]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    made = make_plant(now)
    bring("organisation.departments", {"code": "D-QA", "name_en": "Q", "name_zh": "Q"}, now=now)
    for code in ("P-1", "P-2"):
        row = {"code": code, "name_en": code, "name_zh": code, "department": "D-QA"}
        bring("organisation.positions", row, now=now)
    return made


def bring(name: str, *rows: dict[str, str], now: datetime) -> None:
    with unit_of_work(ACTOR, now=now) as session:
        bring_in(name, *rows, actor=ACTOR, now=now)(session)


def held(position: str, first: str, last: str = "", main: str = "yes") -> dict[str, str]:
    return {"person": "qa", "position": position, "valid_from": first, "valid_to": last, "main": main}


def away(first: str, last: str) -> dict[str, str]:
    return {"person": "qa", "valid_from": first, "valid_to": last}


def stands_in(deputy: str, rank: str, first: str, subject: str = "qa") -> dict[str, str]:
    return {"subject": subject, "rank": rank, "deputy": deputy, "valid_from": first}


POST, ABSENCE, DEPUTY = "organisation.posts", "organisation.absences", "organisation.deputies"
CASES = {
    "two posts in one position": (POST, [], held("P-1", "2026-01-01"), held("P-1", "2026-03-01"),
                                  "range.overlap"),
    "two main posts": (POST, [], held("P-1", "2026-01-01"), held("P-2", "2026-03-01"), "post.two_mains"),
    "a post that goes on after all": (
        POST, [held("P-1", "2026-01-01", "2026-06-30")], held("P-1", "2026-01-01", "2026-12-31"),
        held("P-1", "2026-10-01", main="no"), "range.overlap"),
    "two absences": (ABSENCE, [], away("2026-12-01", "2026-12-05"), away("2026-12-03", "2026-12-09"),
                     "range.overlap"),
    "a longer absence": (ABSENCE, [away("2026-12-01", "2026-12-02")], away("2026-12-01", "2026-12-09"),
                         away("2026-12-05", "2026-12-06"), "range.overlap"),
    "two deputies of one rank": (DEPUTY, [], stands_in("owner", "A", "2026-01-01"),
                                 stands_in("inspector", "A", "2026-02-01"), "range.overlap"),
    "one person in both ranks": (DEPUTY, [], stands_in("owner", "A", "2026-01-01"),
                                 stands_in("owner", "B", "2026-02-01"), "deputy.both_ranks"),
    "two deputies of a position": (DEPUTY, [], stands_in("owner", "A", "2026-01-01", "P-1"),
                                   stands_in("inspector", "A", "2026-02-01", "P-1"), "range.overlap"),
}  # fmt: skip


@pytest.mark.urs("URS-140", "URS-130")
@pytest.mark.parametrize(("name", "before", "first", "second", "code"), CASES.values(), ids=CASES)
def test_the_second_of_two_who_accept_at_once_is_told(
    plant: Plant, now: datetime, name: str, before: Rows, first: dict[str, str], second: dict[str, str],
    code: str,
) -> None:  # fmt: skip
    for row in before:
        bring(name, row, now=now)
    acts = [bring_in(name, row, actor=ACTOR, now=now) for row in (first, second)]

    assert at_once(*acts, actor=ACTOR, now=now) == [code]

    table = {POST: Post, ABSENCE: Absence, DEPUTY: Deputy}[name]
    with read_session() as session:
        assert session.query(table).count() == 1


@pytest.mark.urs("URS-140", "URS-130")
def test_nobody_gets_a_post_in_a_position_that_is_being_closed(plant: Plant, now: datetime) -> None:
    closed = {"code": "P-1", "name_en": "P-1", "name_zh": "P-1", "department": "D-QA", "state": "closed"}
    close = bring_in("organisation.positions", closed, actor=ACTOR, now=now)
    take = bring_in(POST, held("P-1", "2026-01-01"), actor=ACTOR, now=now)
    assert at_once(close, take, actor=ACTOR, now=now) == ["position.closed"]


@pytest.mark.urs("URS-140", "URS-130")
def test_no_position_is_closed_that_somebody_just_took(plant: Plant, now: datetime) -> None:
    closed = {"code": "P-1", "name_en": "P-1", "name_zh": "P-1", "department": "D-QA", "state": "closed"}
    close = bring_in("organisation.positions", closed, actor=ACTOR, now=now)
    take = bring_in(POST, held("P-1", "2026-01-01"), actor=ACTOR, now=now)
    assert at_once(take, close, actor=ACTOR, now=now) == ["position.held"]
