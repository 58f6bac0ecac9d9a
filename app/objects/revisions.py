"""What every revisioned object has: its letter, its state, the days it is in force (core.effectivity)."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from core.effectivity import RevisionState
from core.types import str_enum


class Revisioned:
    """A revision of something that ``OWNER`` points to; add it to the bases of a table.

    The table needs ``UniqueConstraint(OWNER, "code")`` and ``UniqueConstraint(OWNER, "effective_from")``: no
    two revisions of one thing begin on the same day. ``code`` is the letter or number people say.
    """

    OWNER = ""

    code: Mapped[str] = mapped_column()
    state: Mapped[RevisionState] = mapped_column(
        str_enum(RevisionState), default=RevisionState.DRAFT, server_default=RevisionState.DRAFT.value
    )
    effective_from: Mapped[date | None] = mapped_column()
    effective_until: Mapped[date | None] = mapped_column()

    @classmethod
    def owner_column(cls) -> Any:
        """The column that says of what this is a revision."""
        return getattr(cls, cls.OWNER)
