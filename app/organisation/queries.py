"""Who answers to whom, stands in for whom and is there on a day: asked by tasking, escalation and rules.

Days are those of the site's calendar; the caller says which day.
"""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from app.access.models import Person, PersonState
from app.organisation.calendars import days_of
from app.organisation.models import Absence, Department, Deputy, Position, Post, Rank
from app.sites.models import Site


class StandIn(NamedTuple):
    """Somebody who stands in for another one, and in which rank."""

    rank: Rank
    person: Person


def posts_of(session: Session, person_id: uuid.UUID, on: date) -> Sequence[Post]:
    """The posts a person holds on a day, the main one first."""
    query = select(Post).where(Post.person_id == person_id, covers(Post, on))
    return session.scalars(query.order_by(Post.main.desc(), Post.valid_from, Post.id)).all()


def department_of(session: Session, person_id: uuid.UUID, on: date) -> Department | None:
    """The department of a person's main post on a day; None without a post."""
    posts = posts_of(session, person_id, on)
    return posts[0].position.department if posts else None


def holders_of(session: Session, position_id: uuid.UUID, on: date) -> Sequence[Person]:
    """Who holds a position on a day and works here still: those whose main post it is first."""
    query = (
        select(Post)
        .join(Post.person)
        .where(Post.position_id == position_id, covers(Post, on), Person.state != PersonState.LEFT)
        .options(joinedload(Post.person))
        .order_by(Post.main.desc(), Post.valid_from, Post.id)
    )
    return [post.person for post in session.scalars(query)]


def line_manager_of(session: Session, person_id: uuid.UUID, on: date) -> Person | None:
    """The line manager of a person's main post on a day: whom it names, else who holds the position above.

    A position that nobody else holds is passed over for the next one above. None at the top or without
    a post.
    """
    posts = posts_of(session, person_id, on)
    if not posts:
        return None
    named = posts[0].manager
    if named is not None and named.state is not PersonState.LEFT:
        return named
    return _above(session, posts[0].position, person_id, on)


def deputies_of(session: Session, person_id: uuid.UUID, on: date) -> list[StandIn]:
    """Who stands in for a person on a day, A before B: named for the person, then for the positions held."""
    held = [post.position_id for post in posts_of(session, person_id, on)]
    query = (
        select(Deputy)
        .join(Deputy.deputy)
        .where(
            or_(Deputy.person_id == person_id, Deputy.position_id.in_(held)),
            covers(Deputy, on),
            Person.state != PersonState.LEFT,
            Deputy.deputy_id != person_id,
        )
        .options(joinedload(Deputy.deputy))
        .order_by(Deputy.rank, Deputy.person_id.is_(None), Deputy.valid_from, Deputy.id)
    )
    found: dict[uuid.UUID, StandIn] = {}
    for one in session.scalars(query):
        found.setdefault(one.deputy_id, StandIn(one.rank, one.deputy))
    return list(found.values())


def is_absent(session: Session, person_id: uuid.UUID, on: date) -> bool:
    """Whether a person is noted as away on a day."""
    query = select(Absence.id).where(Absence.person_id == person_id, covers(Absence, on))
    return session.scalar(query.limit(1)) is not None


def works_on(session: Session, person_id: uuid.UUID, on: date) -> bool:
    """Whether a person is at work on a day: not away, and a day of the shift of the main post.

    Without a shift, or with one of no days of its own, these are the working days of the site.
    """
    posts = posts_of(session, person_id, on)
    if not posts or is_absent(session, person_id, on):
        return False
    shift = posts[0].shift
    if shift is not None and shift.days:
        return str(on.isoweekday()) in shift.days
    site_id = shift.site_id if shift is not None else posts[0].position.department.site_id
    site_id = site_id or posts[0].person.home_site_id
    site = session.get(Site, site_id) if site_id is not None else None
    return days_of(session, site).is_working(on) if site is not None else on.weekday() < 5


def _above(session: Session, position: Position, person_id: uuid.UUID, on: date) -> Person | None:
    seen = {position.id}
    above = position.reports_to
    while above is not None and above.id not in seen:
        others = [one for one in holders_of(session, above.id, on) if one.id != person_id]
        if others:
            return others[0]
        seen.add(above.id)
        above = above.reports_to
    return None


def covers(table: Any, on: date) -> ColumnElement[bool]:
    """Whether the days of a row have a day among them, both ends included."""
    return and_(table.valid_from <= on, or_(table.valid_to.is_(None), table.valid_to >= on))
