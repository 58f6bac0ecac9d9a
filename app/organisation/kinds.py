"""The kinds of object of the organisation: how each is found, called and shown."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.access.models import Person
from app.objects.kinds import Key, ObjectKind, Values
from app.organisation.calendar_lists import DAYS, RULES, SHIFTS
from app.organisation.imports import DEPARTMENTS, POSITIONS
from app.organisation.models import (
    Absence,
    CalendarDay,
    Department,
    Deputy,
    Position,
    Post,
    Shift,
    SiteCalendar,
)
from app.organisation.panels import department_panel, position_panel, post_panel
from app.organisation.posts import POSTS, post_key
from app.organisation.standins import ABSENCES, DEPUTIES, deputy_key
from app.sites.models import Site
from core.types import Bilingual
from documents.sheets.importers import Importer
from documents.sheets.rows import both_cells

READ = "organisation.read"
Text = Bilingual | str


def _coded(model: Any) -> Callable[[Session, Key], Any]:
    return lambda session, key: session.scalar(select(model).where(model.code == key[0]))


def _code_and_name(row: Any) -> Bilingual:
    return {lang: f"{row.code} · {row.name[lang]}" for lang in ("en", "zh")}


def _words(model: Any) -> tuple[Any, ...]:
    return model.code, model.name["en"].as_string(), model.name["zh"].as_string()


def _of(what: Any, model: Any, key: Any) -> ColumnElement[str]:
    """A column of what a row names, to sort by and to search in."""
    found: ColumnElement[str] = select(what).where(model.id == key).correlate_except(model).scalar_subquery()
    return found


def _person_words(key: Any) -> tuple[Any, ...]:
    names = (Person.login, Person.name["en"].as_string(), Person.name["zh"].as_string())
    return tuple(_of(name, Person, key) for name in names)


def _position_words(key: Any) -> tuple[Any, ...]:
    return tuple(_of(word, Position, key) for word in _words(Position))


def _nothing_more(_key: Key) -> tuple[Any, ...]:
    return ()


def _by_key(
    model: Any, key_of: Callable[[Any], Key], narrow: Callable[[Key], tuple[Any, ...]] = _nothing_more
) -> Callable[[Session, Key], Any]:
    """Find a row by a key whose last part is its day: of those that ``narrow`` leaves, the one."""
    day = model.day if model is CalendarDay else model.valid_from

    def find(session: Session, key: Key) -> Any:
        rows = session.scalars(select(model).where(day == key[-1], *narrow(key)))
        return next((row for row in rows if key_of(row) == key), None)

    return find


def _with_name(listed: Importer, key_of: Callable[[Any], Key], name_of: Callable[[Any], Bilingual]) -> Any:
    """What rows hold, with the name of the person they are about."""

    def values(session: Session, rows: Sequence[Any]) -> list[Values]:
        keys = [key_of(row) for row in rows]
        there = listed.existing(session, keys) if listed.existing is not None and keys else {}
        return [
            {**dict(zip(listed.key, key, strict=True)), **there[key], **both_cells("name", name_of(row))}
            for key, row in zip(keys, rows, strict=True)
        ]

    return values


def _absence_key(row: Absence) -> Key:
    return row.person.login, row.valid_from


def _day_key(row: CalendarDay) -> Key:
    return row.site.code, row.day


def _post_label(post: Post) -> Bilingual:
    return {lang: f"{post.person.name[lang]} · {post.position.name[lang]}" for lang in ("en", "zh")}


def _deputy_label(deputy: Deputy) -> Bilingual:
    of = deputy.person or deputy.position
    assert of is not None  # the table asks for one of the two
    name, rank = deputy.deputy.name, deputy.rank.value
    return {lang: f"{of.name[lang]} · {rank} · {name[lang]}" for lang in ("en", "zh")}


def _absence_label(row: Absence) -> Bilingual:
    return {lang: f"{row.person.name[lang]} · {row.valid_from.isoformat()}" for lang in ("en", "zh")}


DEPARTMENT = ObjectKind(
    name="organisation.department",
    title={"en": "Department", "zh": "部门"},
    listed=DEPARTMENTS,
    model=Department,
    plural="departments",
    icon="sitemap",
    read=READ,
    find=_coded(Department),
    key_of=lambda row: (row.code,),
    label=_code_and_name,
    shown={
        "code": Department.code,
        "name": Department.name["en"].as_string(),
        "state": Department.state,
    },
    words=_words(Department),
    site_of=lambda row: row.site_id,
    panel="organisation/department_panel.html",
    panel_data=department_panel,
)
POSITION = ObjectKind(
    name="organisation.position",
    title={"en": "Position", "zh": "岗位"},
    listed=POSITIONS,
    model=Position,
    plural="positions",
    icon="id-badge-2",
    read=READ,
    find=_coded(Position),
    key_of=lambda row: (row.code,),
    label=_code_and_name,
    shown={
        "code": Position.code,
        "name": Position.name["en"].as_string(),
        "department": _of(Department.code, Department, Position.department_id),
        "state": Position.state,
    },
    words=_words(Position),
    site_of=lambda row: row.department.site_id,
    panel="organisation/position_panel.html",
    panel_data=position_panel,
)
POST = ObjectKind(
    name="organisation.post",
    title={"en": "Post", "zh": "任职"},
    listed=POSTS,
    model=Post,
    plural="posts",
    icon="user-check",
    read=READ,
    find=_by_key(
        Post,
        post_key,
        lambda key: (Post.person.has(login=key[0]), Post.position.has(code=key[1])),
    ),
    key_of=post_key,
    label=_post_label,
    shown={
        "person": _of(Person.login, Person, Post.person_id),
        "name": _of(Person.name["en"].as_string(), Person, Post.person_id),
        "position": _of(Position.code, Position, Post.position_id),
        "valid_from": Post.valid_from,
        "valid_to": Post.valid_to,
    },
    words=(*_person_words(Post.person_id), *_position_words(Post.position_id)),
    values=_with_name(POSTS, post_key, lambda row: row.person.name),
    site_of=lambda row: row.position.department.site_id,
    panel="organisation/post_panel.html",
    panel_data=post_panel,
)
DEPUTY = ObjectKind(
    name="organisation.deputy",
    title={"en": "Deputy", "zh": "A/B角"},
    listed=DEPUTIES,
    model=Deputy,
    plural="deputies",
    icon="users",
    read=READ,
    find=_by_key(Deputy, deputy_key),
    key_of=deputy_key,
    label=_deputy_label,
    shown={
        "deputy": _of(Person.login, Person, Deputy.deputy_id),
        "name": _of(Person.name["en"].as_string(), Person, Deputy.deputy_id),
        "subject": Deputy.position_id,
        "rank": Deputy.rank,
        "valid_from": Deputy.valid_from,
        "valid_to": Deputy.valid_to,
    },
    words=(
        *_person_words(Deputy.deputy_id),
        *_person_words(Deputy.person_id),
        *_position_words(Deputy.position_id),
    ),
    values=_with_name(DEPUTIES, deputy_key, lambda row: row.deputy.name),
)
ABSENCE = ObjectKind(
    name="organisation.absence",
    title={"en": "Absence", "zh": "缺勤"},
    listed=ABSENCES,
    model=Absence,
    plural="absences",
    icon="calendar",
    read=READ,
    find=_by_key(Absence, _absence_key, lambda key: (Absence.person.has(login=key[0]),)),
    key_of=_absence_key,
    label=_absence_label,
    shown={
        "person": _of(Person.login, Person, Absence.person_id),
        "name": _of(Person.name["en"].as_string(), Person, Absence.person_id),
        "valid_from": Absence.valid_from,
        "valid_to": Absence.valid_to,
        "kind": Absence.kind,
    },
    words=_person_words(Absence.person_id),
    values=_with_name(ABSENCES, _absence_key, lambda row: row.person.name),
    site_of=lambda row: row.person.home_site_id,
)
SHIFT = ObjectKind(
    name="organisation.shift",
    title={"en": "Shift", "zh": "班次"},
    listed=SHIFTS,
    model=Shift,
    plural="shifts",
    icon="clock",
    read=READ,
    find=_coded(Shift),
    key_of=lambda row: (row.code,),
    label=_code_and_name,
    shown={
        "code": Shift.code,
        "name": Shift.name["en"].as_string(),
        "starts": Shift.starts,
        "ends": Shift.ends,
        "state": Shift.state,
    },
    words=_words(Shift),
    site_of=lambda row: row.site_id,
)
SITE_CALENDAR = ObjectKind(
    name="organisation.site_calendar",
    title={"en": "Calendar of a site", "zh": "场所日历"},
    listed=RULES,
    model=SiteCalendar,
    plural="calendars",
    icon="calendar",
    read=READ,
    find=lambda session, key: session.scalar(
        select(SiteCalendar).join(SiteCalendar.site).where(Site.code == key[0])
    ),
    key_of=lambda row: (row.site.code,),
    label=lambda row: row.site.code,
    shown={
        "site": _of(Site.code, Site, SiteCalendar.site_id),
        "holidays": SiteCalendar.holidays,
        "week": SiteCalendar.week,
    },
    words=(_of(Site.code, Site, SiteCalendar.site_id), SiteCalendar.holidays),
    site_of=lambda row: row.site_id,
)
CALENDAR_DAY = ObjectKind(
    name="organisation.calendar_day",
    title={"en": "Day of the calendar", "zh": "日历日"},
    listed=DAYS,
    model=CalendarDay,
    plural="holidays",
    icon="calendar",
    read=READ,
    find=_by_key(CalendarDay, _day_key, lambda key: (CalendarDay.site.has(code=key[0]),)),
    key_of=_day_key,
    label=lambda row: f"{row.site.code} · {row.day.isoformat()}",
    shown={
        "day": CalendarDay.day,
        "name": CalendarDay.name["en"].as_string(),
        "site": _of(Site.code, Site, CalendarDay.site_id),
        "kind": CalendarDay.kind,
    },
    words=(
        CalendarDay.name["en"].as_string(),
        CalendarDay.name["zh"].as_string(),
        _of(Site.code, Site, CalendarDay.site_id),
    ),
    site_of=lambda row: row.site_id,
)
