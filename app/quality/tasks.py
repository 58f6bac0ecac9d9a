"""What happens to quality work by itself: lots that a check of effectiveness waits for are counted daily."""

from __future__ import annotations

import uuid
from typing import Any

from app.quality.capas.counting import count_lots
from app.sites.queries import site_of
from core import clock, outbox
from core.actor import system_actor
from core.db import unit_of_work

COUNT_LOTS = "quality.count_lots"
CALENDAR = system_actor("calendar")


@outbox.job(COUNT_LOTS)
def count_lots_of_site(entry_id: uuid.UUID, payload: dict[str, Any], secret: bytes | None) -> None:
    """Count for the checks of a site, and strike the entry out, in one transaction."""
    now = clock.now()
    with unit_of_work(CALENDAR, reason="check of effectiveness", now=now) as session:
        count_lots(session, site_of(session, uuid.UUID(payload["site_id"])), actor=CALENDAR, now=now)
        outbox.done(session, entry_id)
