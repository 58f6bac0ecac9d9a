"""What steps show about a nonconformity, what they prefill, and what stands against releases."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.units import check_unit, quantity_text
from app.equipment.models import EquipmentUse
from app.equipment.queries import uses_in_question
from app.inventory import genealogy
from app.inventory.models import STATUS_NAMES, Lot
from app.inventory.obstacles import Obstacle, against_release
from app.inventory.queries import on_hand
from app.inventory.records import amount, section, table
from app.quality.deviations import queries
from app.quality.deviations.dispositions import keyed, waiting_lots
from app.quality.deviations.models import DISPOSITION_NAMES
from app.quality.models import Verdict
from app.quality.queries import inspections_of
from documents.labels import N_
from documents.registry import Section, facts
from forms.sources import source

_COLUMNS = (
    ("Lot", "批号"),
    ("Item", "物料"),
    ("Status", "状态"),
    ("In the house", "在库"),
    ("Disposition", "处置"),
)


@facts("quality.nonconformity_lots")
def lots_in_question(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """The lots a case is about, with where they stand now and what was decided."""
    found = _of(session, data)
    if found is None or not found.lots:
        return []
    stock = on_hand(session, [row.lot_id for row in found.lots])
    lines = [
        [
            row.lot.number,
            {side: f"{row.lot.item.code} · {row.lot.item.name[side]}" for side in ("en", "zh")},
            STATUS_NAMES[row.lot.status],
            amount(stock[row.lot_id], row.lot.unit) if row.lot_id in stock else "–",
            DISPOSITION_NAMES[row.disposition] if row.disposition else "–",
        ]
        for row in found.lots
    ]
    return [section("Lots in question", "涉及批次", [], table(_COLUMNS, lines))]


@source("quality.waiting_lots")
def waiting(session: Session, subject_id: uuid.UUID | None, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for every lot about which nobody has decided, with what is in the house of it."""
    found = _of(session, data)
    rows = {} if found is None else keyed(waiting_lots(found))
    stock = on_hand(session, [row.lot_id for row in rows.values()])
    return [
        {
            "lot": key,
            "item": row.lot.item.code,
            "there": quantity_text(stock[row.lot_id]) if row.lot_id in stock else "0",
            "unit": check_unit(row.lot.unit).symbol,
        }
        for key, row in rows.items()
    ]


@against_release("quality.nonconformities")
def open_nonconformities(session: Session, lot: Lot, now: datetime) -> Iterator[Obstacle]:
    """Open nonconformities that name the lot or one it was made from."""
    inside = genealogy.all_inputs(session, lot.id)
    for row in queries.open_on(session, {lot.id, *inside}):
        facts = (("number", row.nonconformity.number), ("lot", row.lot.number))
        yield Obstacle("nonconformity", N_("%(number)s is open on lot %(lot)s."), facts)


@against_release("quality.inspections")
def not_inspected(session: Session, lot: Lot, now: datetime) -> Iterator[Obstacle]:
    """No recorded inspection, or one that failed, unless a concession lets the lot be used as it is."""
    recorded = [one for one in inspections_of(session, lot.id) if one.conclusion is not None]
    if not recorded:
        sentence = N_("No inspection of lot %(lot)s is recorded.")
        yield Obstacle("inspection_missing", sentence, (("lot", lot.number),))
    elif recorded[0].conclusion is Verdict.FAIL and not queries.conceded(session, lot.id):
        facts = (("number", recorded[0].number), ("lot", lot.number))
        sentence = N_("Inspection %(number)s of lot %(lot)s failed, and there is no concession.")
        yield Obstacle("inspection_failed", sentence, facts)


@against_release("quality.calibration")
def measured_wrong(session: Session, lot: Lot, now: datetime) -> Iterator[Obstacle]:
    """Instruments that judged the lot or its materials and were found out of tolerance since."""
    concerned = {lot.id, *genealogy.all_inputs(session, lot.id)}
    used = select(EquipmentUse).where(
        EquipmentUse.subject_type == "inventory.lot", EquipmentUse.subject_id.in_(concerned)
    )
    for use in session.scalars(used.order_by(EquipmentUse.used_at)):
        if use.id in {one.id for one in uses_in_question(session, use.equipment)}:
            facts = (("equipment", use.equipment.code), ("what", use.what))
            sentence = N_("%(equipment)s was found out of tolerance after it was used for %(what)s.")
            yield Obstacle("calibration", sentence, facts)


def _of(session: Session, data: Mapping[str, Any]) -> Any:
    number = (data.get("nonconformity") or {}).get("number")
    return queries.numbered(session, number) if number else None
