"""The posted form of what was done to equipment, read into a command."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from app.equipment.models import Duty, Verdict
from app.equipment.services import RecordEvent
from core.errors import FieldErrors, Invalid


def read_event(equipment_id: uuid.UUID, fields: Mapping[str, str]) -> RecordEvent:
    """Read fields ``duty``, ``verdict``, ``done_on``, ``until``, ``document`` and ``remarks``.

    Raises:
        FieldErrors: every fault by field.
    """
    errors: dict[str, Invalid] = {}
    done_on, until = _day(fields, "done_on", errors), _day(fields, "until", errors)
    if done_on is None:
        errors.setdefault("done_on", Invalid("change.day", "Choose a day.", field="done_on"))
    duty, verdict = fields.get("duty", ""), fields.get("verdict", "")
    if duty not in set(Duty):
        errors["duty"] = Invalid("equipment.duty", "Choose what was done.", field="duty")
    if verdict not in set(Verdict):
        errors["verdict"] = Invalid("equipment.verdict", "Choose how it was found.", field="verdict")
    if errors:
        raise FieldErrors(errors)
    assert done_on is not None
    return RecordEvent(
        equipment_id=equipment_id,
        duty=Duty(duty),
        done_on=done_on,
        document=fields.get("document", "").strip()[:120],
        verdict=Verdict(verdict),
        until=until,
        remarks=fields.get("remarks", "").strip()[:500],
    )


def _day(fields: Mapping[str, str], name: str, errors: dict[str, Invalid]) -> date | None:
    written = fields.get(name, "").strip()
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        errors[name] = Invalid("change.day", "Choose a day.", field=name)
        return None
