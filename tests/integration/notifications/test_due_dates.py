"""Due dates: reminded ahead, escalated to line manager and quality head, each once; steps nobody takes."""

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.access.models import Person, RoleGrant
from app.configuration import settings as configuration
from app.factory import create_app
from app.notifications.models import Notice
from app.notifications.services import gather
from app.organisation.models import Absence, AbsenceKind, Department, Position, Post
from core import clock, db
from core.errors import FieldErrors
from forms import sources
from tests.factories.inbox import PASSWORD, PLAN, RESULTS, make_plant
from tests.factories.people import SETUP, sign_in
from workflows.models import HumanTask, TaskReminder

# 22 November 2026 is a Sunday; the inspection is due on Tuesday, 24 November, 16:10 in Shanghai
DUE = timedelta(days=2)


@pytest.fixture
def plant(database, now, monkeypatch):
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now)
    gather(now=now)
    return plant


def told(kind):
    with db.read_session() as session:
        query = select(Person.login).join(Notice, Notice.person_id == Person.id).where(Notice.kind == kind)
        return sorted(session.scalars(query))


def levels():
    with db.read_session() as session:
        return sorted(session.scalars(select(TaskReminder.level)))


def due_in(plant, days):
    with db.unit_of_work(SETUP, now=plant.now) as session:
        session.execute(
            update(HumanTask).values(due_at=plant.now + timedelta(days=days), created_at=plant.now)
        )


def give_manager(plant, login, manager):
    with db.unit_of_work(SETUP, now=plant.now) as session:
        name = {"en": "Quality", "zh": "质量"}
        department = Department(code="D-Q", name=name, site_id=plant.site_id)
        session.add(department)
        session.flush()
        position = Position(code="P-Q", name=name, department_id=department.id)
        session.add(position)
        session.flush()
        person, above = (uuid.UUID(plant.people[one].id) for one in (login, manager))
        since = date(2026, 1, 1)
        post = {"position_id": position.id, "manager_id": above, "valid_from": since, "main": True}
        session.add(Post(person_id=person, **post))


@pytest.mark.urs("URS-006", "URS-133")
def test_whoever_may_take_it_is_reminded_three_working_days_ahead_and_once(plant):
    due_in(plant, 12)  # Friday, 4 December
    gather(now=plant.now + timedelta(days=8, hours=6))  # Monday
    assert told("task.ahead") == []
    for hours in (1, 2, 26):
        gather(now=plant.now + timedelta(days=9, hours=hours))  # Tuesday, three working days before
    assert told("task.ahead") == ["inspector", "inspector2"]
    assert levels() == ["before"]


@pytest.mark.urs("URS-006", "URS-133")
def test_an_overdue_step_goes_to_the_line_manager_and_later_to_the_quality_head(plant):
    give_manager(plant, "inspector", "owner")
    gather(now=plant.now + DUE + timedelta(hours=23))
    assert told("task.escalated") == []
    for hours in (25, 26):
        gather(now=plant.now + DUE + timedelta(hours=hours))
    assert told("task.escalated") == ["owner"]
    gather(now=plant.now + DUE + timedelta(days=6))  # Monday: four working days
    assert told("task.escalated_head") == []
    for hours in (1, 2):
        gather(now=plant.now + DUE + timedelta(days=7, hours=hours))
    assert told("task.escalated_head") == ["inspector", "qa", "qa2"], "there is no quality head here"
    assert levels() == ["head", "manager"]


@pytest.mark.urs("URS-006")
def test_the_page_of_the_case_says_to_whom_it_was_escalated(plant, monkeypatch):
    later = plant.now + DUE + timedelta(days=1, hours=1)
    gather(now=later)
    page = sign_in(create_app(testing=True), "qa", PASSWORD).get(f"/cases/{plant.case_id}").text
    assert "Escalated to the line manager: Owner" in page


