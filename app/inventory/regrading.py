"""Goods that do not conform become a lot of another item 改级: out here, in there, released anew."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.units import quantity_text
from app.inventory.disposing import withdraw
from app.inventory.ledger import lock_lots
from app.inventory.models import Lot, LotEdge, MovementKind
from app.inventory.release import start_release
from app.inventory.services import ReceiveLot, receive_lot
from core.actor import Actor
from core.errors import Invalid
from documents.labels import N_
from signatures import audit

KIND = MovementKind.REGRADE


def regrade_lot(
    session: Session, lot_id: uuid.UUID, quantity: Decimal, item: Item, *,
    document: str, actor: Actor, now: datetime,
) -> Lot:  # fmt: skip
    """Make a quantity of a held lot a lot of another item, of the same number; gives the new lot.

    It stands in quarantine and its release begins. The old lot is its parent in the genealogy.

    Raises:
        Invalid: ``regrade.same``: it is that item; ``regrade.unit``: the units differ; what
            ``check_expiry`` refuses.
        Conflict: ``lot.not_held``; ``stock.short_disposal``: there is less; ``lot.exists``: the item has a
            lot of this number.
    """
    lot = lock_lots(session, [lot_id])[lot_id]
    _check(lot, item)
    taken = withdraw(session, lot, quantity, KIND, document=document, actor=actor, now=now)
    command = ReceiveLot(
        item=item,
        site=lot.site,
        number=lot.number,
        quantity=quantity,
        location_id=taken[0].location_id,
        kind=KIND,
        document=document,
        key=f"{KIND.value}:{document}:{lot.id}:{item.id}",
        expiry=lot.expiry,
        supplier_id=lot.supplier_id,
        supplier_lot=lot.supplier_lot,
        label_lot=lot.label_lot,
    )
    new = receive_lot(session, command, actor=actor, now=now)
    for movement in taken:
        edge = {"movement_id": movement.id, "parent_id": lot.id, "child_id": new.id, "document": document}
        session.add(LotEdge(quantity=-movement.quantity, unit=movement.unit, **edge))
    session.flush()  # the release asks what the lot was made from
    facts = {"lot": lot.number, "to": item.code, "quantity": quantity_text(quantity), "document": document}
    audit.record(session, "lot.regraded", subject=("inventory.lot", lot.id), facts=facts)
    start_release(
        session, new, quantity,
        receipt_id=new.id, receipt_number=document, receipt_kind=KIND.value, actor=actor, now=now,
    )  # fmt: skip
    return new


def _check(lot: Lot, item: Item) -> None:
    if item.id == lot.item_id:
        sentence = N_("Lot %(lot)s is a lot of %(item)s already.")
        raise Invalid("regrade.same", sentence, field="dispositions", lot=lot.number, item=item.code)
    if item.uom != lot.unit:
        sentence = N_("Lot %(lot)s is counted in %(unit)s, item %(item)s is not.")
        raise Invalid(
            "regrade.unit", sentence, field="dispositions", lot=lot.number, item=item.code, unit=lot.unit
        )
