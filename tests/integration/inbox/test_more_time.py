"""A due date moves only by a signed request: at most twice, the second time with the quality head."""

import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.factory import create_app
from app.inbox.handling.extending import AskForTime, ask_for_time
from core import clock
from core.db import read_session, unit_of_work
from core.errors import QmsError
from tests.factories import inbox
from tests.factories import workflows as made
from tests.factories.inbox import PASSWORD, RESULTS, Plant
from tests.factories.people import post, sign_in
from workflows import extending, repository
from workflows.models import DueExtension, HumanTask

REASON = "The gauge is at the calibration house"
"""The inspection is due on 24 November 2026, 16:10 in Shanghai."""


@pytest.fixture
def plant(plant, monkeypatch):
    """The process of requests is in effect, and there is a quality head."""
    owner = plant.people["owner"]
    with unit_of_work(owner, now=plant.now) as session:
        site = plant.site_id
        plant.people["head"] = inbox._person(session, "head", "quality_head", site, plant.now)
        plant.people["owner2"] = inbox._person(session, "owner2", "process_owner", site, plant.now)
        files = made.folder("extension_request")
        proposed = repository.propose_release(session, extending.PROCESS, files, actor=owner, now=plant.now)
        repository.make_effective(session, proposed, actor=plant.people["qa"], now=plant.now)
    return plant


def asks(plant, day, login="inspector", reason=REASON):
    command = AskForTime(plant.task("inspection").id, day, reason)
    with unit_of_work(plant.people[login], now=plant.now) as session:
        case = ask_for_time(session, command, actor=plant.people[login], now=plant.now)
        return Plant(plant.now, plant.site_id, plant.people, case.id)


def refusal(plant, day="2026-12-01", login="inspector", reason=REASON):
    with pytest.raises(QmsError) as refused:
        asks(plant, day, login, reason)
    return refused.value.code


@pytest.mark.urs("URS-006")
def test_an_approved_request_moves_the_due_date_to_the_same_hour_of_the_new_day(plant):
    request = asks(plant, "2026-12-01")
    before = plant.task("inspection").due_at
    request.signs("owner", "first", {"decision": "approve"})
    task = plant.task("inspection")
    assert before == datetime(2026, 11, 24, 8, 10, 5, tzinfo=UTC)
    assert task.due_at == datetime(2026, 12, 1, 8, 10, 5, tzinfo=UTC)
    with read_session() as session:
        (moved,) = session.scalars(select(DueExtension)).all()
    assert (moved.due_before, moved.due_after, moved.reason) == (before, task.due_at, REASON)


@pytest.mark.urs("URS-006")
def test_a_rejected_request_moves_nothing(plant):
    before = plant.task("inspection").due_at
    asks(plant, "2026-12-01").signs("owner", "first", {"decision": "reject", "reason": "No more time"})
    assert plant.task("inspection").due_at == before
    asks(plant, "2026-12-02")


@pytest.mark.urs("URS-006", "URS-023")
def test_the_second_goes_to_the_quality_head_and_there_is_no_third(plant):
    asks(plant, "2026-12-01").signs("owner", "first", {"decision": "approve"})
    second = asks(plant, "2026-12-08")
    with pytest.raises(QmsError) as refused:
        second.signs("owner", "second", {"decision": "approve"})
    assert refused.value.code == "task.role"
    second.signs("head", "second", {"decision": "approve"})
    assert refusal(plant, "2026-12-15") == "extension.twice"


@pytest.mark.urs("URS-006")
def test_what_cannot_be_asked_for_is_refused(plant):
    assert refusal(plant, "") == "extension.day"
    assert refusal(plant, "2026-11-24") == "extension.earlier"
    assert refusal(plant, reason="no") == "handling.reason"
    assert refusal(plant, login="qa2") == "task.role"
    asks(plant, "2026-12-01")
    assert refusal(plant) == "extension.waits"


@pytest.mark.urs("URS-006", "URS-023")
def test_whoever_asked_does_not_decide(plant):
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        task = session.get_one(HumanTask, plant.task("inspection").id)
        task.role = "process_owner"
    request = asks(plant, "2026-12-01", login="owner2")
    with pytest.raises(QmsError) as refused:
        request.signs("owner2", "first", {"decision": "approve"})
    assert refused.value.code == "task.separation"
    request.signs("owner", "first", {"decision": "approve"})


@pytest.mark.urs("URS-006")
def test_a_step_that_is_done_meanwhile_needs_no_more_time(plant):
    request = asks(plant, "2026-12-01")
    plant.signs("inspector2", "inspection", RESULTS)
    with pytest.raises(QmsError) as refused:
        request.signs("owner", "first", {"decision": "approve"})
    assert refused.value.code == "extension.task_over"
    request.signs("owner", "first", {"decision": "reject", "reason": "It is done"})


@pytest.mark.urs("URS-006")
def test_on_the_pages_it_is_asked_for_and_shown(plant, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: plant.now)
    app, task = create_app(testing=True), plant.task("inspection")
    inspector = sign_in(app, "inspector", PASSWORD)
    at = f"/inbox/{task.id}/more-time"
    assert at in inspector.get(f"/inbox/{task.id}").text
    assert post(inspector, at, day="tomorrow", reason=REASON).status_code == 422
    answer = post(inspector, at, day="2026-12-01", reason=REASON)
    assert answer.status_code == 303
    asked = inspector.get(answer.location).text
    assert "Decide on the first extension" in asked
    request = Plant(plant.now, plant.site_id, plant.people, uuid.UUID(answer.location[-36:]))
    request.signs("owner", "first", {"decision": "approve"})
    page = inspector.get(f"/cases/{plant.case_id}").text
    assert "EXT-2026-0001" in page
    assert REASON in page
