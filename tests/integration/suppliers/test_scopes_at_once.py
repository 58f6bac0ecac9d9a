"""One supplier, item and site have one scope at a time, even when two people accept in the same moment."""

from datetime import date, datetime

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from app.suppliers.models import SupplierScope
from app.suppliers.services import ApproveScope, approve_scope
from core.actor import Actor
from core.db import read_session, unit_of_work
from tests.factories.at_once import Act, at_once, bring_in
from tests.factories.plant import Plant, make_plant


@pytest.fixture
def plant(database: Engine, now: datetime, keeper: Actor) -> Plant:
    with unit_of_work(keeper, now=now) as session:
        made = make_plant(session, actor=keeper, now=now)
        session.execute(delete(SupplierScope))
    return made


def listed(first: str, last: str, *, keeper: Actor, now: datetime) -> Act:
    row = {"supplier": "S-01", "item": "RM-PVC", "site": "SZ", "valid_from": first, "valid_until": last}
    return bring_in("suppliers.scopes", row, actor=keeper, now=now)


@pytest.mark.urs("URS-041", "URS-130")
def test_two_lists_accepted_at_once_give_one_scope(plant: Plant, keeper: Actor, now: datetime) -> None:
    acts = [listed(first, "2030-12-31", keeper=keeper, now=now) for first in ("2030-01-01", "2030-06-01")]
    assert at_once(*acts, actor=keeper, now=now) == ["scope.overlap"]
    with read_session() as session:
        assert session.scalars(select(SupplierScope.valid_from)).all() == [date(2030, 1, 1)]


@pytest.mark.urs("URS-041", "URS-130")
def test_a_scope_that_is_made_longer_leaves_no_room_for_the_next(
    plant: Plant, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        listed("2030-01-01", "2030-03-31", keeper=keeper, now=now)(session)
    longer = listed("2030-01-01", "2030-12-31", keeper=keeper, now=now)
    after = listed("2030-06-01", "2031-12-31", keeper=keeper, now=now)
    assert at_once(longer, after, actor=keeper, now=now) == ["scope.overlap"]


@pytest.mark.urs("URS-041", "URS-130")
def test_a_process_and_a_list_at_once_give_one_scope(plant: Plant, keeper: Actor, now: datetime) -> None:
    def by_a_process(session: Session) -> None:
        command = ApproveScope(plant.supplier, plant.material, plant.site, date(2030, 6, 1))
        approve_scope(session, command, actor=keeper, now=now)

    by_a_list = listed("2030-01-01", "2030-12-31", keeper=keeper, now=now)
    assert at_once(by_a_process, by_a_list, actor=keeper, now=now) == ["scope.overlap"]
    with read_session() as session:
        assert session.scalars(select(SupplierScope.valid_from)).all() == [date(2030, 6, 1)]
