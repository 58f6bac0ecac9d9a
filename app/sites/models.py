"""Sites: where the company works, under which rules, in which languages and time (URS-120, URS-144)."""

import uuid
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, new_id
from core.types import Bilingual, str_enum


class Layout(StrEnum):
    """In which languages a site's records are printed."""

    ENGLISH = "en"
    CHINESE = "zh"
    BOTH = "both"


class SiteKind(StrEnum):
    """What a site does: it makes devices, or holds their registration (注册人) and releases them."""

    PLANT = "plant"
    REGISTRANT = "registrant"


class Site(Base):
    """One place of the company. ``registrant_site_id`` names who releases its devices to the market.

    ``region`` is the regulation pack (``CN``, ``EU``, ``US``), ``zone`` an IANA name; ``logo`` is an SVG
    drawing or a PNG picture (documents.logos) for record headers. Every page and record of a ``demo`` site
    says that it is no GMP record.
    """

    __tablename__ = "site"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[SiteKind] = mapped_column(str_enum(SiteKind), default=SiteKind.PLANT)
    name: Mapped[Bilingual]
    company: Mapped[Bilingual]
    address: Mapped[Bilingual]
    region: Mapped[str]
    zone: Mapped[str]
    layout: Mapped[Layout] = mapped_column(str_enum(Layout), default=Layout.BOTH)
    registrant_site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    logo: Mapped[str] = mapped_column(default="")
    demo: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column()

    registrant: Mapped["Site | None"] = relationship(remote_side=[id])
    form_codes: Mapped[list["SiteFormCode"]] = relationship(order_by="SiteFormCode.form")

    __mapper_args__ = {"version_id_col": revision}


class SiteFormCode(Base):
    """Number and revision under which a site prints a form of the product (URS-144).

    ``form`` is the product's number of the form and ``of_revision`` the revision the site has looked at; a
    later one prints its own revision until the site has looked again.
    """

    __tablename__ = "site_form_code"
    __table_args__ = (UniqueConstraint("site_id", "form"), UniqueConstraint("site_id", "code"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    form: Mapped[str]
    of_revision: Mapped[str]
    code: Mapped[str]
    code_revision: Mapped[str]
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}


class ReminderRule(Base):
    """When people hear of a due date, in working days of the site: one row, changed by a signed proposal.

    ``days_before`` it whoever has the step is reminded, ``days_manager`` after it the line manager is told,
    ``days_head`` after it the quality head; 0 is on the day itself.
    """

    __tablename__ = "reminder_rule"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days_before: Mapped[int]
    days_manager: Mapped[int]
    days_head: Mapped[int]
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}
