"""What the templates of the case pages print, read in one go."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.access.queries import PARTS, names_of
from app.cases import asking, links, queries, timeline, wording
from app.sites.models import Site
from app.training.eligible import Eligible, eligible
from app.web import current_actor, current_person, language, reachable_sites
from app.web.filters import in_language
from app.web.handing import may_hand_over
from app.web.statuses import status_of
from core.errors import NotFound
from core.types import Bilingual
from documents import registry as facts
from signatures import audit
from signatures.audit_models import AuditEntry
from signatures.register import signatures_on
from workflows import diagram, history, waits, withdrawing
from workflows.compiled import CompiledProcess
from workflows.elements import Element
from workflows.errors import title_of
from workflows.message_models import CaseWait
from workflows.models import CaseState, DueExtension, HumanTask, ProcessCase, ProcessRelease, TaskReminder

SUBJECTS = {
    "inventory.lot": ("traceability.lot", "lot_id"),
    "workflows.release": ("modeler.show", "release_id"),
    "workflows.migration": ("modeler.migration", "migration_id"),
}
"""The page of a case's subject: endpoint and the name of its argument."""


@dataclass(frozen=True)
class Told:
    """Who was told about a due date, in which words, and when."""

    words: str
    people: Sequence[Bilingual]
    at: datetime


@dataclass(frozen=True)
class Waiting:
    """One open task of a case: what, for whom, since when, until when, and whether the reader may take it."""

    task: HumanTask
    role: Bilingual
    site: Bilingual | None
    meaning: Bilingual | None
    claimed_by: Bilingual | None
    due_tone: str
    due: str
    assigned_to: Bilingual | None
    candidates: Eligible
    mine: bool
    may_hand_over: bool
    told: Sequence[Told]
    extensions: Sequence[tuple[DueExtension, str]]


@dataclass(frozen=True)
class Event:
    """What a case waits for besides people: a moment, or a message or signal by name and values."""

    name: Bilingual
    kind: str
    due_at: datetime | None
    message: str
    values: tuple[tuple[str, str], ...]
    since: datetime


@dataclass(frozen=True)
class Called:
    """A called process: what the caller calls it, whether it runs now, and its diagram with its own marks."""

    key: str
    name: Bilingual
    running: bool
    alt: str


@dataclass(frozen=True)
class Trace:
    """One line of the audit trail about the case itself."""

    at: datetime
    who: str
    what: str
    reason: str


def lines(session: Session, found: Sequence[Any], *, now: datetime) -> list[dict[str, Any]]:
    """Make the lines of the list: each case with its current steps and the earliest due date."""
    waiting = queries.open_tasks(session, [case.id for case, _release in found])
    return [_line(case, release, waiting[case.id], now=now) for case, release in found]


def case_page(session: Session, case: ProcessCase, *, now: datetime) -> dict[str, Any]:
    """Collect everything the page of a case shows."""
    process = timeline.process_of(session, case)
    path = history.path(session, case)
    now_at = timeline.now_at(session, case, path, process)
    part = records_part(session, case)
    return {
        **part,
        "release": session.get_one(ProcessRelease, case.release_id),
        "outcome": timeline.outcome_name(case, process),
        "site_name": _site_name(session, case.site_id),
        "subject_url": _subject_url(case),
        "alt": diagram.alt_text(process.bpmn_xml, done=path.done, current=now_at, lang=language()),
        "at": diagram.place_of(process.bpmn_xml, now_at or {case.outcome or ""}, language()),
        "markers": dict.fromkeys(sorted(path.done), "done") | dict.fromkeys(sorted(now_at), "current"),
        "waiting": _waiting(session, case, now=now),
        "events": _events(session, case, process),
        "called": _called(process, path.done, now_at),
        "asked": asking.waiting_of(session, case, process),
        "linked": links.linked_cases(session, case, reachable_sites("cases.read")),
        "steps": timeline.passed_steps(session, case, part["records"], process),
        "facts": _facts(session, case),
        "traces": _traces(session, case),
        "running": case.state is CaseState.RUNNING,
        "taken_last": withdrawing.last_taken(session, case, current_actor()),
        "may_cancel": _may_cancel(case, process),
        "ended_by": queries.names(session, [case.ended_by]).get(case.ended_by),
        "started_by": queries.names(session, [case.started_by]).get(
            case.started_by, PARTS.get(case.started_by_name, case.started_by_name)
        ),
    }


def records_part(session: Session, case: ProcessCase) -> dict[str, Any]:
    """Collect what the list of records shows, also when it is asked for alone."""
    found = queries.records(session, case)
    signed = signatures_on(session, [record.id for record in found])
    return {"case": case, "records": found, "signed": signed, "unsealed": queries.unsealed(found)}


def _line(
    case: ProcessCase, release: ProcessRelease, tasks: Sequence[HumanTask], *, now: datetime
) -> dict[str, Any]:
    due = min((task.due_at for task in tasks if task.due_at), default=None)
    tone, words = wording.due_words(due, now=now)
    return {
        "case": case,
        "release": release,
        "now": timeline.task_names(tasks),
        "roles": [wording.role_name(role) for role in dict.fromkeys(task.role for task in tasks)],
        "due_tone": tone,
        "due": words,
    }


