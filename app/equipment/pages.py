"""What the pages of equipment print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.equipment import queries
from app.equipment.models import Duty, Equipment, Verdict
from app.web import current_person, reachable_sites, request_time
from core.clock import site_day
from core.types import Bilingual

DUTY_NAMES: dict[str, Bilingual] = {
    "qualification": {"en": "Qualification", "zh": "确认"},
    "calibration": {"en": "Calibration", "zh": "校准"},
    "maintenance": {"en": "Maintenance", "zh": "维护保养"},
}
VERDICT_NAMES: dict[str, Bilingual] = {
    "good": {"en": "Good, within tolerance", "zh": "合格（允差内）"},
    "out_of_tolerance": {"en": "Out of tolerance", "zh": "超差"},
}


def panel(session: Session, found: Equipment) -> Mapping[str, Any]:
    """The state of each duty, what was done, what the equipment was used for, and what is in question."""
    today = site_day(request_time(), found.site.zone)
    return {
        "equipment": found,
        "today": today,
        "soon": today + queries.SOON,
        "refusal": queries.not_usable(found, today),
        "duties": [(duty, found.months(duty), found.until(duty)) for duty in Duty],
        "events": queries.events_of(session, found.id),
        "used": queries.uses_of(session, found.id),
        "in_question": queries.uses_in_question(session, found),
        "duty_names": DUTY_NAMES,
        "verdict_names": VERDICT_NAMES,
        "verdicts": list(Verdict),
    }


def due_page(session: Session) -> dict[str, Any]:
    """What is over or due within 30 days, at the reader's sites."""
    today = site_day(request_time(), current_person().zone)
    listed = queries.due(session, reachable_sites("equipment.read"), today + queries.SOON)
    return {"listed": listed, "today": today, "names": DUTY_NAMES}
