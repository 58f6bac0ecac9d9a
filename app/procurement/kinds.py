"""Purchase orders as objects: placed by a form or by a program, read, never changed (docs/adr/0008).

An order holds at once, by whom it is placed; what may be ordered at all, two persons have signed before
(app.suppliers). What is brought in as a list is accepted by a second person.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.objects.kinds import Act, Key, ObjectKind, Values
from app.procurement.cancelling import cancel, withdraw_rest
from app.procurement.imports import ORDERS
from app.procurement.models import PurchaseOrder, PurchaseOrderLine
from app.procurement.services import take_number
from app.suppliers.columns import code_of, names_of
from core.actor import Actor
from core.errors import NotFound
from core.types import Bilingual
from documents.sheets.cells import Column, whole
from documents.sheets.rows import Row


def order_with(session: Session, key: Key) -> Any:
    """The order with a number, if there is one."""
    return session.scalar(select(PurchaseOrder).where(PurchaseOrder.number == key[0]))


def heads(_session: Session, orders: Sequence[PurchaseOrder]) -> list[Values]:
    """What orders hold once."""
    return [{**_head(order), "state": order.standing} for order in orders]


def lines(_session: Session, order: PurchaseOrder) -> list[Values]:
    """The lines of an order, with what has come in on them."""
    return [{**_head(order), **_line(line)} for line in order.lines]


def label(order: PurchaseOrder) -> Bilingual:
    """What people call an order."""
    return {lang: f"{order.number} · {order.supplier.name[lang]}" for lang in ("en", "zh")}


def number(session: Session, row: Row, now: datetime) -> Values:
    """The number of an order that nobody has given one: the next of its site's series."""
    return {"number": take_number(session, row.found["site"], now=now)}


def _head(order: PurchaseOrder) -> dict[str, Any]:
    return {"number": order.number, "supplier": order.supplier.code, "site": order.site.code}


def _line(line: PurchaseOrderLine) -> dict[str, Any]:
    return {
        "item": line.item.code,
        "quantity": line.quantity,
        "due_on": line.due_on,
        "over_percent": line.over_percent,
        "received": line.received,
        "state": line.standing,
    }


def _giving_up(
    do: Callable[..., PurchaseOrder],
) -> Callable[..., None]:
    def run(
        session: Session, order: PurchaseOrder, told: Values, why: str, *, actor: Actor, now: datetime
    ) -> None:
        do(session, order.id, _line_at(order, told.get("line")), why, actor=actor, now=now)

    return run


def _line_at(order: PurchaseOrder, position: int | None) -> uuid.UUID | None:
    if position is None:
        return None
    found = [line.id for line in order.lines if line.position == position]
    if not found:
        raise NotFound("order.line_unknown", "There is no such order line.", field="line")
    return found[0]


def _line_column(hint: Bilingual) -> tuple[Column, ...]:
    return (Column("line", {"en": "Line", "zh": "行号"}, whole(1, 9999), "1", hint, required=False),)


_OPENED = replace(
    ORDERS,
    right="orders.place",
    proposal=False,
    columns=tuple(
        replace(
            column,
            required=False,
            hint={
                "en": "As printed on the order; left empty, the next of the site's series",
                "zh": "订单上的编号；留空则取本工厂编号序列的下一个号",
            },
        )
        if column.key == "number"
        else column
        for column in ORDERS.columns
    ),
)
"""The list of orders as one is opened by a form or a program: it may be numbered by the plant."""

ORDER = ObjectKind(
    name="procurement.order",
    title={"en": "Purchase order", "zh": "采购订单"},
    listed=_OPENED,
    model=PurchaseOrder,
    plural="orders",
    icon="file-invoice",
    read="orders.read",
    find=order_with,
    key_of=lambda row: (row.number,),
    label=label,
    shown={
        "number": PurchaseOrder.number,
        "supplier": code_of(PurchaseOrder),
        "state": PurchaseOrder.state,
    },
    words=(PurchaseOrder.number, code_of(PurchaseOrder), *names_of(PurchaseOrder)),
    values=heads,
    lines=lines,
    site_of=lambda row: row.site_id,
    numbered=number,
    acts=(
        Act(
            "cancel",
            {"en": "Cancel what nothing has come in on", "zh": "取消尚未到货的订单行"},
            _line_column(
                {"en": "Its number; without one the whole order", "zh": "行号；不填则取消整张订单"}
            ),
            _giving_up(cancel),
        ),
        Act(
            "withdraw",
            {"en": "Give up what is still to come", "zh": "放弃剩余未到数量"},
            _line_column(
                {
                    "en": "Its number, if something has come in on it; without one all that is still to come",
                    "zh": "已部分到货的行号；不填则放弃订单全部未到数量",
                }
            ),
            _giving_up(withdraw_rest),
        ),
    ),
)
