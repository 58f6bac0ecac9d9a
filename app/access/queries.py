"""Who has which account and role; days are those of the caller's calendar, usually the site's."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from app.access.models import Person, PersonState, RoleGrant, SecurityNotice


def person_by_login(session: Session, login: str, *, lock: bool = False) -> Person | None:
    """Find the account of a login, in any case of letters; locked when its failures will be counted."""
    query = select(Person).where(Person.login == login.strip().lower())
    return session.scalar(query.with_for_update() if lock else query)


def roles_of(session: Session, person_id: uuid.UUID, *, on: date) -> frozenset[tuple[str, uuid.UUID | None]]:
    """Give the pairs of role and site (``None``: every site) a person holds on a day."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.site_id).where(RoleGrant.person_id == person_id, _holds(on))
    )
    return frozenset((role, site_id) for role, site_id in rows)


def has_role(session: Session, person_id: uuid.UUID, role: str, site_id: uuid.UUID, on: date) -> bool:
    """Whether a person holds a role at a site on a day, by a grant for it or for every site."""
    held = roles_of(session, person_id, on=on)
    return (role, site_id) in held or (role, None) in held


def persons_with_role(session: Session, role: str, site_id: uuid.UUID, *, on: date) -> Sequence[Person]:
    """List the active persons who hold a role at a site on a day, by login."""
    at_site = or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None))
    query = (
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role == role, at_site, _holds(on), Person.state == PersonState.ACTIVE)
        .order_by(Person.login)
        .distinct()
    )
    return session.scalars(query).all()


def people(text: str = "") -> Select[Person]:
    """Make the query for the list of people, by part of the login."""
    query = select(Person).order_by(Person.login)
    return (
        query.where(Person.login.contains(text.strip().lower(), autoescape=True)) if text.strip() else query
    )


def people_by_login(logins: Collection[str]) -> Select[Person]:
    """Make the query for the active accounts with these logins."""
    return select(Person).where(Person.login.in_(logins), Person.state == PersonState.ACTIVE)


def open_notices(session: Session) -> Sequence[SecurityNotice]:
    """List the security notices nobody has looked at yet, newest first."""
    return session.scalars(
        select(SecurityNotice).where(SecurityNotice.seen_at.is_(None)).order_by(SecurityNotice.at.desc())
    ).all()


def _holds(on: date) -> ColumnElement[bool]:
    return and_(RoleGrant.valid_from <= on, or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= on))
