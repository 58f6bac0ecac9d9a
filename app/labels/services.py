"""What stands on a label, and the verb that prints some: printing again needs a reason (URS-032)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalog.gs1 import check_gtin
from app.equipment.models import Equipment
from app.inventory.models import Location, Lot, LotStatus
from app.labels import queries
from app.labels.models import LabelKind, LabelPrint
from core.actor import Actor
from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.sticker import Label, print_labels
from signatures import audit

MOST_COPIES = 500
_COUNTED = re.compile(r"(.*?)(\d+)")
_LOCATION, _EQUIPMENT = "91", "92"
"""Application identifiers that GS1 leaves to each company (General Specifications 3.9): here place and
equipment."""


@dataclass(frozen=True)
class Subject:
    """What a label is stuck on: kind, id, site, what people call it."""

    kind: LabelKind
    id: uuid.UUID
    site_id: uuid.UUID
    name: str


@dataclass(frozen=True)
class PrintLabels:
    """So many copies of a label; ``reason`` is needed when some were printed before."""

    subject: Subject
    labels: Sequence[Label]
    reason: str = ""


def lot_label(lot: Lot, serial: str = "") -> Label:
    """The label of a lot: trade item, expiry, lot and serial number, in this order of elements (01 17 10 21).

    Raises:
        Invalid: ``label.no_gtin``; ``gtin.check_digit``.
    """
    item = lot.item
    if not item.gtin:
        sentence = N_("Item %(item)s has no GTIN. Enter it with the item; the label is printed from it.")
        raise Invalid("label.no_gtin", sentence, item=item.code)
    content = f"(01){check_gtin(item.gtin)}"
    content += f"(17){lot.expiry:%y%m%d}" if lot.expiry else ""
    content += f"(10){lot.number}" + (f"(21){serial}" if serial else "")
    lines = [item.name["zh"], item.name["en"]] if item.name["zh"] != item.name["en"] else [item.name["en"]]
    return Label(content, item.code, lines)


def location_label(location: Location) -> Label:
    """The label of a place, with its warehouse."""
    place = f"{location.warehouse.code}/{location.code}"
    return Label(f"({_LOCATION}){place}", place, _names(location.name))


def equipment_label(equipment: Equipment) -> Label:
    """The label of equipment: its code, name and serial number; no days, for they change."""
    lines = _names(equipment.name)
    lines += [f"SN {equipment.serial}"] if equipment.serial else []
    return Label(f"({_EQUIPMENT}){equipment.code}", equipment.code, lines)


def serials(first: str, copies: int) -> list[str]:
    """So many serial numbers from the first one on, each one higher with as many digits; empty without one.

    Raises:
        Invalid: ``label.serial``: it does not end in digits, so that several cannot be counted.
    """
    if not first:
        return [""] * copies
    counted = _COUNTED.fullmatch(first)
    if counted is None:
        if copies == 1:
            return [first]
        sentence = N_("Serial numbers are counted up: the first one has to end in digits.")
        raise Invalid("label.serial", sentence, field="serial")
    stem, digits = counted.groups()
    return [f"{stem}{int(digits) + step:0{len(digits)}d}" for step in range(copies)]


def check_lot(lot: Lot) -> None:
    """Refuse labels for what must not get into circulation.

    Raises:
        Conflict: ``label.lot_rejected``.
    """
    if lot.status in (LotStatus.REJECTED, LotStatus.EXPIRED):
        sentence = N_("Lot %(lot)s is rejected or expired: no labels are printed for it.")
        raise Conflict("label.lot_rejected", sentence, lot=lot.number)


def print_some(session: Session, command: PrintLabels, *, actor: Actor, now: datetime) -> bytes:
    """Print labels as a PDF, and note who printed how many, and why again.

    Raises:
        Invalid: ``label.copies``; ``label.reason``: printed before, and nobody says why again.
    """
    subject, copies = command.subject, len(command.labels)
    if not 1 <= copies <= MOST_COPIES:
        sentence = N_("From 1 to %(most)s labels are printed at once.")
        raise Invalid("label.copies", sentence, field="copies", most=MOST_COPIES)
    reason = " ".join(command.reason.split())[:300]
    queries.lock_subject(session, subject.kind, subject.id)
    if queries.prints_of(session, subject.kind, subject.id) and not reason:
        sentence = N_("Labels of %(what)s were printed before. Say why they are printed again.")
        raise Invalid("label.reason", sentence, field="reason", what=subject.name)
    pdf = print_labels(command.labels)
    noted = LabelPrint(
        kind=subject.kind,
        subject_id=subject.id,
        site_id=subject.site_id,
        subject=subject.name,
        content=_content(command.labels),
        copies=copies,
        reason=reason,
        printed_at=now,
        printed_by=actor.id,
        printed_by_name=actor.name,
    )
    session.add(noted)
    session.flush()  # the trail names the new row
    facts = {"what": subject.name, "copies": copies, "content": noted.content, "reason": reason}
    audit.record(session, "labels.printed", subject=("labels.label_print", noted.id), facts=facts)
    return pdf


def _content(labels: Sequence[Label]) -> str:
    first, last = labels[0].content, labels[-1].content
    return first if first == last else f"{first} … {last}"


def _names(name: dict[str, str]) -> list[str]:
    return list(dict.fromkeys((name["zh"], name["en"])))
