"""Verbs on lists: bring one and have it checked, propose it, store it or refuse it.

A dry run stores nothing but the file, what was found in it, and who brought it. Nothing else is stored before
a second person has signed; people's accounts are the administrator's own act (URS-028, Annex 11 clause 5).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy.orm import Session

from app.imports import queries, results
from app.imports.models import DataImport, ImportState
from app.imports.progress import Telling
from app.imports.records import SUBJECT, proposal_draft
from core import outbox
from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed, QmsError
from documents import store, uploads
from documents.models import StoredFile
from documents.records import create_record
from documents.sheets import examining, importers
from documents.sheets.examining import Examined, Read
from documents.sheets.importers import Importer
from documents.sheets.rows import Reach
from signatures import audit
from workflows import messages, runtime

PROCESS = "data_import"
MESSAGE = "list_stored"
ENDINGS = (".xlsx", ".csv")
AT_ONCE = 500
"""A list of at most so many rows is checked and stored while the person waits."""


@dataclass(frozen=True)
class Brought:
    """A list with what its dry run found, and the site whose quality assurance decides about it."""

    importer: Importer
    name: str
    sha256: str
    size: int
    examined: Examined
    site_id: uuid.UUID | None


def keep_file(
    session: Session, stream: BinaryIO, filename: str, *, actor: Actor, now: datetime
) -> tuple[StoredFile, str]:
    """Take a list's file in; gives it with the name it was brought under.

    Raises:
        Invalid: it is no CSV or XLSX, or not harmless.
    """
    if not filename.lower().endswith(ENDINGS):
        raise Invalid("import.kind", "Choose a list as CSV or XLSX.", field="file")
    return uploads.accept(session, stream, filename, actor=actor, now=now), uploads.clean_name(filename)


def examine(session: Session, importer: Importer, sha256: str, name: str, reach: Reach) -> Examined:
    """Check every cell of a stored list against its columns and the plant, storing nothing.

    Raises:
        Invalid: the file as a whole cannot be read as this list.
    """
    return examining.examine(session, importer, store.path_of(sha256), name, reach)


def is_long(importer: Importer, sha256: str, name: str) -> bool:
    """Whether a stored list has more rows than are checked and stored while somebody waits.

    Raises:
        Invalid: the file as a whole cannot be read as this list.
    """
    return len(examining.lines_of(importer, store.path_of(sha256), name, AT_ONCE + 1)) > AT_ONCE


def note_long(session: Session, brought: Brought, reach: Reach, *, actor: Actor, now: datetime) -> DataImport:
    """Keep what was brought and have it checked in the background."""
    noted = note_import(session, brought, actor=actor, now=now, state=ImportState.CHECKING)
    sites = None if reach is None else sorted(map(str, reach))
    payload = {"import_id": str(noted.id), "sites": sites}
    outbox.later(session, "imports.check", payload, key=f"check:{noted.id}")
    return noted


def examine_long(
    session: Session, importer: Importer, noted: DataImport, reach: Reach, telling: Telling
) -> Examined:
    """Check every cell of a long list, telling how far it has come; see :func:`examine`."""
    path = store.path_of(noted.sha256)
    read = examining.read_rows(importer, path, noted.file_name, telling.stage(0))
    return examining.examine_rows(session, importer, read, reach, telling.stage(1))


def note_checked(session: Session, noted: DataImport, found: Examined | QmsError) -> None:
    """Keep what the dry run of a long list found, or why it cannot be read as a whole."""
    if isinstance(found, QmsError):
        noted.failure = _both(found)
        noted.move(ImportState.FAILED, of=ImportState.CHECKING)
    else:
        _keep(noted, found)
        noted.move(_state_of(found), of=ImportState.CHECKING)
    _note_check(session, noted)


def note_import(
    session: Session, brought: Brought, *, actor: Actor, now: datetime, state: ImportState | None = None
) -> DataImport:
    """Keep what was brought and found."""
    noted = DataImport(
        list_name=brought.importer.name,
        file_name=brought.name,
        sha256=brought.sha256,
        size=brought.size,
        site_id=brought.site_id,
        row_count=0,
        finding_count=0,
        first_rows=[],
        state=state or _state_of(brought.examined),
        uploaded_by=actor.id,
        uploaded_by_name=actor.name,
        uploaded_at=now,
    )
    if state is None:
        _keep(noted, brought.examined)
    session.add(noted)
    session.flush()  # the audit line below names the new row
    if state is None:
        _note_check(session, noted)
    return noted


def propose(session: Session, noted: DataImport, *, reason: str, actor: Actor, now: datetime) -> DataImport:
    """Start the case in which a second person accepts a list; a sealed record keeps the file.

    Raises:
        Invalid: no reason was given.
        NotAllowed: somebody else has brought the list.
        Conflict: it has findings, or is proposed already.
    """
    if not reason.strip():
        raise Invalid("import.reason", "Say why the list is brought in.", field="reason")
    importer = importers.importer_of(noted.list_name)
    _own_and_whole(noted, actor)
    if not importer.proposal or noted.site_id is None:
        raise Conflict("import.direct", "This list needs no second person.")
    noted.move(ImportState.PROPOSED, of=ImportState.CHECKED)
    noted.note = reason.strip()
    case = runtime.start_case(
        session,
        PROCESS,
        title={lang: f"{importer.title[lang]} · {noted.file_name}" for lang in ("en", "zh")},
        site_id=noted.site_id,
        subject=(SUBJECT, noted.id),
        data={
            "upload": {
                "id": str(noted.id),
                "name": noted.file_name,
                "list": noted.list_name,
                "sha256": noted.sha256,
                "rows": noted.row_count,
            },
            "sites": {"plant": str(noted.site_id)},
        },
        actor=actor,
        now=now,
    )
    noted.case_id, noted.case = case.id, case
    session.flush()  # the record below tells of the case
    record = create_record(session, proposal_draft(session, noted), actor=actor, now=now)
    outbox.later(session, "archive.seal_record", {"record_id": str(record.id)}, key=f"seal:{record.id}")
    facts = {"list": noted.list_name, "sha256": noted.sha256, "case": case.number}
    audit.record(session, "import.proposed", subject=(SUBJECT, noted.id), facts=facts)
    return noted


def apply_accepted(session: Session, noted: DataImport, *, actor: Actor, now: datetime) -> None:
    """Store every row of a list that a second person accepts in this same transaction.

    Raises:
        Conflict: ``import.overtaken``: a row does not fit any more, or it is not proposed.
    """
    noted.move(ImportState.APPLIED, of=ImportState.PROPOSED)
    _apply(session, noted, actor=actor, now=now)


def begin_storing(session: Session, noted: DataImport, *, actor: Actor, now: datetime) -> bool:
    """Store a short list that a second person accepts in this same transaction; a long one follows as a job.

    Gives whether it is stored already. A job tells the case by the message ``list_stored``.

    Raises:
        Conflict: ``import.overtaken``: a row does not fit any more, or it is not proposed.
    """
    if noted.row_count <= AT_ONCE:
        apply_accepted(session, noted, actor=actor, now=now)
        return True
    noted.move(ImportState.STORING, of=ImportState.PROPOSED)
    noted.decided_by, noted.decided_at = actor.id, now
    outbox.later(session, "imports.store", {"import_id": str(noted.id)}, key=f"store:{noted.id}")
    facts = {"list": noted.list_name, "sha256": noted.sha256, "rows": noted.row_count}
    audit.record(session, "import.accepted", subject=(SUBJECT, noted.id), facts=facts)
    return False


def apply_own(
    session: Session, noted: DataImport, *, reach: Reach, actor: Actor, now: datetime
) -> Mapping[str, str]:
    """Store a list that is the administrator's own act; gives what has to be told once, login → password.

    Raises:
        NotAllowed: somebody else has brought the list.
        Conflict: it has findings, is applied already, or needs a second person.
    """
    if importers.importer_of(noted.list_name).proposal:
        raise NotAllowed("import.needs_second", "This list is stored when a second person has accepted it.")
    _own_and_whole(noted, actor)
    noted.move(ImportState.APPLIED, of=ImportState.CHECKED)
    _apply(session, noted, actor=actor, now=now)
    told: Mapping[str, str] = session.info.get("first_passwords", {})
    return told


def refuse(session: Session, noted: DataImport, *, reason: str, actor: Actor, now: datetime) -> None:
    """Refuse a proposed list, with the reason.

    Raises:
        Conflict: it is not proposed.
    """
    noted.move(ImportState.REFUSED, of=ImportState.PROPOSED)
    noted.decided_by, noted.decided_at = actor.id, now
    facts = {"list": noted.list_name, "reason": reason}
    audit.record(session, "import.refused", subject=(SUBJECT, noted.id), facts=facts)


def _own_and_whole(noted: DataImport, actor: Actor) -> None:
    if noted.uploaded_by != actor.id:
        raise NotAllowed("import.others", "Somebody else has brought this list. Bring it yourself.")
    if noted.finding_count:
        raise Conflict("import.faulty", "The list has findings. Mend them and bring it again.")


def read_accepted(importer: Importer, noted: DataImport, telling: Telling | None = None) -> Read:
    """Read the rows of a list whose bytes are still those that were checked."""
    store.read(noted.sha256)
    told = telling.stage(0) if telling else examining.no_progress
    return examining.read_rows(importer, store.path_of(noted.sha256), noted.file_name, told)


def store_accepted(
    session: Session, noted: DataImport, read: Read, telling: Telling, *, actor: Actor, now: datetime
) -> None:
    """Store every row of a long list, on behalf of who has accepted it, and tell the case.

    Raises:
        Conflict: ``import.overtaken`` or ``import.differs``: a row does not fit any more.
    """
    noted.move(ImportState.APPLIED, of=ImportState.STORING)
    _store(session, noted, read, telling, actor=actor, now=now)
    _tell_case(session, noted, {"outcome": "stored", "reason": ""}, actor=actor, now=now)


def note_failed(session: Session, noted: DataImport, why: QmsError, *, actor: Actor, now: datetime) -> None:
    """Keep why an accepted list could not be stored, and tell the case; nothing of it is stored."""
    noted.move(ImportState.FAILED, of=ImportState.STORING)
    noted.failure = _both(why)
    facts = {"list": noted.list_name, "reason": why.text("en")}
    audit.record(session, "import.failed", subject=(SUBJECT, noted.id), facts=facts)
    _tell_case(session, noted, {"outcome": "failed", "reason": why.text("en")}, actor=actor, now=now)


def _tell_case(
    session: Session, noted: DataImport, payload: Mapping[str, str], *, actor: Actor, now: datetime
) -> None:
    messages.send(session, MESSAGE, payload, {"upload": str(noted.id)}, actor=actor, now=now)


def _apply(session: Session, noted: DataImport, *, actor: Actor, now: datetime) -> None:
    importer = importers.importer_of(noted.list_name)
    _store(session, noted, read_accepted(importer, noted), None, actor=actor, now=now)
    noted.decided_by, noted.decided_at = actor.id, now


def _store(
    session: Session, noted: DataImport, read: Read, telling: Telling | None, *, actor: Actor, now: datetime
) -> None:
    importer = importers.importer_of(noted.list_name)
    told = [telling.stage(number) if telling else examining.no_progress for number in (1, 2)]
    _compare(noted, examining.examine_rows(session, importer, read, None, told[0]))
    examining.store_rows(session, importer, read.rows, actor=actor, now=now, progress=told[1])
    facts = {"list": noted.list_name, "sha256": noted.sha256, "rows": noted.row_count}
    audit.record(session, "import.applied", subject=(SUBJECT, noted.id), facts=facts)


def _compare(noted: DataImport, again: Examined) -> None:
    if again.findings:
        first = again.findings[0]
        raise Conflict(
            "import.overtaken",
            "The plant has changed since the list was checked: row %(row)s does not fit any more. %(why)s",
            row=first.row,
            why=_both(first.error),
        )
    differs = results.first_difference(queries.result_of(noted), again)
    if differs is not None:
        raise Conflict(
            "import.differs",
            "The plant has changed since the list was checked: row %(row)s would do something else now. "
            "Bring the list again.",
            row=differs,
        )


def _keep(noted: DataImport, examined: Examined) -> None:
    noted.row_count, noted.finding_count = examined.rows, examined.count
    noted.findings_sha256 = store.put(results.as_bytes(examined))
    noted.first_rows = [
        {key: results.plain(value) for key, value in row.items()} for row in examined.first
    ]


def _note_check(session: Session, noted: DataImport) -> None:
    facts = {"list": noted.list_name, "sha256": noted.sha256, "rows": noted.row_count}
    audit.record(session, "import.checked", subject=(SUBJECT, noted.id), facts=facts)


def _state_of(examined: Examined) -> ImportState:
    return ImportState.FAULTY if examined.count else ImportState.CHECKED


def _both(error: QmsError) -> dict[str, str]:
    return {lang: error.text(lang) for lang in ("en", "zh")}
