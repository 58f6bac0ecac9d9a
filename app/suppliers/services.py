"""Verbs on what suppliers may deliver: approve and end a scope, block, lift a block (URS-040, URS-041).

Processes call these after a step has been signed. People block at once, and propose everything else as a
change that a second person signs (app.objects).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Supplier
from app.sites.models import Site
from app.suppliers import queries
from app.suppliers.hearing import tell_free
from app.suppliers.models import Standing, SupplierScope, SupplierStanding
from app.suppliers.ratings import set_standing
from core import clock
from core.actor import Actor
from core.db import lock_row
from core.errors import Conflict, Invalid, NotFound
from documents.labels import N_
from signatures import audit


@dataclass(frozen=True)
class ApproveScope:
    """So may be ordered: an item from a supplier for a site, from a day to a day (None: until ended)."""

    supplier: Supplier
    item: Item
    site: Site
    valid_from: date
    valid_until: date | None = None
    when_conditional: bool = False


def approve_scope(session: Session, command: ApproveScope, *, actor: Actor, now: datetime) -> SupplierScope:
    """Approve an item of a supplier for a site.

    Raises:
        Invalid: ``days.ends_before`` or ``days.over``.
        Conflict: ``scope.overlap``.
    """
    first, last = command.valid_from, command.valid_until
    if last is not None and last < first:
        sentence = N_("It would end on %(last)s, before it begins on %(first)s. Check both days.")
        raise Invalid("days.ends_before", sentence, field="valid_until", first=first, last=last)
    if last is not None and last < clock.site_day(now, command.site.zone):
        raise _over(last)
    lock_row(session, Supplier, command.supplier.id)  # two approvals at once would not see each other
    for other in _same(session, command):
        if first <= (other.valid_until or date.max) and other.valid_from <= (last or date.max):
            raise Conflict(
                "scope.overlap",
                "The same supplier, item and site are approved from %(first)s to %(last)s already. End that "
                "scope first, or begin after it.",
                field="valid_from",
                first=other.valid_from,
                last=other.valid_until or "…",
            )
    scope = SupplierScope(
        supplier_id=command.supplier.id,
        item_id=command.item.id,
        site_id=command.site.id,
        valid_from=first,
        valid_until=last,
        when_conditional=command.when_conditional,
    )
    session.add(scope)
    session.flush()  # the trail names the new row
    _tell(
        session, "supplier.scope_approved", command.supplier, item=command.item.code, site=command.site.code
    )
    return scope


def end_scope(
    session: Session, scope_id: uuid.UUID, *, last_day: date | None, actor: Actor, now: datetime
) -> SupplierScope:
    """End an approved scope: it may be ordered for the last time on that day, today if none is given.

    Raises:
        NotFound: ``scope.unknown``.
        Invalid: ``days.over``: the day has passed; ``days.ends_before``: it would end before it begins.
    """
    if session.get(SupplierScope, scope_id) is None:
        raise NotFound("scope.unknown", "There is no such scope.")
    scope = lock_row(session, SupplierScope, scope_id)
    today = clock.site_day(now, scope.site.zone)
    last_day = last_day or today
    if last_day < today:
        raise _over(last_day)
    if last_day < scope.valid_from:
        sentence = N_("It would end on %(last)s, before it begins on %(first)s. Check both days.")
        days = {"first": scope.valid_from, "last": last_day}
        raise Invalid("days.ends_before", sentence, field="valid_until", **days)
    scope.valid_until = last_day
    _tell(session, "supplier.scope_ended", scope.supplier, item=scope.item.code, site=scope.site.code)
    return scope


def block_supplier(
    session: Session, supplier_id: uuid.UUID, why: str, *, actor: Actor, now: datetime
) -> SupplierStanding:
    """Block a supplier at once: nothing is ordered from him, and what comes in is put on hold.

    One person may do it, for waiting would be the greater risk; lifting it takes a second one.

    Raises:
        NotFound: ``supplier.unknown``.
        Invalid: ``supplier.why``.
        Conflict: ``supplier.is_blocked``.
    """
    supplier, why = _locked(session, supplier_id), " ".join(why.split())[:300]
    if not why:
        raise Invalid("supplier.why", "Say why the supplier is blocked.", field="why")
    row = queries.standing_row(session, supplier.id)
    if row is None:
        row = SupplierStanding(supplier_id=supplier.id)
        session.add(row)
    elif row.standing is Standing.BLOCKED:
        sentence = N_("This supplier is blocked already: %(why)s.")
        raise Conflict("supplier.is_blocked", sentence, field="why", why=row.why)
    set_standing(row, Standing.BLOCKED, why, now=now)
    session.flush()  # orders of this transaction must see it
    _tell(session, "supplier.blocked", supplier, why=why)
    return row


def unblock_supplier(
    session: Session, supplier_id: uuid.UUID, why: str, *, actor: Actor, now: datetime
) -> SupplierStanding:
    """Lift the block of a supplier; what was put on hold for it goes back to quarantine.

    Raises:
        NotFound: ``supplier.unknown``.
        Conflict: ``supplier.not_blocked``.
    """
    supplier = _locked(session, supplier_id)
    row = queries.standing_row(session, supplier.id)
    if row is None or row.standing is not Standing.BLOCKED:
        raise Conflict(
            "supplier.not_blocked", "Supplier %(supplier)s is not blocked.", supplier=supplier.code
        )
    set_standing(row, Standing.FREE, why, now=now)
    session.flush()  # whoever hears of it reads the new standing
    _tell(session, "supplier.unblocked", supplier, why=why)
    tell_free(session, supplier, actor=actor, now=now)
    return row


def _locked(session: Session, supplier_id: uuid.UUID) -> Supplier:
    if session.get(Supplier, supplier_id) is None:
        raise NotFound("supplier.unknown", "There is no such supplier.")
    return lock_row(session, Supplier, supplier_id)


def _same(session: Session, command: ApproveScope) -> list[SupplierScope]:
    wanted = select(SupplierScope).where(
        SupplierScope.supplier_id == command.supplier.id,
        SupplierScope.item_id == command.item.id,
        SupplierScope.site_id == command.site.id,
    )
    return list(session.scalars(wanted))


def _over(last: date) -> Invalid:
    sentence = N_("It ended on %(last)s already. A scope is approved, or ended, for today or a later day.")
    return Invalid("days.over", sentence, field="valid_until", last=last)


def _tell(session: Session, action: str, supplier: Supplier, **facts: str) -> None:
    told = {"supplier": supplier.code, **facts}
    audit.record(session, action, subject=("catalog.supplier", supplier.id), facts=told)
