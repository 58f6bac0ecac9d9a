"""Rooms further up that hear when a supplier is blocked no longer, in the same transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalog.models import Supplier, SupplierState
from core.actor import Actor

Hear = Callable[[Session, Supplier, Actor, datetime], None]
_listeners: list[Hear] = []


def when_free(hear: Hear) -> Hear:
    """Register what a room does then, such as taking lots off hold."""
    _listeners.append(hear)
    return hear


def tell_free(session: Session, supplier: Supplier, *, actor: Actor, now: datetime) -> None:
    """Tell it; nobody is told while the supplier's own page still says that he is blocked."""
    if supplier.state is not SupplierState.BLOCKED:
        for hear in _listeners:
            hear(session, supplier, actor, now)
