"""Guards of forms that name certificates and approvals of suppliers (URS-040)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.suppliers.approval.services import expired, over
from core.errors import Invalid
from forms.guards import guard
from workflows.places import day_at


@guard("suppliers.not_expired")
def not_expired(session: Session, site_id: UUID, value: Any, now: datetime) -> Invalid | None:
    """Refuse the last day of a certificate that has passed where the step is done."""
    last = _day(value)
    return expired(last) if last is not None and last < day_at(session, site_id, now) else None


@guard("suppliers.not_over")
def not_over(session: Session, site_id: UUID, value: Any, now: datetime) -> Invalid | None:
    """Refuse the last day of an approval that has passed where the step is done."""
    last = _day(value)
    return over(last) if last is not None and last < day_at(session, site_id, now) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None  # the form itself says what is wrong with it
