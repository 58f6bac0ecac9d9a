"""Shifts, the holidays a site keeps, and the yearly list of its days off and make-up days (URS-140).

A yearly list says of which year it is: each day has to lie in it, the year must not be over, and a make-up
working day that is a working day anyway gives away a list of another year.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisation.calendars import (
    NO_HOLIDAYS,
    WEEK,
    CalendarRule,
    is_known,
    rule_of,
    works_usually,
)
from app.organisation.models import CalendarDay, DayKind, DepartmentState, Shift, SiteCalendar
from app.organisation.references import SHIFT, SITE, STATES, today
from app.sites.models import Site
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, Kind, choice, code, day, name_columns, whole
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row, both_cells

Key = tuple[Any, ...]
YEARS_AHEAD = 2
"""Lists are taken for this year and so many more; nobody publishes holidays further ahead."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_WEEKDAYS: tuple[Bilingual, ...] = tuple(
    {"en": english, "zh": chinese}
    for english, chinese in (
        ("Monday", "星期一"), ("Tuesday", "星期二"), ("Wednesday", "星期三"), ("Thursday", "星期四"),
        ("Friday", "星期五"), ("Saturday", "星期六"), ("Sunday", "星期日"),
    )
)  # fmt: skip
DAY_KINDS: dict[str, Bilingual] = {
    "off": {"en": "Day off", "zh": "放假"},
    "working": {"en": "Working day", "zh": "上班"},
    "usual": {"en": "As usual", "zh": "照常"},
}


def _clock(value: Any) -> str:
    word = value.strftime("%H:%M") if hasattr(value, "strftime") else str(value).strip()
    if not _CLOCK.fullmatch(word):
        raise Invalid("cell.clock", N_("“%(text)s” is no time of day. Write it like 08:30."), text=word[:20])
    return word


def _week(value: Any) -> str:
    word = re.sub(r"[\s,;]", "", str(value))
    if not re.fullmatch("[1-7]{1,7}", word) or len(set(word)) != len(word):
        sentence = N_("“%(text)s” are no days of the week. Write 1 (Monday) to 7 (Sunday), such as 12345.")
        raise Invalid("cell.week", sentence, text=word[:20])
    return "".join(sorted(word))


def _keeps(value: Any) -> str:
    word = str(value).strip()
    word = NO_HOLIDAYS if word.lower() == NO_HOLIDAYS else word.upper()
    if not is_known(word):
        sentence = N_(
            "No public holidays are known for “%(text)s”. Write a country such as CN, US or DE, a part of one"
            " such as DE-BY, or none."
        )
        raise Invalid("cell.holidays", sentence, text=word[:20])
    return word


clock_time = Kind(_clock, {"type": "string", "pattern": f"^{_CLOCK.pattern}$"})


def _week_said(days: str) -> Bilingual:
    """Days of the week as people read them: a run of three or more by its ends."""
    if not re.fullmatch("[1-7]{1,7}", days):
        return {"en": days, "zh": days}
    numbers = [int(one) - 1 for one in days]
    run = len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1))
    shown = (numbers[0], numbers[-1]) if run else numbers
    between = {"en": " to ", "zh": "至"} if run else {"en": ", ", "zh": "、"}
    return {lang: between[lang].join(_WEEKDAYS[one][lang] for one in shown) for lang in between}


week_days = Kind(_week, {"type": "string", "pattern": "^[1-7]{1,7}$"}, said=_week_said)
country = Kind(_keeps, {"type": "string", "maxLength": 12})


def shifts_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What shifts with some codes hold."""
    found = session.scalars(select(Shift).where(Shift.code.in_({key for (key,) in keys})))
    return {
        (one.code,): {
            **both_cells("name", one.name),
            "site": one.site.code,
            "starts": one.starts,
            "ends": one.ends,
            "days": one.days or None,
            "state": one.state.value,
        }
        for one in found
    }


def open_shifts(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open shifts."""
    for row in rows:
        shift = Shift(code=row.get("code"), days="")
        _fill_shift(shift, row)
        session.add(shift)
    session.flush()  # the next rows may name them


