"""What forms may not name: equipment that is not in order (URS-078)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.equipment import queries
from app.sites.models import Site
from core.clock import site_day
from core.errors import Invalid
from forms.guards import guard


@guard("equipment.in_order")
def in_order(session: Session, site_id: UUID, value: Any, now: datetime) -> Invalid | None:
    """Refuse instruments that are unknown, blocked, out of use or overdue on the day at the site."""
    site = session.get_one(Site, site_id)
    return queries.refusal(session, site_id, str(value), site_day(now, site.zone))
