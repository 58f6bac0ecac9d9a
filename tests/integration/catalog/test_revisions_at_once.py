"""Of two revisions of one item that are put into force in the same moment, one waits and is told."""

import uuid
from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.catalog import queries, revising
from app.catalog.models import ItemRevision
from app.catalog.routes import kinds
from app.objects.models import ObjectChange, Verb
from app.objects.services import apply_change
from core.actor import Actor
from core.db import read_session, unit_of_work
from tests.factories.at_once import Act, at_once
from tests.factories.plant import Plant, make_plant

DAY = date(2027, 3, 1)
Door = Callable[["Drafts", str], Act]


class Drafts:
    """A plant with two drafts of one item."""

    def __init__(self, plant: Plant, ids: dict[str, uuid.UUID], keeper: Actor, now: datetime) -> None:
        self.plant, self.ids, self.keeper, self.now = plant, ids, keeper, now

    def by_an_operation(self, code: str) -> Act:
        def act(session: Session) -> None:
            revision = session.get_one(ItemRevision, self.ids[code])
            revising.make_revision_effective(
                session, revision, effective_from=DAY, today=self.now.date(), actor=self.keeper
            )

        return act

    def by_a_signed_change(self, code: str) -> Act:
        def act(session: Session) -> None:
            change = ObjectChange(
                kind=kinds.ITEM_REVISION.name, verb=Verb.TAKE_EFFECT, object_id=self.ids[code],
                label={"en": code, "zh": code}, rows=[], day=DAY, reason="r", site_id=self.plant.site.id,
                proposed_by="p", proposed_by_name="P", proposed_at=self.now,
            )  # fmt: skip
            session.add(change)
            session.flush()
            apply_change(session, change, actor=self.keeper, now=self.now)

        return act

    def by_a_list(self, code: str) -> Act:
        def act(session: Session) -> None:
            item = queries.item(session, self.plant.material.id)
            revising.open_item_revision(
                session, item, revising.ItemFacts("SP-9"), revision=f"{code}9", effective_from=DAY,
                actor=self.keeper, now=self.now,
            )  # fmt: skip

        return act


@pytest.fixture
def drafts(database: Engine, keeper: Actor, now: datetime) -> Drafts:
    with unit_of_work(keeper, now=now) as session:
        plant = make_plant(session, actor=keeper, now=now)
        made = {
            code: revising.open_item_revision(
                session, plant.material, revising.ItemFacts(f"SP-{code}"), revision=code,
                effective_from=None, actor=keeper, now=now,
            ).id
            for code in "XY"
        }  # fmt: skip
    return Drafts(plant, made, keeper, now)


PAIRS = [
    (Drafts.by_an_operation, Drafts.by_an_operation),
    (Drafts.by_a_signed_change, Drafts.by_a_signed_change),
    (Drafts.by_an_operation, Drafts.by_a_signed_change),
    (Drafts.by_a_signed_change, Drafts.by_a_list),
    (Drafts.by_a_list, Drafts.by_a_list),
]


@pytest.mark.urs("URS-031", "URS-130")
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda door: door.__name__)
def test_one_revision_begins_on_a_day_whichever_doors_are_taken(
    drafts: Drafts, first: Door, second: Door
) -> None:
    refused = at_once(first(drafts, "X"), second(drafts, "Y"), actor=drafts.keeper, now=drafts.now)

    assert refused == ["revision.overlap"]
    with read_session() as session:
        revisions = queries.revisions_of(session, ItemRevision, drafts.plant.material.id)
        assert [one.code[0] for one in revisions if one.effective_from == DAY] == ["X"]
