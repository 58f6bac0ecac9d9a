"""Verbs on equipment: record what was done to it, block it, note its use (URS-078, ISO 13485:2016 7.6)."""

from __future__ import annotations

import calendar
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.equipment import queries
from app.equipment.models import Duty, Equipment, EquipmentEvent, EquipmentUse, Verdict
from app.sites.models import Site
from core import clock
from core.actor import Actor
from core.db import lock_row
from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.models import StoredFile
from signatures import audit


@dataclass(frozen=True)
class RecordEvent:
    """What was done to equipment on a day, with the number of its certificate or protocol.

    ``until`` is the last day it is good for; without one it follows from the interval.
    """

    equipment_id: uuid.UUID
    duty: Duty
    done_on: date
    document: str
    verdict: Verdict = Verdict.GOOD
    until: date | None = None
    remarks: str = ""
    file: StoredFile | None = None


@dataclass(frozen=True)
class Use:
    """What instruments were used for: ``text`` names them as somebody wrote it, ``what`` says for what."""

    site_id: uuid.UUID
    text: str
    what: str
    subject: tuple[str, uuid.UUID]
    case_id: uuid.UUID | None = None


def record_event(session: Session, command: RecordEvent, *, actor: Actor, now: datetime) -> EquipmentEvent:
    """Record a qualification, calibration or maintenance, and until when it is good.

    Equipment found out of tolerance is blocked at once; what it measured since it was last found good is in
    question (queries.uses_in_question).

    Raises:
        NotFound: ``equipment.none``.
        Invalid: a day in the future, an end before the beginning or in the past, no document, no interval.
    """
    equipment = _locked(session, command.equipment_id)
    today = clock.site_day(now, equipment.site.zone)
    until = _until(equipment, command, today)
    file = command.file
    event = EquipmentEvent(
        equipment_id=equipment.id,
        duty=command.duty,
        done_on=command.done_on,
        until=until,
        verdict=command.verdict,
        document=command.document.strip(),
        remarks=command.remarks.strip(),
        sha256=file.sha256 if file else None,
        file_name=file.name if file else "",
        recorded_at=now,
        recorded_by=actor.id,
        recorded_by_name=actor.name,
    )
    session.add(event)
    if until is None:
        equipment.blocked = True
        equipment.block_reason = f"{command.document.strip()} {command.done_on}: out of tolerance 超差"
    elif until >= (equipment.until(command.duty) or date.min):
        equipment.fulfil(command.duty, until)
    if until is not None and command.duty is Duty.CALIBRATION:
        equipment.last_good = max(equipment.last_good or date.min, command.done_on)
    session.flush()  # whoever asks next reads the new days
    facts = {"equipment": equipment.code, "duty": command.duty.value, "verdict": command.verdict.value}
    audit.record(session, "equipment.cared_for", subject=("equipment.equipment", equipment.id), facts=facts)
    return event


def block_equipment(
    session: Session, equipment_id: uuid.UUID, why: str, *, actor: Actor, now: datetime
) -> Equipment:
    """Block equipment at once; one person may do it, lifting it takes a second one's signature.

    Raises:
        NotFound: ``equipment.none``.
        Invalid: ``equipment.why``.
        Conflict: ``equipment.is_blocked``.
    """
    equipment, why = _locked(session, equipment_id), " ".join(why.split())[:300]
    if not why:
        raise Invalid("equipment.why", "Say why the equipment is blocked.", field="why")
    if equipment.blocked:
        sentence = N_("This equipment is blocked already: %(why)s.")
        raise Conflict("equipment.is_blocked", sentence, field="why", why=equipment.block_reason)
    equipment.blocked, equipment.block_reason = True, why
    _tell(session, "equipment.blocked", equipment, why)
    return equipment


def unblock_equipment(
    session: Session, equipment_id: uuid.UUID, why: str, *, actor: Actor, now: datetime
) -> Equipment:
    """Lift the block of equipment; a process calls it after a signed step.

    Raises:
        NotFound: ``equipment.none``.
        Conflict: ``equipment.not_blocked``.
    """
    equipment = _locked(session, equipment_id)
    if not equipment.blocked:
        sentence = N_("Equipment %(equipment)s is not blocked.")
        raise Conflict("equipment.not_blocked", sentence, equipment=equipment.code)
    equipment.blocked, equipment.block_reason = False, ""
    _tell(session, "equipment.unblocked", equipment, why)
    return equipment


def use_equipment(session: Session, use: Use, *, actor: Actor, now: datetime) -> Sequence[EquipmentUse]:
    """Note what instruments were used for, after asking once more whether they may be.

    Raises:
        Invalid: one of them is unknown, blocked, out of use or overdue.
    """
    site = session.get_one(Site, use.site_id)
    codes = queries.named_in(use.text)
    found = queries.registered(session, site.id, codes)
    refused = queries.refusal_among(session, site.id, codes, found, clock.site_day(now, site.zone))
    if refused is not None:
        raise refused
    noted = [
        EquipmentUse(
            equipment_id=found[code].id,
            used_at=now,
            what=use.what,
            subject_type=use.subject[0],
            subject_id=use.subject[1],
            case_id=use.case_id,
            used_by=actor.id,
            used_by_name=actor.name,
        )
        for code in codes
        if code in found
    ]
    session.add_all(noted)
    return noted


def months_later(day: date, months: int) -> date:
    """The same day so many months later, the last of the month where that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _until(equipment: Equipment, command: RecordEvent, today: date) -> date | None:
    if not command.document.strip():
        sentence = N_("Give the number of the certificate or protocol.")
        raise Invalid("equipment.document", sentence, field="document")
    if command.done_on > today:
        sentence = N_("%(day)s has not come yet. Enter what has been done.")
        raise Invalid("equipment.future", sentence, field="done_on", day=command.done_on)
    if command.verdict is Verdict.OUT_OF_TOLERANCE:
        return None
    until, months = command.until, equipment.months(command.duty)
    if until is None and months is None:
        sentence = N_("No interval is set for this equipment. Enter the last day it is good for.")
        raise Invalid("equipment.no_interval", sentence, field="until")
    until = until or months_later(command.done_on, months or 0)
    if until < command.done_on:
        sentence = N_("It would end on %(last)s, before it begins on %(first)s. Check both days.")
        raise Invalid("days.ends_before", sentence, field="until", first=command.done_on, last=until)
    if until < today:
        sentence = N_("This was good until %(last)s only. Enter the one that is valid today.")
        raise Invalid("equipment.over", sentence, field="until", last=until)
    return until


def _locked(session: Session, equipment_id: uuid.UUID) -> Equipment:
    queries.equipment_of(session, equipment_id)
    return lock_row(session, Equipment, equipment_id)


def _tell(session: Session, action: str, equipment: Equipment, why: str) -> None:
    facts = {"equipment": equipment.code, "why": why}
    audit.record(session, action, subject=("equipment.equipment", equipment.id), facts=facts)
