"""Tables of the engine: releases of process models, cases, their state, human tasks and the history of steps.

Person and site keys point upwards in the house, so they are plain keys without a foreign key.
"""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from core.db import Base, new_id
from core.types import JSON_TYPE, Bilingual, JsonDict, str_enum


class ReleaseState(StrEnum):
    """Where a process release stands; one release of a process is effective at a time."""

    PROPOSED = "proposed"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


class CaseState(StrEnum):
    """Where a case stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class TaskState(StrEnum):
    """Where a human task stands; ``withdrawn`` means that the diagram no longer asks for it."""

    OPEN = "open"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class ProcessRelease(Base):
    """One version of a process: its model files, who proposed them and who decided (URS-007).

    ``files`` maps file names to texts and never changes; ``bundle_sha256`` names them.
    """

    __tablename__ = "process_release"
    __table_args__ = (UniqueConstraint("process_key", "version"), Index(None, "process_key", "state"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    process_key: Mapped[str]
    version: Mapped[int]
    name: Mapped[Bilingual]
    bundle_sha256: Mapped[str]
    files: Mapped[dict[str, str]] = deferred(mapped_column(JSON_TYPE))
    state: Mapped[ReleaseState] = mapped_column(str_enum(ReleaseState), default=ReleaseState.PROPOSED)
    proposed_by: Mapped[uuid.UUID | None]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID | None]
    effective_at: Mapped[datetime | None]
    note: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}


class ProcessCase(Base):
    """One running or ended process. ``steps`` counts its history rows; ``outcome`` is the end reached.

    ``passed`` are the running totals of the history (:mod:`workflows.past`). ``ended_by`` and
    ``ended_reason`` are of a case that a person has cancelled.
    """

    __tablename__ = "process_case"
    __table_args__ = (Index(None, "subject_type", "subject_id"), Index(None, "state", "started_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_release.id"))
    process_key: Mapped[str]
    title: Mapped[Bilingual]
    site_id: Mapped[uuid.UUID | None]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    state: Mapped[CaseState] = mapped_column(str_enum(CaseState), default=CaseState.RUNNING)
    outcome: Mapped[str | None]
    started_at: Mapped[datetime]
    started_by: Mapped[uuid.UUID | None]
    started_by_name: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    ended_reason: Mapped[str | None]
    steps: Mapped[int] = mapped_column(default=0)
    passed: Mapped[JsonDict | None] = mapped_column(JSON_TYPE, info={"audit": "hash"})
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}


class StoredState(Base):
    """Where the tokens of a case stand, and its facts, in the codec's format; written by the engine alone.

    The trail keeps its hash, so that an altered state is found; the history of steps says the same, readably.
    ``next_due`` is the earliest timer. ``before`` is the state before the human task ``before_task`` was
    completed, as long as nothing else has moved the case: with it the step can be withdrawn exactly.
    """

    __tablename__ = "case_state"
    __table_args__ = (Index(None, "next_due"),)

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"), primary_key=True)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    next_due: Mapped[datetime | None]
    before: Mapped[bytes | None] = mapped_column(LargeBinary)
    before_task: Mapped[uuid.UUID | None]
    revision: Mapped[int] = mapped_column(default=1)


class HumanTask(Base):
    """One task for one person, as shown in the inbox.

    ``policy`` is what the model said when the task came up; ``flows`` are the sequence flows that led to it.
    ``opened_by`` maps persons to when they first looked (ISO 8601, UTC). ``completed_for`` is the person a
    delegate acted for, ``also_by`` lists earlier signers of the same step; all count in every rule of
    separation. ``instance`` says where a task of a multi-instance or called process stands:
    ``{"scope": key, "number": which member, "of": how many}``. ``assigned_to`` is the one person who does
    it, by the model or by ``handover``: ``{"from", "by", "by_name", "reason", "at"}`` of the last time it was
    handed over. ``stuck_since`` is when nobody was left who may do it. A withdrawn task with ``completed_at``
    was done and taken back by its performer: ``taken_back`` are the first and the last row of the history
    that no longer count.
    """

    __tablename__ = "human_task"
    __table_args__ = (Index(None, "state", "role", "site_id"), Index(None, "case_id", "state"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    engine_id: Mapped[str]
    element_id: Mapped[str]
    step: Mapped[str]
    name: Mapped[Bilingual]
    role: Mapped[str]
    site_id: Mapped[uuid.UUID | None]
    form_key: Mapped[str]
    policy: Mapped[JsonDict]
    state: Mapped[TaskState] = mapped_column(str_enum(TaskState), default=TaskState.OPEN)
    claimed_by: Mapped[uuid.UUID | None]
    assigned_to: Mapped[uuid.UUID | None]
    handover: Mapped[JsonDict | None] = mapped_column(JSON_TYPE)
    stuck_since: Mapped[datetime | None]
    taken_back: Mapped[list[int] | None] = mapped_column(JSON_TYPE)
    opened_by: Mapped[JsonDict | None] = mapped_column(JSON_TYPE)
    also_by: Mapped[list[str] | None] = mapped_column(JSON_TYPE)
    flows: Mapped[list[str]] = mapped_column(JSON_TYPE)
    instance: Mapped[JsonDict | None] = mapped_column(JSON_TYPE)
    draft: Mapped[JsonDict | None] = mapped_column(JSON_TYPE, info={"audit": "hash"})
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[uuid.UUID | None]
    completed_for: Mapped[uuid.UUID | None]
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}


class DueExtension(Base):
    """A due date that was moved by a signed request; ``request_id`` is the case that decided it."""

    __tablename__ = "due_extension"
    __table_args__ = (Index(None, "task_id"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("human_task.id"))
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    due_before: Mapped[datetime]
    due_after: Mapped[datetime]
    reason: Mapped[str]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]
    decided_by_name: Mapped[str]


class StepWithdrawal(Base):
    """A completed step that its performer has taken back: ``task_id`` was done, ``again_id`` is open instead.

    ``first_seq`` is the row of the history that the step had; it and what came of it no longer count.
    """

    __tablename__ = "step_withdrawal"
    __table_args__ = (Index(None, "case_id"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("human_task.id"), unique=True)
    again_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("human_task.id"))
    first_seq: Mapped[int]
    reason: Mapped[str]
    withdrawn_at: Mapped[datetime]
    withdrawn_by: Mapped[uuid.UUID]
    withdrawn_by_name: Mapped[str]


class TaskReminder(Base):
    """Who was reminded of a due date, or told that it has passed, and when; each level once for a due date.

    ``level`` is ``before``, ``due``, ``manager`` or ``head``; ``told`` are the keys of the persons.
    """

    __tablename__ = "task_reminder"
    __table_args__ = (UniqueConstraint("task_id", "level", "due_at"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("human_task.id"))
    level: Mapped[str]
    due_at: Mapped[datetime]
    told: Mapped[list[str]] = mapped_column(JSON_TYPE)
    told_at: Mapped[datetime]


class StepHistory(Base):
    """One element that a case has passed: when, by whom, what it wrote, by which flows it was reached.

    Append-only; the rows of a case, in the order of ``seq`` from 1, are its path.
    """

    __tablename__ = "step_history"
    __table_args__ = (
        UniqueConstraint("case_id", "seq"),
        {"info": {"append_only": True}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    seq: Mapped[int]
    element_id: Mapped[str]
    element_type: Mapped[str]
    name: Mapped[Bilingual]
    step: Mapped[str | None]
    flows: Mapped[list[str]] = mapped_column(JSON_TYPE)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    data: Mapped[JsonDict | None] = mapped_column(JSON_TYPE)
    decision: Mapped[JsonDict | None] = mapped_column(JSON_TYPE)


class MigrationState(StrEnum):
    """Where a migration stands; ``reverted`` means that another migration has taken it back."""

    PROPOSED = "proposed"
    DONE = "done"
    REFUSED = "refused"
    REVERTED = "reverted"


class ProcessMigration(Base):
    """A proposal to move running cases of a process to another release, decided by a signed case (URS-007).

    ``cases`` lists the chosen cases as proposed: id, number, verdict, reasons in both languages, and the
    decision where one was needed. ``outcome`` says what became of each. ``reverts_id`` names the migration
    that this one takes back.
    """

    __tablename__ = "process_migration"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    process_key: Mapped[str]
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_release.id"))
    reverts_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("process_migration.id"))
    reason: Mapped[str]
    cases: Mapped[list[JsonDict]] = mapped_column(JSON_TYPE)
    outcome: Mapped[list[JsonDict] | None] = mapped_column(JSON_TYPE)
    state: Mapped[MigrationState] = mapped_column(str_enum(MigrationState), default=MigrationState.PROPOSED)
    proposed_by: Mapped[uuid.UUID | None]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}


class CaseMigration(Base):
    """One case that was moved, with what it was before, so that the way back is exact while it stands still.

    ``state_before`` is the stored state, ``tasks_before`` the open human tasks as they were; the stored state
    had ``revision_after`` when the move was done.
    """

    __tablename__ = "case_migration"
    __table_args__ = (
        UniqueConstraint("migration_id", "case_id"),
        Index(None, "case_id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    migration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_migration.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"))
    from_release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_release.id"))
    to_release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_release.id"))
    state_before: Mapped[bytes] = mapped_column(LargeBinary)
    tasks_before: Mapped[list[JsonDict]] = mapped_column(JSON_TYPE)
    revision_after: Mapped[int]
    moved_at: Mapped[datetime]
