"""Standing deputies (A/B 角): who stands in now for somebody who is away (URS-006, URS-140).

Each person is away by the day on his own clock. Of his deputies the first one who is there stands in, A
before B. It ends there: the deputy of a deputy does not stand in for the principal.
"""

import uuid
from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Select, Table, Uuid, bindparam, or_, select
from sqlalchemy.orm import Session

from app.access.models import Person, PersonState
from app.organisation.models import Absence, Deputy, Post
from app.organisation.queries import deputies_of
from core.clock import site_day
from core.tables import table_of

FIRST_ON_EARTH, LAST_ON_EARTH = "Pacific/Kiritimati", "Etc/GMT+12"
"""Where a day begins first, and where it ends last."""
_PERSON, _ABSENCE, _POST, _DEPUTY = map(table_of, (Person, Absence, Post, Deputy))


class Principal(NamedTuple):
    """Somebody who is away, and the last day of it."""

    person: Person
    until: date


def away(session: Session, persons: Collection[uuid.UUID], *, now: datetime) -> dict[uuid.UUID, date]:
    """Those of some persons who are away, each with the last day of it."""
    if not persons:
        return {}
    query = select(Absence, Person.zone).join(Absence.person).where(Absence.person_id.in_(persons))
    rows = session.execute(query.where(*_about(_ABSENCE)), _days(now))
    return {one.person_id: one.valid_to for one, zone in rows if _covers(one, site_day(now, zone))}


def stand_ins(
    session: Session, persons: Collection[uuid.UUID], *, now: datetime
) -> dict[uuid.UUID, uuid.UUID]:
    """Who stands in for those of some persons who are away: person → deputy."""
    gone = away(session, persons, now=now)
    people = session.scalars(select(Person).where(Person.id.in_(gone))).all() if gone else ()
    found = ((person.id, _first_there(session, person, now=now)) for person in people)
    return {person_id: deputy.id for person_id, deputy in found if deputy is not None}


def with_stand_ins(
    session: Session, persons: Collection[uuid.UUID], *, now: datetime
) -> frozenset[uuid.UUID]:
    """Some persons, and whoever stands in for those of them who are away: one rule binds both."""
    return frozenset(persons).union(stand_ins(session, persons, now=now).values())


def principals_of(session: Session, deputy_id: uuid.UUID, *, now: datetime) -> list[Principal]:
    """For whom a person stands in now, by login: one statement where nobody of them is away."""
    return [
        Principal(person, absence.valid_to)
        for person, absence in session.execute(_principals(), asked_by(deputy_id, now=now)).all()
        if _covers(absence, site_day(now, person.zone)) and _is_first(session, person, deputy_id, now)
    ]


def may_stand_in() -> ColumnElement[bool]:
    """Match if a person stands in for somebody, on somebody's clock; :func:`principals_of` says for whom.

    Who asks and when is given to the statement by :func:`asked_by`, so that it can be built once.
    """
    left = _PERSON.join(_ABSENCE, _ABSENCE.c.person_id == _PERSON.c.id)
    return select(_PERSON.c.id).select_from(left).where(*_left_to()).exists()


def asked_by(deputy_id: uuid.UUID, *, now: datetime) -> dict[str, Any]:
    """Say for whom and for which moment :func:`may_stand_in` is asked."""
    return {"deputy_id": deputy_id, **_days(now)}


@cache
def _principals() -> Select[Person, Absence]:
    found = select(Person, Absence).join(Absence, Absence.person_id == Person.id)
    return found.where(*_left_to()).order_by(Person.login)


def _left_to() -> tuple[ColumnElement[bool], ...]:
    """Match those who may be away and have named a deputy, for themselves or for a position they may hold."""
    asking = bindparam("deputy_id", type_=Uuid())
    posts = select(_POST.c.position_id).where(_POST.c.person_id == _PERSON.c.id, *_about(_POST))
    named = or_(
        _DEPUTY.c.person_id == _PERSON.c.id, _DEPUTY.c.position_id.in_(posts.correlate(_PERSON))
    )
    deputy = select(_DEPUTY.c.id).where(_DEPUTY.c.deputy_id == asking, named).correlate(_PERSON).exists()
    return (*_about(_ABSENCE), _PERSON.c.state != PersonState.LEFT, _PERSON.c.id != asking, deputy)


def _is_first(session: Session, person: Person, deputy_id: uuid.UUID, now: datetime) -> bool:
    first = _first_there(session, person, now=now)
    return first is not None and first.id == deputy_id


def _first_there(session: Session, person: Person, *, now: datetime) -> Person | None:
    named = [one.person for one in deputies_of(session, person.id, site_day(now, person.zone))]
    gone = away(session, {one.id for one in named}, now=now)
    return next((one for one in named if one.state is PersonState.ACTIVE and one.id not in gone), None)


def _about(table: Table) -> tuple[ColumnElement[bool], ...]:
    """Ranges that may hold at the moment of :func:`_days` on somebody's clock."""
    first, last = bindparam("first_day", type_=Date()), bindparam("last_day", type_=Date())
    return table.c.valid_from <= first, or_(table.c.valid_to.is_(None), table.c.valid_to >= last)


def _days(now: datetime) -> dict[str, date]:
    """The days of a moment where it is day first on earth, and where it is day last."""
    return {"first_day": site_day(now, FIRST_ON_EARTH), "last_day": site_day(now, LAST_ON_EARTH)}


def _covers(absence: Absence, day: date) -> bool:
    return absence.valid_from <= day <= absence.valid_to