@pytest.mark.urs("URS-006", "URS-148")
def test_the_days_are_a_setting_within_bounds(plant):
    rules = {"days_before": "1", "days_manager": "2", "days_head": "2"}
    with db.unit_of_work(SETUP, now=plant.now) as session:
        assert configuration.read(session, "reminders") == {
            "days_before": "3",
            "days_manager": "1",
            "days_head": "5",
        }
        with pytest.raises(FieldErrors):
            configuration.write(session, "reminders", rules | {"days_head": "1"}, actor=SETUP, now=plant.now)
        configuration.write(session, "reminders", rules, actor=SETUP, now=plant.now)
    gather(now=plant.now + DUE + timedelta(hours=25))
    assert told("task.escalated") == []
    gather(now=plant.now + DUE + timedelta(hours=50))
    assert told("task.escalated") == ["owner"]
    assert told("task.escalated_head") == ["inspector", "qa", "qa2"]


def without_inspectors(plant):
    """Everybody who could inspect loses the role; the keeper keeps it, but started the case."""
    others = [uuid.UUID(plant.people[one].id) for one in ("inspector", "inspector2")]
    ends = RoleGrant.person_id.in_(others), RoleGrant.role == "inspector"
    with db.unit_of_work(SETUP, now=plant.now) as session:
        for grant in session.scalars(select(RoleGrant).where(*ends)):
            grant.valid_to = date(2026, 11, 20)


def stuck(plant):
    return plant.task("inspection").stuck_since is not None


@pytest.mark.urs("URS-141", "URS-006")
def test_when_nobody_is_left_process_owners_hear_at_once_and_once(plant):
    without_inspectors(plant)
    for minutes in (1, 2):
        gather(now=plant.now + timedelta(minutes=minutes))
    assert told("task.stuck") == ["owner"]
    assert stuck(plant)


@pytest.mark.urs("URS-141", "URS-006")
def test_the_alarm_stands_in_the_inbox_of_process_owners_and_on_the_case(plant):
    without_inspectors(plant)
    gather(now=plant.now + timedelta(minutes=1))
    app = create_app(testing=True)
    owner, keeper = sign_in(app, "owner", PASSWORD), sign_in(app, "keeper", PASSWORD)
    assert "Nobody can take" in owner.get("/inbox").text
    assert f'href="/cases/{plant.case_id}"' in owner.get("/inbox?whose=stuck").text
    assert "Nobody can take" not in keeper.get("/inbox").text
    assert f"/cases/{plant.case_id}" not in keeper.get("/inbox?whose=stuck").text
    assert "Nobody can do this step now" in owner.get(f"/cases/{plant.case_id}").text


@pytest.mark.urs("URS-141", "URS-006")
def test_a_new_grant_ends_the_alarm(plant):
    without_inspectors(plant)
    gather(now=plant.now + timedelta(minutes=1))
    with db.unit_of_work(SETUP, now=plant.now) as session:
        grant = {"role": "inspector", "site_id": plant.site_id, "valid_from": date(2026, 1, 1)}
        person = uuid.UUID(plant.people["qa2"].id)
        session.add(RoleGrant(person_id=person, granted_by="system:test", granted_at=plant.now, **grant))
    gather(now=plant.now + timedelta(minutes=2))
    assert not stuck(plant)


@pytest.mark.urs("URS-141", "URS-140")
def test_leave_leaves_nobody_too(plant):
    with db.unit_of_work(SETUP, now=plant.now) as session:
        for login in ("inspector", "inspector2"):
            person = uuid.UUID(plant.people[login].id)
            days = {"valid_from": date(2026, 11, 20), "valid_to": date(2026, 11, 27)}
            session.add(Absence(person_id=person, kind=AbsenceKind.LEAVE, **days))
    gather(now=plant.now + timedelta(minutes=1))
    assert told("task.stuck") == ["owner"]


@pytest.mark.urs("URS-141")
def test_a_step_that_comes_up_with_nobody_to_take_it_says_so_at_once(plant):
    with db.unit_of_work(SETUP, now=plant.now) as session:
        for grant in session.scalars(select(RoleGrant).where(RoleGrant.role == "qa")):
            grant.valid_to = date(2026, 11, 20)
    gather(now=plant.now + timedelta(minutes=1))
    assert told("task.stuck") == []
    plant.signs("inspector2", "inspection", RESULTS)
    gather(now=plant.now + timedelta(minutes=2))
    assert told("task.stuck") == ["owner"]
