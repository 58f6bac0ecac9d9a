"""Lots, where they stand, the ledger of every movement, and which lot went into which (URS-032, URS-050,
URS-051).

The ledger is append-only and tells everything; balances are its sums, kept beside it so that stock can be
locked and can
never fall below zero. A lot's status is part of the balance: releasing moves the quantity from one status
to another by a
pair of movements, so what is available is always ledger × status.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item, Supplier
from app.sites.models import Site
from core.db import Base, new_id
from core.errors import Conflict
from core.types import Quantity, str_enum


class LotStatus(StrEnum):
    """Quality status of a lot 待检 · 合格 · 不合格 · 冻结 · 过期; only released stock may be picked."""

    QUARANTINE = "quarantine"
    RELEASED = "released"
    REJECTED = "rejected"
    HOLD = "hold"
    EXPIRED = "expired"


_ALLOWED: dict[LotStatus, frozenset[LotStatus]] = {
    LotStatus.QUARANTINE: frozenset(
        {LotStatus.RELEASED, LotStatus.REJECTED, LotStatus.HOLD, LotStatus.EXPIRED}
    ),
    LotStatus.RELEASED: frozenset({LotStatus.HOLD, LotStatus.EXPIRED}),
    LotStatus.HOLD: frozenset({LotStatus.QUARANTINE, LotStatus.REJECTED, LotStatus.EXPIRED}),
    LotStatus.REJECTED: frozenset(),
    LotStatus.EXPIRED: frozenset({LotStatus.REJECTED}),
}
_BY_DECISION = frozenset({LotStatus.HOLD, LotStatus.REJECTED})
"""What a decision on goods in question may make available again (ISO 13485 8.3.2)."""


class MovementKind(StrEnum):
    """Why stock moved."""

    RECEIPT = "receipt"
    OUTPUT = "output"
    STATUS = "status"
    CONSUMPTION = "consumption"
    REVERSAL = "reversal"
    SHIPMENT = "shipment"
    SCRAP = "scrap"
    RETURN = "return"
    REGRADE = "regrade"


MOVEMENT_NAMES: dict[str, dict[str, str]] = {
    "receipt": {"en": "Receipt", "zh": "收货"},
    "output": {"en": "Output", "zh": "完工入库"},
    "status": {"en": "Change of status", "zh": "状态变更"},
    "consumption": {"en": "Consumption", "zh": "领用"},
    "reversal": {"en": "Taken back", "zh": "冲回"},
    "shipment": {"en": "Shipment", "zh": "发货"},
    "scrap": {"en": "Scrapped", "zh": "报废"},
    "return": {"en": "Returned to the supplier", "zh": "退货"},
    "regrade": {"en": "Regraded", "zh": "改级"},
}
"""What people call the kinds of movement."""


class Warehouse(Base):
    """A building or area of a site in which stock is kept."""

    __tablename__ = "warehouse"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    code: Mapped[str]
    name: Mapped[dict[str, str]]


class Location(Base):
    """A place in a warehouse: a rack, a cold room, a cage."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("warehouse_id", "code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    warehouse_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("warehouse.id"))
    code: Mapped[str]
    name: Mapped[dict[str, str]]

    warehouse: Mapped[Warehouse] = relationship()


