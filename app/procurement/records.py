"""The record of a receipt, form QR-WH-004: what came, on which order, how the label read, who took it in."""

from __future__ import annotations

from app.catalog.models import PackagingLevel
from app.catalog.packs import LEVELS
from app.catalog.units import STOCK_UNITS
from app.inventory.models import STATUS_NAMES
from app.inventory.records import amount, lot_section, row, section
from app.procurement.models import Receipt
from app.sites.queries import style_of
from core.actor import Actor
from core.types import Bilingual
from documents.records import RecordDraft, moment_text
from documents.registry import Section, printed_form

FORM_CODE, FORM_REVISION = "QR-WH-004", "A2"
TITLE = {"en": "Goods receipt", "zh": "收货记录"}
printed_form(FORM_CODE, FORM_REVISION, TITLE)


def receipt_draft(receipt: Receipt, pack: PackagingLevel | None = None, *, actor: Actor) -> RecordDraft:
    """Put a receipt into the form of a record; nobody signs it, the plant seals it.

    ``pack`` is what the label was on when that was not a unit of use.
    """
    lot, case, style = receipt.lot, receipt.case, style_of(receipt.site)
    supplier = receipt.line.order.supplier
    return RecordDraft(
        kind="procurement.receipt",
        title=TITLE,
        form_code=FORM_CODE,
        form_revision=FORM_REVISION,
        site=style,
        language=style.layout,
        content={
            "case": {"number": case.number, "title": case.title},
            "shown": [_order_section(receipt)],
            "entered": [lot_section(lot, receipt.quantity), _receipt_section(receipt, pack, actor)],
        },
        case_id=case.id,
        subject=("inventory.lot", lot.id, lot.number),
        search={
            "lot_number": " ".join(part for part in (lot.number, lot.supplier_lot) if part),
            "supplier_label": f"{supplier.code} {supplier.name['en']} {supplier.name['zh']}",
        },
    )


def pack_text(pack: PackagingLevel) -> Bilingual:
    """A pack and what it holds, such as “Carton of 12 pcs”."""
    level, symbol = LEVELS[pack.level.value], STOCK_UNITS[pack.item.uom].symbol
    return {
        "en": f"{level['en']} of {pack.contains} {symbol['en']}",
        "zh": f"{level['zh']}，内含{pack.contains} {symbol['zh']}",
    }


def _order_section(receipt: Receipt) -> Section:
    line = receipt.line
    rows = [
        row("Purchase order", "采购订单号", f"{line.order.number} / {line.position}"),
        row("Ordered", "订购数量", amount(line.quantity, receipt.unit)),
        row("Received so far, with this", "累计收货（含本次）", amount(line.received, receipt.unit)),
    ]
    return section("Order", "采购订单", rows)


def _receipt_section(receipt: Receipt, pack: PackagingLevel | None, actor: Actor) -> Section:
    rows = [
        row("Receipt number", "收货单号", receipt.number),
        row("Delivery note", "送货单号", receipt.delivery_note),
        row("Label as read", "标签读取内容", receipt.scan),
        row("Status after receipt", "收货后状态", STATUS_NAMES[receipt.lot.status]),
        row("Received by", "收货人", actor.names),
        row("Received", "收货时间", moment_text(receipt.received_at)),
    ]
    if receipt.held_because:
        rows.insert(4, row("On hold, supplier blocked", "冻结原因（供应商被冻结）", receipt.held_because))
    if pack is not None:
        rows.insert(3, row("Label of", "标签所属包装", pack_text(pack)))
    return section("Receipt", "收货", rows)
