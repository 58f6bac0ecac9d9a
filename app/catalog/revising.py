"""Verbs on revisions of master data: opened as drafts, or with a day for an item that has none in force yet;
put into force and ended by an approved change, never edited after that (URS-031, ISO 13485:2016 7.3.9)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.catalog.models import (
    Bom,
    BomLine,
    CharacteristicKind,
    InspectionCharacteristic,
    InspectionStandard,
    Item,
    ItemRevision,
    Routing,
    RoutingOperation,
)
from app.catalog.queries import conversions_of
from app.catalog.structure import refuse_circle, stock_quantity
from app.catalog.units import MEASURE_UNITS
from core import effectivity
from core.actor import Actor
from core.clock import site_day
from core.db import lock_row
from core.effectivity import RevisionState
from core.errors import Conflict, Invalid
from core.locks import lock_parents
from core.types import Bilingual
from signatures import audit

AnyRevision = ItemRevision | InspectionStandard | Bom | Routing
R = TypeVar("R", bound=ItemRevision | InspectionStandard | Bom | Routing)

SUBJECTS: dict[str, type[AnyRevision]] = {
    "catalog.item_revision": ItemRevision,
    "catalog.inspection_standard": InspectionStandard,
    "catalog.bom": Bom,
    "catalog.routing": Routing,
}
"""Name of a kind of revision and its table."""

_EARLIEST = "Etc/GMT+12"


def first_day(now: datetime) -> date:
    """The day it still is somewhere on earth: what begins on it is in force at every site."""
    return site_day(now, _EARLIEST)


@dataclass(frozen=True)
class Characteristic:
    """One line of an inspection standard, as entered; see ``InspectionCharacteristic``."""

    code: str
    name: Bilingual
    kind: CharacteristicKind
    lower: Decimal | None = None
    upper: Decimal | None = None
    unit: str = ""
    requirement: Bilingual = field(default_factory=dict)
    method: str = ""
    instrument: Bilingual = field(default_factory=dict)
    sample_size: int = 1


@dataclass(frozen=True)
class BomPart:
    """One line of a bill of material as entered; ``unit`` is empty for the part's stock unit."""

    item: Item
    quantity: Decimal
    unit: str = ""


@dataclass(frozen=True)
class Operation:
    """One step of a routing as entered; see ``RoutingOperation``."""

    number: int
    name: Bilingual
    equipment: str
    setup_minutes: Decimal
    run_minutes: Decimal
    instruction: str = ""
    skill: str = ""


def open_bom(
    session: Session,
    item: Item,
    parts: Sequence[BomPart],
    *,
    revision: str,
    effective_from: date | None,
    actor: Actor,
    now: datetime,
) -> Bom:
    """Add a revision of an item's bill of material: a draft, or in force from a day on.

    Raises:
        Invalid: ``bom.empty``, ``bom.circle``, or a quantity that does not fit (app.catalog.structure).
        Conflict: ``revision.approval`` or ``revision.overlap``.
    """
    bom = Bom(item=item, code=revision, created_at=now)
    _fill_bom(session, bom, parts)
    _open(session, bom, "catalog.bom", effective_from)
    return bom


def change_bom(session: Session, bom: Bom, parts: Sequence[BomPart]) -> None:
    """Write the lines of a draft anew.

    Raises:
        Conflict: ``revision.frozen``.
        Invalid: as :func:`open_bom` says.
    """
    _must_be_draft(bom)
    bom.lines.clear()
    session.flush()  # the old lines go before the new ones come: a part stands once
    _fill_bom(session, bom, parts)
    session.flush()


def bom_ready(session: Session, bom: Bom) -> None:
    """Refuse a bill of material that cannot come into force.

    Raises:
        Invalid: ``bom.empty`` or ``bom.circle``.
    """
    if not bom.lines:
        raise Invalid("bom.empty", "A bill of material needs at least one line.", field="lines")
    refuse_circle(session, bom.item, {line.item_id for line in bom.lines})


