"""Master data of the demo plant: a maker of infusion sets for single use (ISO 8536-4). All of it is invented.

Trade item numbers are in the range that GS1 keeps for demonstrations (prefix 952).
"""

from decimal import Decimal

from biip.checksums import gs1_standard_check_digit

from app.catalog.models import CharacteristicKind, ItemKind
from app.catalog.revising import Characteristic
from app.catalog.services import NewItem, NewSupplier
from core.types import Bilingual


def text(english: str, chinese: str) -> Bilingual:
    """A text in both languages."""
    return {"en": english, "zh": chinese}


def gtin(reference: int) -> str:
    """The GTIN-14 of an item reference below the demonstration prefix."""
    payload = f"09521234{reference:05d}"
    return f"{payload}{gs1_standard_check_digit(payload)}"


DRY = text("dry, 5–35 °C, away from light", "阴凉干燥，5–35 °C，避光")
ROOM = text("dry, below 40 °C", "干燥，40 °C 以下")


def measured(
    code: str,
    name: Bilingual,
    limits: tuple[str | None, str | None],
    unit: str,
    method: str,
    instrument: Bilingual,
    sample_size: int = 5,
) -> Characteristic:
    """A characteristic with limits; None is an open end."""
    lower, upper = (None if end is None else Decimal(end) for end in limits)
    return Characteristic(
        code,
        name,
        CharacteristicKind.MEASURED,
        lower,
        upper,
        unit,
        method=method,
        instrument=instrument,
        sample_size=sample_size,
    )


def judged(
    code: str, name: Bilingual, requirement: Bilingual, method: str, sample_size: int = 13
) -> Characteristic:
    """A characteristic the inspector judges."""
    return Characteristic(
        code,
        name,
        CharacteristicKind.JUDGED,
        requirement=requirement,
        method=method,
        instrument=text("eye, 300–700 lx", "目视，300–700 lx"),
        sample_size=sample_size,
    )


CALIPER = text("caliper 0.01 mm", "卡尺 0.01 mm")
TENSILE = text("tensile tester", "拉力试验机")
LOOKS = judged(
    "LOOK",
    text("Appearance", "外观"),
    text("clean, no flash, no foreign matter", "清洁，无飞边，无异物"),
    "SOP-QC-001",
)

