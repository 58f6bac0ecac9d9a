"""Steps of one person, and handing them over: nobody else takes them, and no rule is passed by."""

import pytest

from app.factory import create_app
from app.inbox import policy
from app.inbox.errors import GivenToAnother
from app.inbox.handling.errors import MayNotHandOver
from app.inbox.handling.handing import HandOver, hand_over
from app.notifications import events
from core import clock
from core.db import read_session, unit_of_work
from core.errors import QmsError
from signatures.audit import history_of
from tests.factories.inbox import PASSWORD, RESULTS, make_plant
from tests.factories.people import post, sign_in
from workflows.models import HumanTask

REASON = "Is on leave from tomorrow"


def hands(plant, by, to, reason=REASON, step="inspection"):
    command = HandOver(plant.task(step).id, to, reason)
    with unit_of_work(plant.people[by], now=plant.now) as session:
        hand_over(session, command, actor=plant.people[by], now=plant.now)


def taken_by(plant, login):
    with read_session() as session:
        task = session.get_one(HumanTask, plant.task("inspection").id)
        return policy.refusal(session, task, actor=plant.people[login], now=plant.now)


@pytest.mark.urs("URS-141", "URS-006")
def test_a_step_handed_over_is_one_persons_alone(plant):
    hands(plant, "qa", "inspector2")
    assert isinstance(taken_by(plant, "inspector"), GivenToAnother)
    assert "Inspector2" in taken_by(plant, "inspector").text("en")
    assert taken_by(plant, "inspector2") is None
    with pytest.raises(GivenToAnother):
        plant.signs("inspector", "inspection", RESULTS)
    plant.signs("inspector2", "inspection", RESULTS)


@pytest.mark.urs("URS-141", "URS-006")
def test_who_handed_over_to_whom_and_why_is_in_the_trail_and_told(plant):
    hands(plant, "owner", "inspector2")
    task = plant.task("inspection")
    with read_session() as session:
        named = [
            one for one in history_of(session, "human_task", task.id) if one.action == "task.handed_over"
        ]
        (event,) = [
            one
            for one in events.in_trail(session, 0, named[0].seq, now=plant.now)
            if one.kind == "task.handed_over"
        ]
    assert REASON in named[0].entry
    assert {str(one) for one in event.people} == {plant.people["inspector2"].id}
    assert event.link == f"/inbox/{task.id}"


@pytest.mark.urs("URS-141")
def test_whoever_has_it_hands_it_on_but_nobody_else_of_the_role(plant):
    hands(plant, "qa", "inspector2")
    with pytest.raises(MayNotHandOver) as refused:
        hands(plant, "keeper", "inspector")
    assert "quality assurance" in refused.value.text("en")
    hands(plant, "inspector2", "inspector")
    assert taken_by(plant, "inspector") is None


@pytest.mark.urs("URS-141", "URS-006")
@pytest.mark.parametrize(
    ("to", "reason", "code"),
    [
        ("keeper", REASON, "handover.separation"),
        ("qa", REASON, "handover.role"),
        ("admin", REASON, "handover.role"),
        ("nobody", REASON, "handover.person"),
        ("inspector2", " no ", "handling.reason"),
    ],
)
def test_a_rule_is_never_passed_by(plant, to, reason, code):
    with pytest.raises(QmsError) as refused:
        hands(plant, "qa", to, reason)
    assert refused.value.code == code
    assert plant.task("inspection").assigned_to is None


@pytest.mark.urs("URS-141")
def test_a_step_of_several_signers_is_given_to_nobody(database, now, inspection_plan):
    plant = make_plant(now, release='qms:meaning="released" qms:signers="2" ')
    plant.signs("inspector2", "inspection", RESULTS)
    with pytest.raises(QmsError) as refused:
        hands(plant, "qa", "qa2", step="incoming_release")
    assert refused.value.code == "handover.several"


@pytest.mark.urs("URS-141")
def test_lists_and_pages_say_whose_it_is(plant, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: plant.now)
    app = create_app(testing=True)
    qa, task = sign_in(app, "qa", PASSWORD), plant.task("inspection")
    page = qa.get(f"/inbox/{task.id}/hand-over").text
    assert "Inspector2 (inspector2)" in page
    assert "keeper" not in page.split("<select")[1].split("</select>")[0]
    short = post(qa, f"/inbox/{task.id}/hand-over", person="inspector2", reason="x")
    assert short.status_code == 422
    assert "Please say why" in short.text
    answer = post(qa, f"/inbox/{task.id}/hand-over", person="inspector2", reason=REASON)
    assert answer.status_code == 303
    assert REASON in qa.get(answer.location).text
    first, second = (sign_in(app, login, PASSWORD) for login in ("inspector", "inspector2"))
    assert "Given to Inspector2" in first.get("/inbox?whose=others").text
    assert f"/inbox/{task.id}" not in first.get("/inbox").text
    assert "Yours alone" in second.get("/inbox").text
    refused = post(first, f"/inbox/{task.id}/claim")
    assert refused.status_code == 403
    assert "given to Inspector2 alone" in refused.text
