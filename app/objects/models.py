"""Changes of objects as they were proposed, files that lie with objects, and filters that people keep."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DDL, ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.sites.models import Site
from core.db import Base, new_id
from core.errors import Conflict
from core.types import JSON_TYPE, Bilingual, JsonDict, str_enum
from workflows.models import ProcessCase


class Verb(StrEnum):
    """What a proposal asks for."""

    OPEN = "open"
    CHANGE = "change"
    TAKE_EFFECT = "take_effect"
    END = "end"


class ChangeState(StrEnum):
    """A change waits for the second person, holds, or was refused."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    REFUSED = "refused"


class ObjectChange(Base):
    """One change of one object: what was there, what shall be, why, who proposed and who decided.

    ``rows`` are the rows of the object's list as texts; ``before`` what it held when the change was proposed,
    None for a new object. ``day`` is the day from which a revision is (or is not any more) in force.
    """

    __tablename__ = "object_change"
    __table_args__ = (Index(None, "kind", "object_id"), Index(None, "proposed_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(80))
    verb: Mapped[Verb] = mapped_column(str_enum(Verb))
    object_id: Mapped[uuid.UUID | None]
    label: Mapped[Bilingual]
    rows: Mapped[list[Any]] = mapped_column(JSON_TYPE)
    before: Mapped[JsonDict | None] = mapped_column(JSON_TYPE)
    day: Mapped[date | None]
    reason: Mapped[str]
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    state: Mapped[ChangeState] = mapped_column(str_enum(ChangeState), default=ChangeState.PROPOSED)
    proposed_by: Mapped[str]
    proposed_by_name: Mapped[str]
    proposed_at: Mapped[datetime]
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_case.id"))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site | None] = relationship()
    case: Mapped[ProcessCase | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}

    def decide(self, to: ChangeState, *, by: str, at: datetime) -> None:
        """Apply or refuse a proposed change.

        Raises:
            Conflict: ``change.decided``.
        """
        if self.state is not ChangeState.PROPOSED:
            raise Conflict("change.decided", "This change has been decided already.")
        self.state, self.decided_by, self.decided_at = to, by, at


class ObjectFile(Base):
    """A file that lies with an object: a drawing, a certificate, a photograph. Taken away, never deleted."""

    __tablename__ = "object_file"
    __table_args__ = (Index(None, "kind", "object_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(80))
    object_id: Mapped[uuid.UUID]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    name: Mapped[str]
    size: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    added_by: Mapped[str]
    added_by_name: Mapped[str]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}


class SavedFilter(Base):
    """A choice of one list that a person keeps under a name of his own."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("person_id", "kind", "name"), {"info": {"audit": False}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(60))
    chosen: Mapped[JsonDict] = mapped_column(JSON_TYPE)


class ObjectSearch(Base):
    """By which terms each object is found (app.objects.search): made from the object, and anew at any time.

    ``words`` is the text as it is compared; ``tokens`` are the terms, on SQLite between blanks; ``sorted_by``
    are texts by which its list is sorted, column by column, so that what is found is sorted without the list.
    """

    __tablename__ = "object_search"
    __table_args__ = (
        UniqueConstraint("kind", "object_id"),
        {"info": {"audit": False}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    object_id: Mapped[uuid.UUID]
    words: Mapped[str] = mapped_column(Text())
    tokens: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))
    sorted_by: Mapped[JsonDict] = mapped_column(JSON_TYPE)


FULL_TEXT = "object_search_fts"
"""SQLite's own index over the tokens; PostgreSQL has one on the table."""
MAKE_FULL_TEXT = (
    "CREATE VIRTUAL TABLE object_search_fts USING fts5(tokens, content='object_search', content_rowid='id',"
    " tokenize='ascii', detail=none, columnsize=0)"
)
MAKE_GIN = (
    "CREATE INDEX ix_object_search_tokens ON object_search USING gin (tokens)"
    " WITH (gin_pending_list_limit = 256)"
)
"""What came in lately is searched row by row, so little may wait: 256 KiB."""
for dialect, statement in (("sqlite", MAKE_FULL_TEXT), ("postgresql", MAKE_GIN)):
    made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
    event.listen(ObjectSearch.__table__, "after_create", made)
