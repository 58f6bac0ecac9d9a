"""Reads of the register of corrective and preventive actions."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session, selectinload

from app.quality.capas.models import Capa, CapaAction, CapaState
from core.db import lock_row
from core.errors import Conflict


def of_case(session: Session, case_id: uuid.UUID) -> Capa | None:
    """The CAPA that a case is about, if it has been registered."""
    return session.scalar(select(Capa).filter_by(case_id=case_id))


def locked(session: Session, case_id: uuid.UUID) -> Capa:
    """The CAPA of a case, locked until commit.

    Raises:
        Conflict: ``capa.none``: this case has registered none.
    """
    found = of_case(session, case_id)
    if found is None:
        raise Conflict("capa.none", "This case has registered no CAPA.")
    return lock_row(session, Capa, found.id)


def action_of(found: Capa, position: int) -> CapaAction:
    """An action of the newest plan by its row, from 1.

    Raises:
        Conflict: ``capa.no_such_action``.
    """
    newest = max((one.round for one in found.actions), default=0)
    for action in found.actions:
        if (action.round, action.position) == (newest, position):
            return action
    raise Conflict("capa.no_such_action", "The plan has no action %(number)s.", number=position)


def asked_by(session: Session, number: str) -> Sequence[Capa]:
    """The CAPAs that a case with some number asked for, oldest first."""
    wanted = select(Capa).where(Capa.source_number == number)
    return session.scalars(wanted.order_by(Capa.opened_at, Capa.number)).all()


def register(
    site_ids: Collection[uuid.UUID] | None, words: str = "", state: CapaState | None = None
) -> Select[Capa]:
    """The register of some sites (None: of all), newest first; ``words`` as people write them."""
    wanted = select(Capa).where(_at(site_ids)).options(selectinload(Capa.actions))
    if state is not None:
        wanted = wanted.where(Capa.state == state)
    if words:
        columns = (Capa.number, Capa.title, Capa.source_number, Capa.owner)
        wanted = wanted.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return wanted.order_by(Capa.opened_at.desc(), Capa.number.desc())


def _at(site_ids: Collection[uuid.UUID] | None) -> ColumnElement[bool]:
    return true() if site_ids is None else Capa.site_id.in_(site_ids)