def open_standard(
    session: Session,
    item: Item,
    lines: Sequence[Characteristic],
    *,
    revision: str,
    effective_from: date | None,
    actor: Actor,
    now: datetime,
) -> InspectionStandard:
    """Add a revision of an item's inspection standard: a draft, or in force from a day on.

    Raises:
        Invalid: a line that could never be judged.
        Conflict: ``revision.approval`` or ``revision.overlap``.
    """
    standard = InspectionStandard(item=item, code=revision)
    _fill_standard(standard, lines)
    _open(session, standard, "catalog.inspection_standard", effective_from)
    return standard


def change_standard(session: Session, standard: InspectionStandard, lines: Sequence[Characteristic]) -> None:
    """Write the characteristics of a draft anew.

    Raises:
        Conflict: ``revision.frozen``.
        Invalid: a line that could never be judged.
    """
    _must_be_draft(standard)
    standard.characteristics.clear()
    session.flush()  # the old lines go before the new ones come: a code stands once
    _fill_standard(standard, lines)
    session.flush()


def open_routing(
    session: Session,
    item: Item,
    operations: Sequence[Operation],
    *,
    revision: str,
    effective_from: date | None,
    actor: Actor,
    now: datetime,
) -> Routing:
    """Add a revision of how an item is made: a draft, or in force from a day on.

    Raises:
        Conflict: ``revision.approval`` or ``revision.overlap``.
    """
    routing = Routing(item=item, code=revision)
    routing.operations.extend(RoutingOperation(**vars(one)) for one in operations)
    _open(session, routing, "catalog.routing", effective_from)
    return routing


def change_routing(session: Session, routing: Routing, operations: Sequence[Operation]) -> None:
    """Write the operations of a draft anew.

    Raises:
        Conflict: ``revision.frozen``.
    """
    _must_be_draft(routing)
    routing.operations.clear()
    session.flush()  # the old steps go before the new ones come: a number stands once
    routing.operations.extend(RoutingOperation(**vars(one)) for one in operations)
    session.flush()


@dataclass(frozen=True)
class ItemFacts:
    """What a revision of an item says: specification, drawing and a note."""

    specification: str = ""
    drawing: str = ""
    note: str = ""


def open_item_revision(
    session: Session,
    item: Item,
    facts: ItemFacts,
    *,
    revision: str,
    effective_from: date | None,
    actor: Actor,
    now: datetime,
) -> ItemRevision:
    """Add a revision of an item: a draft, or in force from a day on.

    Raises:
        Conflict: ``revision.approval`` or ``revision.overlap``.
    """
    opened = ItemRevision(item=item, code=revision, **vars(facts))
    _open(session, opened, "catalog.item_revision", effective_from)
    return opened


def change_item_revision(session: Session, revision: ItemRevision, facts: ItemFacts) -> None:
    """Write a draft anew.

    Raises:
        Conflict: ``revision.frozen``.
    """
    _must_be_draft(revision)
    revision.specification, revision.drawing, revision.note = facts.specification, facts.drawing, facts.note


def make_revision_effective(
    session: Session, revision: AnyRevision, *, effective_from: date, today: date, actor: Actor
) -> None:
    """Put a draft into force from a day on; ``today`` is a day of the site that decides.

    Raises:
        Conflict: ``revision.not_draft`` or ``revision.overlap``.
        Invalid: ``revision.past``, or what :func:`bom_ready` says.
    """
    revision = _locked(session, revision)
    if isinstance(revision, Bom):
        bom_ready(session, revision)
    with _named(revision):
        siblings = _siblings(session, revision)
        effectivity.approve(revision, siblings, effective_from=effective_from, today=today)
    _note(session, "revision.made_effective", revision, {"day": effective_from.isoformat()})


