"""Packaging levels and parties: what fits is kept, what does not is refused where it is typed."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine, select

from app.catalog.models import CodingScheme, PackagingKind, PackagingLevel, Party, PartyRole, PartyState
from app.catalog.packs import pack_with_gtin
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import QmsError
from tests.factories.at_once import bring_in
from tests.factories.plant import DEVICE, PVC, Plant, make_plant

Bring = Callable[..., str]
CARTON, PALLET, OTHER = "16901234560104", "26901234560101", "16901234560029"


@pytest.fixture
def plant(database: Engine, keeper: Actor, now: datetime) -> Plant:
    with unit_of_work(keeper, now=now) as session:
        return make_plant(session, actor=keeper, now=now)


@pytest.fixture
def bring(plant: Plant, keeper: Actor, now: datetime) -> Bring:
    """Stores rows of a list; gives the code of what is wrong and its field, empty if nothing is."""

    def act(name: str, *rows: dict[str, str]) -> str:
        try:
            with unit_of_work(keeper, now=now) as session:
                bring_in(name, *rows, actor=keeper, now=now)(session)
        except QmsError as wrong:
            return wrong.code
        return ""

    return act


def pack(level: str = "carton", contains: str = "100", item: str = "IS-150", **more: str) -> dict[str, str]:
    return {"item": item, "level": level, "contains": contains, **more}


def party(code: str = "C-001", **more: str) -> dict[str, str]:
    names = {"name_en": "City hospital", "name_zh": "市医院"}
    return {"code": code, **names, "role": "customer", "country": "CN", **more}


def packs() -> list[tuple[str, int, str | None, str]]:
    with read_session() as session:
        query = select(PackagingLevel).order_by(PackagingLevel.contains)
        return [(one.level.value, one.contains, one.gtin, one.label) for one in session.scalars(query)]


@pytest.mark.urs("URS-030", "URS-032")
def test_each_level_has_its_own_gtin_and_holds_units_of_use(bring: Bring, plant: Plant) -> None:
    rows = [pack(gtin=CARTON, label="LB-1"), pack("pallet", "4800", gtin=PALLET)]
    assert bring("catalog.packaging", *rows) == ""
    assert packs() == [("carton", 100, CARTON, "LB-1"), ("pallet", 4800, PALLET, "")]
    with read_session() as session:
        found = pack_with_gtin(session, PALLET)
        assert found is not None
        assert (found.item.code, found.level, found.contains) == ("IS-150", PackagingKind.PALLET, 4800)


WRONG_PACKS = {
    "one unit is no pack": (pack(contains="1"), "cell.whole"),
    "half a unit": (pack(contains="2.5"), "cell.whole"),
    "too many": (pack(contains="1000001"), "cell.whole"),
    "no level of that name": (pack("box"), "cell.choice"),
    "no such item": (pack(item="IS-151"), "item.not_found"),
    "wrong check digit": (pack(gtin="16901234560105"), "gtin.check_digit"),
    "too short": (pack(gtin="1690123456"), "gtin.format"),
    "the GTIN of the unit of use": (pack(gtin=DEVICE), "item.gtin_taken"),
    "another item's GTIN": (pack(gtin=PVC), "item.gtin_taken"),
    "another level's GTIN": (pack("pallet", "1000", gtin=OTHER), "item.gtin_taken"),
    "fewer than the level below": (pack("pallet", "10"), "pack.nested"),
    "no whole packs of the level below": (pack("pallet", "130"), "pack.nested"),
}


@pytest.mark.urs("URS-030", "URS-032")
@pytest.mark.parametrize(("row", "code"), WRONG_PACKS.values(), ids=WRONG_PACKS)
def test_a_pack_that_cannot_be_is_refused(bring: Bring, row: dict[str, str], code: str) -> None:
    there = [pack("inner", "20"), pack(item="CP-LUER", contains="12", gtin=OTHER)]
    assert bring("catalog.packaging", *there) == ""
    before = packs()
    assert bring("catalog.packaging", row) == code
    assert packs() == before


@pytest.mark.urs("URS-032")
def test_levels_of_one_list_are_compared_with_each_other_too(bring: Bring) -> None:
    twice = [pack(gtin=CARTON), pack("pallet", "4800", gtin=CARTON)]
    assert bring("catalog.packaging", *twice) == "cell.doubled"
    assert bring("catalog.packaging", pack("pallet", "150"), pack("carton", "100")) == "pack.nested"
    assert bring("catalog.packaging", pack(contains="100"), pack(contains="200")) == "cell.doubled"
    assert packs() == []


@pytest.mark.urs("URS-032", "URS-148")
def test_what_a_gtin_stands_for_never_changes_but_its_label_may(bring: Bring) -> None:
    assert bring("catalog.packaging", pack(gtin=CARTON, label="LB-1 A")) == ""
    assert bring("catalog.packaging", pack(contains="200", gtin=CARTON)) == "cell.controlled"
    assert bring("catalog.packaging", pack(gtin="16901234560128")) == "cell.controlled"
    assert bring("catalog.packaging", pack(gtin=CARTON, label="LB-1 B")) == ""
    assert packs() == [("carton", 100, CARTON, "LB-1 B")]


@pytest.mark.urs("URS-032")
def test_an_item_cannot_take_the_gtin_of_a_pack(bring: Bring) -> None:
    assert bring("catalog.packaging", pack(gtin=CARTON)) == ""
    item = {"code": "IS-200", "name_en": "Set", "name_zh": "器", "kind": "finished", "uom": "{pcs}",
            "gtin": CARTON}  # fmt: skip
    assert bring("catalog.items", item) == "item.gtin_taken"


@pytest.mark.urs("URS-030")
def test_a_party_is_opened_changed_and_told_to_be_a_supplier_as_well(bring: Bring, plant: Plant) -> None:
    assert bring("catalog.parties", party(address_en="1 Road", contact="Purchasing office")) == ""
    assert bring("catalog.parties", party(role="both", supplier="S-01", state="blocked")) == ""
    with read_session() as session:
        [found] = session.scalars(select(Party))
        assert (found.role, found.state, found.supplier_id) == (
            PartyRole.BOTH,
            PartyState.BLOCKED,
            plant.supplier.id,
        )
        assert found.revision == 2


WRONG_PARTIES = {
    "no supplier of that code": (party(supplier="S-99"), "supplier.not_found"),
    "no role of that name": (party(role="friend"), "cell.choice"),
    "no country of three letters": (party(country="CHN"), "cell.code"),
    "without a name": (party(name_en="", name_zh=""), "cell.required"),
    "a code that fits no scheme": (party("KLINIK-1"), "code.scheme"),
}


@pytest.mark.urs("URS-030")
@pytest.mark.parametrize(("row", "code"), WRONG_PARTIES.values(), ids=WRONG_PARTIES)
def test_a_party_that_cannot_be_is_refused(
    bring: Bring, keeper: Actor, now: datetime, row: dict[str, str], code: str
) -> None:
    with unit_of_work(keeper, now=now) as session:
        session.add(CodingScheme(code="CS-P", name={"en": "Parties", "zh": "客户"}, subject="party",
                                 pattern="C-###", prefix="C", digits=3))  # fmt: skip
    assert bring("catalog.parties", row) == code
    with read_session() as session:
        assert session.scalars(select(Party)).all() == []
