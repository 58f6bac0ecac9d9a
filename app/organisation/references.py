"""What the cells of the organisation's lists name: people, positions, departments, shifts, sites."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.models import Person, PersonState
from app.organisation.models import Department, Position, Shift
from app.sites.imports import sites_by_code
from core.clock import site_day
from core.errors import Conflict, NotFound, QmsError
from core.moments import moment_of
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import choice
from documents.sheets.rows import Reach, Reference, Row

STATES: dict[str, Bilingual] = {
    "active": {"en": "Active", "zh": "在用"},
    "closed": {"en": "Closed", "zh": "撤销"},
}
YES_NO: dict[str, Bilingual] = {"yes": {"en": "yes", "zh": "是"}, "no": {"en": "no", "zh": "否"}}
yes_no = choice(YES_NO)
"""Reads yes or no, as a word: an empty cell is neither."""


def _departments(session: Session, codes: Collection[Any], _reach: Reach) -> Mapping[Any, Any]:
    found = session.scalars(select(Department).where(Department.code.in_(codes)))
    return {department.code: department for department in found}


def _positions(session: Session, codes: Collection[Any], reach: Reach) -> Mapping[Any, Any]:
    query = select(Position).where(Position.code.in_(codes))
    if reach is not None:
        query = query.where(or_(Position.site_id.is_(None), Position.site_id.in_(reach)))
    return {position.code: position for position in session.scalars(query)}


def _people(session: Session, logins: Collection[Any], _reach: Reach) -> Mapping[Any, Any]:
    return {one.login: one for one in session.scalars(select(Person).where(Person.login.in_(logins)))}


def _colleagues(session: Session, logins: Collection[Any], reach: Reach) -> Mapping[Any, Any]:
    """People of the sites somebody acts for, and those of no site."""
    found = _people(session, logins, reach)
    return {
        login: one
        for login, one in found.items()
        if reach is None or one.home_site_id is None or one.home_site_id in reach
    }


def _subjects(session: Session, names: Collection[Any], reach: Reach) -> Mapping[Any, Any]:
    return {**_positions(session, names, reach), **_people(session, names, reach)}


def _shifts(session: Session, codes: Collection[Any], reach: Reach) -> Mapping[Any, Any]:
    query = select(Shift).where(Shift.code.in_(codes))
    found = session.scalars(query if reach is None else query.where(Shift.site_id.in_(reach)))
    return {shift.code: shift for shift in found}


def _no_site(value: Any) -> QmsError:
    return NotFound("site.unknown_code", N_("There is no site %(site)s, or not for you."), site=value)


def _no_department(value: Any) -> QmsError:
    return NotFound("department.unknown", N_("There is no department %(department)s."), department=value)


def _no_position(value: Any) -> QmsError:
    sentence = N_("There is no position %(position)s, or not for you.")
    return NotFound("position.unknown", sentence, position=value)


def _no_person(value: Any) -> QmsError:
    sentence = N_("Nobody has the user name %(login)s. Open the account first.")
    return NotFound("person.unknown", sentence, login=value)


def _no_colleague(value: Any) -> QmsError:
    return NotFound("person.not_yours", N_("Nobody of your sites has the user name %(login)s."), login=value)


def gone(person: Person) -> bool:
    """Whether somebody has left for good."""
    return person.state is PersonState.LEFT


def has_left(person: Person) -> Conflict:
    """Refuse to count on somebody who has left."""
    return Conflict("person.left", N_("%(person)s has left."), person=person.name)


def _no_subject(value: Any) -> QmsError:
    return NotFound("deputy.subject", N_("%(name)s is no user name and no position."), name=value)


def _no_shift(value: Any) -> QmsError:
    return NotFound("shift.unknown", N_("There is no shift %(shift)s, or not for you."), shift=value)


SITE = Reference(sites_by_code, _no_site, "sites.site")
DEPARTMENT = Reference(_departments, _no_department, "organisation.department")
POSITION = Reference(_positions, _no_position, "organisation.position")
PERSON = Reference(_people, _no_person, "access.person")
COLLEAGUE = Reference(_colleagues, _no_colleague, "access.person")
SUBJECT = Reference(_subjects, _no_subject, "organisation.subject")
SHIFT = Reference(_shifts, _no_shift, "organisation.shift")


def wanted(row: Row, column: str) -> Any:
    """What a column holds after the row is stored: an empty cell of a list leaves what is there."""
    return row.values[column] if column in row.values else (row.before or {}).get(column)


def today(session: Session, zone: str) -> date:
    """The day on a clock at the moment of the act."""
    return site_day(moment_of(session), zone)