ITEMS = (
    NewItem(
        "RM-PVC-70",
        text("PVC granulate, medical grade, Shore A 70", "医用聚氯乙烯粒料，邵氏A 70"),
        ItemKind.MATERIAL,
        "kg",
        gtin(11),
        730,
        DRY,
        "SP-RM-001/A2",
        (
            measured(
                "HARD",
                text("Hardness, Shore A", "硬度（邵氏A）"),
                ("68", "74"),
                "1",
                "ISO 868",
                text("durometer", "硬度计"),
                3,
            ),
            measured(
                "DENS",
                text("Density", "密度"),
                ("1.18", "1.24"),
                "g/cm3",
                "ISO 1183-1",
                text("balance 0.1 mg", "天平 0.1 mg"),
                3,
            ),
            measured(
                "MOIST",
                text("Volatile matter", "挥发分"),
                (None, "0.3"),
                "%",
                "SOP-QC-014",
                text("drying oven", "干燥箱"),
                1,
            ),
            judged(
                "LOOK",
                text("Appearance", "外观"),
                text("even colour, no foreign matter", "色泽均匀，无异物"),
                "SOP-QC-001",
                3,
            ),
        ),
    ),
    NewItem(
        "CP-LUER",
        text("Male Luer lock connector with cap", "外圆锥锁定接头（带护帽）"),
        ItemKind.COMPONENT,
        "{pcs}",
        gtin(21),
        1825,
        ROOM,
        "SP-CP-003/A1",
        (
            measured(
                "OD",
                text("Cone diameter at 0.75 mm", "锥头外径（0.75 mm 处）"),
                ("3.97", "4.07"),
                "mm",
                "ISO 80369-7",
                CALIPER,
            ),
            measured(
                "TORQ",
                text("Unscrewing torque", "旋开扭矩"),
                ("0.02", None),
                "N.m",
                "ISO 80369-20",
                text("torque meter", "扭矩仪"),
            ),
            judged(
                "LEAK",
                text("Tightness at 300 kPa, 30 s", "300 kPa 密封性，30 s"),
                text("no leakage", "无泄漏"),
                "ISO 80369-20",
            ),
            LOOKS,
        ),
    ),
    NewItem(
        "CP-DRIP",
        text("Drip chamber with spike and filter", "滴斗组件（带穿刺器及滤网）"),
        ItemKind.COMPONENT,
        "{pcs}",
        gtin(22),
        1825,
        ROOM,
        "SP-CP-005/A3",
        (
            measured(
                "DROP",
                text("Drops for 1 mL", "每毫升滴数"),
                ("19", "21"),
                "[drp]/mL",
                "ISO 8536-4",
                text("burette", "滴定管"),
            ),
            measured(
                "SPIKE",
                text("Penetration force of the spike", "穿刺力"),
                (None, "60"),
                "N",
                "SOP-QC-022",
                TENSILE,
            ),
            LOOKS,
        ),
    ),
    NewItem(
        "CP-CLAMP",
        text("Roller clamp", "流量调节器（滚轮夹）"),
        ItemKind.COMPONENT,
        "{pcs}",
        gtin(23),
        None,
        ROOM,
        "SP-CP-006/A1",
        (
            measured("WIDTH", text("Inner width", "内宽"), ("8.4", "8.8"), "mm", "SOP-QC-010", CALIPER),
            judged(
                "STOP",
                text("Stops the flow", "截流性能"),
                text("no drop in 60 s", "60 s 内无滴落"),
                "SOP-QC-023",
            ),
            LOOKS,
        ),
    ),
    NewItem(
        "PK-POUCH",
        text("Sterile barrier pouch 100 × 200 mm", "灭菌包装袋 100 × 200 mm"),
        ItemKind.PACKAGING,
        "{pcs}",
        gtin(31),
        1095,
        DRY,
        "SP-PK-001/B1",
        (
            measured(
                "SEAL",
                text("Seal strength, 15 mm strip", "封口强度（15 mm 宽）"),
                ("1.5", None),
                "N",
                "ISO 11607-1, SOP-QC-030",
                TENSILE,
            ),
            measured("WIDTH", text("Width", "宽度"), ("99", "101"), "mm", "SOP-QC-010", CALIPER),
            judged(
                "PRINT",
                text("Print", "印刷"),
                text("text as specimen, legible", "内容与样张一致，清晰"),
                "SOP-QC-031",
            ),
        ),
    ),
    NewItem(
        "PK-CARTON",
        text("Shipping carton for 100 sets", "外包装箱（100 套装）"),
        ItemKind.PACKAGING,
        "{pcs}",
        gtin(32),
        None,
        ROOM,
        "SP-PK-004/A1",
        (
            measured(
                "BURST",
                text("Bursting strength", "耐破强度"),
                ("784", None),
                "kPa",
                "ISO 2759",
                text("bursting tester", "耐破度仪"),
                3,
            ),
            judged(
                "PRINT",
                text("Print", "印刷"),
                text("text as specimen, legible", "内容与样张一致，清晰"),
                "SOP-QC-031",
            ),
        ),
    ),
    NewItem(
        "FD-IS150",
        text("Infusion set IS-150, gravity, single use", "一次性使用重力输液器 IS-150"),
        ItemKind.FINISHED,
        "{pcs}",
        gtin(101),
        1095,
        DRY,
        "SP-FD-150/A4",
        (
            measured(
                "LENGTH",
                text("Length of tubing", "导管长度"),
                ("1500", "1560"),
                "mm",
                "ISO 8536-4",
                text("steel rule", "钢直尺"),
            ),
            measured(
                "PULL",
                text("Pull on every joint, 15 s", "各连接处拉力，15 s"),
                ("15", None),
                "N",
                "ISO 8536-4",
                TENSILE,
            ),
            measured(
                "DROP",
                text("Drops for 1 mL", "每毫升滴数"),
                ("19", "21"),
                "[drp]/mL",
                "ISO 8536-4",
                text("burette", "滴定管"),
            ),
            measured(
                "FLOW",
                text("Flow at 1 m head", "流速（1 m 液位）"),
                ("100", None),
                "mL/min",
                "ISO 8536-4",
                text("balance, stopwatch", "天平、秒表"),
            ),
            measured(
                "ENDO",
                text("Bacterial endotoxin", "细菌内毒素"),
                (None, "0.5"),
                "[EU]/mL",
                "SOP-MB-004",
                text("kinetic reader", "动态检测仪"),
                3,
            ),
            judged(
                "LEAK",
                text("Tightness at 50 kPa", "50 kPa 气密性"),
                text("no leakage", "无泄漏"),
                "ISO 8536-4",
            ),
            judged(
                "LABEL",
                text("Label and UDI", "标签与 UDI"),
                text("as specimen, code reads", "与样张一致，条码可读"),
                "SOP-QC-033",
            ),
        ),
    ),
)

BOM = (
    ("RM-PVC-70", "0.018"),
    ("CP-LUER", "1"),
    ("CP-DRIP", "1"),
    ("CP-CLAMP", "1"),
    ("PK-POUCH", "1"),
    ("PK-CARTON", "0.01"),
)
"""What one infusion set takes, in the input's stock unit."""

SUPPLIERS = (
    NewSupplier(
        "S-101", text("Riverside Polymers", "江畔高分子材料"), "A", "CN", "ISO 13485 · demo 4711", None
    ),
    NewSupplier("S-102", text("Lakeview Moulding", "湖景精密注塑"), "A", "CN", "ISO 13485 · demo 0815", None),
    NewSupplier("S-103", text("Nordhafen Packaging", "北港包装"), "B", "DE", "ISO 11607 · demo 2204", None),
)

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="Demo">'
    '<rect width="64" height="64" rx="14" fill="#0b5cad"/>'
    '<path d="M32 10c8 12 13 18 13 26a13 13 0 0 1-26 0c0-8 5-14 13-26z" fill="#fff"/>'
    '<path d="M32 30v14M25 37h14" stroke="#0b5cad" stroke-width="4" stroke-linecap="round"/></svg>'
)
"""A drop with a cross; drawn for the demo."""
