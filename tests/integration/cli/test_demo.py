"""The demo plant shows every state there is, and loading it again changes nothing."""

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select

from app.access.models import Person
from app.catalog.models import InspectionStandard, Item, ItemKind, ItemRevision
from app.cli.demo import load_demo
from app.cli.demo_plant import ACCOUNTS
from app.cli.output import CannotCheck
from app.inbox.standing_in import left_to, standing_for
from app.inventory.models import Lot, LotStatus, Movement
from app.sites.models import Site
from core import clock, db
from core.actor import Actor
from documents.models import Record
from signatures import audit
from signatures.models import Signature
from tests.factories import plant as factory
from workflows.models import CaseState, HumanTask, ProcessCase, TaskState

TABLES = (Person, Lot, Movement, ProcessCase, Record, Signature)


def sizes() -> dict[str, int | None]:
    with db.read_session() as session:
        return {one.__tablename__: session.scalar(select(func.count()).select_from(one)) for one in TABLES}


@pytest.mark.urs("URS-050", "URS-008")
def test_the_demo_has_items_lots_and_cases_of_every_kind_and_loads_once(database: Engine) -> None:
    load_demo()
    first = sizes()
    load_demo()

    assert sizes() == first
    with db.read_session() as session:
        assert set(session.scalars(select(Item.kind))) == set(ItemKind)
        assert set(session.scalars(select(Lot.status))) == set(LotStatus)
        ended = Counter(session.scalars(select(ProcessCase.outcome)))
        waiting = set(session.scalars(select(HumanTask.step).where(HumanTask.state == TaskState.OPEN)))
        assert set(session.scalars(select(ProcessCase.state))) == {CaseState.RUNNING, CaseState.COMPLETED}
        assert ended == {"released": 2, "rejected": 1, None: 4}
        assert waiting == {"inspection", "incoming_release", "production_release", "market_release"}
        assert len({site.region for site in session.scalars(select(Site))}) == 2
        assert all(site.demo for site in session.scalars(select(Site)))
        assert set(session.scalars(select(Person.login))) == {account.login for account in ACCOUNTS}
        away = session.scalars(select(Person).filter_by(login="inspector2")).one()
        deputy = session.scalars(select(Person).filter_by(login="inspector")).one()
        stands_for = standing_for(session, deputy.id, now=clock.now())
        assert set(stands_for) == {away.id}
        left = session.scalars(select(HumanTask.step).where(left_to(stands_for))).all()
        assert left == ["inspection"], "something waits for him that his deputy may take"
    with db.read_session() as session:
        assert audit.verify_chain(session).ok


@pytest.mark.parametrize("hour", [0, 12, 15, 16, 23])
def test_another_revision_may_begin_on_the_day_the_demo_is_made_at_any_hour(
    database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    at = now.replace(hour=hour)
    monkeypatch.setattr(clock, "now", lambda: at)
    load_demo(with_cases=False)
    with db.read_session() as session:
        begun = {*session.scalars(select(ItemRevision.effective_from).where(ItemRevision.code == "1"))}
        begun |= {*session.scalars(select(InspectionStandard.effective_from))}
    assert max(day for day in begun if day) < clock.site_day(at, "Asia/Shanghai")


def test_the_demo_never_mixes_with_a_plant_of_somebodys_own(database: Engine, keeper: Actor) -> None:
    with db.unit_of_work(keeper) as session:
        factory.make_plant(session, actor=keeper, now=clock.now())
    before = sizes()

    with pytest.raises(CannotCheck, match="not the demo"):
        load_demo()

    assert sizes() == before
