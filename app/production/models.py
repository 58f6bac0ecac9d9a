"""Work orders and the goods that come off the line (完工入库; ISO 13485 7.5.1, 7.5.9)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Bom, Item
from app.inventory.models import Lot
from app.sites.models import Site
from core.db import Base, new_id
from core.types import Quantity, str_enum
from workflows.models import ProcessCase


class WorkOrderState(StrEnum):
    """Output is taken in for open work orders only."""

    OPEN = "open"
    CLOSED = "closed"


class WorkOrder(Base):
    """An instruction to make so much of an item by a revision of its bill of material (header; execution
    follows later)."""

    __tablename__ = "work_order"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("made >= 0 AND made <= quantity", name="made"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"))
    bom_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bom.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    made: Mapped[Decimal] = mapped_column(Quantity(), default=Decimal(0))
    due_on: Mapped[date]
    state: Mapped[WorkOrderState] = mapped_column(str_enum(WorkOrderState), default=WorkOrderState.OPEN)
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site] = relationship()
    item: Mapped[Item] = relationship()
    bom: Mapped[Bom] = relationship()

    __mapper_args__ = {"version_id_col": revision}

    @property
    def open_quantity(self) -> Decimal:
        """What is still to be made, in the item's unit."""
        return self.quantity - self.made


class Output(Base):
    """Goods from the line that came in as one lot; ``scan`` is the label as read, ``key`` the form it was
    posted with."""

    __tablename__ = "output"
    __table_args__ = {"info": {"append_only": True}}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    work_order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("work_order.id"), index=True)
    lot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str]
    scan: Mapped[str]
    received_at: Mapped[datetime]
    received_by: Mapped[str]
    received_by_name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)

    work_order: Mapped[WorkOrder] = relationship()
    lot: Mapped[Lot] = relationship()
    site: Mapped[Site] = relationship()
    case: Mapped[ProcessCase] = relationship()
