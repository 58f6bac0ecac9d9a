"""Giving up what has been ordered and has not come in: a line, the rest of a line, an order (URS-042)."""

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
from documents.labels import N_
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
    why, order = _reason(why), _open_order(session, order_id)
    for line in _meant(order, line_id):
        _must_be_open(line)
        if line.received:
            raise _has_come_in(line)
        _cancel_line(session, line, why)
    return _close_if_over(session, order, why)


def withdraw_rest(
    session: Session, order_id: uuid.UUID, line_id: uuid.UUID | None, why: str, *, actor: Actor, now: datetime
) -> PurchaseOrder:
    """Give up the rest of a line on which something has come in, or without a line all that is still to come.

    What has come in stays as it is; nothing more is received on the line, over-deliveries included. Without
    a line the order is closed.

    Raises:
        NotFound: ``order.unknown`` or ``order.line_unknown``.
        Invalid: ``order.why``.
        Conflict: ``order.closed``, ``order.line_cancelled``, ``order.complete``: nothing is to come, or
            ``order.untouched``: nothing has come in on the line, which is cancelled then.
    """
    why, order = _reason(why), _open_order(session, order_id)
    if line_id is None:
        return _withdraw_all(session, order, why)
    for line in _meant(order, line_id):
        _must_be_open(line)
        if not line.received:
            sentence = N_("Nothing has come in on line %(line)s. Cancel the line.")
            raise Conflict("order.untouched", sentence, field="line", line=line.position)
        if not line.open_quantity:
            raise _complete("line")
        _withdraw_line(session, line, why)
    return _close_if_over(session, order, why)


def lock_order(session: Session, order_id: uuid.UUID) -> PurchaseOrder:
    """Lock an order with its lines until commit, and read them afresh.

    Raises:
        NotFound: ``order.unknown``.
    """
    queries.order(session, order_id)
    wanted = select(PurchaseOrderLine).where(PurchaseOrderLine.order_id == order_id)
    wanted = wanted.order_by(PurchaseOrderLine.position).with_for_update(of=PurchaseOrderLine)
    session.scalars(wanted.execution_options(populate_existing=True)).all()  # receiving locks its line first
    return lock_row(session, PurchaseOrder, order_id)


def line_cancelled(line: PurchaseOrderLine, *, field: str) -> Conflict:
    """Say that a line was cancelled, or its rest given up, and why."""
    cancelled = N_("Line %(line)s of order %(order)s is cancelled: %(why)s.")
    withdrawn = N_("The rest of line %(line)s of order %(order)s was given up: %(why)s.")
    return Conflict(
        "order.line_cancelled",
        withdrawn if line.received else cancelled,
        field=field,
        line=line.position,
        order=line.order.number,
        why=line.cancelled_because,
    )


def _open_order(session: Session, order_id: uuid.UUID) -> PurchaseOrder:
    order = lock_order(session, order_id)
    if order.state is not OrderState.OPEN:
        raise Conflict("order.closed", "Order %(order)s is closed.", field="why", order=order.number)
    return order


def _reason(why: str) -> str:
    why = " ".join(why.split())[:LONGEST]
    if not why:
        raise Invalid("order.why", "Say why this is cancelled.", field="why")
    return why


def _meant(order: PurchaseOrder, line_id: uuid.UUID | None) -> Sequence[PurchaseOrderLine]:
    if line_id is None:
        return [line for line in order.lines if not line.cancelled_because]
    meant = [line for line in order.lines if line.id == line_id]
    if not meant:
        raise NotFound("order.line_unknown", "There is no such order line.", field="line")
    return meant


def _must_be_open(line: PurchaseOrderLine) -> None:
    if line.cancelled_because:
        raise line_cancelled(line, field="line")


def _has_come_in(line: PurchaseOrderLine) -> Conflict:
    return Conflict(
        "order.received",
        "%(received)s %(unit)s of item %(item)s have come in on line %(line)s. Only lines on which "
        "nothing has come in are cancelled; of the others the rest can be given up.",
        field="line",
        received=quantity_text(line.received),
        unit=check_unit(line.item.uom).symbol,
        item=line.item.code,
        line=line.position,
    )


def _complete(field: str) -> Conflict:
    return Conflict("order.complete", "Everything that was ordered has come in.", field=field)


def _withdraw_all(session: Session, order: PurchaseOrder, why: str) -> PurchaseOrder:
    coming = [line for line in order.lines if line.open_quantity]
    if not coming:
        raise _complete("line")
    for line in coming:
        (_withdraw_line if line.received else _cancel_line)(session, line, why)
    return _close(session, order, why)


def _cancel_line(session: Session, line: PurchaseOrderLine, why: str) -> None:
    facts = {"order": line.order.number, "line": str(line.position), "why": why}
    line.cancelled_because = why
    audit.record(session, "order.line_cancelled", subject=_subject(line.order), facts=facts)


def _withdraw_line(session: Session, line: PurchaseOrderLine, why: str) -> None:
    facts = {
        "order": line.order.number,
        "line": str(line.position),
        "why": why,
        "received": quantity_text(line.received),
        "given_up": quantity_text(line.open_quantity),
        "unit": line.item.uom,
    }
    line.cancelled_because = why
    audit.record(session, "order.rest_withdrawn", subject=_subject(line.order), facts=facts)


def _close_if_over(session: Session, order: PurchaseOrder, why: str) -> PurchaseOrder:
    over = all(line.cancelled_because for line in order.lines)
    return _close(session, order, why) if over else order


def _close(session: Session, order: PurchaseOrder, why: str) -> PurchaseOrder:
    """Close an order; it counts as cancelled only if nothing has come in on it at all."""
    order.state = OrderState.CLOSED
    nothing = not any(line.received for line in order.lines)
    order.cancelled_because = why if nothing else ""
    action = "order.cancelled" if nothing else "order.closed"
    facts = {"order": order.number, "why": why}
    audit.record(session, action, subject=_subject(order), facts=facts)
    session.flush()
    return order


def _subject(order: PurchaseOrder) -> tuple[str, uuid.UUID]:
    return "procurement.order", order.id
