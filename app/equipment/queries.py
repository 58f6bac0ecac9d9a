"""Reads of equipment: whether it may be used, what is due, what it measured since it was found good."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.equipment import errors
from app.equipment.models import (
    UNTIL,
    Duty,
    Equipment,
    EquipmentEvent,
    EquipmentState,
    EquipmentUse,
    Verdict,
)
from core.clock import site_day
from core.errors import Invalid, NotFound
from core.types import Bilingual

SOON = timedelta(days=30)
"""How long before its last day something is said to be due."""

DUTIES: dict[Duty, Bilingual] = {
    Duty.QUALIFICATION: {"en": "qualification", "zh": "确认"},
    Duty.CALIBRATION: {"en": "calibration", "zh": "校准"},
    Duty.MAINTENANCE: {"en": "maintenance", "zh": "维护保养"},
}
"""What people call the duties within a sentence."""

_BETWEEN = re.compile(r"[\s,;，；、]+")


@dataclass(frozen=True)
class Due:
    """A duty that is over or will be soon."""

    equipment: Equipment
    duty: Duty
    until: date | None


def named_in(text: str) -> list[str]:
    """The codes somebody wrote, each once, in their order."""
    return list(dict.fromkeys(word for word in _BETWEEN.split(text) if word))


def registered(session: Session, site_id: uuid.UUID, codes: Collection[str]) -> dict[str, Equipment]:
    """The equipment of a site with some codes."""
    wanted = select(Equipment).where(Equipment.site_id == site_id, Equipment.code.in_(codes))
    return {one.code: one for one in session.scalars(wanted)}


def keeps_register(session: Session, site_id: uuid.UUID) -> bool:
    """Whether a site has registered any equipment yet; until then names are taken as they are written."""
    return session.scalar(select(Equipment.id).where(Equipment.site_id == site_id).limit(1)) is not None


def not_usable(equipment: Equipment, today: date) -> Invalid | None:
    """Say why equipment must not be used on a day of its site's calendar; None: it may."""
    if equipment.blocked:
        return errors.blocked(equipment.code, equipment.block_reason)
    if equipment.state is not EquipmentState.IN_USE:
        return errors.out_of_use(equipment.code)
    for duty in Duty:
        until = equipment.until(duty)
        if until is None and equipment.months(duty) is not None:
            return errors.never(equipment.code, DUTIES[duty])
        if until is not None and until < today:
            return errors.overdue(equipment.code, DUTIES[duty], until)
    return None


def refusal(session: Session, site_id: uuid.UUID, text: str, today: date) -> Invalid | None:
    """Say why one of the instruments somebody names must not be used at a site; None: all may."""
    codes = named_in(text)
    return refusal_among(session, site_id, codes, registered(session, site_id, codes), today)


def refusal_among(
    session: Session, site_id: uuid.UUID, codes: Sequence[str], found: Mapping[str, Equipment], today: date
) -> Invalid | None:
    """Say of instruments that have been looked up why one of them must not be used; None: all may."""
    if len(found) < len(codes) and keeps_register(session, site_id):
        return errors.unknown(next(code for code in codes if code not in found))
    refused = (not_usable(found[code], today) for code in codes if code in found)
    return next((one for one in refused if one is not None), None)


def equipment_of(session: Session, equipment_id: uuid.UUID) -> Equipment:
    """One piece of equipment.

    Raises:
        NotFound: ``equipment.none``.
    """
    found = session.get(Equipment, equipment_id)
    if found is None:
        raise NotFound("equipment.none", "There is no such equipment.")
    return found


def due(session: Session, sites: Collection[uuid.UUID] | None, by: date) -> list[Due]:
    """What is over or will be by a day, at some sites (None: all), what was never done first."""
    wanted = select(Equipment).where(Equipment.state == EquipmentState.IN_USE)
    if sites is not None:
        wanted = wanted.where(Equipment.site_id.in_(sites))
    asked = []
    for duty, column in UNTIL.items():
        until = getattr(Equipment, column)
        months = getattr(Equipment, f"{duty.value}_months")
        asked += [until <= by, until.is_(None) & months.is_not(None)]
    found = [
        Due(one, duty, one.until(duty))
        for one in session.scalars(wanted.where(or_(*asked)))
        for duty in Duty
        if _is_due(one, duty, by)
    ]
    return sorted(found, key=lambda one: (one.until or date.min, one.equipment.code, one.duty.value))


def events_of(session: Session, equipment_id: uuid.UUID) -> Sequence[EquipmentEvent]:
    """What was done to equipment, newest first."""
    wanted = select(EquipmentEvent).where(EquipmentEvent.equipment_id == equipment_id)
    return session.scalars(wanted.order_by(EquipmentEvent.done_on.desc(), EquipmentEvent.id.desc())).all()


def event_of(session: Session, equipment_id: uuid.UUID, event_id: uuid.UUID) -> EquipmentEvent:
    """One thing that was done to equipment.

    Raises:
        NotFound: ``equipment.no_event``.
    """
    found = session.get(EquipmentEvent, event_id)
    if found is None or found.equipment_id != equipment_id:
        raise NotFound("equipment.no_event", "There is no such entry.")
    return found


def uses_of(session: Session, equipment_id: uuid.UUID, most: int = 50) -> Sequence[EquipmentUse]:
    """What equipment was used for, newest first."""
    wanted = select(EquipmentUse).where(EquipmentUse.equipment_id == equipment_id)
    return session.scalars(wanted.order_by(EquipmentUse.used_at.desc()).limit(most)).all()


def uses_in_question(session: Session, equipment: Equipment) -> Sequence[EquipmentUse]:
    """What equipment was used for since it was last found good, when it has been found outside since then.

    The day itself counts: nobody knows at which hour it went wrong.
    """
    newest = next((one for one in events_of(session, equipment.id) if one.duty is Duty.CALIBRATION), None)
    if newest is None or newest.verdict is not Verdict.OUT_OF_TOLERANCE:
        return []
    return uses_since(session, equipment, equipment.last_good)


def uses_since(session: Session, equipment: Equipment, day: date | None) -> Sequence[EquipmentUse]:
    """What equipment was used for from a day of the site's calendar on (None: ever), oldest first."""
    wanted = select(EquipmentUse).where(EquipmentUse.equipment_id == equipment.id)
    found = session.scalars(wanted.order_by(EquipmentUse.used_at)).all()
    zone = equipment.site.zone
    return [one for one in found if day is None or site_day(one.used_at, zone) >= day]


def _is_due(one: Equipment, duty: Duty, by: date) -> bool:
    until = one.until(duty)
    return until <= by if until is not None else one.months(duty) is not None
