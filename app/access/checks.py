"""Guards of forms that name a person for steps of a role: whoever does not hold it would never see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.queries import has_role, person_by_login
from app.web.rights import ROLES
from core.errors import Invalid
from forms.guards import Guard, guard
from workflows.places import day_at


def _holding(role: str) -> Guard:
    def holds(session: Session, site_id: UUID, value: Any, now: datetime) -> Invalid | None:
        person, today = person_by_login(session, str(value)), day_at(session, site_id, now)
        if person is None or has_role(session, person.id, role, site_id, today):
            return None  # an unknown login is refused by the field itself
        return Invalid(
            "person.role",
            "%(name)s does not hold the role %(role)s at this site today. Choose somebody who does, or have "
            "the role granted.",
            name=dict(person.name),
            role=ROLES[role],
        )

    return holds


for _role in ROLES:
    guard(f"access.{_role}")(_holding(_role))
