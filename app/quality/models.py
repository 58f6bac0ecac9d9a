"""Inspections of lots and their results (ISO 13485 8.2.6, 7.4.3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.units import quantity_text, with_unit
from app.inventory.models import Lot
from core.db import Base, new_id
from core.errors import Conflict
from core.types import JSON_TYPE, Bilingual, Quantity, str_enum
from workflows.models import ProcessCase


class InspectionState(StrEnum):
    """An inspection waits for its results, or has them."""

    OPEN = "open"
    RECORDED = "recorded"


class Verdict(StrEnum):
    """The outcome of one characteristic and of a whole inspection 合格 · 不合格."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"


class Inspection(Base):
    """The inspection of one lot in one case.

    ``plan`` is the inspection standard as it stood when the inspection was opened: later changes of the
    item's
    characteristics do not reach it. Limits in it are decimals as text.
    """

    __tablename__ = "inspection"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    lot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"), index=True)
    plan: Mapped[list[dict[str, Any]]] = mapped_column(JSON_TYPE)
    specification: Mapped[str] = mapped_column(default="")
    state: Mapped[InspectionState] = mapped_column(str_enum(InspectionState), default=InspectionState.OPEN)
    conclusion: Mapped[Verdict | None] = mapped_column(str_enum(Verdict))
    sample_size: Mapped[int | None]
    remarks: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    recorded_by: Mapped[str | None]
    recorded_by_name: Mapped[str | None]
    revision: Mapped[int] = mapped_column()

    lot: Mapped[Lot] = relationship()
    case: Mapped[ProcessCase] = relationship()
    results: Mapped[list[InspectionResult]] = relationship(
        back_populates="inspection", order_by="InspectionResult.position"
    )

    __mapper_args__ = {"version_id_col": revision}

    def conclude(self, conclusion: Verdict, *, by: tuple[str, str], now: datetime) -> None:
        """Close the inspection with its conclusion; ``by`` is id and name of who recorded it.

        Raises:
            Conflict: ``inspection.recorded``: it is closed already.
        """
        if self.state is not InspectionState.OPEN:
            raise Conflict(
                "inspection.recorded", "Inspection %(number)s has been recorded already.", number=self.number
            )
        self.state, self.conclusion, self.recorded_at = InspectionState.RECORDED, conclusion, now
        self.recorded_by, self.recorded_by_name = by


class InspectionResult(Base):
    """One characteristic as found: measured value or judgement, the limits it was held against, and the
    verdict."""

    __tablename__ = "inspection_result"
    __table_args__ = (UniqueConstraint("inspection_id", "code"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    inspection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("inspection.id"))
    position: Mapped[int]
    code: Mapped[str]
    name: Mapped[dict[str, str]]
    value: Mapped[Decimal | None] = mapped_column(Quantity())
    lower: Mapped[Decimal | None] = mapped_column(Quantity())
    upper: Mapped[Decimal | None] = mapped_column(Quantity())
    unit: Mapped[str]
    verdict: Mapped[Verdict] = mapped_column(str_enum(Verdict))

    inspection: Mapped[Inspection] = relationship(back_populates="results")

    @property
    def limits_text(self) -> str | Bilingual:
        """The limits as people write them: ``4 … 4.2 mm``, ``≤ 5 N``, or a dash for judged properties."""
        lower, upper = (None if end is None else f"{end:f}" for end in (self.lower, self.upper))
        if lower is None and upper is None:
            return "–"
        ends = f"≤ {upper}" if lower is None else f"≥ {lower}" if upper is None else f"{lower} … {upper}"
        return with_unit(ends, self.unit)

    @property
    def value_text(self) -> str | Bilingual | None:
        """The measured value with its unit; None for a judged property."""
        return None if self.value is None else with_unit(quantity_text(self.value), self.unit)
