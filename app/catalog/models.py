"""Master data: items and their revisions, what is inspected on them, bills of material, routings, and
suppliers (URS-030, URS-031, ISO 13485:2016 4.2.5, 7.3, 7.4)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.objects.revisions import Revisioned
from app.sites.models import Site
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
    ``gtin`` is that of one unit of use; its packs have their own (``PackagingLevel``).
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
    state: Mapped[ItemState] = mapped_column(str_enum(ItemState), default=ItemState.ACTIVE)
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (
        CheckConstraint("shelf_life_days > 0", name="shelf_life"),
        Index(None, "kind", "code", "id"),
        Index(None, "state", "code", "id"),
        Index(None, "uom", "code", "id"),
    )


_SORTED = (
    ("sqlite", "CREATE INDEX ix_sorted_item_name ON item (json_extract(name, '$.en'), code, id)"),
    ("postgresql", "CREATE INDEX ix_sorted_item_name ON item ((name ->> 'en'), code, id)"),
    (
        "postgresql",
        "CREATE INDEX ix_sorted_item_gtin ON item (gtin DESC NULLS LAST, code DESC, id DESC)",
    ),
)
"""Orders of the list that models cannot say: the English name (core.said), empty ones last both ways."""
for dialect, statement in _SORTED:
    made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
    event.listen(Item.__table__, "after_create", made)


class ItemRevision(Revisioned, Base):
    """A revision of an item: ``specification`` names the document and revision it is judged by, ``drawing``
    its drawing; the file of the drawing lies with the revision (app.objects)."""

    __tablename__ = "item_revision"
    __table_args__ = (UniqueConstraint("item_id", "code"), UniqueConstraint("item_id", "effective_from"))
    OWNER = "item_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    specification: Mapped[str] = mapped_column(default="")
    drawing: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column()

    item: Mapped[Item] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class InspectionStandard(Revisioned, Base):
    """A revision of what is inspected on the lots of an item (检验标准)."""

    __tablename__ = "inspection_standard"
    __table_args__ = (UniqueConstraint("item_id", "code"), UniqueConstraint("item_id", "effective_from"))
    OWNER = "item_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    revision: Mapped[int] = mapped_column()

    item: Mapped[Item] = relationship()
    characteristics: Mapped[list[InspectionCharacteristic]] = relationship(
        back_populates="standard", order_by="InspectionCharacteristic.position", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": revision}


class InspectionCharacteristic(Base):
    """One thing to check on a lot of an item: limits (inclusive) for a measured value, or the wanted
    property.

    ``unit`` is a UCUM code, empty for judged properties; ``method`` names the procedure, ``instrument`` the
    kind of instrument.
    """

    __tablename__ = "inspection_characteristic"
    __table_args__ = (
        UniqueConstraint("standard_id", "code"),
        CheckConstraint("lower <= upper", name="limits"),
        CheckConstraint("sample_size > 0", name="sample"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    standard_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("inspection_standard.id"), index=True)
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

    standard: Mapped[InspectionStandard] = relationship(back_populates="characteristics")


class Bom(Revisioned, Base):
    """A revision of what goes into one unit of an item (产品结构)."""

    __tablename__ = "bom"
    __table_args__ = (
        UniqueConstraint("item_id", "code"),
        Index("uq_bom_item_id_effective_from", "item_id", "effective_from", unique=True),
    )
    OWNER = "item_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(server_default="1")

    item: Mapped[Item] = relationship()
    lines: Mapped[list[BomLine]] = relationship(
        back_populates="bom", order_by="BomLine.position", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": revision}


class BomLine(Base):
    """How much of an input item one unit of the output takes, in the input's stock unit.

    ``entered_quantity`` and ``entered_unit`` are as somebody wrote them, None where that was the stock unit.
    """

    __tablename__ = "bom_line"
    __table_args__ = (UniqueConstraint("bom_id", "item_id"), CheckConstraint("quantity > 0", name="quantity"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    bom_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bom.id"), index=True)
    position: Mapped[int]
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    entered_quantity: Mapped[Decimal | None] = mapped_column(Quantity())
    entered_unit: Mapped[str | None]

    bom: Mapped[Bom] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()


class Routing(Revisioned, Base):
    """A revision of how an item is made, step by step (工艺路线)."""

    __tablename__ = "routing"
    __table_args__ = (UniqueConstraint("item_id", "code"), UniqueConstraint("item_id", "effective_from"))
    OWNER = "item_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    revision: Mapped[int] = mapped_column()

    item: Mapped[Item] = relationship()
    operations: Mapped[list[RoutingOperation]] = relationship(
        back_populates="routing", order_by="RoutingOperation.number", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": revision}


class RoutingOperation(Base):
    """One step of a routing: minutes to set up, minutes for one unit, the kind of equipment it needs.

    ``instruction`` names the document it is done by, ``skill`` what a person has to be qualified for.
    """

    __tablename__ = "routing_operation"
    __table_args__ = (
        UniqueConstraint("routing_id", "number"),
        CheckConstraint("setup_minutes >= 0 AND run_minutes >= 0", name="minutes"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    routing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("routing.id"), index=True)
    number: Mapped[int]
    name: Mapped[dict[str, str]]
    equipment: Mapped[str]
    setup_minutes: Mapped[Decimal] = mapped_column(Quantity())
    run_minutes: Mapped[Decimal] = mapped_column(Quantity())
    instruction: Mapped[str] = mapped_column(default="")
    skill: Mapped[str] = mapped_column(default="")

    routing: Mapped[Routing] = relationship(back_populates="operations")


class PackagingKind(StrEnum):
    """What a level of packaging is called."""

    INNER = "inner"
    CARTON = "carton"
    PALLET = "pallet"


class PackagingLevel(Base):
    """One level of packaging of an item: units of use in it, its own GTIN-14 (UDI-DI), and its label.

    ``label`` names the controlled label. A GTIN stands once in the plant, for one item at one level
    (Regulation (EU) 2017/745 Annex VI part C 3.2).
    """

    __tablename__ = "packaging_level"
    __table_args__ = (UniqueConstraint("item_id", "level"), CheckConstraint("contains > 1", name="contains"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    level: Mapped[PackagingKind] = mapped_column(str_enum(PackagingKind))
    contains: Mapped[int]
    gtin: Mapped[str | None] = mapped_column(unique=True)
    label: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column()

    item: Mapped[Item] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class UnitConversion(Base):
    """What holds for one item only: ``quantity`` ``unit`` are ``equals`` ``equals_unit``, such as
    1 {box} = 200 {pcs}."""

    __tablename__ = "unit_conversion"
    __table_args__ = (
        UniqueConstraint("item_id", "unit", "equals_unit"),
        CheckConstraint("quantity > 0 AND equals > 0", name="quantities"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str]
    equals: Mapped[Decimal] = mapped_column(Quantity())
    equals_unit: Mapped[str]
    revision: Mapped[int] = mapped_column()

    item: Mapped[Item] = relationship()

    __mapper_args__ = {"version_id_col": revision}


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


class PartyRole(StrEnum):
    """What a party is to the plant."""

    MANUFACTURER = "manufacturer"
    CUSTOMER = "customer"
    BOTH = "both"


class PartyState(StrEnum):
    """Whether the plant deals with a party."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    CLOSED = "closed"


