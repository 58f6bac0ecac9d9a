"""The page of jobs that gave up: the administrator reads why, and has one tried again; nobody else may."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from rq import Queue
from sqlalchemy import Engine, select, update

from app.access.models import Person
from app.factory import create_app
from app.jobs.relay import hand_out
from core import clock, db, outbox
from core.outbox import OutboxEntry
from signatures.audit_models import AuditEntry
from tests.factories.people import SETUP, make_company, post, sign_in

REASON = "ValueError: the printer is on fire"


@pytest.fixture
def app(database: Engine) -> Flask:
    make_company(("sys", "system_admin"), ("qa", "qa"))
    return create_app(testing=True)


def write_down(name: str) -> uuid.UUID:
    with db.unit_of_work(SETUP, now=clock.now()) as session:
        entry = outbox.later(session, name, {}, key=f"{name}-{uuid.uuid4()}")
        session.flush()
        return entry.id


@pytest.fixture
def dead(app: Flask) -> uuid.UUID:
    """A job that has failed as often as it may."""
    entry_id, moment = write_down("test.print"), clock.now()
    for attempt in range(outbox.LAST_ATTEMPT + 1):
        with db.unit_of_work(SETUP, now=moment) as session:
            assert len(outbox.lease_due(session, now=moment)) == (attempt < outbox.LAST_ATTEMPT)
            if attempt < outbox.LAST_ATTEMPT:
                outbox.failed(session, entry_id, REASON, now=moment)
        moment += timedelta(hours=2)
    return entry_id


def entry(entry_id: uuid.UUID) -> OutboxEntry:
    with db.read_session() as session:
        return session.get_one(OutboxEntry, entry_id)


@pytest.mark.urs("URS-008", "URS-133")
def test_the_page_says_what_gave_up_and_why_and_offers_only_that_to_be_tried_again(
    app: Flask, dead: uuid.UUID
) -> None:
    waits = write_down("test.wait")
    page = sign_in(app, "sys").get("/admin/jobs").text
    assert page.index("test.print") < page.index("test.wait")
    assert REASON in page
    assert page.count("Gave up") == 1
    assert f"/admin/jobs/{dead}/retry" in page
    assert f"/admin/jobs/{waits}/retry" not in page


def test_a_chinese_administrator_reads_it_in_chinese(app: Flask, dead: uuid.UUID) -> None:
    with db.unit_of_work(SETUP, now=clock.now()) as session:
        session.execute(update(Person).where(Person.login == "sys").values(language="zh"))
    page = sign_in(app, "sys").get("/admin/jobs").text
    assert "已停止尝试" in page
    assert REASON in page


@pytest.mark.urs("URS-008")
def test_a_job_tried_again_is_handed_out_again_and_the_trail_says_who_wanted_it(
    app: Flask, dead: uuid.UUID, queue: Queue, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    later_on = entry(dead).due_at + timedelta(days=1)
    assert hand_out(queue, now=later_on) == 0, "what gave up is not handed out by itself"
    answer = post(sign_in(app, "sys"), f"/admin/jobs/{dead}/retry")
    assert (answer.status_code, answer.location) == (302, "/admin/jobs")
    assert (entry(dead).dead, entry(dead).attempts) == (False, 0)
    with db.read_session() as session:
        [said] = session.scalars(select(AuditEntry).where(AuditEntry.action == "job.retried"))
        administrator = session.scalars(select(Person).where(Person.login == "sys")).one()
    assert (said.subject_id, json.loads(said.entry)["facts"]["job"]) == (str(dead), "test.print")
    assert said.actor_id == str(administrator.id)

    def print_it(entry_id: uuid.UUID, _payload: dict[str, str], _secret: bytes | None) -> None:
        with db.unit_of_work(SETUP) as session:
            outbox.done(session, entry_id)

    monkeypatch.setitem(outbox._handlers, "test.print", print_it)
    assert hand_out(queue, now=clock.now()) == 1
    work()
    with db.read_session() as session:
        assert session.get(OutboxEntry, dead) is None


@pytest.mark.urs("URS-023")
def test_nobody_else_reads_the_page_or_tries_a_job_again(app: Flask, dead: uuid.UUID) -> None:
    qa = sign_in(app, "qa")
    assert qa.get("/admin/jobs").status_code == 403
    assert post(qa, f"/admin/jobs/{dead}/retry").status_code == 403
    assert entry(dead).dead


def test_a_job_that_is_done_by_now_is_told_so(app: Flask) -> None:
    answer = post(sign_in(app, "sys"), f"/admin/jobs/{uuid.uuid4()}/retry")
    assert answer.status_code == 404
    assert "This job is done or does not exist." in answer.text
