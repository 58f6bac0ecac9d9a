"""Lists of items and suppliers that can be brought in (URS-030, URS-031)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog import fact_lists, routing_lists, standard_lists
from app.catalog.coding import scheme_findings
from app.catalog.models import Item, ItemKind, ItemRevision, ItemState, Supplier
from app.catalog.packs import gtin_owners, gtin_taken, read_gtin
from app.catalog.services import (
    ItemChange,
    NewItem,
    NewSupplier,
    SupplierChange,
    change_items,
    change_supplier_facts,
    open_items,
    open_suppliers,
)
from app.catalog.standard_lists import read_unit
from app.catalog.units import STOCK_UNITS, symbols_of
from core.actor import Actor
from core.effectivity import RevisionState
from core.errors import Invalid
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, day, name_columns, text, whole
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row, Unique, both_cells

KINDS: dict[str, Bilingual] = {
    "material": {"en": "Material", "zh": "原料"},
    "component": {"en": "Component", "zh": "组件"},
    "packaging": {"en": "Packaging", "zh": "包材"},
    "finished": {"en": "Finished device", "zh": "成品"},
}
CLASSES: dict[str, Bilingual] = {letter: {"en": letter, "zh": letter} for letter in "ABC"}
STATES: dict[str, Bilingual] = {
    "active": {"en": "Active", "zh": "在用"},
    "blocked": {"en": "Blocked", "zh": "停用"},
    "retired": {"en": "Retired", "zh": "淘汰"},
}


def items_there(session: Session, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the items of some codes hold already."""
    found = session.scalars(select(Item).where(Item.code.in_([code for (code,) in keys]))).all()
    days = (ItemRevision.item_id, ItemRevision.specification)
    approved = select(*days).where(ItemRevision.state == RevisionState.APPROVED)
    approved = approved.where(ItemRevision.item_id.in_([item.id for item in found]))
    dated = session.execute(approved.order_by(ItemRevision.effective_from))
    latest = {row.item_id: row.specification for row in dated}
    return {
        (item.code,): {
            **both_cells("name", item.name),
            "kind": item.kind.value,
            "uom": item.uom,
            "gtin": item.gtin,
            "shelf_life_days": item.shelf_life_days,
            **both_cells("storage", item.storage),
            "specification": latest.get(item.id, ""),
            "state": item.state.value,
        }
        for item in found
    }


