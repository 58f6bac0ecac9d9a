"""The register of corrective and preventive actions (ISO 13485:2016 8.5.2, 8.5.3).

Written by service operations only; analyses, plans and evidence stand in the records of the case.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.sites.models import Site
from core.db import Base, new_id
from core.errors import Conflict
from core.types import str_enum
from documents.labels import N_
from workflows.models import ProcessCase


class CapaState(StrEnum):
    """Open while actions are found and done, then watched until the effect is known; or given up."""

    OPEN = "open"
    WATCHED = "watched"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class CapaOutcome(StrEnum):
    """What the last check of effectiveness found 有效 · 无效 · 不能确定."""

    EFFECTIVE = "effective"
    INEFFECTIVE = "ineffective"
    INCONCLUSIVE = "inconclusive"


class ActionKind(StrEnum):
    """Whether an action takes a cause away that has struck, or one that could 纠正措施 · 预防措施."""

    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"


class Capa(Base):
    """One CAPA; its number is the number of its case.

    ``source_number`` is the number of the case that asked for it, empty if none did. ``check_due`` is the day
    of the next check of effectiveness in the site's calendar, ``check_due_before`` the day it had before it
    was last moved, ``checks`` how many were set; ``reopened`` counts the checks that found it ineffective.
    With ``check_lots`` the check waits for that many lots of the item with the code ``check_item``, decided
    and come in or made after ``check_set_at``, and ``check_due`` is the last day of waiting.
    """

    __tablename__ = "capa"
    __table_args__ = (Index(None, "site_id", "state"), Index(None, "source_number"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"), unique=True)
    title: Mapped[str]
    source: Mapped[str]
    source_number: Mapped[str] = mapped_column(default="")
    risk: Mapped[str] = mapped_column(default="")
    owner: Mapped[str] = mapped_column(default="")
    state: Mapped[CapaState] = mapped_column(str_enum(CapaState), default=CapaState.OPEN)
    outcome: Mapped[CapaOutcome | None] = mapped_column(str_enum(CapaOutcome))
    check_due: Mapped[date | None]
    check_due_before: Mapped[date | None]
    check_lots: Mapped[int | None]
    check_item: Mapped[str] = mapped_column(default="")
    check_set_at: Mapped[datetime | None]
    checks: Mapped[int] = mapped_column(default=0)
    reopened: Mapped[int] = mapped_column(default=0)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column()

    site: Mapped[Site] = relationship()
    case: Mapped[ProcessCase] = relationship()
    actions: Mapped[list[CapaAction]] = relationship(
        back_populates="capa", order_by="CapaAction.round, CapaAction.position"
    )

    __mapper_args__ = {"version_id_col": revision}

    def end(self, state: CapaState, outcome: CapaOutcome | None, *, now: datetime) -> None:
        """Close, decline or cancel it; what is cancelled may leave actions undone, and says so.

        Raises:
            Conflict: ``capa.over``: it is closed already; ``capa.actions_open``: an action is not done.
        """
        if self.state not in (CapaState.OPEN, CapaState.WATCHED):
            raise Conflict("capa.over", "%(number)s is closed already.", number=self.number)
        if state is not CapaState.CANCELLED:
            self.refuse_open_actions()
        self.state, self.outcome, self.closed_at = state, outcome, now
        self.check_due = self.check_due_before = None

    def refuse_open_actions(self) -> None:
        """Ask that every action is done.

        Raises:
            Conflict: ``capa.actions_open``.
        """
        waiting = [f"{one.round}.{one.position}" for one in self.actions if one.done_at is None]
        if waiting:
            sentence = N_("%(number)s cannot be closed: actions %(actions)s are not done.")
            raise Conflict("capa.actions_open", sentence, number=self.number, actions=", ".join(waiting))


class CapaAction(Base):
    """One action of a plan: ``owner`` is a login, ``due`` a day at the site, ``round`` counts the plans.

    ``due_before`` is the day that it had before it was last moved, ``extensions`` how often it was.
    """

    __tablename__ = "capa_action"
    __table_args__ = (UniqueConstraint("capa_id", "round", "position"), Index(None, "owner", "done_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    capa_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("capa.id"))
    round: Mapped[int]
    position: Mapped[int]
    kind: Mapped[ActionKind] = mapped_column(str_enum(ActionKind))
    action: Mapped[str]
    owner: Mapped[str]
    due: Mapped[date]
    due_before: Mapped[date | None]
    extensions: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    done_by_name: Mapped[str | None]
    revision: Mapped[int] = mapped_column()

    capa: Mapped[Capa] = relationship(back_populates="actions")

    __mapper_args__ = {"version_id_col": revision}
