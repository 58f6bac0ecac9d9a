"""A small plant for tests: one plant and one registrant's site, a material, a component, a device made of
both."""

import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from app.catalog import services as catalog
from app.catalog.gs1 import parse_scan, write_message
from app.catalog.models import CharacteristicKind, Item, ItemKind, Supplier
from app.catalog.revising import BomPart, Characteristic, open_bom
from app.inventory import services as inventory
from app.inventory.models import Location, Lot, MovementKind
from app.procurement import services as procurement
from app.procurement.models import PurchaseOrder
from app.production import services as production
from app.production.models import WorkOrder
from app.quality import services as quality
from app.sites.models import Site
from app.sites.services import CreateSite, create_site
from core import numbers
from core.actor import Actor
from tests.factories.suppliers import approve
from workflows import repository

MODELS = Path(__file__).parents[2] / "bpmn"
PVC, LUER, DEVICE = "06901234560015", "06901234560022", "06901234560107"
_keys = itertools.count(1)


@dataclass(frozen=True)
class Plant:
    """What a test starts from."""

    site: Site
    registrant: Site
    location: Location
    material: Item
    component: Item
    device: Item
    supplier: Supplier
    order: PurchaseOrder
    work_order: WorkOrder


def names(english: str, chinese: str) -> dict[str, str]:
    return {"en": english, "zh": chinese}


def make_plant(session: Session, *, actor: Actor, now: datetime) -> Plant:
    """Set the plant up through its services, with open orders for everything."""
    registrant = _site(session, "SH", actor=actor)
    site = _site(session, "SZ", registrant, actor=actor)
    location = inventory.open_warehouse(
        session, site, "W1", names("Main", "主仓"), [("A-01", names("Rack", "货架"))]
    )[0]
    for define in (inventory, procurement, production, quality):
        define.define_numbers(session)
    numbers.define(session, "record", prefix="QR")
    material = _item(session, "RM-PVC", ItemKind.MATERIAL, "kg", PVC, 730, actor=actor, now=now)
    component = _item(session, "CP-LUER", ItemKind.COMPONENT, "{pcs}", LUER, None, actor=actor, now=now)
    device = _item(session, "IS-150", ItemKind.FINISHED, "{pcs}", DEVICE, 1095, actor=actor, now=now)
    open_bom(
        session, device, [BomPart(material, Decimal("0.02")), BomPart(component, Decimal(2))],
        revision="A1", effective_from=date(2026, 1, 1), actor=actor, now=now,
    )  # fmt: skip
    new_supplier = catalog.NewSupplier("S-01", names("Granulate works", "粒料厂"), "A", "CN")
    supplier = catalog.open_supplier(session, new_supplier, actor=actor, now=now)
    approve(session, supplier, [material, component], site, actor=actor, now=now)
    order = procurement.place_order(
        session, "PO-1", supplier, site,
        [
            procurement.OrderLine(material, Decimal(1000), date(2026, 12, 1), over_percent=10),
            procurement.OrderLine(component, Decimal(5000), date(2026, 12, 1)),
        ],
        actor=actor, now=now,
    )  # fmt: skip
    work_order = production.open_work_order(
        session, "WO-1", device, site, Decimal(1000), due_on=date(2026, 12, 1), actor=actor, now=now
    )
    return Plant(site, registrant, location, material, component, device, supplier, order, work_order)


def make_lot_release_effective(session: Session, *, actor: Actor, now: datetime) -> None:
    """Put the shipped model of the lot release into effect, without its acceptance."""
    folder = MODELS / "lot_release"
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix in (".bpmn", ".dmn")}
    release = repository.propose_release(session, "lot_release", files, actor=actor, now=now)
    repository.make_effective(session, release, actor=actor, now=now)


def make_lot(
    session: Session, plant: Plant, item: Item, quantity: Decimal, *, actor: Actor, now: datetime,
    expiry: date | None = None, released: bool = True, kind: MovementKind = MovementKind.RECEIPT,
) -> Lot:  # fmt: skip
    """A lot that came in without order or case, released unless asked otherwise."""
    number = next(_keys)
    if expiry is None and item.shelf_life_days:
        expiry = now.date() + timedelta(days=300)
    received = inventory.ReceiveLot(
        item=item, site=plant.site, location_id=plant.location.id, number=f"T-{number}", quantity=quantity,
        expiry=expiry, kind=kind, document="test", key=f"test-{number}",
        supplier_lot=f"S-{number}", label_lot=f"S-{number}",
    )  # fmt: skip
    lot = inventory.receive_lot(session, received, actor=actor, now=now)
    return inventory.release_lot(session, lot.id, document="test", actor=actor, now=now) if released else lot


def goods(plant: Plant, *, now: datetime, **changes: object) -> procurement.ReceiveGoods:
    """A delivery of 200 kg granulate that can be received as it stands; ``changes`` replace fields."""
    expiry = now.date() + timedelta(days=365)
    fields: dict[str, object] = {
        "line_id": plant.order.lines[0].id,
        "label": parse_scan(write_message(PVC, lot="G77", expiry=expiry), today=now.date()),
        "quantity": Decimal(200),
        "unit": "kg",
        "supplier_lot": "G77",
        "expiry": expiry,
        "location_id": plant.location.id,
        "delivery_note": "DN-1",
        "key": f"form-{next(_keys)}",
    }
    return procurement.ReceiveGoods(**{**fields, **changes})  # type: ignore[arg-type]


def _site(session: Session, code: str, registrant: Site | None = None, *, actor: Actor) -> Site:
    command = CreateSite(
        code=code, name=names(f"Site {code}", f"{code}工厂"), company=names("Test plant", "测试工厂"),
        address=names("Street 1", "一号路"), region="CN", zone="Asia/Shanghai",
        registrant_site_id=registrant.id if registrant else None,
    )  # fmt: skip
    return create_site(session, command, actor=actor)


def _item(
    session: Session,
    code: str,
    kind: ItemKind,
    uom: str,
    gtin: str,
    days: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> Item:
    hard = Characteristic(
        "HARD",
        names("Hardness", "硬度"),
        CharacteristicKind.MEASURED,
        Decimal(75),
        Decimal(85),
        "1",
        method="SOP-12",
    )
    looks = Characteristic("LOOK", names("Appearance", "外观"), CharacteristicKind.JUDGED)
    command = catalog.NewItem(
        code,
        names(code, code),
        kind,
        uom,
        gtin,
        days,
        specification=f"SP-{code}/A",
        characteristics=[hard, looks],
    )
    return catalog.open_item(session, command, actor=actor, now=now)
