"""Cancelling what has been ordered and has not come in: a line, or an order with all its lines (URS-042)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.units import check_unit, quantity_text
from app.procurement import queries
from app.procurement.models import OrderState, PurchaseOrder, PurchaseOrderLine
from core.actor import Actor
from core.db import lock_row
from core.errors import Conflict, Invalid, NotFound
from signatures import audit

LONGEST = 300


def cancel(
    session: Session, order_id: uuid.UUID, line_id: uuid.UUID | None, why: str, *, actor: Actor, now: datetime
) -> PurchaseOrder:
    """Cancel one line of an order, or without a line all that are left; the last one closes the order.

    Raises:
        NotFound: ``order.unknown`` or ``order.line_unknown``.
        Invalid: ``order.why``.
        Conflict: ``order.closed``, ``order.line_cancelled``, or ``order.received``: goods have come in.
    """
    queries.order(session, order_id)
    why = " ".join(why.split())[:LONGEST]
    if not why:
        raise Invalid("order.why", "Say why this is cancelled.", field="why")
    lines = _locked(session, order_id)  # receiving locks its line first, too
    order = lock_row(session, PurchaseOrder, order_id)
    if order.state is not OrderState.OPEN:
        raise Conflict("order.closed", "Order %(order)s is closed.", field="why", order=order.number)
    for line in _meant(lines, line_id):
        _must_be_open(line)
        line.cancelled_because = why
        facts = {"order": order.number, "line": str(line.position), "why": why}
        audit.record(session, "order.line_cancelled", subject=("procurement.order", order.id), facts=facts)
    if all(line.cancelled_because for line in lines):
        order.state, order.cancelled_because = OrderState.CLOSED, why
        facts = {"order": order.number, "why": why}
        audit.record(session, "order.cancelled", subject=("procurement.order", order.id), facts=facts)
    session.flush()
    return order


def _locked(session: Session, order_id: uuid.UUID) -> Sequence[PurchaseOrderLine]:
    wanted = select(PurchaseOrderLine).where(PurchaseOrderLine.order_id == order_id)
    wanted = wanted.order_by(PurchaseOrderLine.position).with_for_update(of=PurchaseOrderLine)
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def _meant(lines: Sequence[PurchaseOrderLine], line_id: uuid.UUID | None) -> list[PurchaseOrderLine]:
    if line_id is None:
        return [line for line in lines if not line.cancelled_because]
    meant = [line for line in lines if line.id == line_id]
    if not meant:
        raise NotFound("order.line_unknown", "There is no such order line.", field="line")
    return meant


def _must_be_open(line: PurchaseOrderLine) -> None:
    if line.cancelled_because:
        raise line_cancelled(line, field="line")
    if line.received:
        raise Conflict(
            "order.received",
            "%(received)s %(unit)s of item %(item)s have come in on line %(line)s. Only lines on which "
            "nothing has come in are cancelled; choose them one by one.",
            field="line",
            received=quantity_text(line.received),
            unit=check_unit(line.item.uom).symbol,
            item=line.item.code,
            line=line.position,
        )


def line_cancelled(line: PurchaseOrderLine, *, field: str) -> Conflict:
    """Say that a line was cancelled, and why."""
    return Conflict(
        "order.line_cancelled",
        "Line %(line)s of order %(order)s is cancelled: %(why)s.",
        field=field,
        line=line.position,
        order=line.order.number,
        why=line.cancelled_because,
    )
