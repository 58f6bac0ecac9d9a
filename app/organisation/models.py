"""Who belongs where: departments of the company and their order (URS-140)."""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.sites.models import Site
from core.db import Base, new_id
from core.types import Bilingual, str_enum


class DepartmentState(StrEnum):
    """Whether a department works, or is closed; a closed one keeps its history."""

    ACTIVE = "active"
    CLOSED = "closed"


class Department(Base):
    """A department of a site, or of the whole company; ``parent_id`` is the one it belongs to."""

    __tablename__ = "department"
    __table_args__ = (Index(None, "parent_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Bilingual]
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    state: Mapped[DepartmentState] = mapped_column(str_enum(DepartmentState), default=DepartmentState.ACTIVE)
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site | None] = relationship()
    parent: Mapped[Department | None] = relationship(remote_side=[id])

    __mapper_args__ = {"version_id_col": revision}
