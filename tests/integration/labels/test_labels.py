"""Labels are printed, turned into pixels and read back: what a scanner sees is what was meant (URS-032)."""

import re
import uuid
from datetime import datetime

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.catalog.gs1 import parse_scan
from app.equipment.models import Equipment, EquipmentKind, EquipmentState
from app.inventory.models import Location, Lot, LotStatus
from app.labels import services
from app.labels.models import LabelKind, LabelPrint
from app.labels.services import PrintLabels, Subject
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import Conflict, Invalid
from documents.codes import data_matrix
from documents.sticker import Label, draw_label, print_labels
from tests.factories.plant import Plant, make_lot, make_plant
from tests.factories.plant import names as both

KEEPER = Actor(str(uuid.UUID(int=9)), "keeper", "Keeper")


def codes_of(pdf: bytes) -> list[zxingcpp.Barcode]:
    """The codes on each page of a PDF, read from its pixels at 300 dpi."""
    pages = pypdfium2.PdfDocument(pdf)
    return [code for page in pages for code in zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil())]


@pytest.fixture
def plant(database: Engine, now: datetime) -> Plant:
    with unit_of_work(KEEPER, now=now) as session:
        return make_plant(session, actor=KEEPER, now=now)


def new_lot(session: Session, plant: Plant, now: datetime) -> Lot:
    return make_lot(session, plant, plant.device, 10, actor=KEEPER, now=now)


@pytest.mark.urs("URS-032")
def test_the_label_of_a_lot_reads_back_with_all_its_elements(plant: Plant, now: datetime) -> None:
    with unit_of_work(KEEPER, now=now) as session:
        lot = new_lot(session, plant, now)
        labels = [services.lot_label(lot, serial) for serial in services.serials("S-099", 2)]
        pdf = print_labels(labels)
    first, second = codes_of(pdf)
    assert first.symbology_identifier == "]d2", "FNC1 first makes it a GS1 DataMatrix"
    raw = first.bytes.decode("ascii")
    assert raw == f"01{plant.device.gtin}17{lot.expiry:%y%m%d}10{lot.number}\x1d21S-099"
    scan = parse_scan(raw, today=now.date())
    assert (scan.gtin, scan.lot, scan.expiry, scan.serial) == (
        plant.device.gtin, lot.number, lot.expiry, "S-099",
    )  # fmt: skip
    assert second.bytes.decode().endswith("21S-100")


@pytest.mark.urs("URS-032")
def test_the_labels_of_places_and_equipment_read_back(plant: Plant, now: datetime) -> None:
    with unit_of_work(KEEPER, now=now) as session:
        place = session.get_one(Location, plant.location.id)
        tool = Equipment(
            code="QC-M-014", name=both("Micrometer", "千分尺"), kind=EquipmentKind.INSTRUMENT,
            site_id=plant.site.id, state=EquipmentState.IN_USE, serial="4711",
        )  # fmt: skip
        pdf = print_labels([services.location_label(place), services.equipment_label(tool)])
    assert [code.bytes.decode() for code in codes_of(pdf)] == ["91W1/A-01", "92QC-M-014"]


@pytest.mark.urs("URS-032")
def test_the_picture_holds_the_same_symbol_with_its_quiet_zone() -> None:
    content = "(01)09521234001012(17)281122(10)A1"
    symbol, drawn = data_matrix(content), draw_label(Label(content, "Name 名称", ["<b>", "第二行"]))
    assert symbol.path in drawn
    assert "&lt;b&gt;" in drawn
    place = re.search(r"translate\((\S+) (\S+)\) scale\((\S+)\)", drawn)
    assert place is not None
    left, top, module = map(float, place.groups())
    assert left >= 2 * module
    assert top >= 2 * module


@pytest.mark.urs("URS-032")
@pytest.mark.parametrize(
    "content", ["(01)09521234001012(10)" + "A" * 21, "(01)09521234001012(17)281322", "no element"]
)
def test_what_gs1_does_not_allow_is_not_printed(content: str) -> None:
    with pytest.raises(Invalid) as refused:
        data_matrix(content)
    assert refused.value.code == "label.content"


@pytest.mark.urs("URS-032", "URS-162")
def test_printing_again_needs_a_reason_and_everything_is_noted(plant: Plant, now: datetime) -> None:
    with unit_of_work(KEEPER, now=now) as session:
        lot = new_lot(session, plant, now)
    subject = Subject(LabelKind.LOT, lot.id, lot.site_id, lot.number)

    def prints(copies: int, reason: str = "") -> bytes:
        with unit_of_work(KEEPER, now=now) as session:
            found = session.get_one(Lot, lot.id)
            command = PrintLabels(subject, [services.lot_label(found)] * copies, reason)
            return services.print_some(session, command, actor=KEEPER, now=now)

    assert len(codes_of(prints(3))) == 3
    with pytest.raises(Invalid) as refused:
        prints(1)
    assert refused.value.code == "label.reason"
    prints(1, "Torn")
    with pytest.raises(Invalid):
        prints(0)
    with read_session() as session:
        noted = session.scalars(select(LabelPrint).order_by(LabelPrint.copies)).all()
    assert [(one.copies, one.reason, one.printed_by_name) for one in noted] == [
        (1, "Torn", "Keeper"),
        (3, "", "Keeper"),
    ]


@pytest.mark.urs("URS-032")
def test_rejected_lots_and_items_without_gtin_get_no_labels(plant: Plant, now: datetime) -> None:
    with unit_of_work(KEEPER, now=now) as session:
        lot = new_lot(session, plant, now)
        lot.status = LotStatus.REJECTED
        with pytest.raises(Conflict):
            services.check_lot(lot)
        lot.item.gtin = "09521234001013"
        with pytest.raises(Invalid):
            services.lot_label(lot)
        lot.item.gtin = None
        with pytest.raises(Invalid) as refused:
            services.lot_label(lot)
        assert refused.value.code == "label.no_gtin"
        session.rollback()


@pytest.mark.urs("URS-032")
def test_serial_numbers_are_counted_with_as_many_digits() -> None:
    assert services.serials("A009", 3) == ["A009", "A010", "A011"]
    assert services.serials("", 2) == ["", ""]
    assert services.serials("ABC", 1) == ["ABC"]
    with pytest.raises(Invalid):
        services.serials("ABC", 2)


@pytest.mark.urs("URS-032")
def test_a_long_name_takes_a_second_row_before_it_is_cut() -> None:
    content = "(01)09521234000327(10)SZ-L-2026-0011"
    lines = ["外包装箱（100 套装）", "Shipping carton for 100 sets"]
    drawn = draw_label(Label(content, "PK-CARTON", lines))
    assert ">Shipping carton for 100</text>" in drawn
    assert ">sets</text>" in drawn
    crowded = draw_label(Label(content, "PK-CARTON", ["Shipping carton for 100 sets"] * 5))
    assert crowded.count("Shipping carton for 100 set…") == 5
    assert "(10)SZ-L-2026-0011</text>" in crowded
