"""What processes may do with documents: put a revision into force, end one."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.controlled_documents import queries, services
from app.controlled_documents.models import DocumentRevision
from app.objects.queries import lock_revision
from workflows import messages
from workflows.registry import OperationCall, operation

_KEY = {"type": "string", "format": "uuid", "description": "id of the revision of a document"}
_DAY = {"type": ["string", "null"], "format": "date", "description": "ISO 8601 day in the site's calendar"}


def _schema(**needed: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"revision": _KEY, "day": _DAY},
        "required": ["revision", *needed],
        "additionalProperties": False,
    }


@operation(
    "controlled_documents.make_revision_effective",
    schema=_schema(),
    title={"en": "Put a revision of a document into force", "zh": "文件版本生效"},
)
def make_revision_effective(call: OperationCall) -> Mapping[str, Any]:
    """Put a draft into force from a day on, without one from today on.

    Raises:
        Conflict: it is no draft, has no file, or another one begins on that day.
        Invalid: the day is over.
    """
    revision = _locked(call)
    day = call.params.get("day")
    first = date.fromisoformat(str(day)) if day else None
    services.make_revision_effective(call.session, revision, day=first, actor=call.actor, now=call.now)
    return {"revision": revision.code, "from": str(revision.effective_from)}


@operation(
    "controlled_documents.end_revision",
    schema=_schema(day=True),
    title={"en": "End a revision of a document", "zh": "文件版本作废"},
)
def end_revision(call: OperationCall) -> Mapping[str, Any]:
    """End a revision without a successor; the day given is the last one on which it is in force.

    Raises:
        Conflict: it has not been approved.
        Invalid: the day is over, or before its first one.
    """
    revision = _locked(call)
    last = date.fromisoformat(str(call.params["day"]))
    services.end_revision(call.session, revision, last_day=last, actor=call.actor, now=call.now)
    return {"revision": revision.code, "until": last.isoformat()}


def _locked(call: OperationCall) -> DocumentRevision:
    return lock_revision(call.session, call.session.get_one(DocumentRevision, call.uuid("revision")))


_BY_NUMBER = {
    "type": "object",
    "properties": {
        "document": {"type": "string", "minLength": 1, "description": "number of the document"},
        "revision": {"type": "string", "minLength": 1, "description": "code of its revision"},
        "day": _DAY,
    },
    "required": ["document", "revision", "day"],
    "additionalProperties": False,
}


@operation(
    "controlled_documents.put_into_force",
    schema=_BY_NUMBER,
    title={"en": "Put a revision into force by its number", "zh": "按编号使文件版本生效"},
)
def put_into_force(call: OperationCall) -> Mapping[str, Any]:
    """Put a draft of an approved change into force from a day on; a day that has passed becomes today.

    Raises:
        NotFound: ``document.no_revision``.
        Conflict: it is no draft, has no file, or another one begins on that day.
    """
    named = queries.revision_named(call.session, str(call.params["document"]), str(call.params["revision"]))
    revision = call.session.get_one(DocumentRevision, named.id, with_for_update=True)
    today = services.today_of(call.session, revision, call.now)
    first = max(date.fromisoformat(str(call.params["day"])), today)
    services.make_revision_effective(call.session, revision, day=first, actor=call.actor, now=call.now)
    return {"revision": revision.code, "from": str(revision.effective_from)}


WANTED = "document_revision_wanted"
_ASK: dict[str, Any] = {
    "type": "object",
    "properties": {
        "document": {"type": "string", "minLength": 1, "description": "number of the document"},
        "revision": {"type": "string", "minLength": 1, "description": "code of the revision that is wanted"},
        "title": {"type": "string", "minLength": 1, "description": "what it is about"},
    },
    "required": ["document", "revision", "title"],
    "additionalProperties": False,
}


@operation(
    "controlled_documents.ask_revision",
    schema=_ASK,
    title={"en": "Ask for the revision of a document", "zh": "请求修订文件"},
)
def ask_revision(call: OperationCall) -> Mapping[str, Any]:
    """Send the message ``document_revision_wanted`` in the name of the case.

    A process that begins with it takes it up; without one it waits, seen on the case and on the document.
    """
    payload = {name: str(call.params[name]) for name in _ASK["required"]}
    keys = {"document": payload["document"]}
    messages.ask(call.session, call.case, WANTED, keys, payload, actor=call.actor, now=call.now)
    return {"document": payload["document"]}
