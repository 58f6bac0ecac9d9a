"""What happens to checks of effectiveness by itself: lots are counted, cases told (ISO 13485 8.5.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.inventory.models import Lot, LotStatus
from app.quality.capas.models import Capa, CapaState
from app.sites.models import Site
from core import clock
from core.actor import Actor
from workflows import messages
from workflows.facts import correlation_text
from workflows.message_models import CaseMessage

REACHED = "capa_lots_reached"
_UNDECIDED = (LotStatus.QUARANTINE, LotStatus.HOLD)


def count_lots(session: Session, site: Site, *, actor: Actor, now: datetime) -> list[Capa]:
    """Tell every case whose number of lots is reached, or whose last day has come, once; gives them."""
    waiting = select(Capa).where(
        Capa.site_id == site.id, Capa.state == CapaState.WATCHED, Capa.check_lots.is_not(None)
    )
    told, today = [], clock.site_day(now, site.zone)
    for one in session.scalars(waiting.order_by(Capa.number)):
        counted = lots_since(session, one)
        over = one.check_due is not None and one.check_due <= today
        if (counted >= (one.check_lots or 0) or over) and not _told(session, one):
            payload = {"counted": counted, "wanted": one.check_lots}
            messages.send(session, REACHED, payload, _keys(one), actor=actor, now=now)
            told.append(one)
    return told


def lots_since(session: Session, found: Capa) -> int:
    """How many lots of the item have come in or were made since the check was set, and are decided."""
    query = select(func.count()).select_from(Lot).join(Item, Item.id == Lot.item_id)
    query = query.where(Item.code == found.check_item, Lot.site_id == found.site_id)
    query = query.where(Lot.created_at >= found.check_set_at, Lot.status.not_in(_UNDECIDED))
    return session.scalar(query) or 0


def _told(session: Session, found: Capa) -> bool:
    known = select(CaseMessage.id).filter_by(name=REACHED, correlation=correlation_text(_keys(found)))
    return session.scalar(known.where(CaseMessage.sent_at >= found.check_set_at).limit(1)) is not None


def _keys(found: Capa) -> dict[str, Any]:
    return {"case": found.number, "check": found.checks}