def change_shifts(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change shifts as their rows say."""
    found = SHIFT.find(session, {row.get("code") for row in rows}, None)
    for row in rows:
        _fill_shift(found[row.get("code")], row)


def rules_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """Whose holidays some sites keep."""
    query = select(SiteCalendar).join(SiteCalendar.site).where(Site.code.in_({key for (key,) in keys}))
    return {(one.site.code,): {"holidays": one.holidays, "week": one.week} for one in session.scalars(query)}


def open_rules(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Say for the first time whose holidays sites keep."""
    for row in rows:
        rule = SiteCalendar(site_id=row.found["site"].id, week=WEEK)
        _fill_rule(rule, row)
        session.add(rule)
    session.flush()  # the days of the next rows are reckoned with them


def change_rules(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change whose holidays sites keep."""
    for row in rows:
        _fill_rule(session.scalars(select(SiteCalendar).filter_by(site_id=row.found["site"].id)).one(), row)


def days_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What the yearly lists of some sites say about some days."""
    query = (
        select(CalendarDay)
        .join(CalendarDay.site)
        .where(Site.code.in_({site for site, _ in keys}), CalendarDay.day.in_({one for _, one in keys}))
    )
    return {
        (one.site.code, one.day): {
            "year": one.day.year,
            "kind": one.kind.value,
            **both_cells("name", one.name),
        }
        for one in session.scalars(query)
        if (one.site.code, one.day) in keys
    }


def open_days(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Put days on the yearly lists of sites."""
    for row in rows:
        listed = CalendarDay(site_id=row.found["site"].id, day=row.get("day"))
        _fill_day(listed, row)
        session.add(listed)
    session.flush()  # the page that follows shows them


def change_days(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change days of the yearly lists of sites."""
    for row in rows:
        query = select(CalendarDay).filter_by(site_id=row.found["site"].id, day=row.get("day"))
        _fill_day(session.scalars(query).one(), row)


def check_days(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find days of another year, of years that are over, and make-up days that nobody would make up."""
    rules: dict[Any, CalendarRule] = {}
    for row in rows:
        one, year, site = row.get("day"), row.get("year"), row.found.get("site")
        if one is None or year is None or site is None:
            continue
        if one.year != year:
            sentence = N_(
                "%(day)s does not lie in %(year)s. Bring in the list of %(year)s, or write the year of this"
                " one."
            )
            yield row.wrong("day", Invalid("calendar.other_year", sentence, day=one.isoformat(), year=year))
        elif (wrong := _wrong_year(year, today(session, site.zone).year)) is not None:
            yield row.wrong("year", wrong)
        elif row.get("kind") == DayKind.WORKING:
            rule = rules.setdefault(site.id, rule_of(session, site))
            if works_usually(CalendarRule(NO_HOLIDAYS, rule.week), one) and works_usually(rule, one):
                yield row.wrong("day", _works_anyway(one))


def _wrong_year(year: int, this_year: int) -> Conflict | None:
    if year < this_year:
        sentence = N_("%(year)s is over; its days do not change any more. Take the list of %(now)s or later.")
        return Conflict("calendar.year_over", sentence, year=year, now=this_year)
    if year > this_year + YEARS_AHEAD:
        sentence = N_("Nobody knows the working days of %(year)s yet. Lists are taken up to %(last)s.")
        return Conflict("calendar.year_ahead", sentence, year=year, last=this_year + YEARS_AHEAD)
    return None


def _works_anyway(one: date) -> Conflict:
    sentence = N_(
        "%(day)s is a %(weekday)s and a working day anyway. Is this the list of another year? Bring in the"
        " right one, or leave this row out."
    )
    weekday = _WEEKDAYS[one.weekday()]
    return Conflict("calendar.works_anyway", sentence, day=one.isoformat(), weekday=weekday)


def _fill_shift(shift: Shift, row: Row) -> None:
    shift.name = row.both("name")
    if "site" in row.found:
        shift.site_id = row.found["site"].id
    for key in ("starts", "ends"):
        if row.get(key):
            setattr(shift, key, row.get(key))
    if "days" in row.values:
        shift.days = row.get("days") or ""
    shift.state = DepartmentState(row.get("state") or shift.state or "active")


def _fill_rule(rule: SiteCalendar, row: Row) -> None:
    rule.holidays = row.get("holidays") or rule.holidays
    rule.week = row.get("week") or rule.week


def _fill_day(listed: CalendarDay, row: Row) -> None:
    listed.kind = DayKind(row.get("kind") or listed.kind)
    listed.name = row.both("name")


_SITE = Column("site", {"en": "Site", "zh": "场所"}, code(20), "SZ",
               {"en": "Code of the site", "zh": "场所编码"}, refers=SITE)  # fmt: skip
_NATIONAL: Bilingual = {"en": "National Day", "zh": "国庆节"}
SHIFTS = register(
    Importer(
        name="organisation.shifts",
        title={"en": "Shifts", "zh": "班次"},
        about={
            "en": "Hours and days of the shifts of each site; a post names the shift its holder works in.",
            "zh": "各场所班次的时间与工作日；任职中注明所属班次。",
        },
        right="organisation.manage",
        order=6,
        key=("code",),
        existing=shifts_there,
        create=open_shifts,
        change=change_shifts,
        columns=(
            Column("code", {"en": "Code", "zh": "编码"}, code(), "S-DAY",
                   {"en": "Never used twice.", "zh": "不得重复。"}),
            *name_columns("name", "Name", "名称", {"en": "Day shift", "zh": "白班"}, needed=True),
            _SITE,
            Column("starts", {"en": "Starts", "zh": "开始时间"}, clock_time, "08:30",
                   {"en": "On the site's clock", "zh": "场所当地时间"}),
            Column("ends", {"en": "Ends", "zh": "结束时间"}, clock_time, "17:30",
                   {"en": "No later than the start: on the next day", "zh": "不晚于开始时间则为次日"}),
            Column("days", {"en": "Days of the week", "zh": "星期"}, week_days, "",
                   {"en": "1 for Monday to 7 for Sunday, holidays or not; empty for the site's working days",
                    "zh": "1为星期一至7为星期日，不论节假日；留空则按场所工作日"}, required=False),
            Column("state", {"en": "State", "zh": "状态"}, choice(STATES), "active",
                   {"en": "active or closed", "zh": "在用或撤销"}, required=False),
        ),
    )
)  # fmt: skip
RULES = register(
    Importer(
        name="organisation.site_calendars",
        title={"en": "Calendars of sites", "zh": "场所日历"},
        about={
            "en": "Whose public holidays a site keeps and on which days of the week it works. A site without"
            " a row keeps those of the country of its clock, Monday to Friday.",
            "zh": "场所适用的公共假日与每周工作日。未设置的场所按所在国家的假日，周一至周五工作。",
        },
        right="organisation.manage",
        order=5,
        key=("site",),
        existing=rules_there,
        create=open_rules,
        change=change_rules,
        columns=(
            _SITE,
            Column("holidays", {"en": "Public holidays of", "zh": "公共假日"}, country, "CN",
                   {"en": "A country (CN, US, DE), a part of one (DE-BY), or none",
                    "zh": "国家（CN、US、DE）、其地区（DE-BY），或 none（无）"}),
            Column("week", {"en": "Days of the week", "zh": "每周工作日"}, week_days, "12345",
                   {"en": "1 for Monday to 7 for Sunday; 12345 if empty",
                    "zh": "1为星期一至7为星期日；留空为12345"}, required=False),
        ),
    )
)  # fmt: skip
DAYS = register(
    Importer(
        name="organisation.calendar_days",
        title={"en": "Days off and make-up days", "zh": "放假与调休"},
        about={
            "en": "The yearly list of a site: what it says of a day comes before the public holidays. Days"
            " that are not on it stay as they are.",
            "zh": "场所年度放假调休清单，优先于公共假日；未列入的日期不变。",
        },
        right="organisation.manage",
        order=6,
        key=("site", "day"),
        existing=days_there,
        create=open_days,
        change=change_days,
        check=check_days,
        columns=(
            _SITE,
            Column("year", {"en": "Year", "zh": "年度"}, whole(2000, 2099), "2027",
                   {"en": "The year of the list; every day lies in it", "zh": "清单年度，日期须在该年度内"}),
            Column("day", {"en": "Day", "zh": "日期"}, day, "2027-10-01",
                   {"en": "A calendar day of the site", "zh": "场所当地日期"}),
            Column("kind", {"en": "Kind", "zh": "类别"}, choice(DAY_KINDS), "off",
                   {"en": "off, working (make-up day), or usual to take an entry back",
                    "zh": "放假、上班（调休），或照常（撤回条目）"}),
            *name_columns("name", "Name", "名称", _NATIONAL),
        ),
    )
)  # fmt: skip
