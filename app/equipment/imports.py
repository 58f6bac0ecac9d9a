"""The register of equipment as a list (URS-078). It is signed: whether a measurement counts rests on it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.equipment.models import Equipment, EquipmentKind, EquipmentState
from app.sites.imports import SITE
from core.actor import Actor
from core.clock import site_day
from core.errors import Invalid
from core.moments import moment_of
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, day, name_columns, text, whole
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row, both_cells

KINDS: dict[str, Bilingual] = {
    "instrument": {"en": "Instrument", "zh": "计量器具"},
    "machine": {"en": "Machine", "zh": "生产设备"},
    "utility": {"en": "Utility", "zh": "公用系统"},
    "software": {"en": "Computerised system", "zh": "计算机化系统"},
}
STATES: dict[str, Bilingual] = {
    "in_use": {"en": "In use", "zh": "在用"},
    "out_of_use": {"en": "Out of use", "zh": "停用"},
    "retired": {"en": "Retired", "zh": "报废"},
}
YES_NO: dict[str, Bilingual] = {"yes": {"en": "yes", "zh": "是"}, "no": {"en": "no", "zh": "否"}}
_PLAIN = (
    "place", "serial", "maker", "qualification_months", "calibration_months", "maintenance_months",
    "qualified_until", "calibrated_until", "maintained_until", "last_good",
)  # fmt: skip


def equipment_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What equipment with some codes holds."""
    wanted = select(Equipment).where(Equipment.code.in_({key for (key,) in keys}))
    return {
        (one.code,): {
            **both_cells("name", one.name),
            "kind": one.kind.value,
            "site": one.site.code,
            "state": one.state.value,
            **{key: getattr(one, key) for key in _PLAIN},
            "blocked": "yes" if one.blocked else "no",
            "block_reason": one.block_reason,
        }
        for one in session.scalars(wanted.options(joinedload(Equipment.site)))
    }


