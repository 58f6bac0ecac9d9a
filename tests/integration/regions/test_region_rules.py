"""The rules of a market are data with days and clauses, looked up by region, key and day (URS-120).

Clauses, values and days of ``app/regions/delivered.csv`` were compared line by line with the texts of:
医疗器械召回管理办法 (CFDA order 29), 医疗器械不良事件监测和再评价管理办法 (SAMR order 1),
医疗器械生产质量管理规范 (2014 notice 64, 2025 notice 107), 医疗器械说明书和标签管理规定 (CFDA order 6), the
guide of NMPA notice 25 of 2020; Regulation (EU) 2017/745; 21 CFR 801, 803, 806 and 820 with 79 FR 8832,
62 FR 27183 and 63 FR 18836 (806 was stayed until 18 May 1998).
"""

import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from app.cli.demo_objects import store_list
from app.objects.texts import text_of
from app.regions.imports import RULES
from app.regions.models import Unit
from app.regions.packs import delivered
from app.regions.queries import pack_of, rule_of
from app.regions.routes import RULE
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
        ("CN", "recall.plan", "5", Unit.WORKING_DAYS),
        ("CN", "adverse_event.abroad", "30", Unit.CALENDAR_DAYS),
        ("CN", "adverse_event.evaluation.death", "30", Unit.CALENDAR_DAYS),
        ("CN", "adverse_event.evaluation.serious_injury", "45", Unit.CALENDAR_DAYS),
        ("CN", "adverse_event.group", "12", Unit.HOURS),
        ("CN", "adverse_event.group.case", "24", Unit.HOURS),
        ("CN", "adverse_event.group.investigation", "7", Unit.CALENDAR_DAYS),
        ("CN", "retention.from_release", "2", Unit.YEARS),
        ("CN", "retention.adverse_event.no_expiry", "5", Unit.YEARS),
        ("CN", "retention.recall", "5", Unit.YEARS),
        ("EU", "incident.public_health_threat", "2", Unit.CALENDAR_DAYS),
        ("EU", "incident.death", "10", Unit.CALENDAR_DAYS),
        ("EU", "incident.serious", "15", Unit.CALENDAR_DAYS),
        ("EU", "retention.after_last_device", "10", Unit.YEARS),
        ("EU", "retention.after_last_implant", "15", Unit.YEARS),
        ("US", "mdr.death_or_injury", "30", Unit.CALENDAR_DAYS),
        ("US", "mdr.five_day", "5", Unit.WORKING_DAYS),
        ("US", "mdr.supplement", "30", Unit.CALENDAR_DAYS),
        ("US", "recall.report", "10", Unit.WORKING_DAYS),
        ("US", "retention.mdr_file", "2", Unit.YEARS),
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
            rule_of(session, "CN", "release.by_registrant", date(2026, 10, 31))
        assert rule_of(session, "CN", "release.by_registrant", date(2026, 11, 1)).value == "yes"
        assert len(pack_of(session, "US", date(2026, 11, 22))) == 10
    old = {**LINE, "valid_from": "2019-01-01", "valid_until": "2026-12-31", "value": "7"}
    store(now, old, LINE)
    with read_session() as session:
        assert rule_of(session, "CN", "adverse_event.death", date(2026, 12, 31)).value == "7"
        assert rule_of(session, "CN", "adverse_event.death", date(2027, 1, 1)).value == "5"


@pytest.mark.urs("URS-120")
@pytest.mark.parametrize(
    ("region", "key", "last", "before", "after"),
    [
        ("CN", "retention.from_release", date(2026, 10, 31), "第二十七条（四）", "第四十五条（四）"),
        ("CN", "retention.device_lifetime", date(2026, 10, 31), "第二十七条（四）", "第四十五条（四）"),
        ("US", "retention.from_release", date(2026, 2, 1), "820.180(b)", "4.2.5"),
        ("US", "retention.device_lifetime", date(2026, 2, 1), "820.180(b)", "4.2.5"),
        ("US", "form.mdr", date(2015, 8, 13), "803.11", "803.12(a)"),
    ],
)
def test_one_clause_follows_another_without_a_gap(
    packs: None, region: str, key: str, last: date, before: str, after: str
) -> None:
    with read_session() as session:
        assert before in rule_of(session, region, key, last).clause
        assert after in rule_of(session, region, key, last + timedelta(days=1)).clause


@pytest.mark.urs("URS-120")
def test_the_recall_clock_of_the_us_holds_since_its_stay_was_lifted(packs: None) -> None:
    with read_session() as session:
        with pytest.raises(NotFound):
            rule_of(session, "US", "recall.report", date(1998, 5, 17))
        assert rule_of(session, "US", "recall.report", date(1998, 5, 18)).clause == "806.10(b)"


CLAUSES = {"CN": r"第.+条(（.）)? \(art\. \d+(\(\d\))?\)|附件1 \(annex 1\)", "EU": r"art\. \d+\(\d+\)"}
SECTIONS = r"8\d\d\.\d+(\([a-z]\)(\(\d\))?)?"


@pytest.mark.urs("URS-120")
@pytest.mark.parametrize("line", delivered(), ids=lambda line: f"{line['region']}:{line['key']}")
def test_each_delivered_line_names_the_clause_it_was_compared_with(line: dict[str, str]) -> None:
    named = CLAUSES.get(line["region"], rf"{SECTIONS}(, {SECTIONS})*|4\.2\.5")
    assert re.fullmatch(named, line["clause"])


@pytest.mark.urs("URS-120")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Another line of this key"),
        ({"key": "new", "valid_until": "2026-12-31"}, "before it begins on 2027-01-01. Check both days"),
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


@pytest.mark.urs("URS-120", "URS-143")
def test_keys_values_and_sources_are_read_in_words_and_written_back_as_they_were(
    packs: None, now: datetime
) -> None:
    told = {**LINE, "unit": "text", "value": "中文"}
    store(
        now,
        {**told, "key": "language.manual", "kind": "language"},
        {**told, "key": "release.both", "value": "是", "unit": "yes_no"},
    )
    with read_session() as session:
        assert rule_of(session, "CN", "language.manual", date(2027, 1, 1)).value == "zh"
        assert rule_of(session, "CN", "release.both", date(2027, 1, 1)).value == "yes"
        label = RULE.label(rule_of(session, "CN", "adverse_event.death", date(2026, 11, 22)))
    assert label["en"] == "CN · Adverse event: death · 7 calendar days"
    assert label["zh"] == "CN · 不良事件：导致死亡 · 7 日"
    for lang, foreign in (("en", r"^[\u4e00-\u9fff]"), ("zh", r"^[A-Za-z_. ]+$")):
        for row in delivered():
            for key in ("key", "source") + (("value",) if row["unit"] == "text" else ()):
                column = RULES.column(key)
                told = text_of(column, row[key])
                said = told if isinstance(told, str) else told[lang]
                assert not re.search(foreign, said), said
                assert column.read(row[key]) == row[key]
