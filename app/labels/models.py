"""Which labels were printed, how many, by whom, and why again (URS-032, URS-162, ISO 13485:2016 7.5.8)."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.sites.models import Site
from core.db import Base, new_id
from core.types import str_enum


class LabelKind(StrEnum):
    """What a label is stuck on."""

    LOT = "lot"
    LOCATION = "location"
    EQUIPMENT = "equipment"


class LabelPrint(Base):
    """One printing of labels; ``content`` is the line of its code, ``reason`` why it is printed again."""

    __tablename__ = "label_print"
    __table_args__ = (
        CheckConstraint("copies > 0", name="copies"),
        Index(None, "kind", "subject_id", "printed_at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[LabelKind] = mapped_column(str_enum(LabelKind))
    subject_id: Mapped[uuid.UUID]
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    subject: Mapped[str]
    content: Mapped[str]
    copies: Mapped[int]
    reason: Mapped[str]
    printed_at: Mapped[datetime]
    printed_by: Mapped[str]
    printed_by_name: Mapped[str]

    site: Mapped[Site] = relationship()
