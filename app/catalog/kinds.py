"""Kinds of master data, each described once (docs/adr/0008): columns and checks are those of their lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog import fact_lists, imports, packs, panels, revising, routing_lists, standard_lists
from app.catalog.models import (
    Bom,
    CodingScheme,
    InspectionStandard,
    Item,
    ItemRevision,
    PackagingLevel,
    Party,
    Routing,
    Supplier,
    UnitConversion,
)
from app.catalog.units import symbol_of
from app.objects.kinds import Key, ObjectKind
from app.objects.texts import raw_text
from core.said import English
from core.types import Bilingual
from documents.sheets.importers import Importer

READ = "catalog.read"


def _named(row: Any) -> Bilingual:
    return {lang: f"{row.code} · {row.name[lang]}" for lang in ("en", "zh")}


def _by_code(model: Any) -> Callable[[Session, Key], Any]:
    return lambda session, key: session.scalar(select(model).where(model.code == key[0]))


def _words(model: Any, *more: Any) -> tuple[Any, ...]:
    return (model.code, model.name["en"].as_string(), model.name["zh"].as_string(), *more)


def _item_code(model: Any) -> Any:
    return select(Item.code).where(Item.id == model.item_id).correlate(model).scalar_subquery()


def _item_words(model: Any, *more: Any) -> tuple[Any, ...]:
    """Code and names of the item that a row is about, and what else it is found by."""
    found = (select(word).where(Item.id == model.item_id).correlate(model) for word in _words(Item))
    return (*(one.scalar_subquery() for one in found), *more)


def _of_item(model: Any, column: Any) -> Callable[[Session, Key], Any]:
    def find(session: Session, key: Key) -> Any:
        query = select(model).join(Item, Item.id == model.item_id)
        return session.scalar(query.where(Item.code == key[0], column == key[1]))

    return find


ITEM = ObjectKind(
    name="catalog.item",
    title={"en": "Item", "zh": "物料"},
    listed=imports.ITEMS,
    model=Item,
    plural="items",
    icon="box",
    read=READ,
    find=_by_code(Item),
    key_of=lambda row: (row.code,),
    label=_named,
    shown={
        "code": Item.code,
        "name": English(Item.name),
        "kind": Item.kind,
        "uom": Item.uom,
        "gtin": Item.gtin,
        "state": Item.state,
    },
    words=_words(Item, Item.gtin),
    panel="catalog/item_panel.html",
    panel_data=panels.item_panel,
)
SUPPLIER = ObjectKind(
    name="catalog.supplier",
    title={"en": "Supplier", "zh": "供应商"},
    listed=imports.SUPPLIERS,
    model=Supplier,
    plural="suppliers",
    icon="building-warehouse",
    read=READ,
    find=_by_code(Supplier),
    key_of=lambda row: (row.code,),
    label=_named,
    shown={
        "code": Supplier.code,
        "name": Supplier.name["en"].as_string(),
        "criticality": Supplier.criticality,
        "country": Supplier.country,
        "certificate": Supplier.certificate,
        "certificate_until": Supplier.certificate_until,
        "state": Supplier.state,
    },
    words=_words(Supplier, Supplier.certificate),
)
PARTY = ObjectKind(
    name="catalog.party",
    title={"en": "Manufacturer or customer", "zh": "制造商或客户"},
    listed=fact_lists.PARTIES,
    model=Party,
    plural="parties",
    icon="users",
    read=READ,
    find=_by_code(Party),
    key_of=lambda row: (row.code,),
    label=_named,
    shown={
        "code": Party.code,
        "name": Party.name["en"].as_string(),
        "role": Party.role,
        "country": Party.country,
        "state": Party.state,
    },
    words=_words(Party),
)
SCHEME = ObjectKind(
    name="catalog.coding_scheme",
    title={"en": "Coding scheme", "zh": "编码体系"},
    listed=fact_lists.SCHEMES,
    model=CodingScheme,
    plural="coding-schemes",
    icon="binary-tree",
    read=READ,
    find=_by_code(CodingScheme),
    key_of=lambda row: (row.code,),
    label=_named,
    shown={
        "code": CodingScheme.code,
        "name": CodingScheme.name["en"].as_string(),
        "subject": CodingScheme.subject,
        "pattern": CodingScheme.pattern,
    },
    words=_words(CodingScheme, CodingScheme.pattern),
    site_of=lambda row: row.site_id,
    panel="catalog/scheme_panel.html",
    panel_data=panels.scheme_panel,
)
PACK = ObjectKind(
    name="catalog.packaging_level",
    title={"en": "Packaging level", "zh": "包装层级"},
    listed=fact_lists.PACKS,
    model=PackagingLevel,
    plural="packaging",
    icon="packages",
    read=READ,
    find=_of_item(PackagingLevel, PackagingLevel.level),
    key_of=lambda row: (row.item.code, row.level.value),
    label=lambda row: {
        lang: f"{row.item.code} · {packs.LEVELS[row.level.value][lang]}" for lang in ("en", "zh")
    },
    shown={
        "item": _item_code(PackagingLevel),
        "level": PackagingLevel.level,
        "contains": PackagingLevel.contains,
        "gtin": PackagingLevel.gtin,
        "label": PackagingLevel.label,
    },
    words=_item_words(PackagingLevel, PackagingLevel.gtin, PackagingLevel.label),
)


def _conversion(session: Session, key: Key) -> Any:
    query = select(UnitConversion).join(UnitConversion.item)
    units = (UnitConversion.unit == key[1], UnitConversion.equals_unit == key[2])
    return session.scalar(query.where(Item.code == key[0], *units))


def _converted(row: UnitConversion) -> Bilingual:
    """What a conversion says, with the units as people write them."""
    sides = ((row.quantity, row.unit), (row.equals, row.equals_unit))
    return {
        lang: f"{row.item.code} · "
        + " = ".join(f"{raw_text(number)} {symbol_of(unit)[lang]}" for number, unit in sides)
        for lang in ("en", "zh")
    }


CONVERSION = ObjectKind(
    name="catalog.unit_conversion",
    title={"en": "Unit conversion", "zh": "单位换算"},
    listed=fact_lists.CONVERSIONS,
    model=UnitConversion,
    plural="unit-conversions",
    icon="arrows-exchange",
    read=READ,
    find=_conversion,
    key_of=lambda row: (row.item.code, row.unit, row.equals_unit),
    label=_converted,
    shown={
        "item": _item_code(UnitConversion),
        "quantity": UnitConversion.quantity,
        "unit": UnitConversion.unit,
        "equals": UnitConversion.equals,
        "equals_unit": UnitConversion.equals_unit,
    },
    words=_item_words(UnitConversion, UnitConversion.unit, UnitConversion.equals_unit),
)


def _head(row: Any) -> dict[str, Any]:
    return {"item": row.item.code, "revision": row.code, "effective_from": row.effective_from}


def _only_a_draft(_before: Any, wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Drafts are written freely; a day is what a second person signs."""
    return not any(row.get("effective_from") for row in wanted)


