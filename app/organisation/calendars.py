"""Working days of a site: its yearly list, else the public holidays of its country, make-up days included.

The package ``holidays`` knows the public holidays; for China it knows the days off and the make-up working
days (调休) that the State Council has published, until then the statutory days only. What a site's own list
says of a day comes first. Registered with the engine, so that due dates and timers marked as working reckon
with it (URS-140).
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import holidays
from babel.core import get_global
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisation.models import CalendarDay, DayKind, SiteCalendar
from app.sites.models import Site
from core.types import Bilingual
from workflows import calendars
from workflows.calendars import Calendar, Weekdays

NO_HOLIDAYS = "none"
WEEK = "12345"
FIRST_YEAR, LAST_YEAR = 2000, 2099
_MOVED = re.compile(r"substituted from (?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{4})")


@dataclass(frozen=True)
class PublicDays:
    """The public holidays of a country in one year, and the days of the weekend that are worked for them.

    ``published`` is false while a country that moves working days has not said so yet for the year.
    """

    off: Mapping[date, Bilingual]
    worked: Mapping[date, Bilingual]
    published: bool


@dataclass(frozen=True)
class CalendarRule:
    """Whose public holidays are kept, and on which days of the week people work; see ``SiteCalendar``."""

    holidays: str
    week: str = WEEK


@dataclass(frozen=True)
class DayOfYear:
    """A day with what it is: worked or not, its name if it has one, and who says so."""

    day: date
    works: bool
    name: Bilingual
    source: str


@dataclass(frozen=True)
class SiteDays:
    """The working days of one site; yearly lists are read when a day of their year is asked for."""

    session: Session
    site_id: uuid.UUID
    zone: str
    rule: CalendarRule
    _lists: dict[int, dict[date, CalendarDay]] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Say whether people work on a day."""
        listed = self.listed(day.year).get(day)
        if listed is not None and listed.kind is not DayKind.USUAL:
            return listed.kind is DayKind.WORKING
        return works_usually(self.rule, day)

    def listed(self, year: int) -> dict[date, CalendarDay]:
        """The site's own list of a year, by day; empty if it has none."""
        if year not in self._lists:
            query = select(CalendarDay).where(
                CalendarDay.site_id == self.site_id,
                CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
            )
            self._lists[year] = {one.day: one for one in self.session.scalars(query)}
        return self._lists[year]

    def special(self, year: int) -> list[DayOfYear]:
        """The days of a year on which it is not as on any such day of the week, or that have a name."""
        public, listed = public_days(self.rule.holidays, year), self.listed(year)
        days = sorted({*public.off, *public.worked, *listed})
        return [
            DayOfYear(
                one,
                self.is_working(one),
                listed[one].name if one in listed else public.off.get(one) or public.worked.get(one) or {},
                "list" if one in listed else "package",
            )
            for one in days
        ]


def works_usually(rule: CalendarRule, day: date) -> bool:
    """Say whether a day is worked as far as week and public holidays go."""
    public = public_days(rule.holidays, day.year)
    if day in public.worked:
        return True
    return day not in public.off and str(day.isoweekday()) in rule.week


@lru_cache(maxsize=256)
def public_days(keeps: str, year: int) -> PublicDays:
    """The public holidays of a country, or of a part of one (``DE-BY``), in a year."""
    country, _, part = keeps.partition("-")
    if keeps == NO_HOLIDAYS or not FIRST_YEAR <= year <= LAST_YEAR:
        return PublicDays({}, {}, True)
    english, chinese = (_names(country, part, year, lang) for lang in ("en_US", "zh_CN"))
    off = {day: _name(name, chinese.get(day, name)) for day, name in english.items()}
    moved = {one for one in getattr(english, "weekend_workdays", ()) if one.year == year}
    name = {"en": "Make-up working day", "zh": "调休上班"}
    return PublicDays(off, dict.fromkeys(moved, name), bool(moved) or country != "CN")


def _name(english: str, chinese: str) -> Bilingual:
    """A day's name; the package writes days in American figures, which readers elsewhere turn round."""
    moved = _MOVED.search(english)
    if moved is None:
        return {"en": english, "zh": chinese}
    worked = f"{moved['year']}-{moved['month']}-{moved['day']}"
    return {"en": f"Day off, worked on {worked}", "zh": f"休息日（{worked} 上班）"}


def _names(country: str, part: str, year: int, language: str) -> holidays.HolidayBase:
    known = holidays.country_holidays(country, years=year)
    chosen = language if language in known.supported_languages else None
    return holidays.country_holidays(country, subdiv=part or None, years=year, language=chosen)


@lru_cache(maxsize=256)
def is_known(keeps: str) -> bool:
    """Whether public holidays of a country, or a part of one, are known."""
    country, _, part = keeps.partition("-")
    supported = holidays.list_supported_countries()
    return keeps == NO_HOLIDAYS or (country in supported and (not part or part in supported[country]))


def default_rule(site: Site) -> CalendarRule:
    """What a site keeps that has said nothing: the days of its region, else of the country of its clock."""
    for keeps in (site.region, site.region.partition("-")[0]):
        if keeps and keeps != NO_HOLIDAYS and is_known(keeps):
            return CalendarRule(keeps)
    country = get_global("zone_territories").get(site.zone, "")
    return CalendarRule(country if is_known(country) else NO_HOLIDAYS)


def rule_of(session: Session, site: Site) -> CalendarRule:
    """What a site keeps."""
    said = session.scalar(select(SiteCalendar).where(SiteCalendar.site_id == site.id))
    return CalendarRule(said.holidays, said.week) if said is not None else default_rule(site)


@calendars.provide
def calendar_of(session: Session, site_id: uuid.UUID | None) -> Calendar:
    """Give the calendar of a site; of no site Monday to Friday by UTC."""
    site = session.get(Site, site_id) if site_id is not None else None
    return days_of(session, site) if site is not None else Weekdays()


def days_of(session: Session, site: Site) -> SiteDays:
    """Give the working days of a site."""
    return SiteDays(session, site.id, site.zone, rule_of(session, site))


def works_between(calendar: Calendar, first: date, last: date) -> int:
    """Count the working days after one day up to another, the last one included."""
    return sum(calendar.is_working(first + timedelta(days=n + 1)) for n in range((last - first).days))
