"""Original entries of human tasks: who wrote what first, and why it changed (21 CFR 11.10(e), URS-142).

A value of a field that its form marks with `x-original` is a record from the moment it is saved, also as a
draft. Rows are only ever added; a change before signing needs a reason and is told on every page that shows
the entry (Annex 11 clause 8.2).
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.actor import Actor
from core.db import Base, new_id
from core.tables import on_tables, table_of
from core.types import Bilingual
from documents.records import moment_text
from forms.originals import Original
from workflows.models import HumanTask, TaskState

Section = dict[str, Any]
Kept = Mapping[str, Sequence["Entry"]]
"""Key of a field → everything that has stood there, first one first."""

TITLE = {"en": "Entries changed before signing", "zh": "签署前更改的录入值"}
TITLE_EARLIER = {
    "en": "Entries of earlier steps that were changed before signing",
    "zh": "先前步骤中签署前更改的录入值",
}
COLUMNS = [
    {"en": "Note", "zh": "注"},
    {"en": "Entry", "zh": "录入项"},
    {"en": "Value", "zh": "值"},
    {"en": "Entered by", "zh": "录入人"},
    {"en": "Time", "zh": "时间"},
    {"en": "Reason for the change", "zh": "更改理由"},
]
FIRST = {"en": "first entry", "zh": "原始录入"}


class OriginalEntry(Base):
    """One value that stood in a field of a task; the first has position 0, a change carries its reason.

    A change that was saved before its reason was given stays without one; the row that gives it follows.
    """

    __tablename__ = "original_entry"
    __table_args__ = (UniqueConstraint("task_id", "field", "position"), {"info": {"append_only": True}})

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("human_task.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_case.id"), index=True)
    field: Mapped[str]
    position: Mapped[int]
    label: Mapped[Bilingual]
    value: Mapped[str]
    shown: Mapped[Bilingual]
    person_id: Mapped[str]
    person_name: Mapped[Bilingual]
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")


class Entry(NamedTuple):
    """What stood in a field, as the pages and records of its case tell it."""

    task_id: uuid.UUID
    field: str
    position: int
    label: Bilingual
    value: str
    shown: Bilingual
    person_id: str
    person_name: Bilingual
    at: datetime
    reason: str


def kept_of_task(session: Session, task_id: uuid.UUID) -> dict[str, list[Entry]]:
    """Everything that has stood in the marked fields of a task."""
    found: dict[str, list[Entry]] = {}
    for row in on_tables(session, _OF_TASK, {"task_id": task_id}):
        entry = Entry._make(row)
        found.setdefault(entry.field, []).append(entry)
    return found


def keep_draft(
    session: Session, task: HumanTask, found: Iterable[Original], *, actor: Actor, now: datetime
) -> None:
    """Keep what a person has newly written; the task is locked. Reasons wait until the entries are reviewed.

    An empty field is no entry, and a draft that still shows what its writer wrote before says nothing new.
    """
    kept = kept_of_task(session, task.id)
    for one in found:
        rows = kept.get(one.key, [])
        own = [row.value for row in rows if row.person_id == actor.id] or [row.value for row in rows]
        if one.value and (not own or own[-1] != one.value):
            _add(session, task, one, len(rows), "", actor=actor, now=now)
    session.flush()  # the review that follows in the same unit of work reads them back


def keep_reviewed(
    session: Session,
    task: HumanTask,
    found: Iterable[Original],
    reasons: Mapping[str, str],
    *,
    actor: Actor,
    now: datetime,
    kept: Kept | None = None,
) -> None:
    """Keep the entries that a person wants to sign, with the reasons given for changes (by path).

    A change without a reason is kept all the same; `unexplained` then names it, and nothing is signed.
    ``kept`` is what has been kept so far when the caller has read it already.
    """
    kept = kept_of_task(session, task.id) if kept is None else kept
    for one in found:
        rows, reason = kept.get(one.key, []), reasons.get(one.path, "")
        if not rows:
            if one.value:
                _add(session, task, one, 0, "", actor=actor, now=now)
        elif rows[-1].value != one.value or (reason and _waits(rows)):
            _add(session, task, one, len(rows), reason, actor=actor, now=now)
    session.flush()  # the review that follows in the same unit of work reads them back


def unexplained(kept: Kept, found: Iterable[Original]) -> list[tuple[Original, Entry]]:
    """The entries whose change nobody has explained yet, each with what stood there before it."""
    missing = []
    for one in found:
        rows = kept.get(one.key) or []
        if rows and rows[-1].value != one.value:
            missing.append((one, rows[-1]))
        elif _waits(rows):
            missing.append((one, _before_the_change(rows)))
    return missing


def notes_of(kept: Kept) -> dict[str, int]:
    """Number the fields that were changed: key → number of its note."""
    changed = [key for key, rows in kept.items() if len(rows) > 1]
    return {key: number for number, key in enumerate(sorted(changed), 1)}


def history_section(kept: Kept, *, title: Bilingual | None = None) -> list[Section]:
    """Tell how entries changed before signing: first value, person, time (UTC) and reasons; empty if none."""
    rows = [line for key, number in notes_of(kept).items() for line in _told(kept[key], number)]
    if not rows:
        return []
    table = {"columns": [dict(column) for column in COLUMNS], "rows": rows}
    return [{"title": dict(title or TITLE), "rows": [], "table": table}]


_ENTRY, _TASK = table_of(OriginalEntry), table_of(HumanTask)
_ENTRIES = select(*(_ENTRY.c[name] for name in Entry._fields)).order_by(_ENTRY.c.position)
_OF_TASK = _ENTRIES.where(_ENTRY.c.task_id == bindparam("task_id"))
_OF_CASE = (
    _ENTRIES.join(_TASK, _TASK.c.id == _ENTRY.c.task_id)
    .where(_ENTRY.c.case_id == bindparam("case_id"))
    .where(or_(_TASK.c.state == TaskState.OPEN, _TASK.c.completed_at.is_not(None)))
)


def kept_of_case(session: Session, case_id: uuid.UUID) -> dict[uuid.UUID, dict[str, list[Entry]]]:
    """Everything that has stood in the marked fields of each task of a case that is open or done, by task."""
    found: dict[uuid.UUID, dict[str, list[Entry]]] = {}
    for row in on_tables(session, _OF_CASE, {"case_id": case_id}):
        entry = Entry._make(row)
        found.setdefault(entry.task_id, {}).setdefault(entry.field, []).append(entry)
    return found


def changes_of_case(kept: Mapping[uuid.UUID, Kept], undone: Collection[uuid.UUID]) -> list[Section]:
    """Tell whoever takes a later step which entries of the steps that are done changed before signing.

    ``kept`` is of the tasks that are open or done, ``undone`` are the open ones among them.
    """
    found = {
        f"{task_id} {field}": rows
        for task_id, fields in kept.items()
        if task_id not in undone
        for field, rows in fields.items()
    }
    return history_section(found, title=TITLE_EARLIER)


def _add(
    session: Session,
    task: HumanTask,
    one: Original,
    position: int,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    session.add(
        OriginalEntry(
            task_id=task.id,
            case_id=task.case_id,
            field=one.key,
            position=position,
            label=one.label,
            value=one.value,
            shown=one.shown,
            person_id=actor.id,
            person_name=actor.names,
            at=now,
            reason=reason,
        )
    )


def _waits(rows: Sequence[Entry]) -> bool:
    """Whether the last change has no reason yet; a reason explains everything before it."""
    return len(rows) > 1 and not rows[-1].reason


def _before_the_change(rows: Sequence[Entry]) -> Entry:
    explained = [row for row in rows[:-1] if row.reason or row.position == 0]
    return explained[-1]


def _told(rows: Sequence[Entry], number: int) -> list[list[Any]]:
    """The lines of one field; a row that only gives the reason for its person's last change joins it."""
    lines: list[list[Any]] = []
    for row, before in zip(rows, [None, *rows], strict=False):
        same = before is not None and (row.value, row.person_id) == (before.value, before.person_id)
        if same and before is not None and before.position and not before.reason:
            lines[-1][-1] = row.reason
            continue
        reason = dict(FIRST) if row.position == 0 else row.reason or "–"
        said = [dict(row.label), dict(row.shown), dict(row.person_name), moment_text(row.at), reason]
        lines.append([f"[{number}]", *said])
    return lines
