"""What holds after any request: in its answer, in what it left in the trail, and in the whole database."""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.access.models import Person
from app.inventory.models import Lot, Movement
from app.procurement.models import Receipt
from app.production.models import Output
from core.config import settings
from core.outbox import OutboxEntry
from documents.models import Record, RecordState, StoredFile
from signatures.audit import verify_chain
from signatures.audit_models import AuditCapture, AuditEntry
from signatures.models import Signature
from workflows.models import CaseState, HumanTask, ProcessCase, StepHistory, StoredState, TaskState

HTML_CODES = {"en": "en", "zh": "zh-Hans"}
SPOKEN = re.compile(r'<html[^>]*\slang="([^"]*)"')
LIVE_MARKUP = ("<script>alert(1)", "<svg onload=alert(1)", "<img src=x onerror=alert(1)>")
SAFE_TO_LOOK = ("GET", "HEAD", "OPTIONS", "TRACE")
HEADERS = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Correlation-ID",
    "Cache-Control",
    "X-Frame-Options",
)

Change = tuple[str, str, frozenset[str]]
"""What one entry of the trail says: action, subject's type, columns that changed."""

COUNTED = {
    ("insert", "login_failure"): None,
    ("insert", "security_notice"): None,
    ("update", "person"): {"failures", "state", "locked_at", "revision"},
}
"""A wrong password is counted, whatever becomes of the request it came with."""
KEPT_TYPING = {
    ("update", "human_task"): {"draft", "opened_by", "revision"},
    ("insert", "original_entry"): None,
    ("insert", "stored_file"): None,
}
"""What was typed into a task is kept although the step is refused: the draft, the first entry of a measured
value (URS-142), a file that came with it."""
EVENTS_OF_LOOKING = ("trail.exported", "request.refused")
LOOKED_AT = {("update", "human_task"): {"opened_by", "revision"}}
"""To have opened a task is the one thing that looking leaves behind."""


@dataclass(frozen=True)
class State:
    """Where the trail, the outbox and the file store end."""

    seq: int
    jobs: int
    files: int
    stored: int

    @classmethod
    def read(cls, session: Session, login: str = "") -> tuple["State", str | None]:
        """Read the ends now, and which language somebody reads: one statement, for it is asked each time."""
        asked = select(
            select(func.max(AuditEntry.seq)).scalar_subquery(),
            select(func.count()).select_from(OutboxEntry).scalar_subquery(),
            select(func.count()).select_from(StoredFile).scalar_subquery(),
            select(Person.language).where(Person.login == login).scalar_subquery(),
        )
        seq, jobs, stored, language = session.execute(asked).one()
        files = sum(1 for path in Path(settings().files).rglob("*") if path.is_file())
        return cls(seq or 0, jobs, files, stored), language


def faults_of_answer(answer: TestResponse, language: str | None, method: str) -> Iterator[str]:
    """What is wrong with an answer as such."""
    if answer.status_code >= 500:
        yield f"status {answer.status_code}"
    yield from (f"no {name}" for name in HEADERS if name not in answer.headers)
    if "X-Planted" in answer.headers or "X" in answer.headers:
        yield "a header was planted"
    if "evil.example" in (answer.location or "") or (answer.location or "/")[:2] in ("//", "/\\"):
        yield f"leads away: {answer.location}"
    if method != "HEAD":
        yield from _faults_of_page(answer, language)


def _faults_of_page(answer: TestResponse, language: str | None) -> Iterator[str]:
    text = text_of(answer)
    if answer.mimetype == "text/html" and any(payload in text for payload in LIVE_MARKUP):
        yield "markup that was sent is live in the page"
    if "<html" in text and not 300 <= answer.status_code < 400:
        said = SPOKEN.search(text)
        lang = said[1] if said else "nothing"
        if language and lang != HTML_CODES[language]:
            yield f"speaks {lang} to somebody who reads {language}"
    if answer.status_code >= 400:
        yield from _faults_of_refusal(answer, text)


def text_of(answer: TestResponse) -> str:
    """The words of a page or a problem document, unpacked; of anything else none."""
    if answer.mimetype not in ("text/html", "application/problem+json"):
        return ""
    data = answer.get_data()
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(data) if packed else data).decode()


def _faults_of_refusal(answer: TestResponse, text: str) -> Iterator[str]:
    if answer.mimetype == "application/problem+json":
        try:
            said = json.loads(text)
        except ValueError:
            yield "problem document is no JSON"
            return
        named = said.get("type", "").startswith("urn:qms:problem:")
        if not (named and said.get("title") and said.get("status") == answer.status_code):
            yield "problem document without type, title or status"
    elif answer.mimetype == "text/html":
        said_at_fields = "invalid-feedback" in text or "alert-danger" in text
        if not said_at_fields and "refusal-code" not in text and "HX-Redirect" not in answer.headers:
            yield f"{answer.status_code} without a sentence or a code"
    else:
        yield f"{answer.status_code} as {answer.mimetype or 'nothing'}"


