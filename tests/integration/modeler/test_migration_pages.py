"""A process owner moves running cases to the release in effect; a second person accepts it (URS-007)."""

import json
from datetime import datetime

import pytest
from sqlalchemy import Engine, select

from app.cli import main
from app.factory import create_app
from core import clock
from core.db import read_session, unit_of_work
from documents import registry
from tests.factories import workflows as made
from tests.factories.inbox import MODEL, PASSWORD, SIGNED, Plant, make_plant
from tests.factories.people import sign_in, token
from workflows import human_tasks, repository
from workflows.migration import plan
from workflows.models import HumanTask, ProcessCase, ProcessMigration, TaskState

pytestmark = pytest.mark.urs("URS-007")
LONGER = MODEL.replace("{release}", SIGNED).replace('qms:due="P2D"', 'qms:due="P5D"')


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """A case runs on version 1 of a process; version 2 is in effect."""
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now)
    with unit_of_work(plant.people["owner"], now=now) as session:
        made.release(session, made.folder(plan.PROCESS), key=plan.PROCESS)
        made.release(session, {"small_release.bpmn": LONGER.encode()}, key="small_release")
    return plant


@pytest.fixture
def owner(plant: Plant):
    return sign_in(create_app(testing=True), "owner", PASSWORD)


def page_of(session) -> str:
    return f"/models/{repository.effective_release(session, 'small_release').id}/migrate"


def decide(plant: Plant, decision: str, reason: str | None = None) -> ProcessMigration:
    """Quality assurance decides on the open proposal."""
    with unit_of_work(plant.people["qa"], now=plant.now) as session:
        open_ = select(HumanTask).join(ProcessCase, ProcessCase.id == HumanTask.case_id)
        query = open_.where(ProcessCase.process_key == plan.PROCESS, HumanTask.state == TaskState.OPEN)
        task = session.scalars(query).one()
        assert (task.role, task.policy["not_by"], task.policy["meaning"]) == ("qa", ["start"], "approved")
        given = {"decision": decision, "reason": reason} if reason else {"decision": decision}
        human_tasks.complete(session, task, given, actor=plant.people["qa"], now=plant.now)
        return session.scalars(select(ProcessMigration).order_by(ProcessMigration.decided_at.desc())).first()


def propose(owner, plant: Plant, **form):
    with read_session() as session:
        url = page_of(session)
    return owner.post(url, data={"csrf_token": token(owner, url), "case": str(plant.case_id), **form})


def test_the_page_judges_each_case_and_chooses_the_safe_ones(plant, owner) -> None:
    with read_session() as session:
        page = owner.get(page_of(session)).text
        number = session.get_one(ProcessCase, plant.case_id).number
    assert number in page
    assert f'value="{plant.case_id}"' in page
    assert page.count(" checked>") == 1
    assert "Safe" in page


def test_a_proposal_is_signed_by_a_second_person_and_then_the_case_moves(plant, owner) -> None:
    answer = propose(owner, plant, reason="Inspectors need more time")
    assert answer.status_code == 302
    shown = owner.get(answer.headers["Location"]).text
    assert "waits for a second person" in shown
    migration = decide(plant, "accept")
    with read_session() as session:
        case = session.get_one(ProcessCase, plant.case_id)
        assert case.release_id == migration.target_id
        assert plant.task("inspection").policy["due"] == "P5D"
        (sections, cases) = registry.gather(plan.SUBJECT, session, migration.id, {})
    assert cases["table"]["rows"][0][2] == {"en": "safe", "zh": "可安全迁移"}
    assert {"en": "Reason", "zh": "原因"} in [row["label"] for row in sections["rows"]]
    assert "1 of 1" in owner.get(f"/models/migrations/{migration.id}").text


def test_a_refused_proposal_leaves_every_case_where_it_is(plant, owner) -> None:
    propose(owner, plant, reason="Inspectors need more time")
    migration = decide(plant, "refuse", "Not before the audit.")
    with read_session() as session:
        assert session.get_one(ProcessCase, plant.case_id).release_id != migration.target_id
    assert "Refused" in owner.get(f"/models/migrations/{migration.id}").text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"reason": " "}, "Say why the cases are moved."),
        ({"reason": "Inspectors need more time", "case": "nothing"}, "Choose at least one case."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(plant, owner, form, sentence) -> None:
    answer = propose(owner, plant, **form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert form["reason"].strip() in answer.text


def test_a_migration_is_taken_back_by_a_second_signed_case(plant, owner) -> None:
    propose(owner, plant, reason="Inspectors need more time")
    first = decide(plant, "accept")
    url = f"/models/migrations/{first.id}"
    form = {"csrf_token": token(owner, url), "reason": "It was the wrong case."}
    answer = owner.post(f"{url}/revert", data=form)
    assert answer.status_code == 302
    decide(plant, "accept")
    with read_session() as session:
        assert session.get_one(ProcessCase, plant.case_id).release_id != first.target_id
    assert plant.task("inspection").policy["due"] == "P2D"
    assert "Taken back" in owner.get(url).text


def test_the_command_judges_and_proposes(plant, capsys) -> None:
    assert main(["models", "migrate", "small_release", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["cases"]
    assert one["verdict"] == "safe"
    words = ["models", "migrate", "small_release", "--by", "owner", "--reason", "More time", "--json"]
    assert main([*words[:-3], "--reason", "", "--json"]) == 2
    assert "Say why" in capsys.readouterr().err
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["proposed"] == 1
