"""The clock is set back: whoever signs in the browser is refused with a sentence, and the alarm goes off."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from app.access.models import Person
from app.factory import create_app
from app.jobs import health
from app.notifications.models import Notice
from app.notifications.services import gather
from core import clock, db
from forms import sources
from signatures import audit
from signatures.models import Signature
from tests.factories.inbox import PASSWORD, PLAN, RESULTS, Plant, make_plant
from tests.factories.people import SETUP, post, sign_in

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """One inspection waits, and whoever tells people things has told everything so far."""
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now)
    gather(now=now)
    return plant


@pytest.fixture
def app(plant: Plant) -> Flask:
    return create_app(testing=True)


def sign(app: Flask, plant: Plant) -> tuple[int, str]:
    """Send the inspector's signature as his browser does; give the status and the page."""
    command = plant.command("inspector", "inspection", RESULTS)
    inspector = sign_in(app, "inspector", PASSWORD)
    entered = {"opened": command.opened, "seen": command.seen, "login": "inspector", "password": PASSWORD}
    answer = post(inspector, f"/inbox/{command.task_id}/sign", **RESULTS, **entered)
    return answer.status_code, answer.text


def signatures() -> int:
    with db.read_session() as session:
        return len(session.scalars(select(Signature)).all())


@pytest.mark.urs("URS-133", "URS-147")
def test_a_signature_is_refused_and_both_administrators_hear_of_it(app: Flask, plant: Plant) -> None:
    with db.unit_of_work(SETUP, now=plant.now + AN_HOUR) as session:
        audit.record(session, "test.happened", subject=("test", "1"), facts={})
    status, page = sign(app, plant)
    assert status == 403
    assert "Nothing can be signed now" in page
    assert signatures() == 0
    gather(now=plant.now)
    with db.read_session() as session:
        query = select(Person.login).join(Notice, Notice.person_id == Person.id)
        told = session.scalars(query.where(Notice.kind == "clock.refused")).all()
    assert told == ["admin"]
    assert "/admin/clock" in sign_in(app, "admin", PASSWORD).get("/notices").text
    assert health.plant_clock()[0] is not health.State.OK


def test_with_the_right_time_the_same_signature_is_taken_and_nobody_is_alarmed(
    app: Flask, plant: Plant
) -> None:
    assert sign(app, plant)[0] in (302, 303)
    assert signatures() == 1
    gather(now=plant.now)
    with db.read_session() as session:
        assert session.scalars(select(Notice).where(Notice.kind == "clock.refused")).all() == []
    assert health.plant_clock()[0] is health.State.OK
