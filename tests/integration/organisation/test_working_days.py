"""Working days of sites in three countries against the years as their governments have published them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.organisation.calendars import CalendarRule, SiteDays, default_rule, public_days, works_between
from app.organisation.models import CalendarDay, DayKind, SiteCalendar
from app.sites.models import Site
from core.actor import system_actor
from core.db import read_session, unit_of_work
from workflows import calendars

NAME = {"en": "Plant", "zh": "工厂"}
ZONES = {"CN": "Asia/Shanghai", "US": "America/New_York", "DE": "Europe/Berlin", "BY": "Europe/Berlin"}


def days(first: str, last: str) -> list[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


# General Office of the State Council, notice on the arrangement of public holidays in 2025
# (国办发明电〔2024〕12号) and in 2026 (国办发明电〔2025〕7号).
CHINA_OFF = [
    *days("2025-01-01", "2025-01-01"),
    *days("2025-01-28", "2025-02-04"),
    *days("2025-04-04", "2025-04-06"),
    *days("2025-05-01", "2025-05-05"),
    *days("2025-05-31", "2025-06-02"),
    *days("2025-10-01", "2025-10-08"),
    *days("2026-01-01", "2026-01-03"),
    *days("2026-02-15", "2026-02-23"),
    *days("2026-04-04", "2026-04-06"),
    *days("2026-05-01", "2026-05-05"),
    *days("2026-06-19", "2026-06-21"),
    *days("2026-09-25", "2026-09-27"),
    *days("2026-10-01", "2026-10-07"),
]
CHINA_WORKED = [
    date.fromisoformat(one)
    for one in (
        "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
        "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
    )
]  # fmt: skip
# Office of Personnel Management: federal holidays of 2026 (5 U.S.C. 6103; 4 July is a Saturday, so the 3rd).
US_OFF = [
    date.fromisoformat(f"2026-{one}")
    for one in (
        "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26", "12-25",
    )
]  # fmt: skip
# Days off in all of Germany in 2026, by the laws of its states and of the federation.
GERMANY_OFF = [
    date.fromisoformat(f"2026-{one}")
    for one in ("01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26")
]
# Bavaria adds these (Art. 1 FTG; Assumption, a Saturday in 2026, only in some communities).
BAVARIA_OFF = [*GERMANY_OFF, *(date.fromisoformat(f"2026-{one}") for one in ("01-06", "06-04", "11-01"))]

YEARS = [
    ("CN", 2025, CHINA_OFF, CHINA_WORKED, 248),
    ("CN", 2026, CHINA_OFF, CHINA_WORKED, 248),
    ("US", 2026, US_OFF, [], 250),
    ("DE", 2026, GERMANY_OFF, [], 254),
    ("BY", 2026, BAVARIA_OFF, [], 252),
]


def site(session: Session, code: str) -> Site:
    region = {"DE": "EU", "BY": "EU"}.get(code, code)
    made = Site(code=code, name=NAME, company=NAME, address=NAME, region=region, zone=ZONES[code])
    session.add(made)
    session.flush()
    if code == "BY":
        session.add(SiteCalendar(site_id=made.id, holidays="DE-BY", week="12345"))
    return made


@pytest.mark.urs("URS-140")
@pytest.mark.parametrize(("code", "year", "off", "worked", "total"), YEARS)
def test_due_dates_follow_the_published_year(
    database: Engine, now: datetime, code: str, year: int, off: list[date], worked: list[date], total: int
) -> None:
    with unit_of_work(system_actor("test"), now=now) as session:
        calendar = calendars.of_site(session, site(session, code).id)
        every = days(f"{year}-01-01", f"{year}-12-31")
        expected = [one for one in every if one in worked or (one.weekday() < 5 and one not in off)]
        assert [one for one in every if calendar.is_working(one)] == expected
        assert len(expected) == total
        zone = ZoneInfo(ZONES[code])
        for one, following in pairwise(expected):
            due = calendars.after(datetime(one.year, one.month, one.day, 16, tzinfo=zone), "P1D", calendar)
            assert due.astimezone(zone).date() == following


@pytest.mark.urs("URS-140")
def test_a_make_up_saturday_is_worked_in_china(database: Engine, now: datetime) -> None:
    with unit_of_work(system_actor("test"), now=now) as session:
        calendar = calendars.of_site(session, site(session, "CN").id)
        friday = datetime(2026, 2, 13, 1, tzinfo=UTC)
        assert calendars.after(friday, "P1D", calendar) == datetime(2026, 2, 14, 1, tzinfo=UTC)
        assert calendars.after(friday, "P2D", calendar) == datetime(2026, 2, 24, 1, tzinfo=UTC)


@pytest.mark.urs("URS-140")
def test_the_list_of_a_site_comes_before_the_package(database: Engine, now: datetime) -> None:
    with unit_of_work(system_actor("test"), now=now) as session:
        plant = site(session, "US")
        for day, kind in (("2026-07-03", DayKind.WORKING), ("2026-07-06", DayKind.OFF)):
            session.add(
                CalendarDay(site_id=plant.id, day=date.fromisoformat(day), kind=kind, name=NAME)
            )
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


