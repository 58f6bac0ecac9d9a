"""Who hears of something holds his role by his own day; days begin where people and sites are."""

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.access.models import Person, RoleGrant
from app.notifications import recipients, stuck
from app.notifications.services import gather
from app.training.eligible import eligible
from core import clock, db
from tests.factories.inbox import make_plant
from tests.factories.people import SETUP
from workflows.models import HumanTask

SUNDAY = date(2026, 11, 22)


@pytest.fixture
def plant(database, now, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_plant(now)


def lives_in(plant, **zones):
    with db.unit_of_work(SETUP, now=plant.now) as session:
        for login, zone in zones.items():
            session.get_one(Person, uuid.UUID(plant.people[login].id)).zone = zone


@pytest.mark.urs("URS-133", "URS-147")
def test_a_role_is_held_by_the_day_on_the_holders_own_clock(plant, now):
    """At 20:00 UTC it is the 23rd in Shanghai and the 22nd in New York."""
    lives_in(plant, qa="Asia/Shanghai", qa2="America/New_York", owner="America/New_York")
    with db.unit_of_work(SETUP, now=now) as session:
        for grant in session.scalars(select(RoleGrant).where(RoleGrant.role == "qa")):
            grant.valid_to = SUNDAY
        owners = select(RoleGrant).where(RoleGrant.role == "process_owner")
        session.scalars(owners).one().valid_from = SUNDAY + timedelta(days=1)
    evening = now.replace(hour=20)
    with db.read_session() as session:
        for where in (None, plant.site_id):
            told = recipients.with_role(session, "qa", where, now=evening)
            assert {str(one) for one in told} == {plant.people["qa2"].id}
        assert not recipients.with_role(session, "process_owner", None, now=evening)
        assert recipients.with_role(session, "process_owner", None, now=evening + timedelta(hours=9))


@pytest.mark.urs("URS-006", "URS-147")
def test_who_may_take_a_step_is_told_by_the_day_of_its_site(plant, now):
    with db.unit_of_work(SETUP, now=now) as session:
        for grant in session.scalars(select(RoleGrant).where(RoleGrant.role == "inspector")):
            grant.valid_to = SUNDAY
    with db.read_session() as session:
        task = session.get_one(HumanTask, plant.task("inspection").id)
        for hour, there in ((15, True), (16, False)):  # midnight in Shanghai
            moment = now.replace(hour=hour, minute=0)
            assert bool(recipients.of_task(session, task, now=moment)) is there
            assert bool(eligible(session, task, now=moment).people) is there


@pytest.mark.urs("URS-006", "URS-147")
def test_all_steps_are_asked_about_again_when_a_day_has_begun_somewhere(plant, now, monkeypatch):
    lives_in(plant, qa2="America/New_York")
    asked = []
    monkeypatch.setattr(stuck, "of_stuck", lambda _session, again, *, now: asked.append(again.every) or [])
    day = now.replace(hour=15, minute=50, second=0)
    for hours in (0, 0.1, 0.3, 0.4, 13, 14):  # 15:50, 15:56, 16:08, 16:14, 04:50 and 05:50 UTC
        gather(now=day + timedelta(hours=hours))
    assert asked == [False, True, False, False, True]
