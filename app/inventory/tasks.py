"""What happens to stock by itself: lots expire when the day in the calendar of their site is over."""

import uuid
from typing import Any

from app.inventory import services
from app.sites.queries import site_of
from core import clock, outbox
from core.actor import system_actor
from core.db import unit_of_work

EXPIRE = "inventory.expire_lots"
CALENDAR = system_actor("calendar")


@outbox.job(EXPIRE)
def expire_lots(entry_id: uuid.UUID, payload: dict[str, Any], secret: bytes | None) -> None:
    """Move what has expired at a site to expired stock, and strike the entry out, in one transaction."""
    now = clock.now()
    with unit_of_work(CALENDAR, reason="expiry", now=now) as session:
        site = site_of(session, uuid.UUID(payload["site_id"]))
        services.expire_lots(session, site, actor=CALENDAR, now=now)
        outbox.done(session, entry_id)
