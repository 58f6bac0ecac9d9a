"""Lists that somebody has brought: the file, who and when, what the dry run found, what became of it."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.sites.models import Site
from core.db import Base, new_id
from core.errors import Conflict
from core.types import JSON_TYPE, str_enum
from workflows.models import ProcessCase


class ImportState(StrEnum):
    """Being checked in the background; checked without a finding, or with some; proposed to a second person;
    accepted and being stored in the background; applied; failed as a whole, with the reason; refused."""

    CHECKING = "checking"
    CHECKED = "checked"
    FAULTY = "faulty"
    PROPOSED = "proposed"
    STORING = "storing"
    APPLIED = "applied"
    FAILED = "failed"
    REFUSED = "refused"


class DataImport(Base):
    """One list as it was brought. Applying it stores every row or none.

    ``list_name`` says which list (documents.sheets.importers), ``sha256`` names the stored file and
    ``findings_sha256`` what the dry run found (``app.imports.results``), ``failure`` why nothing was stored,
    ``first_rows`` the first rows as they stand.
    ``site_id`` is the site whose quality assurance decides; people's lists have none.
    """

    __tablename__ = "data_import"
    __table_args__ = (Index(None, "uploaded_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    list_name: Mapped[str] = mapped_column(String(80))
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    row_count: Mapped[int]
    finding_count: Mapped[int]
    findings_sha256: Mapped[str | None] = mapped_column(String(64))
    first_rows: Mapped[list[Any]] = mapped_column(JSON_TYPE)
    state: Mapped[ImportState] = mapped_column(str_enum(ImportState))
    note: Mapped[str] = mapped_column(default="")
    uploaded_by: Mapped[str]
    uploaded_by_name: Mapped[str]
    uploaded_at: Mapped[datetime]
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_case.id"))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    failure: Mapped[dict[str, str] | None] = mapped_column(JSON_TYPE)
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site | None] = relationship()
    case: Mapped[ProcessCase | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}

    def move(self, to: ImportState, *, of: ImportState) -> None:
        """Go from one state to the next.

        Raises:
            Conflict: ``import.state``: it is in another state, for instance decided already.
        """
        if self.state is not of:
            raise Conflict("import.state", "This import has been decided or proposed already.")
        self.state = to
