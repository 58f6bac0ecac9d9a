"""Region packs: what the rules of a market ask, as data with days from which it holds (URS-120).

Rules change: a clock, a time of keeping, a language or a form is looked up for a region and a day, never
written into a program.
"""

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, new_id
from core.types import Bilingual, str_enum


class RuleKind(StrEnum):
    """What a line of a pack says: a time to report, a time to keep, a language, a form, or another rule."""

    CLOCK = "clock"
    RETENTION = "retention"
    LANGUAGE = "language"
    FORM = "form"
    RULE = "rule"


class Unit(StrEnum):
    """What the value of a line counts or is."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    HOURS = "hours"
    YEARS = "years"
    TEXT = "text"
    YES_NO = "yes_no"


class RegionRule(Base):
    """One line of a pack: ``key`` names it, such as ``adverse_event.death``; ``value`` is what holds.

    ``valid_from`` and ``valid_until`` are days of the region's calendar, both included; two lines of one key
    never hold on the same day. ``clause`` and ``source`` say where it is written; ``checked`` that somebody
    has compared it with the official text.
    """

    __tablename__ = "region_rule"
    __table_args__ = (
        UniqueConstraint("region", "key", "valid_from"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="range"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    region: Mapped[str] = mapped_column(String(8))
    kind: Mapped[RuleKind] = mapped_column(str_enum(RuleKind))
    key: Mapped[str] = mapped_column(String(80))
    name: Mapped[Bilingual]
    value: Mapped[str] = mapped_column(String(120))
    unit: Mapped[Unit] = mapped_column(str_enum(Unit))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    clause: Mapped[str]
    source: Mapped[str]
    checked: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}
