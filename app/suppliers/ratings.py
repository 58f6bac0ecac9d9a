"""Risk classes and standings of suppliers as lists (URS-040, URS-041)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Supplier
from app.suppliers.columns import FROM_COLUMN, SUPPLIER_COLUMN, Key, rows_of
from app.suppliers.hearing import tell_free
from app.suppliers.models import Standing, SupplierClass, SupplierStanding
from core.actor import Actor
from core.errors import Conflict
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, text
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row

CLASSES: dict[str, Bilingual] = {
    "A": {"en": "A · critical", "zh": "A 类（关键）"},
    "B": {"en": "B · important", "zh": "B 类（重要）"},
    "C": {"en": "C · general", "zh": "C 类（一般）"},
}
STANDINGS: dict[str, Bilingual] = {
    "free": {"en": "Free", "zh": "无限制"},
    "conditional": {"en": "On conditions", "zh": "有条件合格"},
    "blocked": {"en": "Blocked", "zh": "已冻结"},
}


def class_key(one: SupplierClass) -> Key:
    """What names a risk class: the supplier and its first day."""
    return (one.supplier.code, one.valid_from)


def classes_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What risk classes with some keys hold."""
    found = rows_of(session, _joined(SupplierClass), keys, class_key)
    return {key: {"risk_class": one.risk_class, "grounds": one.grounds} for key, one in found.items()}


def class_with(session: Session, key: Key) -> Any:
    """The risk class with a key, if there is one."""
    query = _joined(SupplierClass).where(Supplier.code == key[0], SupplierClass.valid_from == key[1])
    return session.scalar(query)


def create_classes(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Give suppliers another risk class from a day on; earlier ones stay."""
    for row in rows:
        one = SupplierClass(supplier_id=row.found["supplier"].id, valid_from=row.get("valid_from"))
        one.risk_class, one.grounds = row.get("risk_class"), row.get("grounds")
        session.add(one)
    session.flush()  # they are found by their keys


def standing_key(one: SupplierStanding) -> Key:
    """What names a standing: its supplier."""
    return (one.supplier.code,)


def standings_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """How some suppliers stand."""
    found = rows_of(session, _joined(SupplierStanding), keys, standing_key)
    return {key: {"standing": one.standing.value, "why": one.why} for key, one in found.items()}


def standing_with(session: Session, key: Key) -> Any:
    """The standing of a supplier, if anybody has said one."""
    return session.scalar(_joined(SupplierStanding).where(Supplier.code == key[0]))


def create_standings(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Say for the first time how suppliers stand."""
    for row in rows:
        one = SupplierStanding(supplier_id=row.found["supplier"].id)
        set_standing(one, Standing(row.get("standing")), row.get("why"), now=now)
        session.add(one)
    session.flush()  # they are found by their keys


def change_standings(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change how suppliers stand."""
    by_key = {key: row for row in rows if (key := row.key(("supplier",)))}
    for key, one in rows_of(session, _joined(SupplierStanding), by_key, standing_key).items():
        was_blocked = one.standing is Standing.BLOCKED
        set_standing(one, Standing(by_key[key].get("standing")), by_key[key].get("why"), now=now)
        session.flush()  # whoever hears of it reads the new standing
        if was_blocked and one.standing is not Standing.BLOCKED:
            tell_free(session, one.supplier, actor=actor, now=now)


def set_standing(one: SupplierStanding, standing: Standing, why: str, *, now: datetime) -> None:
    """Say how a supplier stands from now on, and why."""
    one.standing, one.why, one.since = standing, why, now


def check_standings(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find suppliers that stand so already: a reason alone is no change of standing."""
    for row in rows:
        before, blocked = row.before or {}, Standing.BLOCKED.value
        if before.get("standing") == row.get("standing") == blocked and before["why"] != row.get("why"):
            sentence = N_("This supplier is blocked already: %(why)s.")
            yield row.wrong("standing", Conflict("supplier.is_blocked", sentence, why=before["why"]))


def _joined(model: Any) -> Any:
    return select(model).join(model.supplier).options(joinedload(model.supplier))


RISK_CLASSES = register(
    Importer(
        name="suppliers.classes",
        title={"en": "Risk classes of suppliers", "zh": "供应商风险等级"},
        about={
            "en": "Which risk class a supplier has from which day on; earlier ones stay readable.",
            "zh": "供应商自何日起属于何风险等级；以往等级保留可查。",
        },
        right="suppliers.manage",
        order=52,
        key=("supplier", "valid_from"),
        existing=classes_there,
        create=create_classes,
        columns=(
            SUPPLIER_COLUMN,
            FROM_COLUMN,
            Column("risk_class", {"en": "Risk class", "zh": "风险等级"}, choice(CLASSES), "A",
                   {"en": "A, B or C", "zh": "A、B 或 C"}),
            Column("grounds", {"en": "Grounds", "zh": "依据"}, text(300), "Material in contact with blood",
                   {"en": "What the class rests on.", "zh": "定级依据。"}),
        ),
    )
)  # fmt: skip

STANDINGS_LIST = register(
    Importer(
        name="suppliers.standings",
        title={"en": "Blocks and conditions", "zh": "供应商冻结与条件"},
        about={
            "en": "Suppliers that are blocked or approved on conditions only. A block holds at once; lifting "
            "it needs a second person's signature.",
            "zh": "被冻结或有条件合格的供应商。冻结立即生效；解除须由第二人签名。",
        },
        right="suppliers.manage",
        order=58,
        key=("supplier",),
        existing=standings_there,
        create=create_standings,
        change=change_standings,
        check=check_standings,
        columns=(
            SUPPLIER_COLUMN,
            Column("standing", {"en": "Standing", "zh": "状态"}, choice(STANDINGS), "blocked",
                   {"en": "free, conditional or blocked", "zh": "无限制、有条件合格或已冻结"}),
            Column("why", {"en": "Why", "zh": "原因"}, text(300), "Deviation DEV-2026-014",
                   {"en": "Told to everybody who wants to order.", "zh": "向每个要下单的人说明。"}),
        ),
    )
)  # fmt: skip
