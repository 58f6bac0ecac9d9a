"""The record of an output receipt, form QR-PD-021: what came off the line, for which order, made of which
lots."""

from __future__ import annotations

from collections.abc import Sequence

from app.inventory.models import LotEdge
from app.inventory.records import amount, lot_section, row, section, table
from app.production.models import Output
from app.sites.queries import style_of
from core.actor import Actor
from documents.records import RecordDraft, moment_text
from documents.registry import Section, printed_form

FORM_CODE, FORM_REVISION = "QR-PD-021", "A1"
TITLE = {"en": "Output receipt", "zh": "完工入库记录"}
printed_form(FORM_CODE, FORM_REVISION, TITLE)
_COLUMNS = (
    ("Item", "物料"),
    ("Lot", "批号"),
    ("Supplier's lot", "供应商批号"),
    ("Expiry", "有效期至"),
    ("Quantity", "用量"),
)


def output_draft(output: Output, inputs: Sequence[LotEdge], *, actor: Actor) -> RecordDraft:
    """Put an output receipt into the form of a record; nobody signs it, the plant seals it."""
    lot, case, style = output.lot, output.case, style_of(output.site)
    used = section(
        "Lots that went into it", "投入批次", [], table(_COLUMNS, [_input_row(edge) for edge in inputs])
    )
    return RecordDraft(
        kind="production.output",
        title=TITLE,
        form_code=FORM_CODE,
        form_revision=FORM_REVISION,
        site=style,
        language=style.layout,
        content={
            "case": {"number": case.number, "title": case.title},
            "shown": [_order_section(output)],
            "entered": [lot_section(lot, output.quantity), used, _output_section(output, actor)],
        },
        case_id=case.id,
        subject=("inventory.lot", lot.id, lot.number),
        search={"lot_number": lot.number},
    )


def _order_section(output: Output) -> Section:
    order = output.work_order
    rows = [
        row("Work order", "工单号", order.number),
        row("Planned", "计划数量", amount(order.quantity, output.unit)),
        row("Made so far, with this", "累计完工（含本次）", amount(order.made, output.unit)),
        row("Bill of material", "物料清单版本", order.bom.code),
    ]
    return section("Work order", "生产工单", rows)


def _output_section(output: Output, actor: Actor) -> Section:
    rows = [
        row("Output number", "入库单号", output.number),
        row("Label as read", "标签读取内容", output.scan),
        row("Status after receipt", "入库后状态", {"en": "in quarantine", "zh": "待检"}),
        row("Received by", "入库人", actor.names),
        row("Received", "入库时间", moment_text(output.received_at)),
    ]
    return section("Output", "完工入库", rows)


def _input_row(edge: LotEdge) -> list[str | dict[str, str]]:
    lot = edge.parent
    name = {side: f"{lot.item.code} · {lot.item.name[side]}" for side in ("en", "zh")}
    expiry = lot.expiry.isoformat() if lot.expiry else "–"
    return [name, lot.number, lot.supplier_lot or "–", expiry, amount(edge.quantity, edge.unit)]
