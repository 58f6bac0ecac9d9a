"""Records as a plant would write them: short, long, in each layout, with the names that break bad pages."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from documents.evidence import Attached, SignatureEvidence
from documents.records import SiteStyle, empty_content, moment_text

NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 44">'
    '<path d="M22 2C14 14 6 20 6 29a16 13 0 0 0 32 0'
    'C38 20 30 14 22 2z" fill="#12466b"/><path d="M14 30h16M22 22v16" stroke="#fff" stroke-width="3.4"/>'
    '<text x="48" y="31" font-size="24" fill="#12466b">CLARA</text></svg>'
)

DIAGRAM = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 220" width="760" height="220">'
    '<rect x="4" y="4" width="752" height="212" fill="none" stroke="#9db2c2"/>'
    '<circle cx="50" cy="90" r="18" fill="#e3f3ea" stroke="#14633b" stroke-width="2"/>'
    '<rect x="120" y="55" width="130" height="70" rx="10" fill="#e3f3ea" stroke="#14633b" stroke-width="2"/>'
    '<text x="185" y="94" text-anchor="middle" font-size="14" font-family="Arial">检验 Inspection</text>'
    '<path d="M340 60l32 32-32 32-32-32z" fill="#fff" stroke="#41505d" stroke-width="2"/>'
    '<rect x="440" y="55" width="150" height="70" rx="10" fill="#fff" stroke="#41505d" stroke-width="2"/>'
    '<text x="515" y="94" text-anchor="middle" font-size="14">进货放行 Release</text>'
    '<circle cx="690" cy="90" r="18" fill="#fff" stroke="#41505d" stroke-width="5"/>'
    '<path d="M68 90H120M250 90H308" stroke="#14633b" stroke-width="3"/>'
    '<path d="M372 90H440M590 90H672" stroke="#9db2c2" stroke-width="2"/></svg>'
)


def both(en, zh):
    return {"en": en, "zh": zh}


def house(layout="both", **changes):
    plain = SiteStyle(
        code="SZ",
        name=both("Suzhou plant", "苏州工厂"),
        company=both("Clara Infusion Systems Co., Ltd", "克莱拉输液系统有限公司"),
        address=both("88 Xinghu Street, Suzhou Industrial Park, Jiangsu", "江苏省苏州工业园区星湖街88号"),
        region="CN",
        zone="Asia/Shanghai",
        layout=layout,
        logo=LOGO,
        demo=True,
        root_sha256=hashlib.sha256(b"root").hexdigest(),
    )
    return replace(plain, **changes)


def row(label, value, unit=None, mark=None):
    return {"label": label, "value": value, "unit": unit, "mark": mark}


CHARACTERISTICS = [
    (both("Outer diameter of the tube", "导管外径"), both("Calliper", "卡尺"), "4.00 – 4.20", "4.11", "mm"),
    (both("Wall thickness", "壁厚"), both("Micrometer", "千分尺"), "0.48 – 0.56", "0.52", "mm"),
    (
        both("Leak rate at 200 kPa", "200 kPa 泄漏率"),
        both("Leak tester", "检漏仪"),
        "≤ 0.005",
        "0.0031",
        "mbar·L/s",
    ),
    (both("Tensile force of the bond", "粘接拉力"), both("Tensile tester", "拉力机"), "≥ 15", "14.2", "N"),
    (both("Particles ≥ 25 µm", "微粒 ≥ 25 µm"), both("Light obscuration", "光阻法"), "≤ 90", "37", "1/mL"),
    (
        both("Appearance: no cracks, burrs or foreign matter", "外观：无裂纹、毛刺和异物"),
        both("Visual", "目测"),
        "",
        "",
        "",
    ),
]


def results(count):
    rows = []
    for place in range(count):
        name, method, limits, value, unit = CHARACTERISTICS[place % len(CHARACTERISTICS)]
        verdict = both("Fail", "不合格") if value == "14.2" else both("Pass", "合格")
        number = both(f"{place + 1:02d} {name['en']}", f"{place + 1:02d} {name['zh']}")
        rows.append([number, method, limits, value, unit, verdict])
    columns = [
        both("Characteristic", "检验项目"),
        both("Method", "检验方法"),
        both("Limits", "限度"),
        both("Measured value", "实测值"),
        both("Unit", "单位"),
        both("Verdict", "单项结论"),
    ]
    return {"title": both("Results", "检验结果"), "rows": [], "table": {"columns": columns, "rows": rows}}


def content(characteristics=12):
    model = hashlib.sha256(b"model").hexdigest()
    return {
        **empty_content(),
        "case": {
            "number": "SZ-LR-2026-0007",
            "title": both("Release of lot L26-1107", "批放行 L26-1107"),
            "process": both("Lot release", "批放行"),
            "process_key": "lot_release",
            "version": "3",
            "model_sha256": model,
            "release": "a1f3a8f0-5c5e-4e43-9f0e-6b7c8d9e0f10",
            "step": both("Inspection", "检验"),
            "element": "inspection",
            "started_at": "2026-11-21T01:15:00Z",
        },
        "shown": [
            {
                "title": both("Lot", "批次"),
                "rows": [
                    row(both("Item", "物料"), "M-2210 PVC tube 4.1 × 3.1"),
                    row(both("Lot", "批号"), "L26-1107"),
                    row(both("Quantity", "数量"), "12500", "m"),
                    row(both("Expiry", "有效期至"), "2029-10-31"),
                    row(
                        both("Supplier", "供应商"),
                        both("Ningbo Hengyuan Medical Plastics Co., Ltd", "宁波恒源医用塑料有限公司"),
                    ),
                    row(both("Supplier's lot", "供应商批号"), "HY-20261102-A"),
                ],
                "table": None,
            }
        ],
        "entered": [
            {
                "title": both("Lot inspection record", "批检验记录"),
                "rows": [
                    row(both("Sample size", "抽样数量"), "32", "pcs"),
                    row(both("Instruments used", "所用仪器"), "M-014, M-022"),
                    row(both("Conclusion", "检验结论"), both("Fail", "不合格"), None, "fail"),
                    row(
                        both("Remarks", "备注"),
                        "第4项粘接拉力低于下限，复测两次结果一致（14.2 N、14.1 N），建议拒收。",
                        None,
                        "changed",
                    ),
                ],
                "table": None,
            },
            results(characteristics),
        ],
        "decisions": [
            {
                "name": "Disposition 处置",
                "decision": "disposition",
                "policy": "FIRST",
                "inputs": [
                    {
                        "label": "Critical results outside limits 关键项不合格数",
                        "expression": "inspection.failed",
                        "value": "2",
                    },
                    {"label": "Item kind 物料类别", "expression": "lot.item_kind", "value": "material"},
                ],
                "rows": ["2"],
                "annotations": [
                    "A critical characteristic is out of limits: reject. 关键项目超出限度：拒收。"
                ],
                "outputs": {"disposition": "reject"},
            }
        ],
        "attachments": [
            {
                "name": "供应商质保书 HY-20261102-A.pdf",
                "sha256": hashlib.sha256(b"coa").hexdigest(),
                "size": "3",
                "media_type": "application/pdf",
            },
            {
                "name": "tensile-tester-raw.csv",
                "sha256": hashlib.sha256(b"raw").hexdigest(),
                "size": "9437184",
                "media_type": "text/csv",
            },
        ],
        "path": {
            "done": ["received", "inspection"],
            "current": ["incoming_release"],
            "flows": ["to_inspection", "to_release"],
            "rounds": {"received": "1", "inspection": "2"},
            "marks": {"inspection": "2×"},
        },
        "signing": {
            "meaning": "inspected",
            "text": both("Inspected", "检验"),
            "role": "inspector",
            "signers": "1",
        },
        "prior": [{"number": "SZ-R-2026-0011", "sha256": hashlib.sha256(b"receipt").hexdigest()}],
    }


def record(language="both", *, characteristics=12, demo="yes"):
    style = house(language)
    return {
        "schema": "qms.record/1",
        "number": "SZ-R-2026-0012",
        "kind": "lot_release.inspection",
        "title": both("Lot inspection record", "批检验记录"),
        "form": {"code": "QR-QA-012", "revision": "A3"},
        "site": {
            "code": style.code,
            "name": style.name,
            "company": style.company,
            "address": style.address,
            "region": style.region,
            "zone": style.zone,
            "demo": demo,
        },
        "language": language,
        "created_at": moment_text(NOW),
        "created_by": {"id": "7d4f0f0e-6a56-4f2e-9a5e-0d1f3a2b4c5d", "name": "王明 Wang Ming"},
        "subject": {
            "type": "inventory.lot",
            "id": "0f9a3a36-3e2a-4d0b-8d55-3f4f0f7f6a11",
            "label": "L26-1107",
        },
        "content": content(characteristics),
    }


def evidence(count=1):
    names = ["王明 Wang Ming", "阿卜杜热依木·买买提伊明 Abdureyim Memet-Imin", "欧阳㛃璟"]
    return [
        SignatureEvidence(
            name=names[place % 3],
            role=both("Inspector", "检验员"),
            meaning=both("Inspected: I made this inspection as recorded", "检验：本人按记录完成了本次检验"),
            at=NOW + timedelta(minutes=3 * place),
            zone="Asia/Shanghai",
            method=both("user id and password", "用户名和密码"),
            statement=both(
                "I have read this record; it is complete and true. "
                "My electronic signature binds me as my handwriting.",
                "本人已阅读本记录，内容完整、真实。电子签名与本人手写签名具有同等效力。",
            ),
            on_behalf_of="李娜 Li Na" if place == 1 else None,
            cms=b"0\x80evidence of %d" % place,
            fingerprint=hashlib.sha256(b"cert %d" % place).hexdigest(),
            login=f"inspector{place}",
            reference=f"4b1cbb54-3b0f-4b8e-9f66-0c6cf1a2b3c{place}",
        )
        for place in range(count)
    ]


def attached():
    return [
        Attached("供应商质保书 HY-20261102-A.pdf", b"coa", "", "Supplement"),
        Attached("lot_release.bpmn", b"<definitions/>", "Process model", "Source"),
    ]
