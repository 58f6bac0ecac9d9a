"""Evaluations of suppliers with score, result and the day of the next review (ISO 13485:2016 7.4.1)."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Supplier
from core.db import Base, new_id
from core.types import Quantity, str_enum


class Grade(StrEnum):
    """What the score of a supplier allows, the best first."""

    APPROVE = "approve"
    CONDITIONAL = "conditional"
    BLOCKED = "blocked"


WORSE = {Grade.APPROVE: 0, Grade.CONDITIONAL: 1, Grade.BLOCKED: 2}
"""How bad a grade is; a grade drops when this number grows."""


class SupplierEvaluation(Base):
    """One evaluation of a supplier: class, average of the scores (0 to 3), grade, day of the next review.

    ``number`` is that of the case; both days are in the calendar of the case's site.
    """

    __tablename__ = "supplier_evaluation"
    __table_args__ = (
        UniqueConstraint("supplier_id", "case_id", "round"),
        CheckConstraint("average >= 0", name="average"),
        {"info": {"append_only": True}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("supplier.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    round: Mapped[int]
    number: Mapped[str]
    risk_class: Mapped[str]
    average: Mapped[Decimal] = mapped_column(Quantity())
    grade: Mapped[Grade] = mapped_column(str_enum(Grade))
    evaluated_on: Mapped[date]
    next_review: Mapped[date] = mapped_column(index=True)

    supplier: Mapped[Supplier] = relationship()
