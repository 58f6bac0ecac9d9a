"""Lists of inspection standards and bills of material that can be brought in (URS-031)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.catalog.models import Bom, BomLine, CharacteristicKind, InspectionCharacteristic, Item
from app.catalog.references import ITEM
from app.catalog.services import Characteristic, add_characteristics, open_bom
from app.catalog.units import MEASURE_UNITS
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, day, name_columns, number, text, whole
from documents.sheets.examining import grouped
from documents.sheets.importers import Group, Importer
from documents.sheets.rows import Finding, Reach, Row, both_cells

KINDS: dict[str, Bilingual] = {
    "measured": {"en": "Measured", "zh": "计量"},
    "judged": {"en": "Judged", "zh": "计数"},
}
_UNITS = {name.casefold(): unit.code for unit in MEASURE_UNITS.values() for name in unit.symbol.values()}


def read_measure_unit(value: Any) -> str:
    """A unit of a measured value by its UCUM code, or by what people call it.

    Raises:
        Invalid: ``unit.unknown_measure``.
    """
    word = str(value).strip()
    found = word if word in MEASURE_UNITS else _UNITS.get(word.casefold())
    if found is None:
        raise Invalid("unit.unknown_measure", "Unknown unit “%(unit)s”.", unit=word[:40])
    return found


def characteristics_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the inspection standards of some items hold already."""
    query = select(Item.code, InspectionCharacteristic).join(InspectionCharacteristic.item)
    found = session.execute(query.where(Item.code.in_({item for item, _ in keys})))
    return {
        (item, one.code): {
            **both_cells("name", one.name),
            "kind": one.kind.value,
            "lower": one.lower,
            "upper": one.upper,
            "unit": one.unit,
            **both_cells("requirement", one.requirement),
            "method": one.method,
            **both_cells("instrument", one.instrument),
            "sample_size": one.sample_size,
        }
        for item, one in found
    }