def faults_left(
    session: Session, before: State, after: State, answer: TestResponse, method: str
) -> Iterator[str]:
    """What a request that was refused, or that only looked, has left behind and should not have."""
    if after.files != before.files and after.stored == before.stored and answer.status_code >= 400:
        yield "a file is stored that nobody knows of"
    if answer.status_code < 400 and method not in SAFE_TO_LOOK:
        return
    looked = answer.status_code < 400
    allowed: dict[tuple[str, str], set[str] | None] = LOOKED_AT if looked else {**COUNTED, **KEPT_TYPING}
    for action, subject, columns in _entries(session, before.seq) if after.seq != before.seq else ():
        if action not in ("insert", "update", "delete"):
            if looked and action not in EVENTS_OF_LOOKING:
                yield f"looking left the event {action}"
            continue
        may = allowed.get((action, subject), set())
        if (may is not None and not columns <= may) or may == set():
            who = "looking" if looked else "a refused request"
            yield f"{who} left {action} of {subject} {sorted(columns)}"
    if after.jobs != before.jobs:
        yield f"{answer.status_code}, yet {after.jobs - before.jobs} jobs were left"


def _entries(session: Session, since: int) -> Iterator[Change]:
    query = select(AuditEntry.action, AuditEntry.subject_type, AuditEntry.entry).where(AuditEntry.seq > since)
    for action, subject, entry in session.execute(query.order_by(AuditEntry.seq)):
        changes: Any = json.loads(entry).get("changes") or {}
        yield action, subject, frozenset(changes)


def faults_of_database(session: Session) -> Iterator[str]:
    """What is half-done anywhere in the database."""
    yield from _arrivals(session)
    yield from _steps(session)
    yield from _cases(session)
    yield from _records(session)
    yield from _files(session)
    if session.scalar(select(func.count()).select_from(AuditCapture)):
        yield "captures are left outside the trail"


def faults_of_trail(session: Session) -> Iterator[str]:
    """Where the trail does not hold, or a table differs from it; the session reads nothing else."""
    report = verify_chain(session)
    if not report.ok:
        yield f"the trail does not hold: {report.reason} {report.findings[:3]}"


def _arrivals(session: Session) -> Iterator[str]:
    for kind in (Receipt, Output):
        for row in session.scalars(select(kind)):
            if session.get(Lot, row.lot_id) is None or session.get(ProcessCase, row.case_id) is None:
                yield f"{row.number} has no lot or no case"
            about = Record.subject_id.in_((row.id, row.lot_id))
            if not session.scalar(select(Record.id).where(about).limit(1)):
                yield f"{row.number} has no record"
            if not session.scalar(select(Movement.id).where(Movement.lot_id == row.lot_id).limit(1)):
                yield f"{row.number} moved nothing"


def _steps(session: Session) -> Iterator[str]:
    for task in session.scalars(select(HumanTask).where(HumanTask.state == TaskState.COMPLETED)):
        here = (StepHistory.case_id == task.case_id, StepHistory.element_id == task.element_id)
        if not session.scalar(select(StepHistory.id).where(*here).limit(1)):
            yield f"task {task.step} of {task.case_id} is completed without a history"
        about = (Record.case_id == task.case_id, Record.element_id == task.element_id)
        record = session.scalar(select(Record.id).where(*about).limit(1))
        if record is None:
            yield f"task {task.step} of {task.case_id} is completed without a record"
        elif task.policy.get("meaning") and not session.scalar(
            select(Signature.id).where(Signature.record_id == record).limit(1)
        ):
            yield f"task {task.step} of {task.case_id} is completed unsigned"


def _cases(session: Session) -> Iterator[str]:
    for case in session.scalars(select(ProcessCase)):
        passed = session.scalar(select(func.count()).where(StepHistory.case_id == case.id))
        if passed != case.steps:
            yield f"case {case.number} counts {case.steps} steps and has {passed}"
        if case.state is not CaseState.RUNNING:
            continue
        waits = session.scalar(select(StoredState.next_due).where(StoredState.case_id == case.id))
        open_tasks = (HumanTask.case_id == case.id, HumanTask.state == TaskState.OPEN)
        if waits is None and not session.scalar(select(HumanTask.id).where(*open_tasks).limit(1)):
            yield f"case {case.number} runs and waits for nothing"


def _records(session: Session) -> Iterator[str]:
    waiting = {str(one.payload.get("record_id")) for one in session.scalars(select(OutboxEntry))}
    for record in session.scalars(select(Record).where(Record.state == RecordState.PENDING)):
        if str(record.id) not in waiting:
            yield f"record {record.number} waits for a seal and no job is left for it"
    signed = select(Signature.id).outerjoin(Record, Record.id == Signature.record_id)
    signed = signed.where(Record.id.is_(None))
    yield from (f"signature {one} has no record" for one in session.scalars(signed))


def _files(session: Session) -> Iterator[str]:
    there = {path.name for path in Path(settings().files).rglob("*") if path.is_file()}
    for sha256 in session.scalars(select(StoredFile.sha256)):
        if sha256 not in there:
            yield f"file {sha256} is listed and not stored"
