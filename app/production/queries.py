"""Reads of work orders and output."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import Select, or_, select, true
from sqlalchemy.orm import Session, selectinload

from app.catalog.models import Item
from app.production.models import Output, WorkOrder, WorkOrderState
from core.errors import NotFound


def work_order(session: Session, work_order_id: uuid.UUID) -> WorkOrder:
    """The work order with this id.

    Raises:
        NotFound: ``work_order.unknown``.
    """
    found = session.get(WorkOrder, work_order_id)
    if found is None:
        raise NotFound("work_order.unknown", "There is no such work order.", field="work_order")
    return found


def work_orders(site_ids: Collection[uuid.UUID] | None, words: str = "") -> Select[WorkOrder]:
    """Work orders of some sites (None: of all), open ones first, earliest due first; ``words`` in number or
    item; paged by the caller."""
    at = true() if site_ids is None else WorkOrder.site_id.in_(site_ids)
    wanted = select(WorkOrder).join(WorkOrder.item).where(at).options(selectinload(WorkOrder.item))
    if words:
        names = (Item.name["en"].as_string(), Item.name["zh"].as_string())
        columns = (WorkOrder.number, Item.code, *names)
        wanted = wanted.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return wanted.order_by(WorkOrder.state.desc(), WorkOrder.due_on, WorkOrder.number)


def open_work_orders(session: Session, site_ids: Collection[uuid.UUID] | None) -> Sequence[WorkOrder]:
    """Work orders that still wait for output."""
    wanted = work_orders(site_ids).where(
        WorkOrder.state == WorkOrderState.OPEN, WorkOrder.made < WorkOrder.quantity
    )
    return session.scalars(wanted).all()


def output(session: Session, output_id: uuid.UUID) -> Output:
    """The output receipt with this id.

    Raises:
        NotFound: ``output.unknown``.
    """
    found = session.get(Output, output_id)
    if found is None:
        raise NotFound("output.unknown", "There is no such output receipt.")
    return found


def output_with_key(session: Session, key: str) -> Output | None:
    """The output that was posted with this form, if any: a double click finds it."""
    return session.scalar(select(Output).where(Output.key == key))


def outputs_of(session: Session, work_order_id: uuid.UUID) -> Sequence[Output]:
    """What has come off the line for a work order, oldest first."""
    wanted = select(Output).where(Output.work_order_id == work_order_id)
    return session.scalars(wanted.order_by(Output.received_at)).all()
