"""Taking a step: one conductor, whose players never call each other or back (21 CFR 11.50, 11.70, 11.200).

Re-authentication happens before, in a transaction of its own, so that a failed attempt survives. Everything
here happens in one unit of work: a step and all its effects commit together or not at all.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.models import Person
from app.inbox import policy, standing_in
from app.inbox.errors import Changed, FileNotListed, FileUnknown, SignedAlready, TaskUnknown
from app.inbox.originals import Taking, change_errors, keep_signed, keep_typed
from app.inbox.records import (
    TaskView,
    content_of,
    draft_of,
    entered_sections,
    file_fields,
    files_of,
    form_of_task,
    read_task,
)
from app.inbox.signing import act_of, earlier_signers, hand_over_keys, put_signature, seal_later, signatory
from core.actor import Actor
from core.errors import FieldErrors, QmsError
from core.moments import moment_of
from core.types import Bilingual
from documents import glyphs
from documents.models import Record, StoredFile
from documents.records import content_hash, create_record
from forms import guards, pickers
from forms.critical import repeat_errors
from forms.validate import Fields, Saved, check, flat, plain, read
from signatures.register import signatures_of
from workflows import history, human_tasks
from workflows.models import HumanTask, ProcessCase


@dataclass(frozen=True)
class SignTask:
    """One click on *Sign*: what was entered, and the hashes of what was on the screen.

    `opened` is the fingerprint of the page on which the entries were made, `seen` the hash of the content
    shown beside the button, `standing_for` the person for whom the panel said that the signer acts, or empty.
    `method` says how identity was just proven; None only for a step without signature.
    """

    task_id: uuid.UUID
    fields: Fields
    opened: str
    seen: str
    language: str
    method: str | None = None
    standing_for: str = ""


@dataclass(frozen=True)
class Review:
    """What is about to be signed: entries as typed, as kept, as sections; the files; the hash of it all."""

    view: TaskView
    typed: dict[str, Any]
    entries: dict[str, Any]
    entered: list[dict[str, Any]]
    files: list[StoredFile]
    content: dict[str, Any]
    hash: str
    actor: Actor


@dataclass(frozen=True)
class Taken:
    """A step that was taken: its case, its record, whether it waits for another signer or asked for none."""

    case: ProcessCase
    record: Record
    waits: bool
    signed: bool


def review_task(session: Session, command: SignTask, *, actor: Actor, now: datetime) -> Review:
    """Check everything that could make a signature fail, and show what would be signed. Changes nothing.

    Raises:
        NotAllowed: this person may not take this step.
        Conflict: it is over, somebody else's, or not what the person read.
        FieldErrors: entries to mend.
    """
    view = open_view(session, command.task_id)
    actor = check_allowed(session, view, actor=actor, now=now)
    if command.opened != view.fingerprint:
        raise Changed
    return _review(session, view, command.fields, actor)


def review_shown(session: Session, view: TaskView, fields: Fields, *, actor: Actor, now: datetime) -> Review:
    """Review what stands on a page that is being made right now, so that nothing can have changed since.

    Raises:
        NotAllowed: this person may not take this step.
        Conflict: it is over or somebody else's.
        FieldErrors: entries to mend.
    """
    actor = check_allowed(session, view, actor=actor, now=now)
    return _review(session, view, fields, actor)


def sign_task(session: Session, command: SignTask, *, actor: Actor, now: datetime) -> Taken:
    """Take a step in the name of a person who has just proved himself, and let the process run on.

    Raises:
        NotAllowed: this person may not take this step.
        Conflict: it is over, somebody else's, or not what the person saw.
        FieldErrors: entries to mend.
    """
    human_tasks.lock(session, command.task_id)
    view = open_view(session, command.task_id)
    actor = check_allowed(session, view, actor=actor, now=now)
    review = _review(session, view, command.fields, actor)
    shown = (command.opened, command.seen, command.standing_for)
    if shown != (view.fingerprint, review.hash, actor.on_behalf_of or ""):
        raise Changed
    with standing_in.in_his_name(session, actor):
        return _take(session, command, review, actor=actor, now=now)


def _take(session: Session, command: SignTask, review: Review, *, actor: Actor, now: datetime) -> Taken:
    view = review.view
    signs = signatory(session, command.method, actor=actor, now=now) if view.meaning_code else None
    keep_signed(session, view, review.typed, actor=actor, now=now)
    earlier = signatures_of(session, view.pending.id) if view.pending else ()
    waits = signs is not None and len(earlier) + 1 < view.signers
    if not waits:  # before the record's number, for which everybody else who signs at the site has to wait
        others = earlier_signers(earlier)
        human_tasks.complete(session, view.task, review.entries, actor=actor, now=now, also_by=others)
    elif view.task.claimed_by is not None:
        human_tasks.release(session, view.task, actor=actor, now=now)
    record = view.pending or create_record(session, draft_of(view, review.content), actor=actor, now=now)
    keys: list[bytes] = []
    if signs is not None:
        signed = put_signature(
            session, act_of(view), record, signs, earlier, language=command.language, actor=actor, now=now
        )
        keys = hand_over_keys(session, view, review.entries, record, signed, waits=waits)
    if not waits:
        seal_later(session, record, keys)
    return Taken(view.case, record, waits=waits, signed=signs is not None)


def open_view(session: Session, task_id: uuid.UUID) -> TaskView:
    """Read a task with everything it shows.

    Raises:
        TaskUnknown: there is no such task.
    """
    if session.get(HumanTask, task_id) is None:
        raise TaskUnknown
    found = human_tasks.open_task(session, task_id)
    return read_task(session, found.task, found.case, found.data)


def needs_signature(session: Session, task_id: uuid.UUID) -> bool:
    """Whether the model asks for a signature at this step.

    Raises:
        TaskUnknown: there is no such task.
    """
    return bool(_task(session, task_id).policy.get("meaning"))


def check_allowed(session: Session, view: TaskView, *, actor: Actor, now: datetime) -> Actor:
    """Ask every rule whether this person may take the step now, for himself or for whom he stands in.

    Gives the person as he takes it.

    Raises:
        NotAllowed: role, separation of duties, administrator, unread, or no accepted statement.
        Conflict: the step is over, claimed by somebody else, or signed by this person already.
    """
    task = view.task
    actor = _check_free(session, task, tasks=view.tasks, actor=actor, now=now, may_stand_in=True)
    policy.check_opened(task, actor=actor)
    if has_signed(session, view, actor):
        raise SignedAlready
    return actor


def still_takes(session: Session, task_id: uuid.UUID, *, actor: Actor, now: datetime) -> bool:
    """Whether a person could take the step all the same: what was refused is the effect of it, not he."""
    task = _task(session, task_id)
    try:
        actor = _check_free(session, task, actor=actor, now=now, may_stand_in=True)
        policy.check_opened(task, actor=actor)
    except QmsError:
        return False
    return True


def has_signed(session: Session, view: TaskView, actor: Actor) -> bool:
    """Whether this person has signed the step already, while it waits for further signers."""
    if view.pending is None:
        return False
    signed = {str(one.person_id) for one in signatures_of(session, view.pending.id)}
    return bool(signed & policy.persons_of(actor))


def pending_entries(view: TaskView) -> list[dict[str, Any]]:
    """What the first signer entered, as it stands in the record that the next ones sign too."""
    if view.pending is None:
        return []
    entered: list[dict[str, Any]] = json.loads(view.pending.canonical)["content"]["entered"]
    return entered


def claimant_name(session: Session, task: HumanTask) -> dict[str, str] | None:
    """Name of whoever has claimed the task, in both languages; None if nobody has."""
    if task.claimed_by is None:
        return None
    person = session.get(Person, uuid.UUID(str(task.claimed_by)))
    return dict(person.name) if person else {"en": "Somebody else", "zh": "其他人"}


def open_page(session: Session, task_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """Note that a person has the task in front of him; without it he cannot sign.

    Raises:
        TaskUnknown: there is no such task at a site where he works.
    """
    task = _task(session, task_id)
    policy.check_role(session, task, actor=actor, now=now)
    human_tasks.mark_opened(session, task, uuid.UUID(actor.id), now)


def claim_task(session: Session, task_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """Take a task over, so that nobody else works on it.

    Raises:
        NotAllowed: this person may not take the step.
        Conflict: it is over or somebody else's.
    """
    task = human_tasks.lock(session, task_id)
    _check_free(session, task, actor=actor, now=now)
    human_tasks.claim(session, task, actor=actor, now=now)


def release_task(session: Session, task_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """Give a claimed task back to everybody of its role.

    Raises:
        Conflict: it is over or somebody else's.
    """
    task = human_tasks.lock(session, task_id)
    policy.check_role(session, task, actor=actor, now=now)
    policy.check_open(task)
    policy.check_claim(task, claimant_name(session, task), actor=actor)
    human_tasks.release(session, task, actor=actor, now=now)


def keep_entries(
    session: Session,
    task_id: uuid.UUID,
    typed: Fields,
    *,
    taking: Taking = Taking.VALUES,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep what a person has typed so far as a draft; only he sees it again.

    Original entries become part of the record at once (URS-142); ``taking`` says how much of them.

    Raises:
        NotAllowed: this person may not take the step.
        Conflict: it is over or somebody else's.
    """
    task = human_tasks.lock(session, task_id)
    actor = _check_free(session, task, actor=actor, now=now, may_stand_in=True)
    if task.form_key:
        entries = {"fields": flat(form_of_task(session, task), typed), "saved_at": now.isoformat()}
        drafts = dict(task.draft or {}) | {actor.id: entries}
        with standing_in.in_his_name(session, actor):
            human_tasks.save_draft(session, task, drafts, actor=actor, now=now)
            keep_typed(session, task, typed, taking=taking, actor=actor, now=now)


