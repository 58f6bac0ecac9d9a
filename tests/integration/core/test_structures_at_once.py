"""What two people write at once, each good by itself, never makes a circle or two rules for one day."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import app.regions.imports
from app.catalog.models import Item, ItemKind
from app.catalog.revising import BomPart, open_bom
from app.catalog.services import NewItem, open_item
from app.organisation.models import Department, DepartmentState
from app.regions.models import RegionRule
from core.actor import Actor
from core.db import read_session, unit_of_work
from tests.factories.at_once import Act, at_once, bring_in

assert app.regions.imports


def rule(first: str, *, keeper: Actor, now: datetime) -> Act:
    row = {
        "region": "CN", "key": "adverse_event.death", "valid_from": first, "kind": "clock",
        "name_en": "Death", "value": "7", "unit": "calendar_days", "clause": "25", "source": "Decree",
    }  # fmt: skip
    return bring_in("regions.rules", row, actor=keeper, now=now)


@pytest.mark.urs("URS-120", "URS-130")
@pytest.mark.usefixtures("database")
def test_of_two_rules_for_the_same_days_one_is_refused(keeper: Actor, now: datetime) -> None:
    acts = [rule(first, keeper=keeper, now=now) for first in ("2030-01-01", "2030-06-01")]
    assert at_once(*acts, actor=keeper, now=now) == ["region.overlap"]
    with read_session() as session:
        assert session.scalars(select(RegionRule.valid_from)).all() == [date(2030, 1, 1)]


@pytest.mark.urs("URS-140", "URS-130")
def test_departments_never_belong_to_themselves_over_four_links(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        a, b, c, d = (
            Department(code=code, name={"en": code, "zh": code}, state=DepartmentState.ACTIVE)
            for code in "ABCD"
        )
        b.parent, d.parent = c, a
        session.add_all([a, b, c, d])

    def below(code: str, parent: str) -> Act:
        row = {"code": code, "name_en": code, "parent": parent}
        return bring_in("organisation.departments", row, actor=keeper, now=now)

    assert at_once(below("A", "B"), below("C", "D"), actor=keeper, now=now) == ["department.circle"]


@pytest.mark.urs("URS-031", "URS-130")
def test_no_item_is_a_part_of_itself_over_two_or_three_links(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    for links in (2, 3):
        with unit_of_work(keeper, now=now) as session:
            items = [made(session, f"{links}-{number}", keeper, now) for number in range(links)]
            ring = list(zip(items, [*items[1:], items[0]], strict=True))
            for whole, part in ring[1:-1]:
                holds(whole, part, keeper, now)(session)
            first, last = ((whole.id, part.id) for whole, part in (ring[0], ring[-1]))
        acts = [of_ids(*pair, keeper, now) for pair in (first, last)]
        assert at_once(*acts, actor=keeper, now=now) == ["bom.circle"], links


def made(session: Session, code: str, keeper: Actor, now: datetime) -> Item:
    names = {"en": code, "zh": code}
    return open_item(session, NewItem(code, names, ItemKind.COMPONENT, "{pcs}"), actor=keeper, now=now)


def holds(whole: Item, part: Item, keeper: Actor, now: datetime) -> Act:
    def act(session: Session) -> None:
        parts = [BomPart(part, Decimal(1))]
        open_bom(session, whole, parts, revision="A", effective_from=date(2030, 1, 1), actor=keeper, now=now)

    return act


def of_ids(whole: object, part: object, keeper: Actor, now: datetime) -> Act:
    def act(session: Session) -> None:
        holds(session.get_one(Item, whole), session.get_one(Item, part), keeper, now)(session)

    return act