def register_equipment(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Register equipment."""
    for row in rows:
        one = Equipment(code=row.get("code"), state=EquipmentState.IN_USE)
        _fill(one, row)
        session.add(one)
    session.flush()  # they are found by their codes


def change_equipment(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change equipment as its rows say."""
    by_code = {row.get("code"): row for row in rows}
    for one in session.scalars(select(Equipment).where(Equipment.code.in_(by_code))):
        _fill(one, by_code[one.code])


def check_equipment(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find blocks without a reason, and equipment that is found good in the future."""
    moment = moment_of(session)
    for row in rows:
        before = row.before or {}
        if row.get("blocked") == "yes" and not (row.get("block_reason") or before.get("block_reason")):
            sentence = N_("Say why the equipment is blocked.")
            yield row.wrong("block_reason", Invalid("equipment.why", sentence, field="block_reason"))
        site, good = row.found.get("site"), row.get("last_good")
        if site is not None and good is not None and good > site_day(moment, site.zone):
            sentence = N_("%(day)s has not come yet. Enter what has been done.")
            yield row.wrong("last_good", Invalid("equipment.future", sentence, field="last_good", day=good))


def blocks_only(before: Mapping[str, Any] | None, wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a change does nothing but block equipment: that holds at once."""
    block = ("blocked", "block_reason")
    rest = [{key: text for key, text in one.items() if key not in block} for one in wanted]
    same = before is not None and rest == [{key: text for key, text in before.items() if key not in block}]
    return same and before is not None and before["blocked"] == "no" and wanted[0].get("blocked") == "yes"


def _fill(one: Equipment, row: Row) -> None:
    one.name = row.both("name")
    if row.found.get("site") is not None:
        one.site_id = row.found["site"].id
    if row.get("kind"):
        one.kind = EquipmentKind(row.get("kind"))
    if row.get("state"):
        one.state = EquipmentState(row.get("state"))
    for key in _PLAIN:
        if key in row.values:
            empty = "" if key in ("place", "serial", "maker") else None
            setattr(one, key, row.get(key) if row.get(key) is not None else empty)
    if row.get("blocked"):
        one.blocked = row.get("blocked") == "yes"
        one.block_reason = (row.get("block_reason") or one.block_reason or "") if one.blocked else ""


def _months(key: str, name: Bilingual, example: str) -> Column:
    hint = {"en": "Months; empty if it is not asked of this equipment.", "zh": "月数；不要求时留空。"}
    return Column(key, name, whole(1, 240), example, hint, required=False)


def _last(key: str, name: Bilingual, example: date | None = None) -> Column:
    hint = {"en": "Last day in order; empty if never done.", "zh": "有效期最后一天；从未进行时留空。"}
    return Column(key, name, day, str(example or "2027-06-30"), hint, required=False)


_NAME: Bilingual = {"en": "Micrometer 0–25 mm", "zh": "千分尺 0–25 mm"}
EQUIPMENT = register(
    Importer(
        name="equipment.register",
        title={"en": "Equipment", "zh": "设备"},
        about={
            "en": "Instruments, machines and systems with the days until which they are qualified, "
            "calibrated and maintained. What is overdue or blocked cannot be used.",
            "zh": "计量器具、生产设备与系统及其确认、校准、维护的有效期。超期或停用的设备不得使用。",
        },
        right="equipment.manage",
        order=48,
        key=("code",),
        existing=equipment_there,
        create=register_equipment,
        change=change_equipment,
        check=check_equipment,
        columns=(
            Column("code", {"en": "Code", "zh": "编码"}, code(), "QC-M-014",
                   {"en": "Stands on the equipment; never used twice.", "zh": "贴在设备上；不得重复。"}),
            *name_columns("name", "Name", "名称", _NAME, needed=True),
            Column("kind", {"en": "Kind", "zh": "类别"}, choice(KINDS), "instrument",
                   {"en": "instrument, machine, utility or software",
                    "zh": "计量器具、生产设备、公用系统或计算机化系统"}),
            SITE,
            Column("place", {"en": "Place", "zh": "位置"}, text(), "QC laboratory",
                   {"en": "Room or line.", "zh": "房间或生产线。"}, required=False),
            Column("serial", {"en": "Serial number", "zh": "出厂编号"}, text(80), "SN 4711",
                   {"en": "", "zh": ""}, required=False),
            Column("maker", {"en": "Maker", "zh": "制造商"}, text(), "Example Metrology",
                   {"en": "", "zh": ""}, required=False),
            Column("state", {"en": "State", "zh": "状态"}, choice(STATES), "in_use",
                   {"en": "in use, out of use or retired", "zh": "在用、停用或报废"}, required=False),
            _months("qualification_months", {"en": "Qualification every (months)", "zh": "确认周期（月）"},
                    "36"),
            _months("calibration_months", {"en": "Calibration every (months)", "zh": "校准周期（月）"}, "12"),
            _months("maintenance_months", {"en": "Maintenance every (months)", "zh": "维护周期（月）"}, "6"),
            _last("qualified_until", {"en": "Qualified until", "zh": "确认有效期至"}),
            _last("calibrated_until", {"en": "Calibrated until", "zh": "校准有效期至"}),
            _last("maintained_until", {"en": "Maintained until", "zh": "维护有效期至"}),
            Column("last_good", {"en": "Last found good", "zh": "最近合格日"}, day, "2026-06-30",
                   {"en": "Last day on which it was within tolerance.", "zh": "最近一次在允差内的日期。"},
                   required=False),
            Column("blocked", {"en": "Blocked", "zh": "停用冻结"}, choice(YES_NO), "no",
                   {"en": "yes or no", "zh": "是或否"}, required=False),
            Column("block_reason", {"en": "Why blocked", "zh": "冻结原因"}, text(300), "",
                   {"en": "Told to everybody who wants to use it.", "zh": "向每个要使用的人说明。"},
                   required=False),
        ),
    )
)  # fmt: skip
