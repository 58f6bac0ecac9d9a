"""Master data: items, what is inspected on them, bills of material, and suppliers (URS-030, URS-031, ISO
13485 7.3.7, 7.4)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, new_id
from core.types import Quantity, str_enum


class ItemKind(StrEnum):
    """What an item is; the route of its release depends on it (DMN ``route``)."""

    MATERIAL = "material"
    COMPONENT = "component"
    PACKAGING = "packaging"
    FINISHED = "finished"


class ItemState(StrEnum):
    """Life of a master record: only active ones can be ordered, received or made."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    RETIRED = "retired"


class CharacteristicKind(StrEnum):
    """A value measured against limits, or a property the inspector judges."""

    MEASURED = "measured"
    JUDGED = "judged"


class Item(Base):
    """A thing bought, made or packed: governed code, both names, UCUM stock unit, GTIN-14 and shelf life in
    days.

    ``shelf_life_days`` is None when the item does not expire; a lot of an item that does must have an
    expiry day.
    ``specification`` names the document and revision it is judged by.
    """

    __tablename__ = "item"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    kind: Mapped[ItemKind] = mapped_column(str_enum(ItemKind))
    uom: Mapped[str]
    gtin: Mapped[str | None] = mapped_column(unique=True)
    shelf_life_days: Mapped[int | None]
    storage: Mapped[dict[str, str]] = mapped_column(default=dict)
    specification: Mapped[str] = mapped_column(default="")
    state: Mapped[ItemState] = mapped_column(str_enum(ItemState), default=ItemState.ACTIVE)
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column()

    characteristics: Mapped[list[InspectionCharacteristic]] = relationship(
        back_populates="item", order_by="InspectionCharacteristic.position"
    )

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (CheckConstraint("shelf_life_days > 0", name="shelf_life"),)


class InspectionCharacteristic(Base):
    """One thing to check on a lot of an item: limits (inclusive) for a measured value, or the wanted
    property.

    ``unit`` is a UCUM code, empty for judged properties; ``method`` names the procedure, ``instrument`` the
    kind of instrument.
    """

    __tablename__ = "inspection_characteristic"
    __table_args__ = (
        UniqueConstraint("item_id", "code"),
        CheckConstraint("lower <= upper", name="limits"),
        CheckConstraint("sample_size > 0", name="sample"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    position: Mapped[int]
    code: Mapped[str]
    name: Mapped[dict[str, str]]
    kind: Mapped[CharacteristicKind] = mapped_column(str_enum(CharacteristicKind))
    lower: Mapped[Decimal | None] = mapped_column(Quantity())
    upper: Mapped[Decimal | None] = mapped_column(Quantity())
    unit: Mapped[str] = mapped_column(default="")
    requirement: Mapped[dict[str, str]] = mapped_column(default=dict)
    method: Mapped[str] = mapped_column(default="")
    instrument: Mapped[dict[str, str]] = mapped_column(default=dict)
    sample_size: Mapped[int] = mapped_column(default=1)

    item: Mapped[Item] = relationship(back_populates="characteristics")


class Bom(Base):
    """A revision of what goes into one unit of an item (产品结构); a new revision is a new row, effective
    from a day."""

    __tablename__ = "bom"
    __table_args__ = (UniqueConstraint("item_id", "bom_revision"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    bom_revision: Mapped[str]
    effective_from: Mapped[date]
    created_at: Mapped[datetime]

    item: Mapped[Item] = relationship()
    lines: Mapped[list[BomLine]] = relationship(back_populates="bom", order_by="BomLine.position")


class BomLine(Base):
    """How much of an input item one unit of the output takes, in the input's stock unit."""

    __tablename__ = "bom_line"
    __table_args__ = (UniqueConstraint("bom_id", "item_id"), CheckConstraint("quantity > 0", name="quantity"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    bom_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bom.id"), index=True)
    position: Mapped[int]
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())

    bom: Mapped[Bom] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()


class SupplierState(StrEnum):
    """Standing on the approved supplier list (ASL)."""

    APPROVED = "approved"
    CONDITIONAL = "conditional"
    BLOCKED = "blocked"


class Supplier(Base):
    """A maker or trader goods come from; ``criticality`` A, B or C sets how it is watched (ISO 13485
    7.4.1)."""

    __tablename__ = "supplier"
    __table_args__ = (CheckConstraint("criticality IN ('A', 'B', 'C')", name="criticality"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    criticality: Mapped[str]
    country: Mapped[str]
    certificate: Mapped[str] = mapped_column(default="")
    certificate_until: Mapped[date | None]
    state: Mapped[SupplierState] = mapped_column(str_enum(SupplierState), default=SupplierState.APPROVED)
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}
