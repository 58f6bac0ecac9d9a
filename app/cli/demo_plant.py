"""The demo plant before anything happens in it: sites, accounts, master data, orders, and what stood in
stock before."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.identity import VerifyIdentity, verify_identity
from app.access.services import CreatePerson, GrantRole, create_person, grant_role
from app.catalog import queries as catalog_queries
from app.catalog import services as catalog
from app.catalog.models import Item, Supplier
from app.catalog.revising import BomPart, open_bom
from app.cli.demo_equipment import load_equipment
from app.cli.demo_items import BOM, ITEMS, LOGO, SUPPLIERS, text
from app.cli.demo_objects import load_objects
from app.cli.demo_suppliers import load_suppliers
from app.cli.demo_training import load_training
from app.inventory import services as inventory
from app.inventory.models import Location, MovementKind
from app.procurement import services as procurement
from app.production import services as production
from app.quality import services as quality
from app.sites.models import Layout, Site, SiteKind
from app.sites.services import CreateSite, create_site
from app.web.rights import ROLES
from core import numbers
from core.actor import Actor, system_actor
from core.clock import site_day
from core.types import Bilingual
from documents import records
from workflows import repository

LOADER = system_actor("demo")
MODELS = Path(__file__).resolve().parents[2] / "bpmn"
COMPANY = text("Demo Infusion Systems Co., Ltd.", "演示输液器械有限公司")
PLANT, REGISTRANT = "SZ", "SH"


@dataclass(frozen=True)
class Account:
    """A role-named account of the demo: it is nobody's name. ``sites`` are codes; none means every site."""

    login: str
    roles: tuple[str, ...]
    sites: tuple[str, ...] = (PLANT,)
    second: bool = False

    @property
    def name(self) -> Bilingual:
        """The role's name; the second account of a role says so."""
        role = ROLES[self.roles[0]]
        return {"en": f"{role['en']} 2", "zh": f"{role['zh']}2"} if self.second else dict(role)


ACCOUNTS = (
    Account("keeper", ("keeper", "employee")),
    Account("buyer", ("buyer", "employee")),
    Account("inspector", ("inspector", "employee")),
    Account("inspector2", ("inspector", "employee"), second=True),
    Account("qa", ("qa",)),
    Account("qa2", ("qa",), second=True),
    Account("releaser", ("releaser", "employee")),
    Account("engineer", ("engineer", "employee")),
    Account("planner", ("planner", "employee")),
    Account("regulatory", ("regulatory",)),
    Account("head", ("quality_head",)),
    Account("registrant", ("registrant_releaser",), (REGISTRANT,)),
    Account("auditor", ("auditor",), ()),
    Account("owner", ("process_owner",), ()),
    Account("admin", ("system_admin",), ()),
    Account("secadmin", ("security_admin",), ()),
    Account("audadmin", ("audit_admin",), ()),
)


DEMO_IDENTITY = VerifyIdentity("known", "Demo account: nobody real. 演示账号，非真实人员。")


def load_plant(session: Session, *, password: str, now: datetime) -> None:
    """Write sites, numbers, accounts, process models, master data and orders."""
    sites = _sites(session)
    _define_numbers(session)
    people = _people(session, sites, password=password, now=now)
    _models(session, proposer=people["owner"], accepter=people["qa"], now=now)
    plant = sites[PLANT]
    inventory.open_warehouse(session, plant, "W1", text("Main warehouse", "主仓库"), WAREHOUSE)
    yesterday = now - timedelta(days=1)  # so that another revision may begin today
    items = {one.code: catalog.open_item(session, one, actor=LOADER, now=yesterday) for one in ITEMS}
    lines = [BomPart(items[code], Decimal(quantity)) for code, quantity in BOM]
    device = items["FD-IS150"]
    open_bom(
        session, device, lines, revision="A3", effective_from=date(now.year, 1, 1), actor=LOADER, now=now
    )
    _orders(session, plant, items, now=now)
    today = site_day(now, plant.zone)
    for number, quantity, days in (("031", "5000", 7), ("032", "8000", 21)):
        production.open_work_order(
            session,
            f"WO-{now.year}-{number}",
            device,
            plant,
            Decimal(quantity),
            due_on=today + timedelta(days=days),
            actor=people["owner"],
            now=now,
        )
    load_objects(session, actor=LOADER, now=now)
    load_training(session, actor=LOADER, now=now)


