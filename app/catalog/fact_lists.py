"""Lists of packs, unit conversions, parties and coding schemes (URS-030, URS-032)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.coding import SUBJECTS, fits, read_pattern, sample_code, scheme_findings
from app.catalog.conversions import UnitFact, must_be_new
from app.catalog.models import (
    CodingScheme,
    Item,
    PackagingKind,
    PackagingLevel,
    Party,
    PartyRole,
    PartyState,
    Supplier,
    UnitConversion,
)
from app.catalog.packs import LEVELS, check_packs, gtin_owners, gtin_taken, read_gtin
from app.catalog.queries import conversions_of
from app.catalog.references import SUPPLIER
from app.catalog.revision_lists import ITEM_COLUMN
from app.catalog.standard_lists import positive, read_unit
from app.sites.imports import SITE
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.number_rules import PREFIX
from core.numbers import NumberRule
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, name_columns, text, whole
from documents.sheets.importers import Importer
from documents.sheets.rows import Finding, Reach, Row, Unique, both_cells

ROLES: dict[str, Bilingual] = {
    "manufacturer": {"en": "Manufacturer", "zh": "制造商"},
    "customer": {"en": "Customer", "zh": "客户"},
    "both": {"en": "Manufacturer and customer", "zh": "制造商兼客户"},
}
STATES: dict[str, Bilingual] = {
    "active": {"en": "Active", "zh": "在用"},
    "blocked": {"en": "Blocked", "zh": "停用"},
    "closed": {"en": "Closed", "zh": "终止"},
}
Key = tuple[Any, ...]
Found = dict[Key, dict[str, Any]]


def read_prefix(value: Any) -> str:
    """What numbered codes begin with.

    Raises:
        Invalid: ``number.prefix``.
    """
    word = str(value).strip()
    if not PREFIX.fullmatch(word):
        raise Invalid("number.prefix", "A prefix has 1 to 8 capital letters and digits, a letter first.")
    return word


def packs_there(session: Session, keys: Collection[Key]) -> Found:
    """What some levels of packaging hold already."""
    query = select(PackagingLevel).join(PackagingLevel.item)
    found = session.scalars(query.where(Item.code.in_({item for item, _ in keys})))
    return {
        (one.item.code, one.level.value): {"contains": one.contains, "gtin": one.gtin, "label": one.label}
        for one in found
    }


def create_packs(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open levels of packaging."""
    for row in rows:
        pack = PackagingLevel(item=row.found["item"], level=PackagingKind(row.get("level")))
        pack.contains, pack.gtin, pack.label = row.get("contains"), row.get("gtin"), row.get("label") or ""
        session.add(pack)
    session.flush()