def check_items(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find new codes that fit no coding scheme of their kind."""
    yield from scheme_findings(session, [(row, str(row.get("kind"))) for row in rows])


def create_items(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the items of a list."""
    commands = (
        NewItem(
            code=row.get("code"),
            name=row.both("name"),
            kind=ItemKind(row.get("kind")),
            uom=row.get("uom"),
            gtin=row.get("gtin"),
            shelf_life_days=row.get("shelf_life_days"),
            storage=row.both("storage"),
            specification=row.get("specification") or "",
        )
        for row in rows
    )
    open_items(session, commands, actor=actor, now=now)


def store_item_changes(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Give items other names and states; everything else of an item is under change control."""
    changes = {
        row.get("code"): ItemChange(
            row.both("name"), ItemState(row.get("state")) if row.get("state") else None
        )
        for row in rows
    }
    change_items(session, changes, actor=actor, now=now)


def suppliers_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the suppliers of some codes hold already."""
    found = session.scalars(select(Supplier).where(Supplier.code.in_([code for (code,) in keys])))
    return {
        (one.code,): {
            **both_cells("name", one.name),
            "criticality": one.criticality,
            "country": one.country,
            "certificate": one.certificate,
            "certificate_until": one.certificate_until,
        }
        for one in found
    }


def check_suppliers(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find certificates without a last day, and codes that fit no coding scheme."""
    rows = list(rows)
    yield from scheme_findings(session, [(row, "supplier") for row in rows])
    for row in rows:
        until = row.get("certificate_until") or (row.before or {}).get("certificate_until")
        if row.get("certificate") and not until and "certificate_until" not in row.bad:
            sentence = N_("A certificate needs its last day.")
            yield row.wrong("certificate_until", Invalid("supplier.certificate_until", sentence))


def create_suppliers(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Put the suppliers of a list on the approved list."""
    open_suppliers(
        session,
        [
            NewSupplier(
                code=row.get("code"),
                name=row.both("name"),
                criticality=row.get("criticality"),
                country=row.get("country"),
                certificate=row.get("certificate") or "",
                certificate_until=row.get("certificate_until"),
            )
            for row in rows
        ],
        actor=actor,
        now=now,
    )


def change_suppliers(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Give suppliers other names and newer certificates; class and country are under change control."""
    changes = [
        SupplierChange(
            code=row.get("code"),
            name=row.both("name"),
            certificate=row.get("certificate"),
            certificate_until=row.get("certificate_until"),
        )
        for row in rows
    ]
    change_supplier_facts(session, changes, actor=actor, now=now)


_UNITS = symbols_of(STOCK_UNITS)
_ITEM_NAME: Bilingual = {"en": "PVC granulate, 70 Shore A", "zh": "PVC 粒料，邵氏 A 70"}
ITEMS = Importer(
    name="catalog.items",
    title={"en": "Items", "zh": "物料"},
    about={
        "en": "What is bought, made and packed: code, names, unit, GTIN, shelf life.",
        "zh": "采购、生产和包装的物料：编码、名称、单位、GTIN、有效期。",
    },
    right="catalog.import",
    order=20,
    key=("code",),
    existing=items_there,
    create=create_items,
    change=store_item_changes,
    check=check_items,
    columns=(
        Column("code", {"en": "Item code", "zh": "物料编码"}, code(), "RM-PVC-70",
               {"en": "The code of your coding scheme; never used twice.", "zh": "按编码规则，不得重复。"}),
        *name_columns("name", "Name", "名称", _ITEM_NAME, needed=True),
        Column("kind", {"en": "Kind", "zh": "类别"}, choice(KINDS), "material",
               {"en": "material, component, packaging or finished", "zh": "原料、组件、包材或成品"},
               controlled=True),
        Column("uom", {"en": "Stock unit", "zh": "库存单位"}, read_unit, "kg",
               {"en": f"{_UNITS['en']}; or the UCUM code", "zh": f"{_UNITS['zh']}；也可填 UCUM 代码"},
               controlled=True),
        Column("gtin", {"en": "GTIN", "zh": "GTIN"}, read_gtin, "06901234560015",
               {"en": "8, 12, 13 or 14 digits. Goods are received by scanning it.",
                "zh": "8、12、13 或 14 位数字；收货时扫描核对。"}, required=False, controlled=True,
               unique=Unique(gtin_owners, gtin_taken)),
        Column("shelf_life_days", {"en": "Shelf life (days)", "zh": "有效期（天）"}, whole(1, 36500), "730",
               {"en": "Empty if it does not expire.", "zh": "无有效期则留空。"}, required=False,
               controlled=True),
        *name_columns("storage", "Storage", "储存条件", {"en": "dry, 5 to 30 °C", "zh": "干燥，5～30 °C"},
                      controlled=True),
        Column("specification", {"en": "Specification", "zh": "质量标准"}, text(), "SPEC-RM-001 B",
               {"en": "Document and revision it is judged by; it makes revision 1 of the item.",
                "zh": "检验依据的文件及版本，作为物料版本 1。"},
               required=False, controlled=True),
        Column("state", {"en": "State", "zh": "状态"}, choice(STATES), "active",
               {"en": "Only active items are ordered, received and made.",
                "zh": "仅在用物料可采购、收货和生产。"},
               required=False),
    ),
)  # fmt: skip
SUPPLIERS = Importer(
    name="catalog.suppliers",
    title={"en": "Suppliers", "zh": "供应商"},
    about={
        "en": "The approved supplier list: code, names, class, country, certificate.",
        "zh": "合格供应商名录：编码、名称、分类、国家、证书。",
    },
    right="catalog.import",
    order=10,
    key=("code",),
    existing=suppliers_there,
    create=create_suppliers,
    change=change_suppliers,
    check=check_suppliers,
    columns=(
        Column("code", {"en": "Supplier code", "zh": "供应商编码"}, code(), "S-101",
               {"en": "Never used twice.", "zh": "不得重复。"}),
        *name_columns("name", "Name", "名称", {"en": "Ruipu Polymers", "zh": "瑞普高分子"}, needed=True),
        Column("criticality", {"en": "Class", "zh": "分类"}, choice(CLASSES), "A",
               {"en": "A, B or C: how closely it is watched", "zh": "A、B 或 C：监控程度"},
               controlled=True),
        Column("country", {"en": "Country", "zh": "国家"}, code(2), "CN",
               {"en": "Two letters, ISO 3166", "zh": "两位国家代码（ISO 3166）"},
               controlled=True),
        Column("certificate", {"en": "Certificate", "zh": "证书"}, text(), "ISO 13485 MD-71001",
               {"en": "Standard and number", "zh": "标准及证书编号"}, required=False),
        Column("certificate_until", {"en": "Certificate valid until", "zh": "证书有效期至"}, day,
               "2028-06-30", {"en": "A day like 2028-06-30", "zh": "日期，如 2028-06-30"}, required=False),
    ),
)  # fmt: skip

LISTS = tuple(
    register(one)
    for one in (SUPPLIERS, ITEMS, *standard_lists.LISTS, *routing_lists.LISTS, *fact_lists.LISTS)
)
