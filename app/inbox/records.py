"""What a person reads before taking a step, and the record of the step: one content for page, hash and paper.

The content is built from the case as it stands, never from what a browser sends back; its hash is what binds
a signature to what was shown (21 CFR 11.70, URS-022).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.queries import names_of
from app.inbox.decisions import DecisionMade, as_texts, decisions_of, ways_of
from app.inbox.meanings import meaning_text
from app.inbox.models import SharedSigning
from app.inbox.paths import path_said
from app.inbox.words import role_name
from app.sites.queries import site_of_task, style_of
from core.languages import in_layout
from core.types import Bilingual
from documents import registry
from documents.models import Record, StoredFile
from documents.prior import Prior, PriorRecord, prior_of_case
from documents.records import RecordDraft, SiteStyle, content_hash, moment_text
from forms import pickers, sources
from forms.loader import Form
from forms.render import sections
from forms.validate import plain
from workflows import history, repository
from workflows.history import Passage, TaskLine
from workflows.models import HumanTask, ProcessCase, ProcessRelease, TaskState
from workflows.originals import Kept, changes_of_case, history_section, kept_of_case, notes_of
from workflows.vocabulary import Vocabulary

Section = dict[str, Any]
NO_FORM = ("—", "—")


@dataclass(frozen=True)
class EarlierStep:
    """A human step of the same case that is done: who, when, what was entered, which files and records."""

    step: str
    name: Bilingual
    actor_name: Bilingual | str
    ended_at: datetime | None
    sections: list[Section]
    files: Sequence[StoredFile]
    records: Sequence[PriorRecord]


@dataclass(frozen=True)
class TaskView:
    """Everything a step shows its reader, read in one transaction."""

    task: HumanTask
    case: ProcessCase
    release: ProcessRelease
    data: Mapping[str, Any]
    style: SiteStyle
    form: Form | None
    given: dict[str, Any]
    shown: list[Section]
    earlier: list[EarlierStep]
    decisions: list[DecisionMade]
    ways: list[DecisionMade]
    path: dict[str, Any]
    prior: Prior
    shared: SharedSigning | None
    pending: Record | None
    originals: Kept
    tasks: Sequence[TaskLine]

    @property
    def signers(self) -> int:
        """How many different persons sign this step."""
        return int(self.task.policy.get("signers") or 1)

    @property
    def process_name(self) -> Bilingual:
        """Name of the process in both languages."""
        return self.release.name

    @property
    def meaning_code(self) -> str:
        """Meaning of the signature as the model sets it; empty if the step is not signed."""
        return str(self.task.policy.get("meaning") or "")

    @property
    def meaning(self) -> Bilingual | None:
        """Name of the meaning; None if the step is not signed."""
        return meaning_text(self.meaning_code) if self.meaning_code else None

    @property
    def title(self) -> Bilingual:
        """Heading of the entries: the form's name, or the step's."""
        return self.form.title if self.form else self.task.name

    @property
    def form_code(self) -> str:
        """Number of the form as the site prints it."""
        return self.style.form(self.form.code, self.form.revision)[0] if self.form else NO_FORM[0]

    @property
    def form_revision(self) -> str:
        """Revision of the form as the site prints it."""
        return self.style.form(self.form.code, self.form.revision)[1] if self.form else NO_FORM[1]

    @property
    def record_title(self) -> Bilingual:
        """Title of the record this step will make."""
        subject = self.subject_label
        name = {lang: f"{self.title[lang]} – {self.task.name[lang]}" for lang in ("en", "zh")}
        if self.title == self.task.name:
            name = dict(self.title)
        return {lang: f"{text} · {subject}" for lang, text in name.items()} if subject else name

    @property
    def subject_facts(self) -> Mapping[str, Any]:
        """The facts about the subject with which the case was started."""
        for value in self.data.values():
            if isinstance(value, Mapping) and str(value.get("id", "")) == str(self.case.subject_id):
                return value
        return {}

    @property
    def subject_label(self) -> str:
        """What people call the subject: the lot's number, the document's code."""
        facts = self.subject_facts
        called = facts.get("number") or facts.get("code") or facts.get("name") or ""
        return in_layout(called, self.style.layout) if isinstance(called, Mapping) else str(called)

    @property
    def fingerprint(self) -> str:
        """Hash of what the page shows before anything is entered; it changes when any of it changes."""
        content = content_of(self, [], [])
        return content_hash({**content, "given": as_texts(plain(self.given))})


def read_task(session: Session, task: HumanTask, case: ProcessCase, data: Mapping[str, Any]) -> TaskView:
    """Read everything a step shows.

    Raises:
        UnknownForm: the model names a form that is not installed.
        NotFound: it names facts that no room provides.
    """
    form = form_of_task(session, task) if task.form_key else None
    prior = prior_of_case(session, case.id)
    tasks, kept = history.task_lines(session, case.id), kept_of_case(session, case.id)
    steps = history.passages(session, case, tasks)
    told = history.latest(steps)
    names = names_of(session, [step.actor_id for step in steps])
    style = style_of(site_of_task(session, task))
    several = int(task.policy.get("signers") or 1) > 1
    shared = session.get(SharedSigning, task.id) if several else None
    pending = session.get_one(Record, shared.record_id) if shared else None
    release = session.get_one(ProcessRelease, case.release_id)
    process = repository.compiled(release)
    return TaskView(
        task=task,
        case=case,
        release=release,
        data=data,
        style=style,
        form=form,
        given=sources.prefill(form, session, case.subject_id, data) if form else {},
        shown=_shown(session, task, case, data, process.vocabulary)
        + changes_of_case(kept, {task.id, *(one.id for one in tasks if one.state is TaskState.OPEN)}),
        earlier=_earlier(
            session, case.release_id, _latest(tasks), data, kept, _actors(steps, names), prior.listed
        ),
        decisions=decisions_of(told, process.vocabulary),
        ways=ways_of(told, process),
        path=path_said(session, case, style, steps, tasks, names),
        prior=prior,
        shared=shared,
        pending=pending,
        originals=kept.get(task.id, {}),
        tasks=tasks,
    )


def content_of(view: TaskView, entered: list[Section], files: Sequence[StoredFile]) -> dict[str, Any]:
    """The content of the record in the blocks of `qms.record/1`.

    Entries of earlier steps are bound by the hashes of their records under `prior`, not printed twice.
    """
    return {
        "case": _case_block(view),
        "shown": view.shown,
        "entered": entered,
        "decisions": [{**made.facts, "title": dict(made.name)} for made in (*view.decisions, *view.ways)],
        "attachments": [
            {"name": f.name, "sha256": f.sha256, "size": str(f.size), "media_type": f.media_type}
            for f in files
        ],
        "path": view.path,
        "signing": _signing(view),
        **view.prior.blocks(without=view.pending.id if view.pending else None),
    }


def entered_sections(view: TaskView, data: Mapping[str, Any], named: pickers.Labels) -> list[Section]:
    """The entries of the form as record sections, and how those changed that are original entries."""
    return _sections(view.form, data, view.originals, named)


def draft_of(view: TaskView, content: Mapping[str, Any]) -> RecordDraft:
    """Everything the record of this step will say but its number."""
    facts = view.subject_facts
    lot = view.subject_label if view.case.subject_type == "inventory.lot" else ""
    subject = (
        (view.case.subject_type, view.case.subject_id, view.subject_label) if view.case.subject_type else None
    )
    return RecordDraft(
        kind=f"{view.case.process_key}.{view.task.step}",
        title=view.record_title,
        form_code=view.form_code,
        form_revision=view.form_revision,
        site=view.style,
        language=view.style.layout,
        content=content,
        case_id=view.case.id,
        element_id=view.task.element_id,
        subject=subject,
        search={"lot_number": lot, "supplier_label": str(facts.get("supplier") or "")},
    )


def step_names(session: Session, case_id: uuid.UUID) -> dict[str, Bilingual]:
    """Names of the human steps of a case by step key, and of its start."""
    tasks = session.execute(select(HumanTask.step, HumanTask.name).where(HumanTask.case_id == case_id))
    return {"start": {"en": "Start", "zh": "发起"}} | dict(tasks.all())


def form_of_task(session: Session, task: HumanTask) -> Form:
    """The form of a task, as the release that its case runs on has it.

    Raises:
        UnknownForm: neither the release nor the installation has it.
    """
    case = session.get_one(ProcessCase, task.case_id)
    return repository.form_for(session, case.release_id, task.form_key)


def files_of(session: Session, hashes: Sequence[str]) -> list[StoredFile]:
    """The stored files of these SHA-256 values, in their order; unknown ones are left out."""
    wanted = select(StoredFile).where(StoredFile.sha256.in_(hashes))
    found = {file.sha256: file for file in session.scalars(wanted)} if hashes else {}
    return [found[sha256] for sha256 in hashes if sha256 in found]


def file_fields(form: Form) -> list[str]:
    """The fields of a form that hold uploaded files."""
    return [name for name, field in form.fields.items() if field.get("x-widget") == "file"]


def _shown(
    session: Session, task: HumanTask, case: ProcessCase, data: Mapping[str, Any], vocabulary: Vocabulary
) -> list[Section]:
    names = task.policy.get("shows") or ()
    found = [section for name in names for section in registry.gather(name, session, case.subject_id, data)]
    return list(vocabulary.say_rows(found))


def _sections(
    form: Form | None,
    data: Mapping[str, Any],
    kept: Kept,
    named: pickers.Labels,
) -> list[Section]:
    return sections(form, data, notes_of(kept), named) + history_section(kept) if form else []


def _latest(tasks: Sequence[TaskLine]) -> list[TaskLine]:
    """The last round of each human step that is done."""
    return list({task.step: task for task in tasks if task.state is TaskState.COMPLETED}.values())


def _actors(steps: Sequence[Passage], names: Mapping[str, Bilingual]) -> dict[str, Bilingual | str]:
    """Who passed each element last, by its id."""
    return {step.element_id: names.get(step.actor_id, step.actor_name) for step in steps}


def _earlier(
    session: Session,
    release_id: uuid.UUID,
    done: Sequence[TaskLine],
    data: Mapping[str, Any],
    kept: Mapping[uuid.UUID, Kept],
    actors: Mapping[str, Bilingual | str],
    records: Sequence[PriorRecord],
) -> list[EarlierStep]:
    return [
        _earlier_step(session, task, data, kept.get(task.id, {}), actors, records, release_id)
        for task in done
    ]


def _members(entered: Any) -> list[Mapping[str, Any]]:
    """What was entered in a step: once, or by every member of a step that is done several times over."""
    if isinstance(entered, list):
        return [one for one in entered if isinstance(one, Mapping)]
    return [entered or {}]


def _earlier_step(
    session: Session,
    task: TaskLine,
    data: Mapping[str, Any],
    kept: Kept,
    actors: Mapping[str, Bilingual | str],
    records: Sequence[PriorRecord],
    release_id: uuid.UUID,
) -> EarlierStep:
    form = repository.form_if_known(session, release_id, task.form_key)
    entered = _members(data.get(task.step))
    names = file_fields(form) if form else ()
    hashes = [sha256 for one in entered for name in names for sha256 in one.get(name, ())]
    shown = [
        section
        for one in entered
        for section in _sections(form, one, kept, pickers.labels(form, session, one) if form else {})
    ]
    return EarlierStep(
        step=task.step,
        name=task.name,
        actor_name=actors.get(task.element_id) or "",
        ended_at=task.completed_at,
        sections=shown,
        files=files_of(session, hashes),
        records=[record for record in records if record.element_id == task.element_id],
    )


def _case_block(view: TaskView) -> dict[str, Any]:
    case, task, release = view.case, view.task, view.release
    return {
        "number": case.number,
        "title": dict(case.title),
        "process": dict(release.name),
        "process_key": case.process_key,
        "version": str(release.version),
        "model_sha256": release.bundle_sha256,
        "release": str(release.id),
        "step": dict(task.name),
        "element": task.element_id,
        "task": str(task.id),
        "started_at": moment_text(case.started_at),
        "form_version": view.form.version if view.form else None,
    }


def _signing(view: TaskView) -> dict[str, Any] | None:
    if not view.meaning_code:
        return None
    return {
        "meaning": view.meaning_code,
        "text": dict(view.meaning or {}),
        "role": view.task.role,
        "role_name": role_name(view.task.role),
        "signers": str(view.signers),
    }
