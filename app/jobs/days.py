"""What is done once a day at every site, by the calendar of that site."""

import uuid
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inventory.tasks import EXPIRE
from app.quality.tasks import COUNT_LOTS
from app.sites.models import Site
from app.suppliers.tasks import ASK_REVIEWS
from core import clock, outbox
from core.actor import Actor
from core.db import read_session, unit_of_work

DAILY = (EXPIRE, ASK_REVIEWS, COUNT_LOTS)
"""Jobs of a site's day; each takes ``site_id`` and changes nothing when it runs again."""
LOOK_SECONDS = 30.0


class Days:
    """Sees a new day begin at a site. After a restart every site's day counts as new: nothing is missed."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._seen: dict[uuid.UUID, date] = {}
        self._looked: float | None = None

    def look(self, now: datetime, steady: float) -> int:
        """Leave the daily jobs of every site whose day is new; give how many. ``steady`` is in seconds."""
        if self._looked is not None and steady - self._looked < LOOK_SECONDS:
            return 0
        self._looked = steady
        with read_session() as session:
            sites = session.execute(select(Site.id, Site.zone)).all()
        days = {site_id: clock.site_day(now, zone) for site_id, zone in sites}
        new = {site_id: day for site_id, day in days.items() if self._seen.get(site_id) != day}
        if new:
            with unit_of_work(self._actor, now=now) as session:
                left = [_leave(session, job, site_id, new[site_id]) for site_id in new for job in DAILY]
            self._seen |= new
            return sum(left)
        return 0


def _leave(session: Session, job: str, site_id: uuid.UUID, day: date) -> bool:
    key = f"{job}:{site_id}:{day.isoformat()}"
    if session.scalar(select(outbox.OutboxEntry.id).filter_by(key=key)):
        return False
    outbox.later(session, job, {"site_id": str(site_id)}, key=key)
    return True
