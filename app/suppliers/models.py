"""What a supplier may deliver and why: approved scopes, certificates, risk classes, and blocks (URS-040,
URS-041, ISO 13485:2016 7.4.1)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item, Supplier
from app.sites.models import Site
from core.db import Base, new_id
from core.types import str_enum


class SupplierScope(Base):
    """One item that one site may order from a supplier, on the days from ``valid_from`` to ``valid_until``.

    Both days are in the site's calendar and count; None: until somebody ends it. ``when_conditional`` says
    that it stands although the supplier is approved on conditions only.
    """

    __tablename__ = "supplier_scope"
    __table_args__ = (
        UniqueConstraint("supplier_id", "item_id", "site_id", "valid_from"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="days"),
        Index(None, "item_id", "site_id"),
        Index(None, "valid_until"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("supplier.id"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    when_conditional: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column()

    supplier: Mapped[Supplier] = relationship()
    item: Mapped[Item] = relationship()
    site: Mapped[Site] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class CertificateKind(StrEnum):
    """What a certificate proves."""

    ISO_13485 = "iso_13485"
    ISO_9001 = "iso_9001"
    REGISTRATION = "registration"
    LICENCE = "licence"
    TEST_REPORT = "test_report"
    OTHER = "other"


class SupplierCertificate(Base):
    """A certificate of a supplier; ``sha256`` is the hash of the file that the second person accepted.

    The file itself lies beside the certificate (app.objects); None while nobody has proposed one.
    """

    __tablename__ = "supplier_certificate"
    __table_args__ = (
        UniqueConstraint("supplier_id", "kind", "number"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="days"),
        Index(None, "valid_until"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("supplier.id"))
    kind: Mapped[CertificateKind] = mapped_column(str_enum(CertificateKind))
    number: Mapped[str]
    issuer: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    sha256: Mapped[str | None]
    revision: Mapped[int] = mapped_column()

    supplier: Mapped[Supplier] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class SupplierClass(Base):
    """The risk class A, B or C of a supplier from a day on, until the next one begins."""

    __tablename__ = "supplier_class"
    __table_args__ = (
        UniqueConstraint("supplier_id", "valid_from"),
        CheckConstraint("risk_class IN ('A', 'B', 'C')", name="risk_class"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("supplier.id"))
    valid_from: Mapped[date]
    risk_class: Mapped[str]
    grounds: Mapped[str]
    revision: Mapped[int] = mapped_column()

    supplier: Mapped[Supplier] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class SupplierDemand(Base):
    """Which certificates a risk class demands from a day on, until the next line of the class begins.

    ``certificates`` are kinds separated by blanks, one of which has to be valid; ``none`` where the class
    demands no certificate.
    """

    __tablename__ = "supplier_demand"
    __table_args__ = (
        UniqueConstraint("risk_class", "valid_from"),
        CheckConstraint("risk_class IN ('A', 'B', 'C')", name="risk_class"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    risk_class: Mapped[str]
    valid_from: Mapped[date]
    certificates: Mapped[str]
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}


class Standing(StrEnum):
    """Whether goods may be ordered from a supplier at all."""

    FREE = "free"
    CONDITIONAL = "conditional"
    BLOCKED = "blocked"


class SupplierStanding(Base):
    """The standing of a supplier with its reason; one row a supplier, none while nobody has said anything.

    Earlier standings are the row's history. A block holds at once; every other change is signed.
    """

    __tablename__ = "supplier_standing"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("supplier.id"), unique=True)
    standing: Mapped[Standing] = mapped_column(str_enum(Standing))
    why: Mapped[str]
    since: Mapped[datetime]
    revision: Mapped[int] = mapped_column()

    supplier: Mapped[Supplier] = relationship()

    __mapper_args__ = {"version_id_col": revision}