def end_revision(
    session: Session, revision: AnyRevision, *, last_day: date, today: date, actor: Actor
) -> None:
    """End a revision without a successor; ``today`` is a day of the site that decides.

    Raises:
        Conflict: ``revision.not_approved`` or ``revision.followed``.
        Invalid: ``revision.past`` or ``revision.ends_before``.
    """
    revision = _locked(session, revision)
    with _named(revision):
        effectivity.end(revision, _siblings(session, revision), last_day=last_day, today=today)
    _note(session, "revision.ended", revision, {"day": last_day.isoformat()})


def _must_be_draft(revision: AnyRevision) -> None:
    with _named(revision):
        effectivity.must_be_draft(revision)


@contextmanager
def _named(revision: AnyRevision) -> Iterator[None]:
    """Say in a refusal which revision it is about, so that the attempt is listed under it."""
    try:
        yield
    except Conflict as refused:
        refused.facts["subject"] = (f"catalog.{revision.__tablename__}", str(revision.id))
        raise


def _locked(session: Session, revision: R) -> R:
    """Lock the item first: revisions of one item are decided one after the other."""
    lock_row(session, Item, revision.item_id)
    return lock_row(session, type(revision), revision.id)


def _siblings(session: Session, revision: R) -> Sequence[R]:
    kind = type(revision)
    wanted = select(kind).where(kind.item_id == revision.item_id)
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def _note(session: Session, action: str, revision: AnyRevision, facts: dict[str, str]) -> None:
    session.flush()  # the audit line below names the row as it is now
    subject = f"catalog.{revision.__tablename__}"
    said = {"item": revision.item.code, "revision": revision.code, **facts}
    audit.record(session, action, subject=(subject, revision.id), facts=said)


def _open(session: Session, revision: AnyRevision, subject: str, effective_from: date | None) -> None:
    """Keep a new revision; with a day it is taken over as approved, which an item allows once."""
    if effective_from is not None and inspect(revision.item).persistent:
        lock_parents(session, Item, [revision.item.id])  # before the insert, which would share that lock
    session.add(revision)
    session.flush()  # siblings are looked for, and the audit line below names the new row
    if effective_from is not None:
        _take_over(session, revision, effective_from)
        session.flush()
    facts = {"item": revision.item.code, "revision": revision.code}
    action = f"{revision.__tablename__}.opened"
    audit.record(session, action, subject=(subject, revision.id), facts=facts)


def _take_over(session: Session, revision: AnyRevision, day: date) -> None:
    for other in _siblings(session, revision):
        if other.state is RevisionState.APPROVED and other.effective_from == day:
            raise Conflict(
                "revision.overlap",
                "Another revision comes into force on %(day)s already. Choose another day.",
                field="effective_from",
                day=day.isoformat(),
            )
    revision.state, revision.effective_from = RevisionState.APPROVED, day


def _fill_bom(session: Session, bom: Bom, parts: Sequence[BomPart]) -> None:
    if not parts:
        raise Invalid("bom.empty", "A bill of material needs at least one line.", field="lines")
    refuse_circle(session, bom.item, {part.item.id for part in parts})
    facts = conversions_of(session, {part.item.id for part in parts})
    for position, part in enumerate(parts, start=1):
        unit = part.unit or part.item.uom
        taken = stock_quantity(part.item, part.quantity, unit, facts.get(part.item.id, ()))
        line = BomLine(position=position, item=part.item, quantity=taken)
        if unit != part.item.uom:
            line.entered_quantity, line.entered_unit = part.quantity, unit
        bom.lines.append(line)


def _fill_standard(standard: InspectionStandard, lines: Sequence[Characteristic]) -> None:
    for position, line in enumerate(lines, start=1):
        if line.unit and line.unit not in MEASURE_UNITS:
            raise Invalid("unit.unknown_measure", "Unknown unit “%(unit)s”.", field="unit", unit=line.unit)
        if line.kind is CharacteristicKind.MEASURED and line.lower is None and line.upper is None:
            raise Invalid(
                "characteristic.limits",
                "Characteristic %(characteristic)s needs a lower or an upper limit.",
                field="lower",
                characteristic=line.code,
            )
        standard.characteristics.append(InspectionCharacteristic(position=position, **vars(line)))
