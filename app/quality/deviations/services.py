"""Verbs on nonconformities: register, hold, block, classify, close (ISO 13485:2016 8.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Supplier
from app.equipment.models import Equipment
from app.equipment.services import block_equipment, unblock_equipment
from app.inventory import genealogy
from app.inventory.disposing import HOLDABLE, free_lot, makers_of
from app.inventory.keys import lots_named
from app.inventory.ledger import lock_lots
from app.inventory.models import Lot, LotStatus
from app.inventory.services import hold_lot
from app.quality.deviations import queries
from app.quality.deviations.models import (
    Nonconformity,
    NonconformityClass,
    NonconformityLot,
    NonconformityState,
)
from app.suppliers import queries as supply
from app.suppliers.models import Standing
from app.suppliers.services import block_supplier, unblock_supplier
from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed
from documents.labels import N_
from signatures import audit
from workflows.models import ProcessCase

Found = TypeVar("Found", Item, Supplier, Equipment)


@dataclass(frozen=True)
class Report:
    """What somebody found: ``item``, ``supplier`` and ``equipment`` are codes, empty where none is named."""

    title: str
    category: str
    item: str = ""
    supplier: str = ""
    equipment: str = ""


@dataclass(frozen=True)
class Hold:
    """Lots to be held by their keys (app.inventory.keys), with the suspect quantity of each if it is known.

    ``descendants``: every lot made from them, too.
    """

    numbers: Sequence[str]
    descendants: bool = False
    suspect: dict[str, Decimal] = field(default_factory=dict)


def open_nonconformity(
    session: Session, case: ProcessCase, report: Report, *, actor: Actor, now: datetime
) -> Nonconformity:
    """Register what a case is about; a corrected report changes the row that is there.

    Raises:
        Invalid: ``pick.unknown``: there is no such item, supplier or equipment.
        Conflict: ``nonconformity.no_site``: the case belongs to no site.
    """
    if case.site_id is None:
        raise Conflict("nonconformity.no_site", "A nonconformity is found at a site.")
    found = queries.of_case(session, case.id)
    if found is None:
        found = Nonconformity(
            number=case.number, case_id=case.id, site_id=case.site_id, opened_at=now,
            opened_by=actor.id, opened_by_name=actor.name,
        )  # fmt: skip
        session.add(found)
    found.title, found.category = report.title, report.category
    found.item = _coded(session, Item, report.item, "item")
    found.supplier = _coded(session, Supplier, report.supplier, "supplier")
    found.equipment = _coded(session, Equipment, report.equipment, "equipment")
    session.flush()  # lots refer to it
    _tell(session, "nonconformity.opened", found, title=found.title)
    return found


def hold_lots(
    session: Session, found: Nonconformity, hold: Hold, *, actor: Actor, now: datetime
) -> list[NonconformityLot]:
    """Put the named lots on hold, with every lot made from them if asked; lots named before stay named.

    Raises:
        Invalid: ``lot.no_such`` or ``lot.ambiguous``.
    """
    named = lots_named(session, found.site_id, hold.numbers)
    wanted = {lot.id for lot in named.values()}
    suspect = {named[key].id: quantity for key, quantity in hold.suspect.items() if key in named}
    if hold.descendants:
        for lot in named.values():
            wanted |= genealogy.all_outputs(session, lot.id)
    known = {row.lot_id for row in found.lots}
    held = []
    for lot in lock_lots(session, sorted(wanted)).values():
        if lot.id not in known:
            held.append(_hold(session, found, lot, suspect.get(lot.id), actor=actor, now=now))
    session.flush()  # what follows in this transaction reads the rows
    return held


def _hold(
    session: Session, found: Nonconformity, lot: Lot, suspect: Decimal | None, *, actor: Actor, now: datetime
) -> NonconformityLot:
    before, takes = lot.status, lot.status in HOLDABLE
    elsewhere = [one for one in queries.open_on(session, [lot.id]) if one.held]
    if takes:
        hold_lot(session, lot.id, document=found.number, actor=actor, now=now)
    elif before is LotStatus.HOLD and elsewhere:
        before = elsewhere[0].status_before
    row = NonconformityLot(
        nonconformity=found, lot=lot, named_at=now, held=takes, status_before=before, suspect=suspect
    )
    session.add(row)
    return row


def block_causes(
    session: Session, found: Nonconformity, *, equipment: str, supplier: str, actor: Actor, now: datetime
) -> list[str]:
    """Block a machine or a supplier by code, if they are free; gives what was blocked.

    Raises:
        Invalid: ``pick.unknown``.
    """
    blocked, why = [], f"{found.number} {found.title}"
    machine = _coded(session, Equipment, equipment, "equipment")
    if machine is not None and not machine.blocked:
        block_equipment(session, machine.id, why, actor=actor, now=now)
        blocked.append(machine.code)
    maker = _coded(session, Supplier, supplier, "supplier")
    if maker is not None and not _is_blocked(session, maker):
        block_supplier(session, maker.id, why, actor=actor, now=now)
        blocked.append(maker.code)
    return blocked


def lift_blocks(
    session: Session, found: Nonconformity, *, equipment: str, supplier: str, actor: Actor, now: datetime
) -> list[str]:
    """Lift the blocks that this nonconformity set; those that others set stay.

    Raises:
        Invalid: ``pick.unknown``.
    """
    lifted, why = [], found.number
    machine = _coded(session, Equipment, equipment, "equipment")
    if machine is not None and machine.blocked and machine.block_reason.startswith(found.number):
        unblock_equipment(session, machine.id, why, actor=actor, now=now)
        lifted.append(machine.code)
    maker = _coded(session, Supplier, supplier, "supplier")
    row = supply.standing_row(session, maker.id) if maker is not None else None
    own = row is not None and row.standing is Standing.BLOCKED and row.why.startswith(found.number)
    if maker is not None and own:
        unblock_supplier(session, maker.id, why, actor=actor, now=now)
        lifted.append(maker.code)
    return lifted


def recurrence(session: Session, found: Nonconformity, *, days: int, now: datetime) -> int:
    """How often the like was found within some days, this time counted."""
    return queries.count_alike(session, found, now - timedelta(days=days))


def classify_nonconformity(session: Session, found: Nonconformity, grave: NonconformityClass) -> None:
    """Note how grave it is."""
    found.severity_class = grave
    session.flush()  # the version of the row moves on
    _tell(session, "nonconformity.classified", found, severity=grave.value)


def refuse_makers(session: Session, found: Nonconformity, *, actor: Actor) -> None:
    """Refuse a decision by whoever made one of the lots it is about, or acts for him.

    Raises:
        NotAllowed: ``nonconformity.maker``.
    """
    makers = makers_of(session, {row.lot_id for row in found.lots})
    if {actor.id, actor.on_behalf_of} & makers:
        sentence = N_("Whoever made the goods does not decide what becomes of them.")
        raise NotAllowed("nonconformity.maker", sentence, number=found.number)


def free_lots(session: Session, found: Nonconformity, *, actor: Actor, now: datetime) -> list[str]:
    """Nothing is wrong: every lot that was put on hold for it goes back to where it was."""
    freed = []
    for row in [one for one in found.lots if one.disposed_at is None]:
        give_back(session, row, row.status_before, actor=actor, now=now)
        dispose(row, actor=actor, now=now)
        freed.append(row.lot.number)
    session.flush()  # closing reads the rows
    return freed


def cancel_nonconformity(
    session: Session, found: Nonconformity, *, actor: Actor, now: datetime
) -> Nonconformity:
    """The case was cancelled: while nobody has judged the report, lots and blocks go back to where they were.

    Afterwards blocks stay until somebody lifts them on the page of the machine or supplier.

    Raises:
        NotAllowed: ``nonconformity.own_report``: nobody cancels his own report while it holds lots.
        Conflict: ``nonconformity.lots_open``: lots wait for the disposition of a judged nonconformity.
    """
    if found.severity_class is None:
        if {actor.id, actor.on_behalf_of} & {found.opened_by} and any(row.held for row in found.lots):
            sentence = N_("Lots are on hold for this report: somebody else than its author cancels it.")
            raise NotAllowed("nonconformity.own_report", sentence, number=found.number)
        free_lots(session, found, actor=actor, now=now)
        codes = {
            "equipment": found.equipment.code if found.equipment else "",
            "supplier": found.supplier.code if found.supplier else "",
        }
        lift_blocks(session, found, **codes, actor=actor, now=now)
    return close_nonconformity(session, found, cancelled=True, now=now)


def settled_by_cancelling(found: Nonconformity) -> bool:
    """Whether cancelling the case leaves no lot held: nobody has judged it, or nothing waits any more."""
    return found.severity_class is None or all(row.disposed_at is not None for row in found.lots)


def give_back(
    session: Session, row: NonconformityLot, to: LotStatus, *, actor: Actor, now: datetime
) -> None:
    """Take a lot off hold; if another nonconformity is still in doubt about it, the hold becomes its own."""
    lot = lock_lots(session, [row.lot_id])[row.lot_id]
    if lot.status is not LotStatus.HOLD or to is LotStatus.HOLD:
        return
    other = queries.undecided_elsewhere(session, row)
    if other is not None:
        other.held, other.status_before = True, to
        return
    free_lot(session, lot.id, to, document=row.nonconformity.number, actor=actor, now=now)


def dispose(row: NonconformityLot, *, actor: Actor, now: datetime) -> None:
    """Note that nothing more is open about a lot."""
    row.disposed_at, row.disposed_by, row.disposed_by_name = now, actor.id, actor.name


def close_nonconformity(
    session: Session, found: Nonconformity, *, cancelled: bool, now: datetime
) -> Nonconformity:
    """Close it, or cancel it because nothing was wrong.

    Raises:
        Conflict: ``nonconformity.over`` or ``nonconformity.lots_open``.
    """
    found.end(NonconformityState.CANCELLED if cancelled else NonconformityState.CLOSED, now=now)
    session.flush()  # gates of this transaction ask for open ones
    _tell(session, "nonconformity.cancelled" if cancelled else "nonconformity.closed", found)
    return found


def _coded(session: Session, model: type[Found], code: str, name: str) -> Found | None:
    if not code:
        return None
    found = session.scalar(select(model).where(model.code == code))
    if found is None:
        raise Invalid("pick.unknown", "There is no “%(key)s”.", field=name, key=code)
    return found


def _is_blocked(session: Session, supplier: Supplier) -> bool:
    row = supply.standing_row(session, supplier.id)
    return row is not None and row.standing is Standing.BLOCKED


def _tell(session: Session, action: str, found: Nonconformity, **facts: str) -> None:
    told = {"nonconformity": found.number, **facts}
    audit.record(session, action, subject=("quality.nonconformity", found.id), facts=told)
