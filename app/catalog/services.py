"""Verbs on master data. Until change control owns them, they are called by the demo plant and by imports
only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog import queries
from app.catalog.gs1 import check_gtin
from app.catalog.models import (
    Bom,
    BomLine,
    CharacteristicKind,
    InspectionCharacteristic,
    Item,
    ItemKind,
    Supplier,
)
from app.catalog.units import MEASURE_UNITS, check_unit
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.types import Bilingual
from signatures import audit

BATCH = 500
"""So many rows of a list are written in one statement."""


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
class NewItem:
    """Everything needed to open an item; see ``Item``."""

    code: str
    name: Bilingual
    kind: ItemKind
    uom: str
    gtin: str | None = None
    shelf_life_days: int | None = None
    storage: Bilingual = field(default_factory=dict)
    specification: str = ""
    characteristics: Sequence[Characteristic] = ()


def open_item(session: Session, command: NewItem, *, actor: Actor, now: datetime) -> Item:
    """Add an item with its inspection characteristics.

    Raises:
        Invalid: unknown unit, GTIN with a wrong check digit, or a characteristic that could never be judged.
        Conflict: ``item.exists``.
    """
    gtin = check_gtin(command.gtin) if command.gtin else None
    taken = queries.item_by_code(session, command.code) or (gtin and queries.item_by_gtin(session, gtin))
    if taken:
        raise Conflict("item.exists", "Item %(item)s exists already.", field="code", item=command.code)
    item = _item(command, now)
    for position, line in enumerate(command.characteristics, start=1):
        item.characteristics.append(_characteristic(line, position))
    session.add(item)
    session.flush()  # the audit line below names the new row
    audit.record(session, "item.opened", subject=("catalog.item", item.id), facts={"code": item.code})
    return item


def open_items(session: Session, commands: Iterable[NewItem], *, actor: Actor, now: datetime) -> None:
    """Add many items without inspection standards, as a list brings them: a few hundred in one statement.

    The trail holds every row; that the list was brought is the event of the import. Codes and GTINs have been
    compared with those there in this same transaction; the database's own keys stand behind that.

    Raises:
        Invalid: unknown unit, or GTIN with a wrong check digit.
    """
    rest = iter(commands)
    while batch := [_item(command, now) for command in islice(rest, BATCH)]:
        session.add_all(batch)
        session.flush()  # a batch is written at once, then forgotten
        for item in batch:
            session.expunge(item)


def rename_items(session: Session, names: Mapping[str, Bilingual], *, actor: Actor, now: datetime) -> None:
    """Give items other names: item code → name in both languages. The trail holds each old and new row."""
    for item in session.scalars(select(Item).where(Item.code.in_(names)).with_for_update()):
        item.name = dict(names[item.code])
    session.flush()


def open_bom(
    session: Session,
    item: Item,
    lines: Sequence[tuple[Item, Decimal]],
    *,
    revision: str,
    effective_from: date,
    actor: Actor,
    now: datetime,
) -> Bom:
    """Add a revision of an item's bill of material; ``lines`` are (input, quantity per output unit).

    Raises:
        Invalid: ``bom.empty``, ``bom.itself`` or ``quantity.positive``; a counted input may be a fraction
            (a carton).
    """
    if not lines:
        raise Invalid("bom.empty", "A bill of material needs at least one line.", field="lines")
    bom = Bom(item_id=item.id, bom_revision=revision, effective_from=effective_from, created_at=now)
    for position, (part, quantity) in enumerate(lines, start=1):
        if part.id == item.id:
            raise Invalid(
                "bom.itself", "Item %(item)s cannot be part of itself.", field="lines", item=item.code
            )
        if quantity <= 0:
            raise Invalid("quantity.positive", "The quantity must be above zero.", field="lines")
        bom.lines.append(BomLine(position=position, item_id=part.id, quantity=quantity))
    session.add(bom)
    session.flush()  # the audit line below names the new row
    audit.record(
        session,
        "bom.opened",
        subject=("catalog.bom", bom.id),
        facts={"item": item.code, "revision": revision},
    )
    return bom


def add_characteristics(
    session: Session, item: Item, lines: Sequence[Characteristic], *, actor: Actor, now: datetime
) -> None:
    """Add lines to the inspection standard of an item, behind those it has.

    Raises:
        Invalid: a line that could never be judged.
    """
    last = max((one.position for one in item.characteristics), default=0)
    for position, line in enumerate(lines, start=last + 1):
        item.characteristics.append(_characteristic(line, position))
    session.flush()  # the audit line below names the new rows
    facts = {"item": item.code, "characteristics": [line.code for line in lines]}
    audit.record(session, "item.standard_extended", subject=("catalog.item", item.id), facts=facts)


@dataclass(frozen=True)
class NewSupplier:
    """Everything needed to open a supplier; see ``Supplier``."""

    code: str
    name: Bilingual
    criticality: str
    country: str
    certificate: str = ""
    certificate_until: date | None = None


def open_supplier(session: Session, command: NewSupplier, *, actor: Actor, now: datetime) -> Supplier:
    """Add a supplier to the approved list."""
    supplier = _supplier(command, now)
    session.add(supplier)
    session.flush()  # the audit line below names the new row
    audit.record(
        session, "supplier.opened", subject=("catalog.supplier", supplier.id), facts={"code": supplier.code}
    )
    return supplier


def open_suppliers(
    session: Session, commands: Iterable[NewSupplier], *, actor: Actor, now: datetime
) -> None:
    """Add many suppliers to the approved list, as a list brings them; see :func:`open_items`."""
    session.add_all([_supplier(command, now) for command in commands])
    session.flush()


@dataclass(frozen=True)
class SupplierChange:
    """What a list may change of a supplier; None leaves what is there."""

    code: str
    name: Bilingual
    certificate: str | None = None
    certificate_until: date | None = None


def change_supplier_facts(
    session: Session, changes: Iterable[SupplierChange], *, actor: Actor, now: datetime
) -> None:
    """Give suppliers other names and newer certificates. The trail holds each old and new row."""
    wanted = {change.code: change for change in changes}
    for supplier in session.scalars(select(Supplier).where(Supplier.code.in_(wanted)).with_for_update()):
        change = wanted[supplier.code]
        supplier.name = dict(change.name)
        supplier.certificate = change.certificate or supplier.certificate
        supplier.certificate_until = change.certificate_until or supplier.certificate_until
    session.flush()


def _supplier(command: NewSupplier, now: datetime) -> Supplier:
    return Supplier(
        code=command.code,
        name=command.name,
        criticality=command.criticality,
        country=command.country,
        certificate=command.certificate,
        certificate_until=command.certificate_until,
        created_at=now,
    )


def _item(command: NewItem, now: datetime) -> Item:
    return Item(
        code=command.code,
        name=command.name,
        kind=command.kind,
        uom=check_unit(command.uom, field="uom").code,
        gtin=check_gtin(command.gtin) if command.gtin else None,
        shelf_life_days=command.shelf_life_days,
        storage=command.storage,
        specification=command.specification,
        created_at=now,
    )


def _characteristic(line: Characteristic, position: int) -> InspectionCharacteristic:
    if line.unit and line.unit not in MEASURE_UNITS:
        raise Invalid("unit.unknown_measure", "Unknown unit “%(unit)s”.", field="unit", unit=line.unit)
    if line.kind is CharacteristicKind.MEASURED and line.lower is None and line.upper is None:
        raise Invalid(
            "characteristic.limits",
            "Characteristic %(characteristic)s needs a lower or an upper limit.",
            field="lower",
            characteristic=line.code,
        )
    return InspectionCharacteristic(
        position=position,
        code=line.code,
        name=line.name,
        kind=line.kind,
        lower=line.lower,
        upper=line.upper,
        unit=line.unit,
        requirement=line.requirement,
        method=line.method,
        instrument=line.instrument,
        sample_size=line.sample_size,
    )