class Party(Base):
    """A manufacturer of what is bought, or a customer; ``supplier_id`` says that it is a supplier as well."""

    __tablename__ = "party"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    role: Mapped[PartyRole] = mapped_column(str_enum(PartyRole))
    country: Mapped[str]
    address: Mapped[dict[str, str]] = mapped_column(default=dict)
    contact: Mapped[str] = mapped_column(default="")
    supplier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("supplier.id"), index=True)
    state: Mapped[PartyState] = mapped_column(str_enum(PartyState), default=PartyState.ACTIVE)
    revision: Mapped[int] = mapped_column()

    supplier: Mapped[Supplier | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class CodingScheme(Base):
    """How new codes of one kind of thing look (编码体系), and how the next one is numbered.

    ``pattern`` is a mask: ``#`` a digit, ``@`` a capital letter, ``*`` one or more letters, digits, dots,
    dashes and slashes, everything else itself. ``prefix`` and ``digits`` write the next code
    (core.numbers); without a prefix people choose codes themselves. ``site_id`` narrows it to a site.
    """

    __tablename__ = "coding_scheme"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    subject: Mapped[str] = mapped_column(index=True)
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    pattern: Mapped[str]
    prefix: Mapped[str] = mapped_column(default="")
    digits: Mapped[int] = mapped_column(default=4)
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}
