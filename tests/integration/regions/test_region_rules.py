"""The rules of a market are data with days and clauses, looked up by region, key and day (URS-120)."""

from datetime import date, datetime

import pytest
from sqlalchemy import Engine

from app.cli.demo_objects import store_list
from app.regions.models import Unit
from app.regions.packs import delivered
from app.regions.queries import pack_of, rule_of
from core.actor import system_actor
from core.db import read_session, unit_of_work
from core.errors import NotFound

LOADER = system_actor("test")
LINE = {
    "region": "CN",
    "key": "adverse_event.death",
    "valid_from": "2027-01-01",
    "kind": "clock",
    "name_en": "Death",
    "value": "5",
    "unit": "calendar_days",
    "clause": "art. 9",
    "source": "A new notice",
}


@pytest.fixture
def packs(database: Engine, now: datetime) -> None:
    with unit_of_work(LOADER, now=now) as session:
        store_list(session, "regions.rules", delivered(), actor=LOADER, now=now)


def store(now: datetime, *rows: dict[str, str]) -> None:
    with unit_of_work(LOADER, now=now) as session:
        store_list(session, "regions.rules", rows, actor=LOADER, now=now)


@pytest.mark.urs("URS-120")
@pytest.mark.parametrize(
    ("region", "key", "value", "unit"),
    [
        ("CN", "recall.class_1.notify", "1", Unit.CALENDAR_DAYS),
        ("CN", "recall.class_2.notify", "3", Unit.CALENDAR_DAYS),
        ("CN", "recall.class_3.notify", "7", Unit.CALENDAR_DAYS),
        ("CN", "adverse_event.death", "7", Unit.CALENDAR_DAYS),
        ("CN", "adverse_event.serious_injury", "20", Unit.CALENDAR_DAYS),
        ("CN", "retention.from_release", "2", Unit.YEARS),
        ("EU", "incident.public_health_threat", "2", Unit.CALENDAR_DAYS),
        ("EU", "incident.death", "10", Unit.CALENDAR_DAYS),
        ("EU", "incident.serious", "15", Unit.CALENDAR_DAYS),
        ("US", "mdr.death_or_injury", "30", Unit.CALENDAR_DAYS),
        ("US", "mdr.five_day", "5", Unit.WORKING_DAYS),
    ],
)
def test_the_delivered_packs_know_the_clocks(
    packs: None, region: str, key: str, value: str, unit: Unit
) -> None:
    with read_session() as session:
        rule = rule_of(session, region, key, date(2026, 11, 22))
    assert (rule.value, rule.unit) == (value, unit)
    assert rule.clause
    assert rule.source
    assert not rule.checked, "nobody has compared it for this plant yet"


@pytest.mark.urs("URS-120")
def test_a_rule_holds_from_its_day_on(packs: None, now: datetime) -> None:
    with read_session() as session:
        with pytest.raises(NotFound):
            rule_of(session, "CN", "retention.from_release", date(2026, 10, 31))
        assert rule_of(session, "CN", "retention.from_release", date(2026, 11, 1)).value == "2"
        assert len(pack_of(session, "US", date(2026, 11, 22))) == 7
    old = {**LINE, "valid_from": "2019-01-01", "valid_until": "2026-12-31", "value": "7"}
    store(now, old, LINE)
    with read_session() as session:
        assert rule_of(session, "CN", "adverse_event.death", date(2026, 12, 31)).value == "7"
        assert rule_of(session, "CN", "adverse_event.death", date(2027, 1, 1)).value == "5"


@pytest.mark.urs("URS-120")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Another line of this key"),
        ({"key": "new", "valid_until": "2026-12-31"}, "end before it begins"),
        ({"key": "new", "value": "soon"}, "does not fit the unit"),
        ({"key": "new", "value": "5", "unit": "yes_no"}, "does not fit the unit"),
        ({"key": "new", "clause": ""}, "must not be empty"),
    ],
)
def test_a_line_that_cannot_be_is_refused(
    packs: None, now: datetime, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        store(now, {**LINE, **changes})
