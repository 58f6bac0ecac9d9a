"""The page of working days says what was published and where; a site's own list of a year comes before it."""

import html
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.cli.demo_objects import store_list
from app.factory import create_app
from app.organisation.calendars import works_between
from app.organisation.models import SiteCalendar
from core import clock
from core.actor import system_actor
from core.db import read_session, unit_of_work
from tests.factories.inbox import PASSWORD, Plant, make_plant
from tests.factories.people import sign_in, token
from tests.factories.published_days import YEARS, Year
from workflows import calendars

ACTOR = system_actor("test")
SAYS = {
    "CN": {"en": "General Office of the State Council", "zh": "国务院办公厅关于"},
    "US": {"en": "5 U.S.C. 6103", "zh": "《美国法典》第5编第6103条"},
    "DE": {"en": "Unification Treaty, art. 2(2)", "zh": "《统一条约》第2条第2款"},
    "DE-BY": {"en": "Feiertagsgesetz (FTG) of Bavaria, art. 1(1) no. 1", "zh": "巴伐利亚州《节假日法》"},
}

Bring = Callable[..., None]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now)


@pytest.fixture
def bring(plant: Plant) -> Bring:
    def act(*rows: tuple[str, str]) -> None:
        with unit_of_work(ACTOR, now=plant.now) as session:
            lines = [{"site": "SH", "year": day[:4], "day": day, "kind": kind} for day, kind in rows]
            store_list(session, "organisation.calendar_days", lines, actor=ACTOR, now=plant.now)

    return act


@pytest.fixture
def client(plant: Plant) -> FlaskClient:
    return sign_in(create_app(testing=True), "owner", PASSWORD)


def keep(plant: Plant, holidays: str) -> None:
    with unit_of_work(ACTOR, now=plant.now) as session:
        session.add(SiteCalendar(site_id=plant.site_id, holidays=holidays, week="12345"))


def due(plant: Plant, first: str, count: int) -> date:
    begin, zone = date.fromisoformat(first), ZoneInfo("Asia/Shanghai")
    with read_session() as session:
        calendar = calendars.of_site(session, plant.site_id)
        moment = datetime(begin.year, begin.month, begin.day, 9, tzinfo=zone)
        end = calendars.after(moment, f"P{count}D", calendar).astimezone(zone).date()
        assert works_between(calendar, begin, end) == count
        return end


@pytest.mark.urs("URS-140")
@pytest.mark.parametrize("year", YEARS, ids=lambda year: f"{year.keeps}-{year.year}")
def test_the_page_shows_the_published_months_and_names_their_document(
    client: FlaskClient, plant: Plant, year: Year
) -> None:
    keep(plant, year.keeps)
    for language in ("en", "zh"):
        client.post("/language", data={"language": language, "csrf_token": token(client, "/me/password")})
        page = client.get(f"/working-days?site=SH&year={year.year}").text
        shown = page[page.index('id="months-title"') :]
        months = re.findall(r'<dd class="datagrid-content">(\d+)</dd>', shown)
        assert tuple(map(int, months)) == year.months
        assert f">{sum(year.months)}<" in shown
        assert SAYS[year.keeps][language] in html.unescape(page)


@pytest.mark.urs("URS-140")
def test_a_year_that_was_not_known_is_right_as_soon_as_its_list_is_there(
    client: FlaskClient, plant: Plant, bring: Bring
) -> None:
    """The days are made up: nothing stands published for 2027 here."""
    assert "not known yet" in client.get("/working-days?site=SH&year=2027").text
    festival = [str(date(2027, 2, 5) + timedelta(days=n)) for n in range(9)]
    bring(*((day, "off") for day in festival), ("2027-02-14", "working"), ("2027-02-20", "working"))
    assert due(plant, "2027-02-04", 1) == date(2027, 2, 14)
    assert due(plant, "2027-02-04", 7) == date(2027, 2, 20)
    assert "the site’s list" in client.get("/working-days?site=SH&year=2027").text
    bring(("2027-02-14", "usual"))
    assert due(plant, "2027-02-04", 1) == date(2027, 2, 15)


@pytest.mark.urs("URS-140")
def test_a_notice_that_is_changed_within_the_year_is_followed(plant: Plant, bring: Bring) -> None:
    """As 国办发明电〔2020〕1号 made the Spring Festival of 2020 longer when it had begun."""
    assert due(plant, "2026-12-24", 1) == date(2026, 12, 25)
    bring(("2026-12-25", "off"), ("2026-12-26", "working"))
    assert due(plant, "2026-12-24", 1) == date(2026, 12, 26)
    assert due(plant, "2026-12-24", 2) == date(2026, 12, 28)


@pytest.mark.urs("URS-140")
def test_a_bavarian_community_puts_assumption_on_its_list(plant: Plant, bring: Bring) -> None:
    """Off where most people are Catholic (art. 1(1) no. 2 FTG); a Tuesday in 2028."""
    keep(plant, "DE-BY")
    assert due(plant, "2028-08-14", 1) == date(2028, 8, 15)
    bring(("2028-08-15", "off"))
    assert due(plant, "2028-08-14", 1) == date(2028, 8, 16)


@pytest.mark.urs("URS-140")
def test_a_day_on_which_offices_were_closed_once_is_put_on_the_list(plant: Plant, bring: Bring) -> None:
    """As Executive Orders closed federal offices on 24 December 2024 and on 24 and 26 December 2025."""
    keep(plant, "US")
    assert due(plant, "2026-12-23", 1) == date(2026, 12, 24)
    bring(("2026-12-24", "off"))
    assert due(plant, "2026-12-23", 1) == date(2026, 12, 28)
