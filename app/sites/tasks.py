"""Work that every site does once a day, when its calendar shows a new day."""

import uuid
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.sites.models import Site
from app.sites.queries import site_of
from core import clock, outbox
from core.actor import Actor, system_actor
from core.db import unit_of_work

CALENDAR = system_actor("calendar")
"""Who does what a day brings."""


class DailyWork(Protocol):
    """What is done for one site on a new day."""

    def __call__(self, session: Session, site: Site, /, *, actor: Actor, now: datetime) -> object:
        """Do it; what is done already stays as it is."""


def daily(name: str, work: DailyWork, *, reason: str) -> None:
    """Make work the job ``name`` of a site's day: done, and struck out, in one transaction."""

    @outbox.job(name)
    def do(entry_id: uuid.UUID, payload: dict[str, Any], _secret: bytes | None) -> None:
        now = clock.now()
        with unit_of_work(CALENDAR, reason=reason, now=now) as session:
            work(session, site_of(session, uuid.UUID(payload["site_id"])), actor=CALENDAR, now=now)
            outbox.done(session, entry_id)
