"""Purchase orders and receipts against them (URS-042, ISO 13485 7.4.2, 7.4.3)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item, Supplier
from app.inventory.models import Lot
from app.sites.models import Site
from core.db import Base, new_id
from core.types import Quantity, str_enum
from workflows.models import ProcessCase


class OrderState(StrEnum):
    """Goods are received against open orders only."""

    OPEN = "open"
    CLOSED = "closed"


class PurchaseOrder(Base):
    """An order to one supplier for one site; ``number`` is the one printed on the order.

    ``cancelled_because`` is why it was closed without its goods, empty otherwise.
    """

    __tablename__ = "purchase_order"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("supplier.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    ordered_on: Mapped[date]
    state: Mapped[OrderState] = mapped_column(str_enum(OrderState), default=OrderState.OPEN)
    cancelled_because: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column()

    supplier: Mapped[Supplier] = relationship()
    site: Mapped[Site] = relationship()
    lines: Mapped[list[PurchaseOrderLine]] = relationship(
        back_populates="order", order_by="PurchaseOrderLine.position"
    )

    __mapper_args__ = {"version_id_col": revision}

    @property
    def standing(self) -> str:
        """The state in one word: ``cancelled`` for an order that was closed without its goods."""
        return "cancelled" if self.cancelled_because else self.state.value


class PurchaseOrderLine(Base):
    """One item of an order, in its stock unit; ``over_percent`` is how much more than ordered may come in
    all; ``cancelled_because`` why nothing comes any more, empty while it may (what came in before stays)."""

    __tablename__ = "purchase_order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("received >= 0", name="received"),
        CheckConstraint("over_percent >= 0 AND over_percent <= 100", name="over"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("purchase_order.id"))
    position: Mapped[int]
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    received: Mapped[Decimal] = mapped_column(Quantity(), default=Decimal(0))
    over_percent: Mapped[int] = mapped_column(default=0)
    due_on: Mapped[date]
    cancelled_because: Mapped[str] = mapped_column(default="", server_default="")
    revision: Mapped[int] = mapped_column()

    order: Mapped[PurchaseOrder] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()

    __mapper_args__ = {"version_id_col": revision}

    @property
    def open_quantity(self) -> Decimal:
        """What is still to come, in the item's unit; zero once everything has come, or it was cancelled."""
        return Decimal(0) if self.cancelled_because else max(self.quantity - self.received, Decimal(0))

    @property
    def standing(self) -> str:
        """Where the line stands in one word; ``withdrawn`` when goods came in and the rest was given up."""
        if self.cancelled_because:
            return "withdrawn" if self.received else "cancelled"
        return "open" if self.open_quantity else "received"

    @property
    def acceptable(self) -> Decimal:
        """How much may still be received, the tolerance included; exact, not rounded."""
        return self.quantity * (100 + self.over_percent) / 100 - self.received


class Receipt(Base):
    """Goods that came in on one day as one lot; ``scan`` is the label as read, ``key`` the form it was
    posted with. ``held_because`` is why the supplier was blocked then, empty if he was not."""

    __tablename__ = "receipt"
    __table_args__ = {"info": {"append_only": True}}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("purchase_order_line.id"), index=True)
    lot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str]
    delivery_note: Mapped[str]
    scan: Mapped[str]
    received_at: Mapped[datetime]
    received_by: Mapped[str]
    received_by_name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    held_because: Mapped[str] = mapped_column(default="", server_default="")

    line: Mapped[PurchaseOrderLine] = relationship()
    lot: Mapped[Lot] = relationship()
    site: Mapped[Site] = relationship()
    case: Mapped[ProcessCase] = relationship()
