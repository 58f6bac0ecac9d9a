"""Lists of inspection standards and bills of material: each row a line of one revision (URS-031)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.catalog.models import (
    Bom,
    BomLine,
    CharacteristicKind,
    InspectionCharacteristic,
    InspectionStandard,
    Item,
)
from app.catalog.queries import conversions_of
from app.catalog.references import ITEM
from app.catalog.revising import (
    BomPart,
    Characteristic,
    change_bom,
    change_standard,
    open_bom,
    open_standard,
)
from app.catalog.revision_lists import GROUP_BY, HEAD, ITEM_COLUMN, empty_name, line_checks, other_day
from app.catalog.structure import Parts, refuse_circle, stock_quantity
from app.catalog.units import MEASURE_UNITS, STOCK_UNITS, check_unit, symbols_of
from core.actor import Actor
from core.errors import Invalid
from core.types import Bilingual
from documents.sheets.cells import Column, Kind, choice, code, name_columns, number, text, whole
from documents.sheets.examining import grouped
from documents.sheets.importers import Group, Importer
from documents.sheets.rows import Finding, Row, both_cells

KINDS: dict[str, Bilingual] = {
    "measured": {"en": "Measured", "zh": "计量"},
    "judged": {"en": "Judged", "zh": "计数"},
}
_UNITS = {name.casefold(): unit.code for unit in MEASURE_UNITS.values() for name in unit.symbol.values()}
_STOCK = {name.casefold(): unit.code for unit in STOCK_UNITS.values() for name in unit.symbol.values()}


def _stock_unit(value: Any) -> str:
    """A stock unit by its UCUM code, or by what people call it.

    Raises:
        Invalid: ``unit.unknown``.
    """
    word = str(value).strip()
    return check_unit(_STOCK.get(word.casefold(), word) if word not in STOCK_UNITS else word).code


read_unit = Kind(_stock_unit, {"type": "string"}, {code: unit.symbol for code, unit in STOCK_UNITS.items()})
"""A cell that holds a stock unit; a form offers them by what people call them."""


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


def characteristic_cells(one: InspectionCharacteristic) -> dict[str, Any]:
    """A characteristic as the cells of its row."""
    return {
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


def characteristics_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the inspection standards of some items hold already, line by line."""
    query = (
        select(Item.code, InspectionStandard, InspectionCharacteristic)
        .join(InspectionStandard, InspectionStandard.item_id == Item.id)
        .join(InspectionCharacteristic, InspectionCharacteristic.standard_id == InspectionStandard.id)
    )
    found = session.execute(query.where(Item.code.in_({item for item, _, _ in keys})))
    return {
        (item, standard.code, one.code): {
            "effective_from": standard.effective_from,
            **characteristic_cells(one),
        }
        for item, standard, one in found
    }


def characteristics_of(rows: Sequence[Row]) -> list[Characteristic]:
    """The rows of one standard as what its revision holds."""
    return [
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
        for row in rows
    ]