WAREHOUSE = (
    ("01-IN", text("Receiving", "收货区")),
    ("02-RM", text("Materials, rack 1", "原料货架 1")),
    ("03-PK", text("Packaging, rack 1", "包材货架 1")),
    ("04-FG", text("Finished goods, rack 1", "成品货架 1")),
)
"""Locations of the demo's warehouse."""


@dataclass(frozen=True)
class OpeningLot:
    """A lot that was in the house before: received ``age`` days ago, of use for ``left`` more days (None:
    no expiry)."""

    item: str
    supplier_lot: str
    quantity: str
    age: int
    left: int | None
    place: str = "02-RM"
    supplier: str = "S-102"
    held: bool = False


OPENING = (
    OpeningLot("RM-PVC-70", "RP-5501", "640", 120, 480, supplier="S-101"),
    OpeningLot("CP-LUER", "LV-88120", "24000", 100, 900),
    OpeningLot("CP-DRIP", "LV-90231", "18000", 90, 1100),
    OpeningLot("CP-CLAMP", "LV-77310", "26000", 110, None),
    OpeningLot("CP-CLAMP", "LV-77298", "1200", 140, None, held=True),
    OpeningLot("PK-POUCH", "NH-2207", "9000", 400, 45, "03-PK", "S-103"),
    OpeningLot("PK-POUCH", "NH-2291", "15000", 60, 800, "03-PK", "S-103"),
    OpeningLot("PK-POUCH", "NH-2114", "300", 700, -6, "03-PK", "S-103"),
    OpeningLot("PK-CARTON", "NH-3320", "420", 75, None, "03-PK", "S-103"),
)


def load_opening_stock(session: Session, plant: Site, places: dict[str, Location], *, now: datetime) -> None:
    """Take the stock over that stood in the house before the product did: each lot as of the day it came."""
    suppliers = {supplier.code: supplier for supplier in session.scalars(select(Supplier))}
    for lot in OPENING:
        then = now - timedelta(days=lot.age)
        item = catalog_queries.item_by_code(session, lot.item)
        assert item is not None
        received = inventory.ReceiveLot(
            item=item,
            site=plant,
            location_id=places[lot.place].id,
            number=numbers.take(session, "lot", site_code=plant.code, now=then),
            quantity=Decimal(lot.quantity),
            expiry=None if lot.left is None else site_day(now, plant.zone) + timedelta(days=lot.left),
            kind=MovementKind.RECEIPT,
            document="opening stock",
            key=f"opening:{lot.supplier_lot}",
            supplier_id=suppliers[lot.supplier].id,
            supplier_lot=lot.supplier_lot,
            label_lot=lot.supplier_lot,
        )
        opened = inventory.receive_lot(session, received, actor=LOADER, now=then)
        inventory.release_lot(session, opened.id, document="opening stock", actor=LOADER, now=then)
        if lot.held:
            inventory.hold_lot(session, opened.id, document="opening stock", actor=LOADER, now=now)
    inventory.expire_lots(session, plant, actor=LOADER, now=now)


