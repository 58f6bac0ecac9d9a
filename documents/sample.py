"""A typical record of a made-up plant: what workers warm up with and benchmarks measure with."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from core.types import Bilingual
from documents.evidence import SignatureEvidence
from documents.records import SCHEMA, Layout, SiteStyle, empty_content, moment_text

MOMENT = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)

_NAME: Bilingual = {"en": "Sample plant", "zh": "样例工厂"}
_COMPANY: Bilingual = {"en": "Sample Medical Devices Ltd.", "zh": "样例医疗器械有限公司"}
_COLUMNS: list[Bilingual] = [
    {"en": "Characteristic", "zh": "检验项目"},
    {"en": "Method", "zh": "检验方法"},
    {"en": "Limits", "zh": "限度"},
    {"en": "Measured value", "zh": "实测值"},
    {"en": "Unit", "zh": "单位"},
    {"en": "Verdict", "zh": "单项结论"},
]
_RESULTS: list[list[str | Bilingual]] = [
    [
        {"en": "Outer diameter of the tube", "zh": "导管外径"},
        {"en": "Calliper", "zh": "卡尺"},
        "4.00 – 4.20",
        "4.11",
        "mm",
        {"en": "Pass", "zh": "合格"},
    ],
    [
        {"en": "Leak rate at 200 kPa", "zh": "200 kPa 泄漏率"},
        {"en": "Leak tester", "zh": "检漏仪"},
        "≤ 0.005",
        "0.0031",
        "mbar·L/s",
        {"en": "Pass", "zh": "合格"},
    ],
    [
        {"en": "Appearance: no cracks, burrs or foreign matter", "zh": "外观：无裂纹、毛刺和异物"},
        {"en": "Visual", "zh": "目测"},
        "–",
        "–",
        "–",
        {"en": "Pass", "zh": "合格"},
    ],
]


def house(layout: Layout) -> SiteStyle:
    """Give the style of the made-up plant."""
    return SiteStyle(
        code="XX",
        name=_NAME,
        company=_COMPANY,
        address={"en": "1 Sample Road", "zh": "样例路1号"},
        region="CN",
        zone="Asia/Shanghai",
        layout=layout,
        demo=True,
        root_sha256=hashlib.sha256(b"sample").hexdigest(),
    )


def record(layout: Layout, *, results: int = 24) -> dict[str, Any]:
    """Give an inspection record with this many results, about two pages with its signatures."""
    style = house(layout)
    return {
        "schema": SCHEMA,
        "number": "XX-R-2026-0001",
        "kind": "sample.inspection",
        "title": {"en": "Lot inspection record", "zh": "批检验记录"},
        "form": {"code": "QR-XX-001", "revision": "A0"},
        "site": {
            "code": style.code,
            "name": _NAME,
            "company": _COMPANY,
            "address": style.address,
            "region": style.region,
            "zone": style.zone,
            "demo": "yes",
        },
        "language": layout,
        "created_at": moment_text(MOMENT),
        "created_by": {"id": "sample", "name": "Anna Keller 安娜"},
        "subject": {"type": "inventory.lot", "id": "", "label": "L26-0001"},
        "content": _content(results),
    }


def evidence(count: int, cms: bytes = b"") -> list[SignatureEvidence]:
    """Give what the page says about this many signers of the record."""
    return [
        SignatureEvidence(
            name=f"{name} {place}",
            role={"en": "Quality assurance", "zh": "质量保证"},
            meaning={"en": "Released", "zh": "放行"},
            at=MOMENT,
            zone="Asia/Shanghai",
            method={"en": "user name and password", "zh": "用户名和密码"},
            statement={
                "en": "I have read this record; it is complete and true.",
                "zh": "本人已阅读本记录，内容完整、真实。",
            },
            on_behalf_of=None,
            cms=cms,
            fingerprint=hashlib.sha256(name.encode()).hexdigest(),
            login=f"sample{place}",
            reference=f"00000000-0000-4000-8000-00000000000{place}",
        )
        for place, name in enumerate(("Anna Keller", "张伟", "José Núñez")[:count], 1)
    ]


_SHOWN = {
    "title": {"en": "Lot", "zh": "批"},
    "rows": [
        {"label": {"en": "Item", "zh": "物料"}, "value": {"en": "PVC tube", "zh": "PVC 导管"}},
        {"label": {"en": "Lot", "zh": "批号"}, "value": "L26-0001"},
        {"label": {"en": "Quantity", "zh": "数量"}, "value": "12500", "unit": "m"},
        {"label": {"en": "Expiry", "zh": "有效期至"}, "value": "2029-10-31"},
    ],
}
_CONCLUSION = {
    "label": {"en": "Conclusion", "zh": "检验结论"},
    "value": {"en": "Pass", "zh": "合格"},
    "mark": "pass",
}
_DECISION = {
    "decision": "disposition",
    "name": "Disposition",
    "policy": "FIRST",
    "inputs": [{"label": "Conclusion", "expression": "inspection.conclusion", "value": "pass"}],
    "rows": ["1"],
    "annotations": ["Every result is within its limits."],
    "outputs": {"disposition": "accept"},
}


def _content(results: int) -> dict[str, Any]:
    digest = hashlib.sha256(b"model").hexdigest()
    lines = [_RESULTS[place % len(_RESULTS)] for place in range(results)]
    return {
        **empty_content(),
        "case": {
            "number": "XX-LR-2026-0001",
            "title": {"en": "Release of lot L26-0001", "zh": "批放行 L26-0001"},
            "process": {"en": "Lot release", "zh": "批放行"},
            "version": "1",
            "model_sha256": digest,
            "step": {"en": "Inspection", "zh": "检验"},
        },
        "shown": [_SHOWN],
        "entered": [
            {
                "title": {"en": "Results", "zh": "检验结果"},
                "rows": [_CONCLUSION],
                "table": {"columns": _COLUMNS, "rows": lines},
            }
        ],
        "decisions": [_DECISION],
        "prior": [{"number": "XX-R-2026-0000", "sha256": digest}],
    }
