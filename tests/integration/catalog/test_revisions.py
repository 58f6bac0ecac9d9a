"""Revisions of master data through the database: one in force on a day or none, frozen once approved."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from app.catalog import queries, revising, services
from app.catalog.models import Bom, Item, ItemKind, UnitConversion
from core import db
from core.actor import Actor
from core.effectivity import Standing, standing
from core.errors import Conflict, Invalid, QmsError

FIRST = date(2027, 1, 1)
DAYS = st.integers(min_value=0, max_value=30).map(lambda days: FIRST + timedelta(days=days))
ACTS = st.lists(
    st.tuples(st.sampled_from(["approve", "approve", "end"]), st.integers(0, 3), DAYS, DAYS),
    min_size=1,
    max_size=10,
)


def item(session, code: str, now: datetime, keeper: Actor, uom: str = "{pcs}") -> Item:
    name = {"en": code, "zh": code}
    command = services.NewItem(code, name, ItemKind.COMPONENT, uom)
    return services.open_item(session, command, actor=keeper, now=now)


def bom(session, made: Item, *parts: revising.BomPart, now: datetime, actor: Actor, **more) -> Bom:
    said = {"revision": "A", "effective_from": None, **more}
    return revising.open_bom(session, made, parts, actor=actor, now=now, **said)


@pytest.mark.urs("URS-031")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_on_every_day_one_revision_is_in_force_or_none_whatever_the_order_of_approvals(
    database: Engine, keeper: Actor, now: datetime, acts: list[tuple[str, int, date, date]]
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        made = item(session, f"I-{uuid.uuid4().hex[:12]}", now, keeper)
        drafts = [
            revising.open_item_revision(
                session, made, revising.ItemFacts(f"SP-{letter}"),
                revision=letter, effective_from=None, actor=keeper, now=now,
            ).id
            for letter in "ABCD"
        ]  # fmt: skip
        item_id, kind = made.id, revising.SUBJECTS["catalog.item_revision"]
    told: dict[date, str] = {}
    today = FIRST
    for act, which, day, clock in acts:
        today = max(today, clock)
        try:
            with db.unit_of_work(keeper, now=now) as session:
                revision = session.get_one(kind, drafts[which])
                if act == "approve":
                    revising.make_revision_effective(
                        session, revision, effective_from=day, today=today, actor=keeper
                    )
                else:
                    revising.end_revision(session, revision, last_day=day, today=today, actor=keeper)
        except QmsError:
            pass
        with db.read_session() as session:
            every = queries.revisions_of(session, kind, item_id)
            for number in range(0, 45, 3):
                on = FIRST + timedelta(days=number)
                asked = queries.revision_in_force(session, kind, item_id, on)
                effective = [one for one in every if standing(one, every, on) is Standing.EFFECTIVE]
                assert effective == ([asked] if asked is not None else [])
                if on < today:
                    code = asked.code if asked is not None else ""
                    assert told.setdefault(on, code) == code, "the past stays"


@pytest.mark.urs("URS-031")
def test_what_is_approved_is_changed_by_no_service(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        made, part = item(session, "MADE", now, keeper), item(session, "PART", now, keeper)
        approved = bom(
            session, made, revising.BomPart(part, Decimal(1)), now=now, actor=keeper,
            effective_from=date(2026, 1, 1),
        )  # fmt: skip
        with pytest.raises(Conflict) as refused:
            revising.change_bom(session, approved, [revising.BomPart(part, Decimal(2))])
        assert refused.value.code == "revision.frozen"
        assert refused.value.facts["subject"] == ("catalog.bom", str(approved.id))
        assert [line.quantity for line in approved.lines] == [Decimal(1)]
        draft = bom(session, made, revising.BomPart(part, Decimal(2)), now=now, actor=keeper, revision="B")
        revising.change_bom(session, draft, [revising.BomPart(part, Decimal(3))])
        assert [line.quantity for line in draft.lines] == [Decimal(3)]
    with db.read_session() as session:
        made = session.scalars(select(Item).where(Item.code == "MADE")).one()
        assert queries.effective_bom(session, made.id, date(2026, 6, 1)).code == "A"
        assert queries.effective_bom(session, made.id, date(2025, 6, 1)) is None


@pytest.mark.urs("URS-031")
def test_an_item_is_never_a_part_of_itself_and_the_way_is_named(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    day = date(2026, 1, 1)
    with db.unit_of_work(keeper, now=now) as session:
        top, middle, low = (item(session, code, now, keeper) for code in ("TOP", "MIDDLE", "LOW"))
        one = Decimal(1)
        bom(session, top, revising.BomPart(middle, one), now=now, actor=keeper, effective_from=day)
        bom(session, middle, revising.BomPart(low, one), now=now, actor=keeper, effective_from=day)
        with pytest.raises(Invalid) as circle:
            bom(session, low, revising.BomPart(top, one), now=now, actor=keeper)
        assert circle.value.code == "bom.circle"
        assert "LOW → TOP → MIDDLE → LOW" in circle.value.text("en")


@pytest.mark.urs("URS-030", "URS-031")
def test_a_line_converts_exactly_or_is_refused(database: Engine, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        made, paste = item(session, "MADE", now, keeper), item(session, "PASTE", now, keeper, "kg")
        clip = item(session, "CLIP", now, keeper)
        written = bom(session, made, revising.BomPart(paste, Decimal("17.5"), "g"), now=now, actor=keeper)
        [line] = written.lines
        assert (line.quantity, line.entered_quantity, line.entered_unit) == (
            Decimal("0.0175"), Decimal("17.5"), "g",
        )  # fmt: skip
        box = revising.BomPart(clip, Decimal("0.01"), "{box}")
        for part, code in (
            (revising.BomPart(paste, Decimal(1), "m"), "unit.no_conversion"),
            (box, "unit.no_conversion"),
            (revising.BomPart(paste, Decimal("0.0001"), "mg"), "quantity.inexact"),
            (revising.BomPart(clip, Decimal("0.5")), "bom.fraction"),
        ):
            with pytest.raises(Invalid) as refused:
                revising.change_bom(session, written, [part])
            assert refused.value.code == code
        session.add(
            UnitConversion(
                item=clip, quantity=Decimal(1), unit="{box}", equals=Decimal(200), equals_unit="{pcs}"
            )
        )
        session.flush()
        revising.change_bom(session, written, [box])
        assert written.lines[0].quantity == Decimal(2)