class Lot(Base):
    """A quantity of one item made or delivered together, judged as one.

    ``number`` is the plant's own; ``label_lot`` is what the label says, ``supplier_lot`` what the
    supplier's papers say.
    ``expiry`` is the last day of use in the site's calendar; None for items that do not expire.
    """

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        Index(None, "item_id", "supplier_id", "supplier_lot"),
        Index(None, "site_id", "status"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(index=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    supplier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("supplier.id"))
    supplier_lot: Mapped[str | None] = mapped_column(index=True)
    label_lot: Mapped[str | None]
    expiry: Mapped[date | None]
    unit: Mapped[str]
    status: Mapped[LotStatus] = mapped_column(str_enum(LotStatus), default=LotStatus.QUARANTINE)
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column()

    item: Mapped[Item] = relationship()
    site: Mapped[Site] = relationship()
    supplier: Mapped[Supplier | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}

    def expired_on(self, day: date) -> bool:
        """Whether the lot may no longer be used on ``day`` in the site's calendar; the expiry day itself
        still counts."""
        return self.expiry is not None and self.expiry < day

    def change_status(self, to: LotStatus, *, today: date, decided: bool = False) -> None:
        """Set the status; the only place that does. ``today`` is the day in the site's calendar.

        ``decided``: a decision on goods in question stands behind it, such as a concession.

        Raises:
            Conflict: ``lot.expired`` when an expired lot were released, ``lot.status`` when the step is not
                allowed.
        """
        if to is LotStatus.RELEASED and self.expired_on(today):
            raise Conflict(
                "lot.expired",
                "Lot %(lot)s expired on %(expiry)s. It cannot be released.",
                field="decision",
                lot=self.number,
                expiry=self.expiry,
            )
        freed = decided and to is LotStatus.RELEASED and self.status in _BY_DECISION
        if not freed and to not in _ALLOWED[self.status]:
            raise Conflict(
                "lot.status",
                "Lot %(lot)s is %(status)s; it cannot become %(to)s.",
                lot=self.number,
                status=STATUS_NAMES[self.status],
                to=STATUS_NAMES[to],
            )
        self.status = to


STATUS_NAMES: dict[LotStatus, dict[str, str]] = {
    LotStatus.QUARANTINE: {"en": "in quarantine", "zh": "待检"},
    LotStatus.RELEASED: {"en": "released", "zh": "合格"},
    LotStatus.REJECTED: {"en": "rejected", "zh": "不合格"},
    LotStatus.HOLD: {"en": "on hold", "zh": "冻结"},
    LotStatus.EXPIRED: {"en": "expired", "zh": "过期"},
}


class Movement(Base):
    """One line of the stock ledger; never changed, corrected only by a counter-entry that names it.

    ``quantity`` is signed, in the lot's unit. ``document`` is the number of what caused it (receipt,
    output, case);
    ``key`` makes a repeated request find the line instead of adding another.
    """

    __tablename__ = "movement"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity"),
        Index(None, "lot_id", "at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    lot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"))
    location_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("location.id"))
    status: Mapped[LotStatus] = mapped_column(str_enum(LotStatus))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str]
    kind: Mapped[MovementKind] = mapped_column(str_enum(MovementKind))
    document: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    reversal_of: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("movement.id"), unique=True)
    actor_id: Mapped[str]
    actor_name: Mapped[str]

    lot: Mapped[Lot] = relationship()
    location: Mapped[Location] = relationship()


class Balance(Base):
    """How much of a lot stands at a location in a status: the sum of its ledger lines, never below zero.

    Not audited on its own: every change of it is a ledger line. Rows are locked in FEFO order (``expiry``,
    ``lot_id``).
    """

    __tablename__ = "balance"
    __table_args__ = (
        UniqueConstraint("lot_id", "location_id", "status"),
        CheckConstraint("quantity >= 0", name="quantity"),
        Index(None, "item_id", "status", "expiry", "lot_id"),
        {"info": {"audit": False}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"))
    location_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("location.id"))
    status: Mapped[LotStatus] = mapped_column(str_enum(LotStatus))
    expiry: Mapped[date | None]
    quantity: Mapped[Decimal] = mapped_column(Quantity(), default=Decimal(0))

    lot: Mapped[Lot] = relationship()
    location: Mapped[Location] = relationship()


class LotEdge(Base):
    """Genealogy: this much of the ``parent`` lot went into the ``child`` lot, by this consumption.

    One edge for each consumption movement, so a reversed consumption takes its edge back without deleting
    anything.
    """

    __tablename__ = "lot_edge"
    __table_args__ = (
        CheckConstraint("parent_id <> child_id", name="itself"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index(None, "parent_id", "child_id"),
        Index(None, "child_id", "parent_id"),
        {"info": {"append_only": True}},
    )

    movement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("movement.id"), primary_key=True)
    parent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"))
    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str]
    document: Mapped[str]

    parent: Mapped[Lot] = relationship(foreign_keys=parent_id)
    child: Mapped[Lot] = relationship(foreign_keys=child_id)


class Shipment(Base):
    """So much of a released lot that left the house for a customer, under a delivery note; never changed.

    ``quantity`` is positive, in the lot's ``unit``; the ledger lines that took it out carry ``number``
    as their document. ``key`` is the form's own.
    """

    __tablename__ = "shipment"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        Index(None, "lot_id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    lot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str]
    customer: Mapped[str]
    delivery_note: Mapped[str]
    shipped_at: Mapped[datetime]
    shipped_by: Mapped[str]
    shipped_by_name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)

    lot: Mapped[Lot] = relationship()
