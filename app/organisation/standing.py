"""Standing deputies (A/B 角): who stands in now for somebody who is away (URS-006, URS-140).

Each person is away by the day on his own clock. Of his deputies the first one who is there stands in, A
before B. It ends there: the deputy of a deputy does not stand in for the principal.
"""

import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.access.models import Person, PersonState
from app.organisation.models import Absence, Deputy, Post
from app.organisation.queries import deputies_of
from core.clock import site_day

FIRST_ON_EARTH, LAST_ON_EARTH = "Pacific/Kiritimati", "Etc/GMT+12"
"""Where a day begins first, and where it ends last."""


class Principal(NamedTuple):
    """Somebody who is away, and the last day of it."""

    person: Person
    until: date


def away(session: Session, persons: Collection[uuid.UUID], *, now: datetime) -> dict[uuid.UUID, date]:
    """Those of some persons who are away, each with the last day of it."""
    if not persons:
        return {}
    query = select(Absence, Person.zone).join(Absence.person).where(Absence.person_id.in_(persons))
    rows = session.execute(query.where(*_about(Absence, now)))
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
    query = select(Person, Absence).join(Absence, Absence.person_id == Person.id)
    found = query.where(*_left_to(deputy_id, now)).order_by(Person.login)
    return [
        Principal(person, absence.valid_to)
        for person, absence in session.execute(found).all()
        if _covers(absence, site_day(now, person.zone)) and _is_first(session, person, deputy_id, now)
    ]


def may_stand_in(deputy_id: uuid.UUID, *, now: datetime) -> ColumnElement[bool]:
    """Match if a person stands in for somebody, on somebody's clock; :func:`principals_of` says for whom."""
    query = select(Person.id).join(Absence, Absence.person_id == Person.id)
    return query.where(*_left_to(deputy_id, now)).exists()


def _left_to(deputy_id: uuid.UUID, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Match those who may be away and have named a deputy, for themselves or for a position they may hold."""
    held = select(Post.position_id).where(Post.person_id == Person.id, *_about(Post, now)).correlate(Person)
    named = or_(Deputy.person_id == Person.id, Deputy.position_id.in_(held))
    deputy = select(Deputy.id).where(Deputy.deputy_id == deputy_id, named).correlate(Person).exists()
    return (*_about(Absence, now), Person.state != PersonState.LEFT, Person.id != deputy_id, deputy)


def _is_first(session: Session, person: Person, deputy_id: uuid.UUID, now: datetime) -> bool:
    first = _first_there(session, person, now=now)
    return first is not None and first.id == deputy_id


def _first_there(session: Session, person: Person, *, now: datetime) -> Person | None:
    named = [one.person for one in deputies_of(session, person.id, site_day(now, person.zone))]
    gone = away(session, {one.id for one in named}, now=now)
    return next((one for one in named if one.state is PersonState.ACTIVE and one.id not in gone), None)


def _about(table: type[Absence] | type[Post], now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Ranges that may hold at a moment on somebody's clock."""
    ends = or_(table.valid_to.is_(None), table.valid_to >= site_day(now, LAST_ON_EARTH))
    return table.valid_from <= site_day(now, FIRST_ON_EARTH), ends


def _covers(absence: Absence, day: date) -> bool:
    return absence.valid_from <= day <= absence.valid_to