def attached_file(
    session: Session, task_id: uuid.UUID, sha256: str, *, actor: Actor, now: datetime
) -> StoredFile:
    """A file that the task page lists: of an earlier step, or one this person has just added.

    Raises:
        FileNotListed: the page does not list it for this person.
        NotAllowed: this person may not see the task.
    """
    view = open_view(session, task_id)
    policy.check_role(session, view.task, actor=actor, now=now)
    listed = {file.sha256: file for step in view.earlier for file in step.files}
    saved, _ = draft_of_person(view.task, actor)
    own = [value for name in file_fields(view.form) for value in saved.getlist(name)] if view.form else []
    listed |= {file.sha256: file for file in files_of(session, own)}
    if sha256 not in listed:
        raise FileNotListed
    return listed[sha256]


def suggested(
    session: Session, task_id: uuid.UUID, name: str, words: str, *, actor: Actor, now: datetime
) -> Sequence[tuple[str, Bilingual]]:
    """Keys with names that a field of the task's form could mean, best first.

    Raises:
        TaskUnknown: there is no such task at a site where he works.
        UnknownPicker: no form can pick such objects.
    """
    task = _task(session, task_id)
    policy.check_role(session, task, actor=actor, now=now)
    return pickers.picker_of(name).suggest(session, words, task.site_id)


