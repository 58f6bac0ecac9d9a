"""Working days of sites in three countries against the years as their governments have published them.

China by the notices 国办发明电〔2023〕7号, 〔2024〕12号 and 〔2025〕7号 of the General Office of the State
Council (国务院办公厅关于2024年、2025年、2026年部分节假日安排的通知), the United States by 5 U.S.C. 6103,
Germany by the laws of its states; ``tests/factories/published_days.py`` has the days with their sources.
"""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.organisation.calendars import (
    CalendarRule,
    SiteDays,
    default_rule,
    public_days,
    works_between,
    works_usually,
)
from app.organisation.models import CalendarDay, DayKind, SiteCalendar
from app.organisation.published import published_in
from app.sites.models import Site
from core.actor import system_actor
from core.db import read_session, unit_of_work
from tests.factories.published_days import BAVARIAN_SATURDAYS_WORKED, DUE, YEARS, Year, days
from workflows import calendars

NAME = {"en": "Plant", "zh": "工厂"}
ZONES = {"CN": "Asia/Shanghai", "US": "America/New_York", "DE": "Europe/Berlin", "DE-BY": "Europe/Berlin"}


STATES = {"DE": "EU", "DE-BY": "EU"}


def site(session: Session, code: str) -> Site:
    region = STATES.get(code, code)
    made = Site(code=code, name=NAME, company=NAME, address=NAME, region=region, zone=ZONES[code])
    session.add(made)
    session.flush()
    if code == "DE-BY":
        session.add(SiteCalendar(site_id=made.id, holidays=code, week="12345"))
    return made


def months_of(worked: list[date]) -> tuple[int, ...]:
    return tuple(sum(day.month == month for day in worked) for month in range(1, 13))


@pytest.mark.urs("URS-140")
@pytest.mark.parametrize("year", YEARS, ids=lambda year: f"{year.keeps}-{year.year}")
def test_due_dates_follow_the_published_year(database: Engine, now: datetime, year: Year) -> None:
    """The sources are named in ``tests/factories/published_days.py``: notices, laws, and where they stand."""
    with unit_of_work(system_actor("test"), now=now) as session:
        calendar = calendars.of_site(session, site(session, year.keeps).id)
        worked = [one for one in days(year.year, "01-01..12-31") if calendar.is_working(one)]
        assert worked == year.working()
        assert months_of(worked) == year.months
        zone = ZoneInfo(ZONES[year.keeps])
        for one, following in pairwise(worked):
            due = calendars.after(datetime(one.year, one.month, one.day, 16, tzinfo=zone), "P1D", calendar)
            assert due.astimezone(zone).date() == following


@pytest.mark.urs("URS-140")
@pytest.mark.parametrize(("code", "first", "count", "last"), DUE)
def test_working_days_are_counted_over_make_up_days(
    database: Engine, now: datetime, code: str, first: str, count: int, last: str
) -> None:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    with unit_of_work(system_actor("test"), now=now) as session:
        calendar = calendars.of_site(session, site(session, code).id)
        zone = ZoneInfo(ZONES[code])
        due = calendars.after(
            datetime(begin.year, begin.month, begin.day, 9, tzinfo=zone), f"P{count}D", calendar
        )
        assert due.astimezone(zone) == datetime(end.year, end.month, end.day, 9, tzinfo=zone)
        assert works_between(calendar, begin, end) == count


@pytest.mark.urs("URS-140")
def test_a_plant_that_works_on_saturdays_has_the_published_days_of_bavaria() -> None:
    rule = CalendarRule("DE-BY", "123456")
    worked = [one for one in days(2025, "01-01..12-31") if works_usually(rule, one)]
    assert months_of(worked) == BAVARIAN_SATURDAYS_WORKED


@pytest.mark.urs("URS-140")
@pytest.mark.parametrize("year", YEARS, ids=lambda year: f"{year.keeps}-{year.year}")
def test_the_document_of_a_year_is_named_in_both_languages(year: Year) -> None:
    named = published_in(year.keeps, year.year)
    assert named["en"] != named["zh"]
    if year.keeps == "CN":
        number = {2024: "〔2023〕7号", 2025: "〔2024〕12号", 2026: "〔2025〕7号"}[year.year]
        assert all(number in name for name in named.values())


@pytest.mark.urs("URS-140")
def test_a_year_without_a_document_names_none() -> None:
    assert published_in("CN", 2090) == {}
    assert published_in("FR", 2026) == {}


@pytest.mark.urs("URS-140")
def test_the_list_of_a_site_comes_before_the_package(database: Engine, now: datetime) -> None:
    with unit_of_work(system_actor("test"), now=now) as session:
        plant = site(session, "US")
        for day, kind in (("2026-07-03", DayKind.WORKING), ("2026-07-06", DayKind.OFF)):
            session.add(CalendarDay(site_id=plant.id, day=date.fromisoformat(day), kind=kind, name=NAME))
        session.add(CalendarDay(site_id=plant.id, day=date(2026, 9, 7), kind=DayKind.USUAL, name=NAME))
    with read_session() as session:
        calendar = calendars.of_site(session, plant.id)
        assert calendar.is_working(date(2026, 7, 3))
        assert not calendar.is_working(date(2026, 7, 6))
        assert not calendar.is_working(date(2026, 9, 7)), "taken back: Labor Day again"


@pytest.mark.urs("URS-140")
def test_a_site_that_says_nothing_keeps_the_holidays_of_its_country() -> None:
    def keeps(region: str, zone: str) -> str:
        return default_rule(Site(region=region, zone=zone)).holidays

    assert keeps("CN-SH", "Asia/Shanghai") == "CN"
    assert keeps("US", "America/New_York") == "US"
    assert keeps("EU", "Europe/Berlin") == "DE"
    assert keeps("DE-BY", "Europe/Berlin") == "DE-BY"
    assert keeps("EU", "UTC") == "none"


@pytest.mark.urs("URS-140")
def test_a_chinese_year_without_make_up_days_is_not_published_yet() -> None:
    assert public_days("CN", 2026).published
    assert not public_days("CN", 2090).published
    assert public_days("US", 2090).published


@pytest.mark.urs("URS-140")
def test_days_have_names_without_american_figures() -> None:
    off = public_days("CN", 2026).off
    assert off[date(2026, 1, 2)] == {
        "en": "Day off, worked on 2026-01-04",
        "zh": "休息日（2026-01-04 上班）",
    }
    assert off[date(2026, 10, 1)] == {"en": "National Day", "zh": "国庆节"}
    assert not any("/20" in name["en"] + name["zh"] for name in off.values())


RULES = ("CN", "US", "DE", "DE-BY", "none")


@pytest.mark.urs("URS-140")
@given(
    keeps=st.sampled_from(RULES),
    week=st.sampled_from(("12345", "1234567", "135")),
    hours=st.integers(0, 900 * 24),
    count=st.integers(1, 90),
)
def test_adding_working_days_and_counting_back_gives_as_many(
    keeps: str, week: str, hours: int, count: int
) -> None:
    zone = "Asia/Shanghai"
    lists: dict[int, dict[date, CalendarDay]] = {year: {} for year in range(2024, 2028)}
    calendar = SiteDays(None, None, zone, CalendarRule(keeps, week), lists)  # type: ignore[arg-type]
    begin = datetime(2024, 1, 1, tzinfo=ZoneInfo(zone)) + timedelta(hours=hours)
    end = calendars.after(begin, f"P{count}D", calendar).astimezone(ZoneInfo(zone))
    assert calendar.is_working(end.date())
    assert works_between(calendar, begin.date(), end.date()) == count
    assert end.time() == begin.time()
