"""Verbs on wrong entries: the record stays, the correction is an entry of its own (Annex 11, 9)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inventory.disposing import HOLDABLE
from app.inventory.ledger import lock_lots
from app.inventory.models import Lot, LotStatus
from app.inventory.release import PROCESS
from app.inventory.services import hold_lot, resume_lot
from core.actor import Actor
from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.models import Record
from signatures import audit
from workflows import history
from workflows.models import CaseState, ProcessCase
from workflows.runtime import start_case

LOT = "inventory.lot"


@dataclass(frozen=True)
class Correction:
    """What stands in a record and what should: ``old`` must be found in it as it was written."""

    record: str
    field: str
    old: str
    new: str


def record_numbered(session: Session, number: str, site_id: uuid.UUID | None) -> Record:
    """The record of a site with a number.

    Raises:
        Invalid: ``correction.no_record``.
    """
    wanted = select(Record).where(Record.number == number.strip())
    found = session.scalar(wanted if site_id is None else wanted.where(Record.site_id == site_id))
    if found is None:
        sentence = N_("There is no record %(record)s at this site.")
        raise Invalid("correction.no_record", sentence, field="record", record=number)
    return found


def record_correction(
    session: Session, case: ProcessCase, correction: Correction, *, actor: Actor, now: datetime
) -> Record:
    """Write the correction into the trail of its record; the record itself stays as it was signed.

    Raises:
        Invalid: ``correction.no_record``, ``correction.old_value``: the record does not say so;
            ``correction.same``: nothing would change.
    """
    found = record_numbered(session, correction.record, case.site_id)
    if correction.old.strip() == correction.new.strip():
        raise Invalid("correction.same", "The new value is the old one.", field="new")
    if correction.old.strip() not in found.canonical.decode():
        sentence = N_("Record %(record)s does not hold “%(old)s”.")
        raise Invalid("correction.old_value", sentence, field="old", record=found.number, old=correction.old)
    facts = {
        "record": found.number, "case": case.number, "field": correction.field,
        "old": correction.old, "new": correction.new,
    }  # fmt: skip
    audit.record(session, "data.corrected", subject=("record", str(found.id)), facts=facts)
    return found


def judge_release_again(
    session: Session, record: Record, *, actor: Actor, now: datetime
) -> ProcessCase | None:
    """A released lot whose release rested on the entry goes back to quarantine, with a new release.

    None if the record is about no lot that could still be used.

    Raises:
        Conflict: ``correction.no_release``: the lot was never released by a case that could be repeated.
    """
    if record.subject_type != LOT or record.subject_id is None:
        return None
    lot = lock_lots(session, [record.subject_id])[record.subject_id]
    if lot.status not in HOLDABLE:
        return None
    earlier = _releases(session, lot)
    if not earlier:
        raise Conflict("correction.no_release", "Lot %(lot)s has no release to judge again.", lot=lot.number)
    if earlier[0].state is CaseState.RUNNING:
        return earlier[0]
    if lot.status is LotStatus.RELEASED:
        hold_lot(session, lot.id, document=record.number, actor=actor, now=now)
        resume_lot(session, lot.id, document=record.number, actor=actor, now=now)
    facts = history.facts(session, earlier[0].id)
    data = {name: facts[name] for name in ("lot", "receipt", "sites")}
    return start_case(
        session, PROCESS, title=earlier[0].title, site_id=earlier[0].site_id, subject=(LOT, lot.id),
        data=data, actor=actor, now=now,
    )  # fmt: skip


def _releases(session: Session, lot: Lot) -> list[ProcessCase]:
    wanted = select(ProcessCase).filter_by(process_key=PROCESS, subject_type=LOT, subject_id=lot.id)
    return list(session.scalars(wanted.order_by(ProcessCase.started_at.desc())))
