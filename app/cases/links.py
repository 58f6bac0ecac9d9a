"""Cases that hang together: by a message from one to the other, or by the lots that both are about."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import queries
from app.quality.deviations.models import Nonconformity, NonconformityLot
from workflows import messages
from workflows.models import ProcessCase

LOT = "inventory.lot"
MOST = 200
"""How many cases of the same lots are shown at most; the lots' own pages show every one."""


@dataclass(frozen=True)
class Linked:
    """A case that hangs together with another, and how, in words."""

    case: ProcessCase
    how: str


def linked_cases(session: Session, case: ProcessCase, sites: queries.Sites) -> list[Linked]:
    """The cases linked with one that the reader may see, oldest first; the same seen from either end."""
    ties = {one: str(_("About the same lot")) for one in _about_the_same(session, case)}
    ties |= _by_messages(session, case)
    return [Linked(other, ties[other.id]) for other in queries.cases_among(session, ties, sites)]


def _by_messages(session: Session, case: ProcessCase) -> dict[uuid.UUID, str]:
    """Who asked whom; the first message between two cases says it, later ones are answers."""
    ties: dict[uuid.UUID, str] = {}
    for one in messages.of_case(session, case.id):
        if one.from_case_id is None or one.to_case_id is None or one.from_case_id == one.to_case_id:
            continue
        if one.from_case_id == case.id:
            ties.setdefault(one.to_case_id, str(_("This case asked for it")))
        else:
            ties.setdefault(one.from_case_id, str(_("Asked for this case")))
    return ties


def _about_the_same(session: Session, case: ProcessCase) -> Collection[uuid.UUID]:
    """Nonconformities that name the lot of a case; cases of the lots that a nonconformity names."""
    named = select(NonconformityLot.lot_id).join(NonconformityLot.nonconformity).filter_by(case_id=case.id)
    of_them = select(ProcessCase.id).where(ProcessCase.subject_type == LOT, ProcessCase.subject_id.in_(named))
    found = set(session.scalars(of_them.order_by(ProcessCase.started_at.desc()).limit(MOST)))
    if case.subject_type == LOT:
        naming = select(Nonconformity.case_id).join(Nonconformity.lots)
        naming = naming.where(NonconformityLot.lot_id == case.subject_id)
        found |= set(session.scalars(naming.order_by(Nonconformity.opened_at.desc()).limit(MOST)))
    return found - {case.id}
