"""Original entries of a task as the inbox keeps and checks them (21 CFR 11.10(e), URS-142).

Values are kept with every draft; the reason for a change is taken when its field has been left or the entries
are reviewed, so that a half-written reason is never kept, and a request that leaves it out signs nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy.orm import Session

from app.inbox.errors import ChangeUnexplained, ReasonUnprintable
from app.inbox.models import SharedSigning
from app.inbox.records import TaskView, form_of_task
from core.actor import Actor
from core.clock import wall_time
from core.errors import Invalid
from documents import glyphs
from forms import sources
from forms.loader import Form
from forms.originals import Original, originals, reasons
from forms.validate import Fields, read
from workflows import human_tasks
from workflows.models import HumanTask
from workflows.originals import Entry, keep_draft, keep_reviewed, unexplained


class Taking(Enum):
    """How much of the original entries a request keeps."""

    VALUES = "values"
    """What is newly written; reasons may be half written. The page is being left, or a file is added."""
    REASONS = "reasons"
    """The same, and the reasons of fields that have been left: the page shows what would be signed."""
    REVIEWED = "reviewed"
    """Everything as it stands, also what was emptied: the person asks to sign."""


def keep_typed(
    session: Session, task: HumanTask, typed: Fields, *, taking: Taking, actor: Actor, now: datetime
) -> None:
    """Keep the marked values of a draft, or of entries to be signed together with the reasons given.

    Once the first of several signers has signed, the entries stand in the record and nothing is added.
    """
    form = form_of_task(session, task)
    if session.get(SharedSigning, task.id) is not None:
        return
    found = originals(form, read(form, typed, prefill=_given(session, task, form)))
    given = _printable(form, typed)
    if taking is Taking.REVIEWED:
        keep_reviewed(session, task, found, given, actor=actor, now=now)
        return
    keep_draft(session, task, found, actor=actor, now=now)
    if taking is Taking.REASONS:
        explained = [one for one in found if one.path in given]
        keep_reviewed(session, task, explained, given, actor=actor, now=now)


def keep_signed(
    session: Session, view: TaskView, entries: Mapping[str, Any], *, actor: Actor, now: datetime
) -> None:
    """Keep what is signed without ever having been saved before; changes have been refused by then."""
    if view.form is not None and view.pending is None:
        found = originals(view.form, entries)
        keep_reviewed(session, view.task, found, {}, actor=actor, now=now, kept=view.originals)


def change_errors(view: TaskView, entries: Mapping[str, Any], typed: Fields) -> dict[str, Invalid]:
    """What is wrong with changed entries, by path: no reason is kept, or one that no record can print."""
    if view.form is None:
        return {}
    given = reasons(view.form, typed)
    errors: dict[str, Invalid] = {}
    for one, before in changes(view, entries):
        lost = "".join(sorted(glyphs.missing(given.get(one.path, ""))))
        errors[one.path] = (
            ReasonUnprintable(one.path, lost)
            if lost
            else ChangeUnexplained(one, before.shown, before.person_name, written_at(before, view))
        )
    return errors


def changes(view: TaskView, entries: Mapping[str, Any]) -> list[tuple[Original, Entry]]:
    """The marked fields that differ from what is kept, or whose change nobody has explained."""
    return unexplained(view.originals, originals(view.form, entries)) if view.form else []


def written_at(entry: Entry, view: TaskView) -> str:
    """Say when something was entered, on the clock of the site whose record it will be."""
    return wall_time(entry.at, view.style.zone)


def _given(session: Session, task: HumanTask, form: Form) -> dict[str, Any]:
    opened = human_tasks.open_task(session, task.id)
    return sources.prefill(form, session, opened.case.subject_id, opened.data)


def _printable(form: Form, typed: Fields) -> dict[str, str]:
    return {path: reason for path, reason in reasons(form, typed).items() if not glyphs.missing(reason)}
