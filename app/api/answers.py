"""What the API says about objects and changes, as JSON; and the answers kept for programs that ask again."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.api.models import AnsweredRequest
from app.objects import queries
from app.objects.addresses import address_of
from app.objects.kinds import ObjectKind
from app.objects.models import ObjectChange
from app.objects.services import before_of
from app.objects.texts import plain
from app.web import current_person, request_time
from core.errors import Invalid, QmsError
from signatures.audit_models import AuditEntry

KEPT = timedelta(days=7)
"""How long the answer to an idempotency key is kept."""
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Overtaken(QmsError):
    """The object is not any more what the program has read (RFC 9110 13.1.1)."""

    status = 412


class Unconditional(QmsError):
    """A change has to say which state of the object it was made from (RFC 6585)."""

    status = 428


def object_answer(session: Session, kind: ObjectKind, found: Any) -> Response:
    """One object with its tag."""
    answer = jsonify(object_body(session, kind, found))
    answer.set_etag(tag_of(session, kind, found))
    return answer


def object_body(session: Session, kind: ObjectKind, found: Any) -> dict[str, Any]:
    """One object: what it holds, its lines, the change that waits."""
    [values] = kind.values_of(session, [found])
    waiting = queries.waiting_change(session, kind, found.id)
    body = {**line_body(kind, found, values), "waiting": str(waiting.id) if waiting else None}
    if kind.lines is not None:
        body["lines"] = [plain(line) for line in kind.lines(session, found)]
    return body


def line_body(kind: ObjectKind, found: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """One object of a list."""
    own = {
        "id": str(found.id),
        "kind": kind.name,
        "values": plain(values),
        "page": address_of(kind, found.id),
    }
    if hasattr(found, "effective_from"):
        own["revision"] = plain(
            {
                "state": found.state.value,
                "effective_from": found.effective_from,
                "effective_until": found.effective_until,
            }
        )
    return own


def tag_of(session: Session, kind: ObjectKind, found: Any) -> str:
    """What changes when anything that the object holds changes."""
    held = {**before_of(session, kind, found), "row": getattr(found, "revision", None)}
    text = json.dumps(held, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def must_match(session: Session, kind: ObjectKind, found: Any) -> None:
    """Refuse a change made from another state of the object than the one there is.

    Raises:
        Unconditional: the request does not say from which.
        Overtaken: it was another one.
    """
    if not request.if_match:
        raise Unconditional("api.if_match", "Send the ETag of the object as If-Match.")
    if not request.if_match.contains(tag_of(session, kind, found)):
        raise Overtaken("api.overtaken", "The object has been changed since you read it. Read it again.")


def change_body(change: ObjectChange) -> dict[str, Any]:
    """A change as it stands: proposed, stored or refused."""
    return {
        "change": str(change.id),
        "kind": change.kind,
        "state": change.state.value,
        "object": str(change.object_id) if change.object_id else None,
        "case": change.case.number if change.case is not None else None,
        "case_id": str(change.case_id) if change.case_id else None,
        "proposed_at": change.proposed_at.isoformat(),
        "decided_at": change.decided_at.isoformat() if change.decided_at else None,
    }


def history_body(entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """What happened to an object, newest first, as the audit trail holds it."""
    told = []
    for entry in entries:
        said = json.loads(entry.entry)
        changes = [
            {"field": name, "before": (pair or (None, None))[0], "after": (pair or (None, None))[1]}
            for name, pair in (said["changes"] or {}).items()
        ]
        who = {"login": said["actor"].get("login", ""), "name": said["actor"]["name"]}
        told.append(
            {
                "seq": entry.seq,
                "at": entry.at.isoformat(),
                "who": who,
                "action": entry.action,
                "reason": said["reason"] or "",
                "changes": changes,
            }
        )
    return told


def once(session: Session, act: Callable[[], tuple[dict[str, Any], int]]) -> tuple[dict[str, Any], int, bool]:
    """Act, or give the answer that the same request had before; says which.

    Raises:
        Invalid: the idempotency key is none, or was used for something else.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return (*act(), False)
    if not _KEY.fullmatch(key):
        raise Invalid("api.key", "An idempotency key is up to 200 letters, digits and signs.")
    person, now, asked = current_person().id, request_time(), _asked()
    before = session.get(AnsweredRequest, (person, key))
    if before is not None and now - before.answered_at < KEPT:
        if before.asked_sha256 != asked:
            raise Invalid("api.key_reused", "This idempotency key was used for another request.")
        return before.answer, before.status, True
    session.execute(delete(AnsweredRequest).where(AnsweredRequest.answered_at < now - KEPT))
    body, status = act()
    session.add(
        AnsweredRequest(
            person_id=person, key=key, asked_sha256=asked, status=status, answer=body, answered_at=now
        )
    )
    return body, status, False


def written(body: Mapping[str, Any], status: int, again: bool, location: str) -> Response:
    """The answer to a change."""
    answer = jsonify(body)
    answer.status_code = status
    answer.headers["Location"] = location
    if again:
        answer.headers["Idempotent-Replay"] = "true"
    return answer


def _asked() -> str:
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data()).hexdigest()

