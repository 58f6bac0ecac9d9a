"""The signature itself, and what follows when it is the last one the step asks for."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.access.identity import check_may_sign
from app.access.models import Person
from app.inbox.errors import IdentityNotProven, StatementMissing
from app.inbox.meanings import meaning_text, statement_text
from app.inbox.models import HeldKey, SharedSigning
from app.inbox.records import TaskView
from core import outbox
from core.actor import Actor
from documents.models import Record
from documents.records import SiteStyle
from signatures import audit, ceremony
from signatures.audit_clock import check_clock
from signatures.models import Signature


@dataclass(frozen=True)
class Act:
    """What is signed for: the meaning by its code, the role that signs, the site, and what is done."""

    meaning: str
    role: str
    site: SiteStyle
    step: str


@dataclass(frozen=True)
class Signatory:
    """Who is about to sign, and how he has just proved himself."""

    person: Person
    method: str


def signatory(session: Session, method: str | None, *, actor: Actor, now: datetime) -> Signatory:
    """Find the person who is about to sign, who may do so and has proved himself.

    Raises:
        StatementMissing: the person has not accepted the statement of accountability yet.
        IdentityNotProven: nobody asked for the password.
        NotAllowed: the right to sign rests, or the plant's clock is behind the audit trail.
    """
    signer = session.get_one(Person, uuid.UUID(actor.id))
    check_clock(session, now)
    check_may_sign(signer)
    if signer.statement_accepted_at is None:
        raise StatementMissing
    if method is None:
        raise IdentityNotProven
    return Signatory(signer, method)


def act_of(view: TaskView) -> Act:
    """The act of taking a step."""
    return Act(view.meaning_code, view.task.role, view.style, view.task.step)


def put_signature(
    session: Session,
    act: Act,
    record: Record,
    signs: Signatory,
    earlier: Sequence[Signature],
    *,
    language: str,
    actor: Actor,
    now: datetime,
) -> ceremony.SignedRecord:
    """Sign the record with the meaning of the act; `earlier` are its signatures."""
    signer = signs.person
    name = printed_name(signer, act.site.layout)
    signed = ceremony.sign_record(
        session,
        record_id=record.id,
        record_bytes=record.canonical,
        signer=ceremony.Signer(signer.id, signer.login, name, act.role, act.site.code),
        meaning=ceremony.Meaning(act.meaning, meaning_text(act.meaning)),
        statement=statement_text(act.meaning, act.site.layout, actor),
        method=signs.method,
        on_behalf_of=actor.on_behalf_of,
        language=language,
        now=now,
        earlier=earlier,
    )
    record.signers_text = " ".join(filter(None, (record.signers_text, name, signer.login)))
    facts = {
        "number": record.number,
        "sha256": record.sha256,
        "meaning": act.meaning,
        "step": act.step,
    }
    audit.record(session, "record.signed", subject=("record", str(record.id)), facts=facts)
    return signed


def hand_over_keys(
    session: Session,
    view: TaskView,
    entries: dict[str, Any],
    record: Record,
    signed: ceremony.SignedRecord,
    *,
    waits: bool,
) -> list[bytes]:
    """The wrapped keys of all signers, first one first; none while others have to sign: this one is kept."""
    if view.signers == 1:
        return [signed.wrapped_key]
    if waits:
        if view.shared is None:
            session.add(SharedSigning(task_id=view.task.id, record_id=record.id, entries=entries))
        place = {"record_id": record.id, "position": signed.signature.position}
        session.add(HeldKey(signature_id=signed.signature.id, wrapped_key=signed.wrapped_key, **place))
        return []
    held = select(HeldKey.wrapped_key).where(HeldKey.record_id == record.id).order_by(HeldKey.position)
    keys = [*session.scalars(held), signed.wrapped_key]
    session.execute(delete(HeldKey).where(HeldKey.record_id == record.id))
    session.execute(delete(SharedSigning).where(SharedSigning.task_id == view.task.id))
    return keys


def seal_later(session: Session, record: Record, keys: list[bytes]) -> None:
    """Have the record printed and sealed after the commit, with the keys of its signers."""
    payload, secret = {"record_id": str(record.id)}, b"".join(keys) or None
    outbox.later(session, "archive.seal_record", payload, key=f"seal-{record.id}", secret=secret)


def earlier_signers(earlier: Sequence[Signature]) -> list[uuid.UUID]:
    """Whoever else signed the record, and the persons they acted for: all of them took part in the step."""
    persons: list[uuid.UUID] = []
    for signature in earlier:
        persons.append(signature.person_id)
        persons += [uuid.UUID(signature.on_behalf_of)] if signature.on_behalf_of else []
    return persons


def printed_name(person: Person, layout: str) -> str:
    """The name as the record prints it, in the languages of its site."""
    english, chinese = person.name["en"], person.name["zh"]
    both = english if english == chinese else f"{english} {chinese}"
    return {"en": english, "zh": chinese}.get(layout, both)
