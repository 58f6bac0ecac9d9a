"""Starting the process that judges a new lot: the same walk for bought and for made goods (批放行)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.units import quantity_text
from app.inventory.models import Lot
from core.actor import Actor
from workflows.models import ProcessCase
from workflows.runtime import start_case

PROCESS = "lot_release"


def start_release(
    session: Session,
    lot: Lot,
    quantity: Decimal,
    *,
    receipt_id: uuid.UUID,
    receipt_number: str,
    receipt_kind: str,
    actor: Actor,
    now: datetime,
) -> ProcessCase:
    """Start the case *lot release* in the same unit of work that received the lot.

    ``receipt_kind`` is ``purchase`` or ``output``. Without a registrant's site the plant is its own
    registrant.

    Raises:
        NotFound: no release of the process is effective; nothing of the receipt remains then.
    """
    data: dict[str, Any] = {
        "lot": {
            "id": str(lot.id),
            "number": lot.number,
            "item_code": lot.item.code,
            "item_kind": lot.item.kind.value,
            "quantity": quantity_text(quantity),
            "unit": lot.unit,
            "supplier_lot": lot.supplier_lot,
            "expiry": lot.expiry.isoformat() if lot.expiry else None,
        },
        "receipt": {"id": str(receipt_id), "number": receipt_number, "kind": receipt_kind},
        "sites": {"plant": str(lot.site_id), "registrant": str(lot.site.registrant_site_id or lot.site_id)},
    }
    title = {side: f"{lot.item.name[side]} · {lot.number}" for side in ("en", "zh")}
    return start_case(
        session,
        PROCESS,
        title=title,
        site_id=lot.site_id,
        subject=("inventory.lot", lot.id),
        data=data,
        actor=actor,
        now=now,
    )
