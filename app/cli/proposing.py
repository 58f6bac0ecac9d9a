"""Who proposes from the command line, and whose quality assurance decides."""

import uuid

from sqlalchemy.orm import Session

from app.access.models import Person, PersonState
from app.access.queries import person_by_login
from app.cli.output import CannotCheck
from app.sites.queries import site_by_code
from core.actor import Actor


def proposer(session: Session, login: str) -> Person:
    """Find the person who proposes.

    Raises:
        CannotCheck: there is no active account of that name.
    """
    person = person_by_login(session, login)
    if person is None or person.state is not PersonState.ACTIVE:
        raise CannotCheck(f"there is no active account {login}")
    return person


def deciding_site(session: Session, code: str | None, person: Person) -> uuid.UUID:
    """Find the site whose quality assurance decides: the one named, or the proposer's own.

    Raises:
        CannotCheck: there is no such site, or the proposer has no home site.
    """
    site = site_by_code(session, code) if code else None
    site_id = site.id if site is not None else None if code else person.home_site_id
    if site_id is None:
        raise CannotCheck(
            f"there is no site {code}" if code else f"{person.login} has no home site; name one by --site"
        )
    return site_id


def acting(person: Person) -> Actor:
    """Give a person as the actor of a unit of work."""
    return Actor(str(person.id), person.login, person.name["en"], name_zh=person.name["zh"])