def _waiting(session: Session, case: ProcessCase, *, now: datetime) -> list[Waiting]:
    tasks = queries.open_tasks(session, [case.id])[case.id]
    claimants = queries.names(session, [one for task in tasks for one in (task.claimed_by, task.assigned_to)])
    told, moved = queries.reminders(session, tasks), queries.extensions(session, tasks)
    return [
        replace(_one_waiting(session, task, claimants, told[task.id], now=now), extensions=moved[task.id])
        for task in tasks
    ]


def _one_waiting(
    session: Session,
    task: HumanTask,
    claimants: dict[uuid.UUID | None, Bilingual],
    told: Sequence[TaskReminder],
    *,
    now: datetime,
) -> Waiting:
    tone, words = wording.due_words(task.due_at, now=now)
    person = current_person()
    who = eligible(session, task, now=now)
    meaning = task.policy.get("meaning")
    return Waiting(
        task=task,
        role=wording.role_name(task.role),
        site=_site_name(session, task.site_id),
        meaning=wording.meaning_name(meaning) if meaning else None,
        claimed_by=claimants.get(task.claimed_by),
        due_tone=tone,
        due=words,
        assigned_to=claimants.get(task.assigned_to),
        candidates=who,
        mine=person.id in who.free_ids and task.claimed_by in (None, person.id),
        may_hand_over=may_hand_over(person, task),
        told=[_told(session, one) for one in told],
        extensions=(),
    )


def _told(session: Session, reminder: TaskReminder) -> Told:
    names = queries.names(session, [uuid.UUID(one) for one in reminder.told])
    return Told(wording.told_words(reminder.level), list(names.values()), reminder.told_at)


def _events(session: Session, case: ProcessCase, process: CompiledProcess) -> list[Event]:
    return [_event(wait, process.elements.get(wait.element_id)) for wait in waits.of_case(session, case.id)]


def _event(wait: CaseWait, element: Element | None) -> Event:
    by = element.trigger.correlation if element is not None and element.trigger is not None else {}
    kept = json.loads(wait.correlation) if wait.correlation else {}
    return Event(
        name=title_of(element) if element is not None else {"en": wait.element_id, "zh": wait.element_id},
        kind=wait.kind.value,
        due_at=wait.due_at,
        message=wait.name,
        values=tuple((name, str(kept[name])) for name in by if name in kept),
        since=wait.since,
    )


def _called(process: CompiledProcess, done: Collection[str], now_at: Collection[str]) -> list[Called]:
    """List the processes that were called so far or are running, each once, in the order of the diagram."""
    return [
        Called(
            key=model.key,
            name=model.name,
            running=any(key in now_at for key in model.elements),
            alt=diagram.alt_text(process.drawing_of(model.key), done=done, current=now_at, lang=language()),
        )
        for model in process.called
        if any(key in done or key in now_at for key in model.elements)
    ]


def _facts(session: Session, case: ProcessCase) -> list[dict[str, Any]]:
    """Read what is known about the subject; a subject that is gone leaves the case readable."""
    known = history.facts(session, case.id)
    try:
        return facts.gather(case.subject_type, session, case.subject_id, known)
    except NotFound:
        return []


def _may_cancel(case: ProcessCase, process: CompiledProcess) -> bool:
    """Whether the reader holds a role at the site of the case that the model lets cancel it."""
    person = current_person()
    held = {role for role, site in person.grants if site is None or case.site_id in (None, site)}
    running = case.state is CaseState.RUNNING
    return running and person.may_sign and bool(held & set(process.model.cancel))


def _site_name(session: Session, site_id: uuid.UUID | None) -> Bilingual | None:
    site = session.get(Site, site_id) if site_id else None
    return site.name if site else None


def _subject_url(case: ProcessCase) -> str | None:
    page = SUBJECTS.get(case.subject_type)
    if page is None:
        return None
    arguments: dict[str, Any] = {page[1]: case.subject_id}
    return url_for(page[0], **arguments)


def _traces(session: Session, case: ProcessCase) -> list[Trace]:
    entries = audit.history_of(session, "process_case", case.id, limit=40)
    names = names_of(session, [json.loads(entry.entry)["actor"]["id"] for entry in entries])
    return [trace for entry in entries if (trace := _trace(entry, names)) is not None]


def _trace(entry: AuditEntry, names: dict[str, Bilingual]) -> Trace | None:
    said = json.loads(entry.entry)
    what = _what(entry.action, said["changes"] or {})
    who = in_language(names.get(said["actor"]["id"], said["actor"]["name"]))
    return Trace(entry.at, who, what, said["reason"] or "") if what else None


def _what(action: str, changes: dict[str, Any]) -> str:
    """Say what happened to the case; that it merely moved on is told by its steps."""
    if action == "insert":
        return str(_("The case was started"))
    if action != "update":
        return action
    if "state" not in changes:
        return ""
    old, new = (status_of(code)["label"] for code in changes["state"])
    return str(_("State: %(old)s → %(new)s", old=old, new=new))