def create_characteristics(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the inspection standards of a list, their lines in its order."""
    for found in grouped(rows, GROUP_BY).values():
        open_standard(
            session,
            found[0].found["item"],
            characteristics_of(found),
            revision=found[0].get("revision"),
            effective_from=found[0].get("effective_from"),
            actor=actor,
            now=now,
        )


def replace_characteristics(
    session: Session, of: InspectionStandard, rows: Sequence[Row], *, actor: Actor, now: datetime
) -> None:
    """Write the lines of a draft anew."""
    change_standard(session, of, characteristics_of(rows))


def bom_cells(line: BomLine) -> dict[str, Any]:
    """A line of a bill of material as the cells of its row, in the unit it was written in."""
    entered = line.entered_quantity if line.entered_quantity is not None else line.quantity
    return {"part": line.item.code, "quantity": entered, "unit": line.entered_unit or line.item.uom}


def boms_there(session: Session, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the bills of material of some items hold already, line by line."""
    made = aliased(Item)
    query = select(made.code, Bom, BomLine).join(Bom, Bom.item_id == made.id)
    query = query.join(BomLine, BomLine.bom_id == Bom.id)
    found = session.execute(query.where(made.code.in_({item for item, _, _ in keys})))
    there = {}
    for item, bom, line in found:
        cells = bom_cells(line)
        there[item, bom.code, cells.pop("part")] = {"effective_from": bom.effective_from, **cells}
    return there


def parts_of(rows: Sequence[Row]) -> list[BomPart]:
    """The rows of one bill of material as what its revision holds."""
    return [BomPart(row.found["part"], row.get("quantity"), row.get("unit") or "") for row in rows]


def create_boms(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the bills of material of a list."""
    for found in grouped(rows, GROUP_BY).values():
        open_bom(
            session,
            found[0].found["item"],
            parts_of(found),
            revision=found[0].get("revision"),
            effective_from=found[0].get("effective_from"),
            actor=actor,
            now=now,
        )


def replace_bom(session: Session, of: Bom, rows: Sequence[Row], *, actor: Actor, now: datetime) -> None:
    """Write the lines of a draft anew."""
    change_bom(session, of, parts_of(rows))


def positive(value: Any) -> Any:
    """A quantity above zero.

    Raises:
        Invalid: ``quantity.positive``, or no number.
    """
    quantity = number(value)
    if quantity <= 0:
        raise Invalid("quantity.positive", "The quantity must be above zero.")
    return quantity


def _limits(_session: Session, rows: Sequence[Row]) -> Iterator[Finding]:
    for row in rows:
        yield from empty_name(row)
        yield from _limits_of(row)


def _limits_of(row: Row) -> Iterator[Finding]:
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
        yield row.wrong("requirement_en", Invalid("cell.required", "This must not be empty."))


def _quantities(session: Session, rows: Sequence[Row]) -> Iterator[Finding]:
    facts = conversions_of(session, {part.id for row in rows if (part := row.found.get("part"))})
    for row in rows:
        part, quantity = row.found.get("part"), row.get("quantity")
        if part is None or quantity is None or "unit" in row.bad:
            continue
        try:
            stock_quantity(part, quantity, row.get("unit") or part.uom, facts.get(part.id, ()))
        except Invalid as wrong:
            yield row.wrong(wrong.field or "quantity", wrong)


def _circles(session: Session, rows: Sequence[Row]) -> Iterator[Finding]:
    more: dict[Any, set[Any]] = {}
    for row in rows:
        if row.found.get("item") and row.found.get("part"):
            more.setdefault(row.found["item"].id, set()).add(row.found["part"].id)
    parts: Parts = more
    for found in grouped([row for row in rows if row.found.get("item")], ("item",)).values():
        item = found[0].found["item"]
        try:
            refuse_circle(session, item, more.get(item.id, ()), more=parts)
        except Invalid as circle:
            yield found[-1].wrong("part", circle)


_UNITS_MEASURED = symbols_of(MEASURE_UNITS)
CHARACTERISTICS = Importer(
    name="catalog.characteristics",
    title={"en": "Inspection standards", "zh": "检验标准"},
    about={
        "en": "What is inspected on a lot of an item: limits, unit, method, instrument, sample.",
        "zh": "物料批次的检验项目：限度、单位、方法、仪器、样本量。",
    },
    right="catalog.import",
    order=30,
    key=("item", "revision", "code"),
    group=Group(GROUP_BY, same=("effective_from",), error=other_day),
    existing=characteristics_there,
    create=create_characteristics,
    check=line_checks(InspectionStandard, _limits),
    columns=(
        *HEAD,
        Column("code", {"en": "Characteristic", "zh": "检验项目编码"}, code(), "HARDNESS",
               {"en": "Once in a revision", "zh": "同一版本内不得重复"}),
        *name_columns("name", "Name", "名称", {"en": "Shore hardness A", "zh": "邵氏硬度 A"}, needed=True),
        Column("kind", {"en": "Kind", "zh": "类型"}, choice(KINDS), "measured",
               {"en": "measured or judged", "zh": "计量或计数"}),
        Column("lower", {"en": "Lower limit", "zh": "下限"}, number, "67",
               {"en": "Included", "zh": "含本数"}, required=False),
        Column("upper", {"en": "Upper limit", "zh": "上限"}, number, "73",
               {"en": "Included", "zh": "含本数"}, required=False),
        Column("unit", {"en": "Unit", "zh": "单位"}, read_measure_unit, "1",
               {"en": f"{_UNITS_MEASURED['en']}; or the UCUM code",
                "zh": f"{_UNITS_MEASURED['zh']}；也可填 UCUM 代码"}, required=False),
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
    group=Group(GROUP_BY, same=("effective_from",), error=other_day),
    existing=boms_there,
    create=create_boms,
    check=line_checks(Bom, _quantities, _circles),
    columns=(
        replace(ITEM_COLUMN, name={"en": "Item made", "zh": "产品编码"}, example="FD-IS150"),
        *HEAD[1:],
        Column("part", {"en": "Part", "zh": "子件编码"}, code(), "RM-PVC-70",
               {"en": "An item that is there already", "zh": "系统中已有的物料"}, refers=ITEM),
        Column("quantity", {"en": "Quantity", "zh": "用量"}, positive, "0.02",
               {"en": "For one unit of the item made", "zh": "每单位产品用量"}),
        Column("unit", {"en": "Unit", "zh": "单位"}, read_unit, "kg",
               {"en": "The part's stock unit if empty; others have to convert to it.",
                "zh": "留空为子件库存单位；其他单位须能换算。"}, required=False),
    ),
)  # fmt: skip

LISTS = (CHARACTERISTICS, BOMS)
