"""What records and steps say about a lot, as plain text in both languages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session, object_session

from app.catalog.queries import specification_of
from app.catalog.units import check_unit, quantity_text
from app.inventory import obstacles, queries
from app.inventory.models import STATUS_NAMES, Lot, Movement, Shipment
from app.sites.queries import style_of
from core.actor import Actor
from core.clock import site_day
from core.types import Bilingual
from documents.records import RecordDraft, moment_text
from documents.registry import Section, facts, printed_form

KIND_NAMES: dict[str, Bilingual] = {
    "material": {"en": "Material", "zh": "原材料"},
    "component": {"en": "Component", "zh": "组件"},
    "packaging": {"en": "Packaging", "zh": "包装材料"},
    "finished": {"en": "Finished device", "zh": "成品"},
}

SHIPMENT_FORM, SHIPMENT_REVISION = "QR-WH-006", "A1"
SHIPMENT_TITLE: Bilingual = {"en": "Shipment", "zh": "发货记录"}
printed_form(SHIPMENT_FORM, SHIPMENT_REVISION, SHIPMENT_TITLE)
REVERSAL_FORM, REVERSAL_REVISION = "QR-WH-007", "A1"
REVERSAL_TITLE: Bilingual = {"en": "Consumption taken back", "zh": "领用冲回记录"}
printed_form(REVERSAL_FORM, REVERSAL_REVISION, REVERSAL_TITLE)


def row(
    english: str, chinese: str, value: str | Bilingual | None, *, mark: str | None = None
) -> dict[str, Any]:
    """One labelled value of a record; a missing value prints as a dash, never as nothing."""
    return {"label": {"en": english, "zh": chinese}, "value": value or "–", "unit": None, "mark": mark}


def section(
    english: str, chinese: str, rows: Sequence[dict[str, Any]], table: Mapping[str, Any] | None = None
) -> Section:
    """A titled block of a record."""
    return {
        "title": {"en": english, "zh": chinese},
        "rows": list(rows),
        "table": dict(table) if table else None,
    }


def table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str | Bilingual]]) -> dict[str, Any]:
    """A table of a record; ``columns`` are English and Chinese headings."""
    return {
        "columns": [{"en": english, "zh": chinese} for english, chinese in columns],
        "rows": [list(cells) for cells in rows],
    }


def amount(quantity: Decimal, unit_code: str) -> Bilingual:
    """A quantity with its unit as people read it."""
    symbol = check_unit(unit_code).symbol
    return {language: f"{quantity_text(quantity)} {symbol[language]}" for language in ("en", "zh")}


def _specification(lot: Lot) -> str:
    """What the lot is judged by: the revision of its item in force on the day it came in."""
    session = object_session(lot)
    if session is None:
        raise LookupError("a lot is shown within its session")
    return specification_of(session, lot.item_id, site_day(lot.created_at, lot.site.zone))


def lot_section(lot: Lot, quantity: Decimal) -> Section:
    """The block on a lot that every record of its life begins with."""
    rows = [
        row("Item", "物料", {side: f"{lot.item.code} · {lot.item.name[side]}" for side in ("en", "zh")}),
        row("Kind", "类别", KIND_NAMES[lot.item.kind]),
        row("Specification", "规格依据", _specification(lot)),
        row("GTIN", "GTIN", lot.item.gtin),
        row("Lot", "批号", lot.number),
        row("Quantity", "数量", amount(quantity, lot.unit)),
        row("Expiry", "有效期至", lot.expiry.isoformat() if lot.expiry else None),
        row("Storage", "贮存条件", lot.item.storage),
    ]
    if lot.supplier is not None:
        maker = lot.supplier
        rows[5:5] = [
            row("Supplier", "供应商", {side: f"{maker.code} · {maker.name[side]}" for side in ("en", "zh")}),
            row("Supplier's lot", "供应商批号", lot.supplier_lot),
        ]
    return section("Lot", "批", rows)


@facts("inventory.lot")
def lot_facts(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """What a step shows about the lot it judges: identity, origin, quantity and present status.

    Raises:
        NotFound: ``lot.unknown``.
    """
    lot = queries.lot(session, subject_id)
    shown = lot_section(lot, queries.on_hand(session, [lot.id]).get(lot.id, Decimal(0)))
    receipt = data.get("receipt") or {}
    shown["rows"] += [
        row("Status", "状态", STATUS_NAMES[lot.status]),
        row("Receipt", "收货单", str(receipt.get("number", ""))),
        row("Received", "接收时间", moment_text(lot.created_at)),
    ]
    return [shown]


@facts("inventory.obstacles")
def obstacle_facts(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """What stands against the release of the lot; nothing if nothing does.

    As of the last movement of the lot, so that what is signed is what was shown; when the release is signed,
    it is asked again as of that moment.
    """
    lot = queries.lot(session, subject_id)
    seen = max((one.at for one in queries.movements_of(session, lot.id)), default=lot.created_at)
    against = obstacles.obstacles_of(session, lot, now=seen)
    if not against:
        return []
    rows = [row("Open", "未解决", obstacle.text) for obstacle in against]
    return [section("Against the release", "放行障碍", rows)]


def shipment_draft(shipment: Shipment, *, actor: Actor) -> RecordDraft:
    """Put a shipment into the form of a record; nobody signs it, the plant seals it."""
    rows = [
        row("Shipment number", "发货单号", shipment.number),
        row("Customer", "客户", shipment.customer),
        row("Delivery note", "送货单号", shipment.delivery_note),
        row("Quantity shipped", "发货数量", amount(shipment.quantity, shipment.unit)),
        row("Shipped by", "发货人", actor.names),
        row("Shipped", "发货时间", moment_text(shipment.shipped_at)),
    ]
    form = (SHIPMENT_FORM, SHIPMENT_REVISION, SHIPMENT_TITLE)
    entered = section("Shipment", "发货", rows)
    return _draft("inventory.shipment", form, shipment.lot, shipment.quantity, entered)


def reversal_draft(
    movement: Movement, counter: Movement, into: Lot | None, reason: str, *, actor: Actor
) -> RecordDraft:
    """Put a consumption that was taken back into the form of a record; the plant seals it."""
    rows = [
        row("Document", "单据", movement.document),
        row("Was to go into lot", "原投入批", into.number if into else None),
        row("Quantity taken back", "冲回数量", amount(counter.quantity, counter.unit)),
        row("Location", "库位", f"{movement.location.warehouse.code} / {movement.location.code}"),
        row("Posted before", "原过账时间", moment_text(movement.at)),
        row("Reason", "原因", reason),
        row("Taken back by", "冲回人", actor.names),
        row("Taken back", "冲回时间", moment_text(counter.at)),
    ]
    form = (REVERSAL_FORM, REVERSAL_REVISION, REVERSAL_TITLE)
    entered = section("Taken back", "冲回", rows)
    return _draft("inventory.reversal", form, movement.lot, counter.quantity, entered)


def _draft(
    kind: str, form: tuple[str, str, Bilingual], lot: Lot, quantity: Decimal, entered: Section
) -> RecordDraft:
    """Put what happened to a quantity of a lot under its form: code, revision and title."""
    style = style_of(lot.site)
    return RecordDraft(
        kind=kind,
        title=form[2],
        form_code=form[0],
        form_revision=form[1],
        site=style,
        language=style.layout,
        content={"shown": [lot_section(lot, quantity)], "entered": [entered]},
        subject=("inventory.lot", lot.id, lot.number),
        search={"lot_number": " ".join(dict.fromkeys(part for part in (lot.number, lot.label_lot) if part))},
    )
