"""The demo's equipment, as rows of its list; days are counted from the day of loading."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.cli.demo_objects import store_list
from core.actor import Actor

EQUIPMENT = (
    ("QC-M-014", "Micrometer 0–25 mm", "千分尺 0–25 mm", "instrument", "QC laboratory", 300),
    ("QC-T-003", "Tensile tester 500 N", "拉力机 500 N", "instrument", "QC laboratory", 21),
    ("QC-B-002", "Balance 0.1 mg", "分析天平 0.1 mg", "instrument", "QC laboratory", -12),
    ("PD-E-001", "Extruder line 1", "挤出机 1 号线", "machine", "Clean room 1", 190),
)
"""Code, names, kind, place, days until the next calibration; one is due soon, one is overdue."""


def load_equipment(session: Session, site: str, today: date, *, actor: Actor, now: datetime) -> None:
    """Register the equipment that the demo's inspections name, and some more.

    Raises:
        ValueError: a row does not fit; the demo is wrong.
    """
    rows = [
        {
            "code": code,
            "name_en": english,
            "name_zh": chinese,
            "kind": kind,
            "site": site,
            "place": place,
            "serial": f"DEMO-{number:03d}",
            "maker": "Demo metrology",
            "state": "in_use",
            "calibration_months": "12",
            "maintenance_months": "6",
            "calibrated_until": (today + timedelta(days=days)).isoformat(),
            "maintained_until": (today + timedelta(days=90)).isoformat(),
            "last_good": (today + timedelta(days=min(days, 0) - 60)).isoformat(),
        }
        for number, (code, english, chinese, kind, place, days) in enumerate(EQUIPMENT, start=1)
    ]
    store_list(session, "equipment.register", rows, actor=actor, now=now)
