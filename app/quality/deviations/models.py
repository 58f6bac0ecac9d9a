"""The register of nonconformities: which case is about what, and what was decided about which lot
(ISO 13485:2016 8.3).

Written by service operations only. It holds what other rooms ask (is a lot in question?); who found, judged
and decided what stands in the records of the case.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item, Supplier
from app.equipment.models import Equipment
from app.inventory.models import Lot, LotStatus
from app.sites.models import Site
from core.db import Base, new_id
from core.errors import Conflict
from core.types import Bilingual, Quantity, str_enum
from workflows.models import ProcessCase


class NonconformityState(StrEnum):
    """Open until somebody closes it, or finds that nothing is wrong."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class NonconformityClass(StrEnum):
    """How grave it is: 轻微 · 严重 · 重大."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Disposition(StrEnum):
    """What is done with goods that do not conform: 让步接收 · 返工 · 报废 · 退货 · 改级."""

    USE_AS_IS = "use_as_is"
    REWORK = "rework"
    SCRAP = "scrap"
    RETURN = "return"
    REGRADE = "regrade"


CLASS_NAMES: dict[NonconformityClass, Bilingual] = {
    NonconformityClass.MINOR: {"en": "Minor", "zh": "轻微"},
    NonconformityClass.MAJOR: {"en": "Major", "zh": "严重"},
    NonconformityClass.CRITICAL: {"en": "Critical", "zh": "重大"},
}
DISPOSITION_NAMES: dict[Disposition, Bilingual] = {
    Disposition.USE_AS_IS: {"en": "Use as is under concession", "zh": "让步接收"},
    Disposition.REWORK: {"en": "Rework", "zh": "返工"},
    Disposition.SCRAP: {"en": "Scrap", "zh": "报废"},
    Disposition.RETURN: {"en": "Return to the supplier", "zh": "退货"},
    Disposition.REGRADE: {"en": "Regrade to another item", "zh": "改级（降级）为其他物料"},
}


class Nonconformity(Base):
    """One deviation or nonconformity; its number is the number of its case."""

    __tablename__ = "nonconformity"
    __table_args__ = (Index(None, "site_id", "state"), Index(None, "category", "opened_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"), unique=True)
    title: Mapped[str]
    category: Mapped[str]
    severity_class: Mapped[NonconformityClass | None] = mapped_column(str_enum(NonconformityClass))
    state: Mapped[NonconformityState] = mapped_column(
        str_enum(NonconformityState), default=NonconformityState.OPEN
    )
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("item.id"), index=True)
    supplier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("supplier.id"), index=True)
    equipment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("equipment.id"), index=True)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    opened_by_name: Mapped[str]
    closed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site] = relationship()
    case: Mapped[ProcessCase] = relationship()
    item: Mapped[Item | None] = relationship()
    supplier: Mapped[Supplier | None] = relationship()
    equipment: Mapped[Equipment | None] = relationship()
    lots: Mapped[list[NonconformityLot]] = relationship(
        back_populates="nonconformity", order_by="NonconformityLot.named_at, NonconformityLot.id"
    )

    __mapper_args__ = {"version_id_col": revision}

    def end(self, state: NonconformityState, *, now: datetime) -> None:
        """Close or cancel it.

        Raises:
            Conflict: ``nonconformity.over``: it is closed already; ``nonconformity.lots_open``: nobody has
                decided about a lot.
        """
        if self.state is not NonconformityState.OPEN:
            raise Conflict("nonconformity.over", "%(number)s is closed already.", number=self.number)
        waiting = [one.lot.number for one in self.lots if one.disposed_at is None]
        if waiting:
            raise Conflict(
                "nonconformity.lots_open",
                "%(number)s cannot be closed: lots %(lots)s are not disposed of.",
                number=self.number,
                lots=", ".join(waiting),
            )
        self.state, self.closed_at = state, now


class NonconformityLot(Base):
    """A lot in question: whether it was put on hold for it, from which status, and what became of it.

    ``suspect`` is in the lot's unit; None: all of it. ``disposition`` is what was decided for the greater
    part; what was scrapped or returned of it besides stands in the ledger.
    """

    __tablename__ = "nonconformity_lot"
    __table_args__ = (
        UniqueConstraint("nonconformity_id", "lot_id"),
        CheckConstraint("suspect > 0", name="suspect"),
        Index(None, "lot_id", "disposed_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    nonconformity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("nonconformity.id"))
    lot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"))
    named_at: Mapped[datetime]
    held: Mapped[bool] = mapped_column(default=False)
    status_before: Mapped[LotStatus] = mapped_column(str_enum(LotStatus))
    suspect: Mapped[Decimal | None] = mapped_column(Quantity())
    disposition: Mapped[Disposition | None] = mapped_column(str_enum(Disposition))
    disposed_at: Mapped[datetime | None]
    disposed_by: Mapped[str | None]
    disposed_by_name: Mapped[str | None]
    revision: Mapped[int] = mapped_column()

    nonconformity: Mapped[Nonconformity] = relationship(back_populates="lots")
    lot: Mapped[Lot] = relationship()

    __mapper_args__ = {"version_id_col": revision}