def _sites(session: Session) -> dict[str, Site]:
    registrant = CreateSite(
        code=REGISTRANT,
        kind=SiteKind.REGISTRANT,
        name=text("Registrant, Shanghai", "上海注册人"),
        company=COMPANY,
        address=text("1 Demo Road, Pudong, Shanghai", "上海市浦东新区演示路1号"),
        region="CN-SH",
        zone="Asia/Shanghai",
        layout=Layout.CHINESE,
        logo=LOGO,
        demo=True,
    )
    at_registrant = create_site(session, registrant, actor=LOADER)
    plant = CreateSite(
        code=PLANT,
        kind=SiteKind.PLANT,
        name=text("Suzhou plant", "苏州工厂"),
        company=COMPANY,
        address=text("8 Demo Street, Industrial Park, Suzhou, Jiangsu", "江苏省苏州市工业园区演示街8号"),
        region="CN-JS",
        zone="Asia/Shanghai",
        layout=Layout.BOTH,
        registrant_site_id=at_registrant.id,
        logo=LOGO,
        demo=True,
    )
    return {REGISTRANT: at_registrant, PLANT: create_site(session, plant, actor=LOADER)}


def _define_numbers(session: Session) -> None:
    numbers.define(session, records.SERIES, prefix="R")
    for room in (inventory, procurement, production, quality):
        room.define_numbers(session)


def _people(session: Session, sites: dict[str, Site], *, password: str, now: datetime) -> dict[str, Actor]:
    actors = {}
    for account in ACCOUNTS:
        home = sites[account.sites[0] if account.sites else PLANT]
        command = CreatePerson(
            login=account.login,
            name=account.name,
            password=password,
            language="en",
            zone=home.zone,
            home_site_id=home.id,
            keep_password=True,
        )
        person = create_person(session, command, actor=LOADER, now=now)
        verify_identity(session, person, DEMO_IDENTITY, actor=LOADER, now=now)
        first = site_day(now, home.zone) - timedelta(days=1)
        places: list[uuid.UUID | None] = [sites[code].id for code in account.sites] or [None]
        for role in account.roles:
            for site_id in places:
                grant_role(session, person, GrantRole(role, site_id, first), actor=LOADER, now=now)
        actors[account.login] = Actor(
            str(person.id), person.login, person.name["en"], name_zh=person.name["zh"]
        )
    return actors


def _models(session: Session, *, proposer: Actor, accepter: Actor, now: datetime) -> None:
    """Put the delivered models into effect; later ones are accepted in the product, with a signature."""
    for folder in sorted(path for path in MODELS.iterdir() if path.is_dir()):
        files = {
            path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".bpmn", ".dmn")
        }
        if files:
            release = repository.propose_release(session, folder.name, files, actor=proposer, now=now)
            repository.make_effective(session, release, actor=accepter, now=now)


def _orders(session: Session, plant: Site, items: dict[str, Item], *, now: datetime) -> None:
    suppliers = {
        command.code: catalog.open_supplier(session, command, actor=LOADER, now=now) for command in SUPPLIERS
    }
    today = site_day(now, plant.zone)
    load_suppliers(session, plant.code, today, actor=LOADER, now=now)
    load_equipment(session, plant.code, today, actor=LOADER, now=now)
    for number, supplier, ordered in ORDERS:
        lines = [
            procurement.OrderLine(items[code], Decimal(quantity), today + timedelta(days=days), over)
            for code, quantity, days, over in ordered
        ]
        procurement.place_order(
            session, f"PO-{now.year}-{number}", suppliers[supplier], plant, lines, actor=LOADER, now=now
        )


ORDERS = (
    ("118", "S-101", (("RM-PVC-70", "2000", 5, 10),)),
    ("121", "S-102", (("CP-LUER", "40000", 9, 0), ("CP-DRIP", "20000", 9, 0), ("CP-CLAMP", "20000", 12, 5))),
    ("124", "S-103", (("PK-POUCH", "30000", 14, 2), ("PK-CARTON", "800", 14, 0))),
    ("130", "S-101", (("RM-PVC-70", "1500", 30, 10),)),
)
"""Order number, supplier, and lines of item, quantity, days until due, percent that may come over."""
