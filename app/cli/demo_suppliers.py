"""What the demo's suppliers may deliver, as rows of their lists; days are counted from the day of loading."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.cli.demo_objects import store_list
from core.actor import Actor

SCOPES = (
    ("S-101", ("RM-PVC-70",), 600),
    ("S-102", ("CP-LUER", "CP-DRIP", "CP-CLAMP"), 600),
    ("S-103", ("PK-POUCH", "PK-CARTON"), 47),
)
"""Supplier, items it may deliver, days until the approval lapses; one of them soon."""

CERTIFICATES = (
    ("S-101", "iso_13485", "DEMO MD 4711", 500),
    ("S-102", "iso_13485", "DEMO MD 0815", 38),
    ("S-103", "iso_9001", "DEMO QM 2204", 420),
    ("S-103", "test_report", "DEMO 11607-2", 900),
)
"""Supplier, kind, number, days until it expires."""

DEMANDS = (("A", "iso_13485"), ("B", "iso_13485, iso_9001"), ("C", "none"))
"""Risk class, certificates of which one is needed."""

CLASSES = (
    ("S-101", "A", "Material in the fluid path"),
    ("S-102", "A", "Parts in the fluid path"),
    ("S-103", "B", "Sterile barrier"),
)
"""Supplier, risk class, what it rests on."""


def load_suppliers(session: Session, site: str, today: date, *, actor: Actor, now: datetime) -> None:
    """Approve what the demo's orders need, with certificates and risk classes.

    Raises:
        ValueError: a row does not fit; the demo is wrong.
    """
    for name, rows in _lists(site, today).items():
        store_list(session, name, rows, actor=actor, now=now)


def _lists(site: str, today: date) -> Mapping[str, Sequence[Mapping[str, str]]]:
    since = (today - timedelta(days=300)).isoformat()
    return {
        "suppliers.demands": [
            {"risk_class": rated, "valid_from": since, "certificates": certificates}
            for rated, certificates in DEMANDS
        ],
        "suppliers.classes": [
            {"supplier": supplier, "valid_from": since, "risk_class": rated, "grounds": grounds}
            for supplier, rated, grounds in CLASSES
        ],
        "suppliers.certificates": [
            {
                "supplier": supplier,
                "kind": kind,
                "number": number,
                "issuer": "Demo certification body",
                "valid_from": since,
                "valid_until": (today + timedelta(days=days)).isoformat(),
            }
            for supplier, kind, number, days in CERTIFICATES
        ],
        "suppliers.scopes": [
            {
                "supplier": supplier,
                "item": item,
                "site": site,
                "valid_from": since,
                "valid_until": (today + timedelta(days=days)).isoformat(),
            }
            for supplier, items, days in SCOPES
            for item in items
        ],
        "suppliers.standings": [
            {"supplier": "S-103", "standing": "free", "why": "Block lifted after the audit"},
        ],
    }
