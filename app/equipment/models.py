"""Equipment of a plant: what it is, until when it is in order, what was done to it, what it was used for
(URS-078, ISO 13485:2016 6.3, 7.6)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.sites.models import Site
from core.db import Base, new_id
from core.types import Bilingual, str_enum
from workflows.models import ProcessCase


class EquipmentKind(StrEnum):
    """What equipment does: it measures, makes, tests or serves."""

    INSTRUMENT = "instrument"
    MACHINE = "machine"
    UTILITY = "utility"
    SOFTWARE = "software"


class EquipmentState(StrEnum):
    """Whether equipment works, stands still, or has been given up; retired equipment keeps its history."""

    IN_USE = "in_use"
    OUT_OF_USE = "out_of_use"
    RETIRED = "retired"


class Duty(StrEnum):
    """What has to be done to equipment again and again."""

    QUALIFICATION = "qualification"
    CALIBRATION = "calibration"
    MAINTENANCE = "maintenance"


class Equipment(Base):
    """One instrument, machine or system of a site.

    ``…_months`` say how often something is due, None: never. ``…_until`` is the last day in the site's
    calendar on which the equipment is in order in that respect. ``last_good`` is the last day on which it was
    found within tolerance: what it measured after that is in question once it is found outside.
    """

    __tablename__ = "equipment"
    __table_args__ = (Index(None, "site_id", "state"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Bilingual]
    kind: Mapped[EquipmentKind] = mapped_column(str_enum(EquipmentKind))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    place: Mapped[str] = mapped_column(default="")
    serial: Mapped[str] = mapped_column(default="")
    maker: Mapped[str] = mapped_column(default="")
    state: Mapped[EquipmentState] = mapped_column(str_enum(EquipmentState), default=EquipmentState.IN_USE)
    qualification_months: Mapped[int | None]
    calibration_months: Mapped[int | None]
    maintenance_months: Mapped[int | None]
    qualified_until: Mapped[date | None]
    calibrated_until: Mapped[date | None]
    maintained_until: Mapped[date | None]
    last_good: Mapped[date | None]
    blocked: Mapped[bool] = mapped_column(default=False)
    block_reason: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site] = relationship()

    __mapper_args__ = {"version_id_col": revision}

    def months(self, duty: Duty) -> int | None:
        """How many months a duty lasts; None if it is not asked of this equipment."""
        found: int | None = getattr(self, f"{duty.value}_months")
        return found

    def until(self, duty: Duty) -> date | None:
        """The last day on which a duty is fulfilled; None if it never was."""
        found: date | None = getattr(self, UNTIL[duty])
        return found

    def fulfil(self, duty: Duty, until: date | None) -> None:
        """Note until when a duty is fulfilled."""
        setattr(self, UNTIL[duty], until)


UNTIL = {
    Duty.QUALIFICATION: "qualified_until",
    Duty.CALIBRATION: "calibrated_until",
    Duty.MAINTENANCE: "maintained_until",
}
"""Duty → the column that says until when it is fulfilled."""


class Verdict(StrEnum):
    """How equipment was found."""

    GOOD = "good"
    OUT_OF_TOLERANCE = "out_of_tolerance"


class EquipmentEvent(Base):
    """A qualification, calibration or maintenance as it was done on one day; never changed.

    ``until`` is what followed from it, None if the equipment was not found good. ``sha256`` is the file of
    the certificate or protocol.
    """

    __tablename__ = "equipment_event"
    __table_args__ = (
        CheckConstraint("until IS NULL OR until >= done_on", name="days"),
        Index(None, "equipment_id", "done_on"),
        {"info": {"append_only": True}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    equipment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("equipment.id"))
    duty: Mapped[Duty] = mapped_column(str_enum(Duty))
    done_on: Mapped[date]
    until: Mapped[date | None]
    verdict: Mapped[Verdict] = mapped_column(str_enum(Verdict))
    document: Mapped[str]
    remarks: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    file_name: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    recorded_by_name: Mapped[str]

    equipment: Mapped[Equipment] = relationship()


class EquipmentUse(Base):
    """One use of equipment, such as an inspection it measured for; never changed."""

    __tablename__ = "equipment_use"
    __table_args__ = (Index(None, "equipment_id", "used_at"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    equipment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("equipment.id"))
    used_at: Mapped[datetime]
    what: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_case.id"))
    used_by: Mapped[str]
    used_by_name: Mapped[str]

    equipment: Mapped[Equipment] = relationship()
    case: Mapped[ProcessCase | None] = relationship()