def draft_of_person(task: HumanTask, actor: Actor) -> tuple[Saved, datetime | None]:
    """What this person has typed into the task so far, and when it was saved."""
    own = (task.draft or {}).get(actor.id) or {}
    saved_at = own.get("saved_at")
    return Saved(own.get("fields") or {}), datetime.fromisoformat(saved_at) if saved_at else None


def _check_free(
    session: Session,
    task: HumanTask,
    *,
    tasks: Sequence[history.TaskLine] | None = None,
    actor: Actor,
    now: datetime,
    may_stand_in: bool = False,
) -> Actor:
    """Ask that the step is this person's by role, that it is open, unclaimed, and that he may be the one.

    Gives the person as he takes it: for the one whose step it is, if he may stand in and does.
    """
    taken = history.performers(session, task.case_id, tasks=tasks)
    held = policy.held_by(session, task, actor=actor, now=now)
    principals = policy.stands_for(session, task, held, actor=actor, now=now)
    actor = standing_in.acting(task, principals, actor=actor) if may_stand_in else actor
    policy.check_role(session, task, actor=actor, now=now, taken=taken, held=held)
    policy.check_open(task)
    policy.check_separation(session, task, actor=actor, taken=taken, principals=principals)
    policy.check_assigned(session, task, actor=actor, principals=principals)
    policy.check_training(session, task, actor=actor, now=now)
    policy.check_claim(task, claimant_name(session, task), actor=actor)
    return actor


def _task(session: Session, task_id: uuid.UUID) -> HumanTask:
    task = session.get(HumanTask, task_id)
    if task is None:
        raise TaskUnknown
    return task


def _review(session: Session, view: TaskView, fields: Fields, actor: Actor) -> Review:
    if view.pending:
        content = json.loads(view.pending.canonical)["content"]
        hashes = [file["sha256"] for file in content["attachments"]]
        entries = view.shared.entries if view.shared else {}
        files = files_of(session, hashes)
        return Review(view, {}, entries, content["entered"], files, content, content_hash(content), actor)
    entries, files, named = _checked(session, view, fields)
    entered = entered_sections(view, entries, named)
    content = content_of(view, entered, files)
    return Review(view, entries, plain(entries), entered, files, content, content_hash(content), actor)


def _checked(
    session: Session, view: TaskView, fields: Fields
) -> tuple[dict[str, Any], list[StoredFile], pickers.Labels]:
    if view.form is None:
        return {}, [], {}
    entries = read(view.form, fields, prefill=view.given)
    errors = check(view.form, entries, prefill=view.given, missing_glyphs=glyphs.missing)
    errors = change_errors(view, entries, fields) | repeat_errors(view.form, entries, fields) | errors
    now = moment_of(session)
    named = pickers.labels(view.form, session, entries)
    errors = pickers.refusals(view.form, entries, named, session) | errors
    errors = guards.refusals(view.form, session, entries, site_id=view.task.site_id, now=now) | errors
    files: list[StoredFile] = []
    for name in file_fields(view.form):
        found = files_of(session, entries.get(name, []))
        if len(found) != len(entries.get(name, [])):
            errors.setdefault(name, FileUnknown(name))
        files += found
    if errors:
        raise FieldErrors(errors)
    return entries, files, named
