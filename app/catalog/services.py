"""Verbs on items, suppliers and parties; revisions have their own (app.catalog.revising)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog import queries
from app.catalog.gs1 import check_gtin
from app.catalog.models import Item, ItemKind, ItemRevision, ItemState, Supplier
from app.catalog.revising import Characteristic, first_day, open_standard
from app.catalog.units import check_unit
from app.objects.search import note_written
from core.actor import Actor
from core.db import new_id
from core.effectivity import RevisionState
from core.errors import Conflict
from core.many import insert_rows
from core.types import Bilingual
from signatures import audit

BATCH = 500
"""So many rows of a list are written in one statement."""
FIRST = "1"
"""What the first revision of an item and of its inspection standard is called."""


@dataclass(frozen=True)
class NewItem:
    """Everything needed to open an item; see ``Item``.

    ``specification`` and ``characteristics`` make its first revisions, in force at once.
    """

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
    """Add an item with the first revision of its inspection standard.

    Raises:
        Invalid: unknown unit, GTIN with a wrong check digit, or a characteristic that could never be judged.
        Conflict: ``item.exists``.
    """
    gtin = check_gtin(command.gtin) if command.gtin else None
    taken = queries.item_by_code(session, command.code) or (gtin and queries.item_by_gtin(session, gtin))
    if taken:
        raise Conflict("item.exists", "Item %(item)s exists already.", field="code", item=command.code)
    item = _item(command, now)
    session.add_all([item, *_first_revision(command, item, now)])
    session.flush()  # the audit line below names the new row
    audit.record(session, "item.opened", subject=("catalog.item", item.id), facts={"code": item.code})
    if command.characteristics:
        open_standard(
            session,
            item,
            command.characteristics,
            revision=FIRST,
            effective_from=first_day(now),
            actor=actor,
            now=now,
        )
    return item


def open_items(session: Session, commands: Iterable[NewItem], *, actor: Actor, now: datetime) -> None:
    """Add many items without inspection standards, as a list brings them: a few hundred in one statement.

    The trail holds every row; that the list was brought is the event of the import. Codes and GTINs have been
    compared with those there in this same transaction; the database's own keys stand behind that.

    Raises:
        Invalid: unknown unit, or GTIN with a wrong check digit.
    """
    rest = iter(commands)
    while batch := list(islice(rest, BATCH)):
        items = [_item(command, now) for command in batch]
        pairs = zip(batch, items, strict=True)
        revisions = [one for pair in pairs for one in _first_revision(*pair, now)]
        for model, written in ((Item, items), (ItemRevision, revisions)):
            _write(session, model, written)


def _write(
    session: Session, model: type[Item | ItemRevision], written: Sequence[Item | ItemRevision]
) -> None:
    """Write new rows in one statement and forget them; the trail's triggers see each."""
    if written:
        insert_rows(session, model, [{**_held(one), "revision": 1} for one in written])
        note_written(session, model, [one.id for one in written], new=True)


def _held(row: Item | ItemRevision) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "_sa_instance_state"}


@dataclass(frozen=True)
class ItemChange:
    """What a list may change of an item: its names, and whether it is in use; None leaves that."""

    name: Bilingual
    state: ItemState | None = None


def change_items(session: Session, changes: Mapping[str, ItemChange], *, actor: Actor, now: datetime) -> None:
    """Give items other names and states, by item code. The trail holds each old and new row."""
    for item in session.scalars(select(Item).where(Item.code.in_(changes)).with_for_update()):
        wanted = changes[item.code]
        item.name = dict(wanted.name)
        item.state = wanted.state or item.state
    session.flush()


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


def open_suppliers(session: Session, commands: Iterable[NewSupplier], *, actor: Actor, now: datetime) -> None:
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
        id=new_id(),
        code=command.code,
        name=command.name,
        kind=command.kind,
        uom=check_unit(command.uom, field="uom").code,
        gtin=check_gtin(command.gtin) if command.gtin else None,
        shelf_life_days=command.shelf_life_days,
        storage=command.storage,
        created_at=now,
    )


def _first_revision(command: NewItem, item: Item, now: datetime) -> list[ItemRevision]:
    if not command.specification:
        return []
    return [
        ItemRevision(
            id=new_id(),
            item_id=item.id,
            code=FIRST,
            specification=command.specification,
            state=RevisionState.APPROVED,
            effective_from=first_day(now),
        )
    ]