def change_packs(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Give levels of packaging another label; what a GTIN stands for never changes."""
    for row in rows:
        pack = session.scalars(
            select(PackagingLevel)
            .join(PackagingLevel.item)
            .where(Item.code == row.get("item"), PackagingLevel.level == row.get("level"))
        ).one()
        pack.label = row.get("label") or ""


def conversions_there(session: Session, keys: Collection[Key]) -> Found:
    """What some items say of their units already."""
    query = select(UnitConversion).join(UnitConversion.item)
    found = session.scalars(query.where(Item.code.in_({key[0] for key in keys})))
    return {
        (one.item.code, one.unit, one.equals_unit): {"quantity": one.quantity, "equals": one.equals}
        for one in found
    }


def check_conversions(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find conversions that are known already, from UCUM, from the item, or from a row further up."""
    fresh = [row for row in rows if row.before is None and row.found.get("item") and not row.bad]
    facts = conversions_of(session, {row.found["item"].id for row in fresh})
    for row in fresh:
        item, unit, equals_unit = row.found["item"], row.get("unit"), row.get("equals_unit")
        known = facts.setdefault(item.id, [])
        try:
            must_be_new(unit, equals_unit, known, item=item.code)
        except Conflict as twice:
            yield row.wrong("equals_unit", twice)
        else:
            factor = Fraction(row.get("equals")) / Fraction(row.get("quantity"))
            known.append(UnitFact(unit, equals_unit, factor))


def create_conversions(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open unit conversions."""
    for row in rows:
        units = {name: row.get(name) for name in ("quantity", "unit", "equals", "equals_unit")}
        session.add(UnitConversion(item=row.found["item"], **units))
    session.flush()


def parties_there(session: Session, keys: Collection[Key]) -> Found:
    """What some parties hold already."""
    return {
        (one.code,): {
            **both_cells("name", one.name),
            "role": one.role.value,
            "country": one.country,
            **both_cells("address", one.address),
            "contact": one.contact,
            "supplier": one.supplier.code if one.supplier else None,
            "state": one.state.value,
        }
        for one in _by_code(session, Party, keys).values()
    }


def check_parties(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find new codes that fit no coding scheme."""
    yield from scheme_findings(session, [(row, "party") for row in rows])


def create_parties(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open parties."""
    for row in rows:
        party = Party(code=row.get("code"))
        _fill_party(party, row)
        session.add(party)
    session.flush()


def change_parties(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change parties as their rows say."""
    found = _by_code(session, Party, [(row.get("code"),) for row in rows])
    for row in rows:
        _fill_party(found[row.get("code")], row)


def schemes_there(session: Session, keys: Collection[Key]) -> Found:
    """What some coding schemes say already."""
    return {
        (one.code,): {
            **both_cells("name", one.name),
            "subject": one.subject,
            "site": one.site.code if one.site else None,
            "pattern": one.pattern,
            "prefix": one.prefix,
            "digits": one.digits,
        }
        for one in _by_code(session, CodingScheme, keys).values()
    }


def check_schemes(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find schemes whose own next code would not fit, and prefixes that belong to another series."""
    every = list(rows)
    wanted = {row.get("prefix") for row in every if row.get("prefix")}
    rules = session.scalars(select(NumberRule)).all() if wanted else []
    for row in every:
        prefix, pattern, digits = row.get("prefix"), row.get("pattern"), row.get("digits") or 4
        if not prefix or not pattern:
            continue
        site = row.found.get("site")
        sample = sample_code(prefix, digits, site.code if site is not None else "")
        if not fits(sample, pattern):
            sentence = N_("Its own codes, such as %(text)s, would not fit this pattern.")
            yield row.wrong("pattern", Invalid("code.own_pattern", sentence, text=sample))
        series = f"code.{row.get('code')}"
        if any(rule.series != series and prefix in (rule.prefix, *rule.former) for rule in rules):
            sentence = N_("The prefix %(prefix)s belongs to another series; a number could be given twice.")
            yield row.wrong("prefix", Conflict("number.prefix_taken", sentence, prefix=prefix))


def create_schemes(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open coding schemes."""
    for row in rows:
        site = row.found.get("site")
        session.add(
            CodingScheme(
                code=row.get("code"),
                name=row.both("name"),
                subject=row.get("subject"),
                site=site,
                pattern=row.get("pattern"),
                prefix=row.get("prefix") or "",
                digits=row.get("digits") or 4,
            )
        )
    session.flush()


def change_schemes(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change names and patterns of schemes; how one counts stays."""
    found = _by_code(session, CodingScheme, [(row.get("code"),) for row in rows])
    for row in rows:
        scheme = found[row.get("code")]
        scheme.name, scheme.pattern = row.both("name"), row.get("pattern")


def _by_code(session: Session, model: Any, keys: Collection[Key]) -> Mapping[str, Any]:
    found = session.scalars(select(model).where(model.code.in_([code for (code,) in keys])))
    return {one.code: one for one in found}


def _fill_party(party: Party, row: Row) -> None:
    party.name, party.role = row.both("name"), PartyRole(row.get("role"))
    party.country, party.address = row.get("country"), row.both("address")
    party.contact = row.get("contact") or ""
    supplier: Supplier | None = row.found.get("supplier")
    if "supplier" in row.values:
        party.supplier_id = supplier.id if supplier is not None else None
    party.state = PartyState(row.get("state")) if row.get("state") else party.state or PartyState.ACTIVE


PACKS = Importer(
    name="catalog.packaging",
    title={"en": "Packaging levels", "zh": "包装层级"},
    about={
        "en": "How many units of an item a pack holds, its own GTIN (UDI-DI) and its label.",
        "zh": "每级包装所含数量、其 GTIN（UDI-DI）及标签。",
    },
    right="catalog.manage",
    order=24,
    key=("item", "level"),
    existing=packs_there,
    create=create_packs,
    change=change_packs,
    check=check_packs,
    columns=(
        ITEM_COLUMN,
        Column("level", {"en": "Level", "zh": "层级"}, choice(LEVELS), "carton",
               {"en": "inner, carton or pallet", "zh": "内包装、外箱或托盘"}),
        Column("contains", {"en": "Contains", "zh": "内含数量"}, whole(2, 1000000), "200",
               {"en": "Units of use in one pack", "zh": "每包装内使用单元数"}, controlled=True),
        Column("gtin", {"en": "GTIN", "zh": "GTIN"}, read_gtin, "16901234560012",
               {"en": "Of this level alone; it never stands for anything else.",
                "zh": "仅属该层级，不得另作他用。"},
               required=False, controlled=True, unique=Unique(gtin_owners, gtin_taken)),
        Column("label", {"en": "Label", "zh": "标签"}, text(), "LB-150-C A",
               {"en": "Controlled label and its revision", "zh": "受控标签及版本"}, required=False),
    ),
)  # fmt: skip
CONVERSIONS = Importer(
    name="catalog.unit_conversions",
    title={"en": "Unit conversions", "zh": "单位换算"},
    about={
        "en": "What holds for one item only, such as 1 box = 200 pcs. Kilograms and grams are known.",
        "zh": "仅对某物料成立的换算，如 1 箱 = 200 件；千克与克等无需录入。",
    },
    right="catalog.manage",
    order=26,
    key=("item", "unit", "equals_unit"),
    existing=conversions_there,
    create=create_conversions,
    check=check_conversions,
    columns=(
        ITEM_COLUMN,
        Column("quantity", {"en": "Quantity", "zh": "数量"}, positive, "1", {"en": "",
                "zh": ""}, controlled=True),
        Column("unit", {"en": "Unit", "zh": "单位"}, read_unit, "{box}",
               {"en": "The unit that is converted.", "zh": "被换算的单位。"}),
        Column("equals", {"en": "Equals", "zh": "等于"}, positive, "200", {"en": "",
                "zh": ""}, controlled=True),
        Column("equals_unit", {"en": "Of unit", "zh": "换算单位"}, read_unit, "{pcs}",
               {"en": "The unit it is converted to.", "zh": "换算成的单位。"}),
    ),
)  # fmt: skip
PARTIES = Importer(
    name="catalog.parties",
    title={"en": "Manufacturers and customers", "zh": "制造商与客户"},
    about={
        "en": "Who makes what is bought, and who is delivered to; suppliers have a list of their own.",
        "zh": "所购物料的制造商与收货客户；供应商另有名录。",
    },
    right="catalog.manage",
    order=12,
    key=("code",),
    existing=parties_there,
    create=create_parties,
    change=change_parties,
    check=check_parties,
    columns=(
        Column("code", {"en": "Code", "zh": "编码"}, code(), "C-001", {"en": "Never used twice.",
                "zh": "不得重复。"}),
        *name_columns("name", "Name", "名称", {"en": "City hospital", "zh": "市医院"}, needed=True),
        Column("role", {"en": "Role", "zh": "角色"}, choice(ROLES), "customer",
               {"en": "manufacturer, customer or both", "zh": "制造商、客户或两者"}),
        Column("country", {"en": "Country", "zh": "国家"}, code(2), "CN",
               {"en": "Two letters, ISO 3166", "zh": "两位国家代码（ISO 3166）"}),
        *name_columns("address", "Address", "地址", {"en": "", "zh": ""}),
        Column("contact", {"en": "Contact", "zh": "联系方式"}, text(), "", {"en": "Office, not a person",
               "zh": "部门联系方式，非个人"}, required=False),
        Column("supplier", {"en": "Supplier code", "zh": "供应商编码"}, code(), "S-101",
               {"en": "If it is a supplier as well",
                "zh": "若同时为供应商"}, required=False, refers=SUPPLIER),
        Column("state", {"en": "State", "zh": "状态"}, choice(STATES), "active",
               {"en": "active, blocked or closed", "zh": "在用、停用或终止"}, required=False),
    ),
)  # fmt: skip
SCHEMES = Importer(
    name="catalog.coding_schemes",
    title={"en": "Coding schemes", "zh": "编码体系"},
    about={
        "en": "How codes of items, suppliers and parties look, and how the next one is numbered.",
        "zh": "物料、供应商、客户编码的格式与取号规则。",
    },
    right="catalog.manage",
    order=8,
    key=("code",),
    existing=schemes_there,
    create=create_schemes,
    change=change_schemes,
    check=check_schemes,
    columns=(
        Column("code", {"en": "Code", "zh": "编码"}, code(), "CS-RM", {"en": "Never used twice.",
                "zh": "不得重复。"}),
        *name_columns("name", "Name", "名称", {"en": "Raw materials", "zh": "原料编码"}, needed=True),
        Column("subject", {"en": "For", "zh": "适用对象"}, choice(SUBJECTS), "material",
               {"en": "What the codes name", "zh": "编码所指对象"}, controlled=True),
        replace(SITE, required=False, controlled=True,
                hint={"en": "Empty for the whole company; its code stands before the number.",
                      "zh": "全公司适用则留空；场所代码置于编号前。"}),
        Column("pattern", {"en": "Pattern", "zh": "格式"}, read_pattern, "RM-*",
               {"en": "# a digit, @ a capital letter, * the rest", "zh": "# 数字，@ 大写字母，* 其余部分"}),
        Column("prefix", {"en": "Prefix", "zh": "前缀"}, read_prefix, "RM",
               {"en": "Of codes the product numbers; empty if people choose them.",
                "zh": "自动取号的前缀；人工编码则留空。"},
               required=False, controlled=True),
        Column("digits", {"en": "Digits", "zh": "位数"}, whole(3, 9), "4",
               {"en": "4 if empty", "zh": "留空为 4 位"}, required=False, controlled=True),
    ),
)  # fmt: skip

LISTS = (SCHEMES, PARTIES, PACKS, CONVERSIONS)