def check_characteristics(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find characteristics that could never be judged."""
    for row in rows:
        if row.before is None:
            yield from _limits(row)


def create_characteristics(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Add characteristics to the inspection standards of their items, in the order of the list."""
    for found in grouped(rows, ("item",)).values():
        lines = [
            Characteristic(
                code=row.get("code"),
                name=row.both("name"),
                kind=CharacteristicKind(row.get("kind")),
                lower=row.get("lower"),
                upper=row.get("upper"),
                unit=row.get("unit") or "",
                requirement=row.both("requirement"),
                method=row.get("method") or "",
                instrument=row.both("instrument"),
                sample_size=row.get("sample_size") or 1,
            )
            for row in found
        ]
        add_characteristics(session, found[0].found["item"], lines, actor=actor, now=now)


def boms_there(session: Session, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the bills of material of some items hold already, line by line."""
    made, part = aliased(Item), aliased(Item)
    query = (
        select(made.code, Bom.bom_revision, part.code, BomLine.quantity, Bom.effective_from)
        .join(Bom, Bom.item_id == made.id)
        .join(BomLine, BomLine.bom_id == Bom.id)
        .join(part, part.id == BomLine.item_id)
        .where(made.code.in_({item for item, _, _ in keys}))
    )
    return {
        (item, revision, of): {"quantity": quantity, "effective_from": day}
        for item, revision, of, quantity, day in session.execute(query)
    }


def check_boms(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find revisions there are already, and items that would be part of themselves."""
    revisions = select(Item.code, Bom.bom_revision).join(Bom.item)
    existing = {(pair[0], pair[1]) for pair in session.execute(revisions)}
    parts = _parts_of(session)
    last: dict[Any, Row] = {}
    for row in rows:
        key = (row.get("item"), row.get("revision"))
        if key in existing and row.before is None:
            sentence = N_("Item %(item)s has a bill of material of revision %(revision)s already.")
            yield row.wrong("revision", Conflict("bom.exists", sentence, item=key[0], revision=key[1]))
        if row.get("item") and row.get("part"):
            parts[row.get("item")].add(row.get("part"))
            last[row.get("item")] = row
    yield from _circles(parts, last)


def create_boms(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the bills of material of a list."""
    for found in grouped(rows, ("item", "revision")).values():
        open_bom(
            session,
            found[0].found["item"],
            [(row.found["part"], row.get("quantity")) for row in found],
            revision=found[0].get("revision"),
            effective_from=found[0].get("effective_from"),
            actor=actor,
            now=now,
        )


def positive(value: Any) -> Any:
    """A quantity above zero.

    Raises:
        Invalid: ``quantity.positive``, or no number.
    """
    quantity = number(value)
    if quantity <= 0:
        raise Invalid("quantity.positive", "The quantity must be above zero.")
    return quantity


def _limits(row: Row) -> Iterator[Finding]:
    lower, upper = row.get("lower"), row.get("upper")
    if row.get("kind") == "measured" and lower is None and upper is None and not row.bad & {"lower", "upper"}:
        yield row.wrong(
            "lower",
            Invalid(
                "characteristic.limits",
                "Characteristic %(characteristic)s needs a lower or an upper limit.",
                characteristic=row.get("code") or "–",
            ),
        )
    if lower is not None and upper is not None and lower > upper:
        yield row.wrong("upper", Invalid("characteristic.order", "The upper limit is below the lower one."))
    if row.get("kind") == "judged" and not row.both("requirement"):
        yield row.wrong("requirement_en", Invalid("cell.required", "This cell must not be empty."))


def _parts_of(session: Session) -> defaultdict[str, set[str]]:
    """What goes directly into what, by code, over all revisions there are."""
    codes = {row.id: row.code for row in session.execute(select(Item.id, Item.code))}
    found: defaultdict[str, set[str]] = defaultdict(set)
    lines = select(Bom.item_id, BomLine.item_id).join(BomLine.bom)
    for whole_id, part_id in session.execute(lines):
        found[codes[whole_id]].add(codes[part_id])
    return found


def _circles(parts: Mapping[str, set[str]], last: Mapping[Any, Row]) -> Iterator[Finding]:
    for item, row in last.items():
        way, seen = list(parts.get(item, ())), set[str]()
        while way:
            part = way.pop()
            if part == item:
                sentence = N_("Item %(item)s cannot be part of itself.")
                yield row.wrong("part", Invalid("bom.itself", sentence, item=item))
                break
            if part not in seen:
                seen.add(part)
                way.extend(parts.get(part, ()))


def _other_day(_row: Row) -> Invalid:
    return Invalid("bom.days", N_("All rows of one revision need the same first day."))


_UNIT_HINT = ", ".join(MEASURE_UNITS)
_ITEM = Column("item", {"en": "Item code", "zh": "物料编码"}, code(), "RM-PVC-70",
               {"en": "An item that is there already", "zh": "系统中已有的物料"}, refers=ITEM)  # fmt: skip
CHARACTERISTICS = Importer(
    name="catalog.characteristics",
    title={"en": "Inspection standards", "zh": "检验标准"},
    about={
        "en": "What is inspected on a lot of an item: limits, unit, method, instrument, sample.",
        "zh": "物料批次的检验项目：限度、单位、方法、仪器、样本量。",
    },
    right="catalog.import",
    order=30,
    key=("item", "code"),
    group=Group(("item",)),
    existing=characteristics_there,
    create=create_characteristics,
    check=check_characteristics,
    columns=(
        _ITEM,
        Column("code", {"en": "Characteristic", "zh": "检验项目编码"}, code(), "HARDNESS",
               {"en": "Once for an item", "zh": "同一物料内不得重复"}),
        *name_columns("name", "Name", "名称", {"en": "Shore hardness A", "zh": "邵氏硬度 A"}, needed=True),
        Column("kind", {"en": "Kind", "zh": "类型"}, choice(KINDS), "measured",
               {"en": "measured or judged", "zh": "计量或计数"}),
        Column("lower", {"en": "Lower limit", "zh": "下限"}, number, "67",
               {"en": "Included", "zh": "含本数"}, required=False),
        Column("upper", {"en": "Upper limit", "zh": "上限"}, number, "73",
               {"en": "Included", "zh": "含本数"}, required=False),
        Column("unit", {"en": "Unit", "zh": "单位"}, read_measure_unit, "1",
               {"en": f"UCUM code: {_UNIT_HINT}", "zh": f"UCUM 代码：{_UNIT_HINT}"}, required=False),
        *name_columns("requirement", "Requirement", "要求", {"en": "", "zh": ""}),
        Column("method", {"en": "Method", "zh": "检验方法"}, text(), "ISO 868",
               {"en": "The procedure", "zh": "检验规程"}, required=False),
        *name_columns("instrument", "Instrument", "仪器", {"en": "Durometer", "zh": "硬度计"}),
        Column("sample_size", {"en": "Sample size", "zh": "样本量"}, whole(1, 10000), "5",
               {"en": "1 if empty", "zh": "留空为 1"}, required=False),
    ),
)  # fmt: skip
BOMS = Importer(
    name="catalog.boms",
    title={"en": "Bills of material", "zh": "物料清单"},
    about={"en": "What goes into one unit of an item.", "zh": "生产一个单位产品所需的物料。"},
    right="catalog.import",
    order=40,
    key=("item", "revision", "part"),
    group=Group(("item", "revision"), same=("effective_from",), error=_other_day),
    existing=boms_there,
    create=create_boms,
    check=check_boms,
    columns=(
        Column("item", {"en": "Item made", "zh": "产品编码"}, code(), "FD-IS150",
               {"en": "An item that is there already", "zh": "系统中已有的物料"}, refers=ITEM),
        Column("revision", {"en": "Revision", "zh": "版本"}, code(20), "A1",
               {"en": "A new one for the item", "zh": "该产品的新版本"}),
        Column("effective_from", {"en": "In force from", "zh": "生效日期"}, day, "2026-01-01",
               {"en": "The same in all rows of a revision", "zh": "同一版本各行须相同"}),
        Column("part", {"en": "Part", "zh": "子件编码"}, code(), "RM-PVC-70",
               {"en": "An item that is there already", "zh": "系统中已有的物料"}, refers=ITEM),
        Column("quantity", {"en": "Quantity", "zh": "用量"}, positive, "0.02",
               {"en": "For one unit, in the part's stock unit", "zh": "每单位产品用量，按子件库存单位"}),
    ),
)  # fmt: skip

LISTS = (CHARACTERISTICS, BOMS)
