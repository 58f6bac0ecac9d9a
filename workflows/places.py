"""The site of a case as numbers need it: its code and its clock. The rooms above know sites; they say how."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from core.clock import site_day


@dataclass(frozen=True)
class Place:
    """A site's code, as numbers begin with it, and its IANA zone, whose year they carry."""

    code: str
    zone: str


NOWHERE = Place("", "UTC")
"""Where a case of no site is numbered: for the whole company, by UTC."""

Find = Callable[[Session, uuid.UUID], Place | None]

_finds: list[Find] = []


def place_finder(find: Find) -> Find:
    """Register the function that finds the place of a site; the last one registered is asked."""
    _finds.append(find)
    return find


def day_at(session: Session, site_id: uuid.UUID | None, now: datetime) -> date:
    """The day it is at a site at a moment; the one by UTC without a site."""
    return site_day(now, place_of(session, site_id).zone)


def place_of(session: Session, site_id: uuid.UUID | None) -> Place:
    """Give the place of a site; :data:`NOWHERE` without one."""
    found = _finds[-1](session, site_id) if _finds and site_id is not None else None
    return found or NOWHERE
