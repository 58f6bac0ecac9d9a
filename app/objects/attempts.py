"""Attempts to change an object past change control: refused, and kept under the object (URS-031).

An attempt is a change of an approved revision, or of a value that changes only through change control.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from app.access.queries import names_of
from app.objects.addresses import address_of
from app.objects.kinds import ObjectKind, kinds
from app.web import refusals
from core.errors import FieldErrors, QmsError
from core.types import Bilingual
from signatures.audit_models import AuditEntry

CODES = frozenset({"revision.frozen", "revision.not_draft", "revision.approval", "cell.controlled"})
"""Refusals that are attempts."""
_ATTEMPTED = text(f"audit_entry.action = '{refusals.ATTEMPTED}'")


@dataclass(frozen=True)
class Attempt:
    """One attempt as the trail tells it; ``times`` counts like ones that this entry stands for."""

    seq: int
    at: datetime
    who: Bilingual | str
    label: Bilingual | str
    address: str
    sentence: Bilingual
    times: str


def keep(kind: ObjectKind, of: Any, refusal: QmsError) -> None:
    """Keep a refusal under its object when it is an attempt past change control."""
    for one in _each(refusal):
        if one.code in CODES:
            subject = (kind.name, str(of.id if of is not None else uuid.UUID(int=0)))
            refusals.keep(one, subject=subject)


def attempts(object_id: uuid.UUID | None = None) -> Select[AuditEntry]:
    """The attempts on one object, or on all, newest first."""
    # Written out, not bound: so the small index of attempts answers, not the whole trail.
    wanted = select(AuditEntry).where(_ATTEMPTED)
    if object_id is not None:
        wanted = wanted.where(AuditEntry.subject_id == str(object_id))
    return wanted.order_by(AuditEntry.seq.desc())


def told(session: Session, entries: list[AuditEntry]) -> list[Attempt]:
    """What the trail says about some attempts."""
    said = [json.loads(entry.entry) for entry in entries]
    names = names_of(session, [one["actor"]["id"] for one in said])
    objects = [_object(session, entry) for entry in entries]
    return [
        Attempt(
            seq=entry.seq,
            at=entry.at,
            who=names.get(one["actor"]["id"]) or one["actor"]["name"],
            label=label,
            address=address,
            sentence=refusals.in_both(one["facts"])["sentence"],
            times=one["facts"].get("times", ""),
        )
        for entry, one, (label, address) in zip(entries, said, objects, strict=True)
    ]


def _object(session: Session, entry: AuditEntry) -> tuple[Bilingual | str, str]:
    """What people call the object of an attempt, and its page; a new one has none yet."""
    kind = next((one for one in kinds() if one.name == entry.subject_type), None)
    found = session.get(kind.model, uuid.UUID(entry.subject_id)) if kind is not None else None
    if kind is None or found is None:
        return (kind.title if kind is not None else entry.subject_type), ""
    return kind.label(found), address_of(kind, uuid.UUID(entry.subject_id))


def _each(refusal: QmsError) -> Iterator[QmsError]:
    if isinstance(refusal, FieldErrors):
        yield from refusal.errors.values()
    else:
        yield refusal
