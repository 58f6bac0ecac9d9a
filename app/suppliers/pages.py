"""What the pages of this room print: the approved supplier list, and what a supplier's own page says."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.models import Item, Supplier
from app.sites.models import Site
from app.sites.queries import sites
from app.suppliers import queries
from app.suppliers.approval.queries import evaluations_of
from app.suppliers.approval.records import GRADES
from app.suppliers.models import SupplierScope
from app.web import current_person, reachable_sites, request_time
from core.clock import site_day
from core.errors import Conflict


@dataclass
class ListedSupplier:
    """One row of the approved supplier list: a supplier at a site with the state of each item."""

    supplier: Supplier
    risk_class: str
    standing: str
    why: str
    cells: dict[uuid.UUID, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One item of a supplier: its scope, what keeps it from being ordered, and whether it lapses soon."""

    scope: SupplierScope
    reasons: list[Conflict]
    soon: bool

    @property
    def state(self) -> str:
        """Code of the state in words and colour (app.web.statuses)."""
        return "blocked" if self.reasons else "lapsing" if self.soon else "approved"


def overview(session: Session, site_id: uuid.UUID, zone: str) -> dict[str, Any]:
    """The approved supplier list of one site as a matrix, and what lapses within 60 days."""
    today = site_day(request_time(), zone)
    scopes = queries.standing_scopes(session, {site_id}, today)
    gate = queries.OrderGate(session, {scope.supplier_id for scope in scopes})
    rows: dict[uuid.UUID, ListedSupplier] = {}
    items: dict[uuid.UUID, Item] = {}
    for scope in scopes:
        row = rows.setdefault(scope.supplier_id, _listed(gate, scope.supplier, today))
        items[scope.item_id] = scope.item
        begun = row.cells.get(scope.item_id)
        if begun is None or scope.valid_from <= today:
            reasons = gate.reasons(scope.supplier, scope.item, scope.site, today)
            row.cells[scope.item_id] = Cell(scope, reasons, _soon(scope.valid_until, today))
    near = [scope for scope in scopes if _soon(scope.valid_until, today)]
    return {
        "rows": list(rows.values()),
        "items": sorted(items.values(), key=lambda item: item.code),
        "lapsing": sorted(near, key=lambda scope: (scope.valid_until, scope.supplier.code)),
        "certificates": queries.lapsing_certificates(session, today),
        "names": queries.CERTIFICATE_NAMES,
        "today": today,
    }


def panel(session: Session, supplier: Supplier) -> Mapping[str, Any]:
    """What a supplier may deliver and why, for the page that the catalogue keeps of him."""
    today = site_day(request_time(), current_person().zone)
    reach = reachable_sites("suppliers.read")
    gate = queries.OrderGate(session, [supplier.id])
    scopes = [
        scope for scope in queries.scopes_of(session, supplier.id) if reach is None or scope.site_id in reach
    ]
    return {
        "supplier": supplier,
        "standing": gate.standing_of(supplier).value,
        "why": gate.why(supplier),
        "row": queries.standing_row(session, supplier.id),
        "risk_class": gate.class_of(supplier, today),
        "scopes": [(one, gate.reasons(supplier, one.item, one.site, today)) for one in scopes],
        "certificates": queries.certificates_of(session, supplier.id),
        "classes": queries.classes_of(session, supplier.id),
        "evaluations": evaluations_of(session, supplier.id),
        "grades": GRADES,
        "names": queries.CERTIFICATE_NAMES,
        "today": today,
        "soon": today + queries.SOON,
    }


def _listed(gate: queries.OrderGate, supplier: Supplier, on: date) -> ListedSupplier:
    standing = gate.standing_of(supplier).value
    return ListedSupplier(supplier, gate.class_of(supplier, on), standing, gate.why(supplier))


def _soon(last: date | None, today: date) -> bool:
    return last is not None and last <= today + queries.SOON


def site_shown(session: Session, asked: str) -> tuple[Site | None, list[Site]]:
    """The site whose list is shown, by its code, else the first one; and all that the reader may choose."""
    known = list(sites(session, reachable_sites("suppliers.read")))
    return next((site for site in known if site.code == asked), known[0] if known else None), known