def _heads(_session: Session, rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [_head(row) for row in rows]


def _revision(
    name: str, model: Any, listed: Importer, *, title: Bilingual, plural: str, icon: str, **more: Any
) -> ObjectKind:
    """Describe a kind of revision: named by its item and its letter, one of them in force on a day."""
    code = _item_code(model)
    return ObjectKind(
        name=name,
        title=title,
        listed=listed,
        model=model,
        plural=plural,
        icon=icon,
        read=READ,
        find=_of_item(model, model.code),
        key_of=lambda row: (row.item.code, row.code),
        label=lambda row: {
            lang: f"{row.item.code} · {row.item.name[lang]} · {row.code}" for lang in ("en", "zh")
        },
        shown={
            "item": code,
            "revision": model.code,
            "effective_from": model.effective_from,
            "state": model.state,
        },
        words=_item_words(model, model.code),
        at_once=_only_a_draft,
        **more,
    )


ITEM_REVISION = _revision(
    "catalog.item_revision",
    ItemRevision,
    routing_lists.ITEM_REVISIONS,
    title={"en": "Item revision", "zh": "物料版本"},
    plural="item-revisions",
    icon="versions",
)
STANDARD = _revision(
    "catalog.inspection_standard",
    InspectionStandard,
    standard_lists.CHARACTERISTICS,
    title={"en": "Inspection standard", "zh": "检验标准"},
    plural="inspection-standards",
    icon="checklist",
    values=_heads,
    lines=lambda _session, row: [
        {**_head(row), "code": one.code, **standard_lists.characteristic_cells(one)}
        for one in row.characteristics
    ],
    replace=standard_lists.replace_characteristics,
)
BOM = _revision(
    "catalog.bom",
    Bom,
    standard_lists.BOMS,
    title={"en": "Bill of material", "zh": "物料清单"},
    plural="boms",
    icon="hierarchy-2",
    values=_heads,
    lines=lambda _session, row: [{**_head(row), **standard_lists.bom_cells(line)} for line in row.lines],
    replace=standard_lists.replace_bom,
    ready=lambda session, row: revising.bom_ready(session, row),
)
ROUTING = _revision(
    "catalog.routing",
    Routing,
    routing_lists.ROUTINGS,
    title={"en": "Routing", "zh": "工艺路线"},
    plural="routings",
    icon="route",
    values=_heads,
    lines=lambda _session, row: [
        {**_head(row), "number": one.number, **routing_lists.operation_cells(one)} for one in row.operations
    ],
    replace=routing_lists.replace_routing,
)
