"""What processes may do with training: write down that somebody is qualified."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.access.models import Person
from app.controlled_documents.models import DocumentRevision
from app.training.imports import HOWS, WORK
from app.training.models import How
from app.training.services import RecordQualification, record_qualification
from workflows import messages
from workflows.places import day_at
from workflows.registry import OperationCall, operation

_ID = {"type": "string", "format": "uuid"}
_DAY = {"type": ["string", "null"], "format": "date"}
_QUALIFICATION = {
    "type": "object",
    "properties": {
        "person": {**_ID, "description": "id of the person who was trained"},
        "revision": {**_ID, "description": "id of the revision of the document"},
        "role": {"type": "string", "enum": list(WORK), "description": "role in which the person works"},
        "how": {"type": "string", "enum": list(HOWS), "description": "how the person was trained"},
        "from": {**_DAY, "description": "first day; empty for today (UTC)"},
        "until": {**_DAY, "description": "last day; empty for as long as the requirement says"},
    },
    "required": ["person", "revision", "role", "how"],
    "additionalProperties": False,
}


@operation(
    "training.record_qualification",
    schema=_QUALIFICATION,
    title={"en": "Record a qualification", "zh": "登记上岗资格"},
)
def record(call: OperationCall) -> Mapping[str, Any]:
    """Write down that a person is trained in a role on a revision of a document.

    Raises:
        NotAllowed: nobody confirms his own training.
        Conflict: nobody is trained on a draft; or it is written down already.
        Invalid: it would end before it begins.
    """
    first, last = call.params.get("from"), call.params.get("until")
    today = day_at(call.session, call.case.site_id, call.now)
    command = RecordQualification(
        person=call.session.get_one(Person, call.uuid("person")),
        role=str(call.params["role"]),
        revision=call.session.get_one(DocumentRevision, call.uuid("revision")),
        how=How(call.params["how"]),
        qualified_from=date.fromisoformat(str(first)) if first else today,
        qualified_until=date.fromisoformat(str(last)) if last else None,
    )
    written = record_qualification(call.session, command, actor=call.actor, now=call.now)
    return {"qualification": str(written.id), "until": str(written.qualified_until or "")}


WANTED = "training_wanted"
_ASK = {
    "type": "object",
    "properties": {
        "documents": {"type": "array", "items": {"type": "string"}, "description": "their numbers"},
        "title": {"type": "string", "minLength": 1, "description": "what it is about"},
    },
    "required": ["documents", "title"],
    "additionalProperties": False,
}


@operation("training.ask", schema=_ASK, title={"en": "Ask for training", "zh": "请求培训"})
def ask_training(call: OperationCall) -> Mapping[str, Any]:
    """Send the message ``training_wanted`` in the name of the case.

    A process that begins with it takes it up; without one it waits, seen on the case and on its documents.
    """
    documents = [str(one) for one in call.params["documents"]]
    payload = {"documents": documents, "title": str(call.params["title"])}
    messages.ask(call.session, call.case, WANTED, {}, payload, actor=call.actor, now=call.now)
    return {"documents": documents}
