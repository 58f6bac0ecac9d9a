"""Cancelling a case with a reason and a signature: one record, made and signed with everything that ends."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.queries import grants_of
from app.inbox.errors import AdministratorMaySignNothing, Changed
from app.inbox.handling import records
from app.inbox.handling.errors import MayNotCancel, ReasonMissing, ReasonUnprintable
from app.inbox.signing import Act, put_signature, seal_later, signatory
from app.sites.queries import style_of
from app.web.rights import ADMIN_ROLES
from core.actor import Actor
from core.clock import site_day
from core.errors import NotFound
from documents import glyphs
from documents.models import Record
from documents.records import SiteStyle, content_hash, create_record
from workflows import cancelling, human_tasks, repository, runtime
from workflows.models import ProcessCase

MEANING = "cancelled"
SHORTEST = 5


@dataclass(frozen=True)
class CancelCase:
    """Which case shall end and why; ``seen`` is the hash of what was shown, ``method`` the proof."""

    case_id: uuid.UUID
    reason: str
    seen: str = ""
    language: str = "en"
    method: str | None = None


@dataclass(frozen=True)
class Cancellation:
    """What would be signed: the case, in which role, the content of the record and its hash."""

    case: ProcessCase
    role: str
    style: SiteStyle
    content: dict[str, Any]
    hash: str


def review_cancellation(
    session: Session, command: CancelCase, *, actor: Actor, now: datetime
) -> Cancellation:
    """Check everything that could make it fail, and show what would be signed. Changes nothing.

    Raises:
        NotFound: there is no such case at a site where the person works.
        NotAllowed: the model does not let the person cancel it.
        Conflict: it runs no more, or holds something that nobody else settles.
        Invalid: there is no reason, or none that can be printed.
    """
    case = session.get(ProcessCase, command.case_id)
    if case is None:
        raise NotFound("case.unknown", "There is no such case, or not for you.")
    role = role_to_cancel(session, case, actor=actor, now=now)
    cancelling.check_may_end(session, case)
    reason = command.reason.strip()
    if len(reason) < SHORTEST:
        raise ReasonMissing
    if lacking := sorted(glyphs.missing(reason)):
        raise ReasonUnprintable(" ".join(lacking))
    style = style_of(records.site_of_case(session, case))
    content = records.content_of(
        session,
        case,
        title=records.CANCELLATION[2],
        style=style,
        reason=reason,
        tasks=human_tasks.open_tasks(session, case.id),
        role=role,
        meaning=MEANING,
    )
    return Cancellation(case, role, style, content, content_hash(content))


def cancel(session: Session, command: CancelCase, *, actor: Actor, now: datetime) -> Record:
    """Cancel a case in the name of a person who has just proved himself.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as :func:`review_cancellation` says.
        Changed: it is not what the person saw.
    """
    runtime.lock_case(session, command.case_id)
    wanted = review_cancellation(session, command, actor=actor, now=now)
    if command.seen != wanted.hash:
        raise Changed
    signs = signatory(session, command.method, actor=actor, now=now)
    cancelling.cancel_case(session, wanted.case.id, reason=command.reason.strip(), actor=actor, now=now)
    kind = f"{wanted.case.process_key}.cancelled"
    draft = records.draft_of(wanted.case, records.CANCELLATION, kind, wanted.style, wanted.content)
    record = create_record(session, draft, actor=actor, now=now)
    act = Act(MEANING, wanted.role, wanted.style, "cancelled")
    signed = put_signature(session, act, record, signs, (), language=command.language, actor=actor, now=now)
    seal_later(session, record, [signed.wrapped_key])
    return record


def role_to_cancel(session: Session, case: ProcessCase, *, actor: Actor, now: datetime) -> str:
    """In which of the roles that its model names a person may cancel a case.

    Raises:
        NotFound: he works in no role at the site of the case.
        AdministratorMaySignNothing: an administrator's role is held.
        MayNotCancel: the model names no role of his.
    """
    site = records.site_of_case(session, case)
    held = grants_of(session, uuid.UUID(actor.id), on=site_day(now, site.zone))
    here = {one.role for one in held if one.site_id in (None, site.id)}
    if not here:
        raise NotFound("case.unknown", "There is no such case, or not for you.")
    if any(one.role in ADMIN_ROLES for one in held):
        raise AdministratorMaySignNothing
    named = repository.compiled_for(session, case.release_id).model.cancel
    role = next((one for one in named if one in here), None)
    if role is None:
        raise MayNotCancel(named)
    return role
