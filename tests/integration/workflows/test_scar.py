"""The delivered model of supplier corrective action: every flow, the answer clocks, who may not review."""

import pytest

from tests.factories import workflows as made
from tests.factories.walk import noted
from workflows import decisions, dmn, human_tasks, runtime
from workflows.xmlfile import parse

KEY = "scar"
OPERATIONS = {
    "inventory.hold_named_lots": {"held": []},
    "suppliers.block_by_code": {},
    "suppliers.set_standing": {},
}
ON_SQLITE = pytest.mark.parametrize("plant_url", ["sqlite"], indirect=True)  # nothing here asks the database
REQUEST = {"supplier": "S-101", "title": "Particles", "trigger": "deviation"}
CHECKED = {"stock_checked": "yes", "orders": "Stopped."}
PASS, FAIL = ({"lot": "L-1", "verdict": one, "evidence": "Looked at."} for one in ("pass", "fail"))
ANSWERS = {
    "request": [REQUEST | {"severity": one} for one in ("minor", "major", "critical")],
    "containment": [CHECKED | {"block": "yes", "lots": [{"lot": "L-1"}]}, CHECKED | {"block": "no"}],
    "notice": [{"sent_to": "Mr Li", "sent_on": "2026-11-22", "text": "Please answer."}],
    "containment_answer": [{"received_on": "2026-11-23", "containment": "Sorted."}],
    "cause_answer": [{"received_on": "2026-11-30", "method": "five_why", "cause": "Worn die."}],
    "action_answer": [{"received_on": "2026-12-10", "actions": []}],
    "escalation": [{"action": "remind", "remarks": "Called."}],
    "review": [{"decision": one, "reason": "Because."} for one in ("accept", "return", "disqualify")],
    "verification": [PASS, PASS, PASS, FAIL, PASS, PASS],
    "closing": [{"decision": "close", "standing": "free", "reason": "Three good lots."},
                {"decision": "repeat", "reason": "Again."}, {"decision": "disqualify", "reason": "No."}],
}  # fmt: skip
BUYER = {"containment", "notice", "containment_answer", "cause_answer", "action_answer"}
MAY_NOT = {"review": BUYER, "verification": BUYER, "closing": BUYER | {"verification"}}


@pytest.fixture
def walk(session, monkeypatch):
    return noted(session, monkeypatch, KEY, ANSWERS, OPERATIONS)


@ON_SQLITE
@pytest.mark.urs("URS-001", "URS-006", "URS-022")
def test_every_flow_is_walked_and_the_buyer_reviews_nothing(walk):
    walk.until_all(MAY_NOT)
    assert walk.missing == set()
    assert set(walk.ends) == {"closed", "disqualified"}
    for step, excluded in MAY_NOT.items():
        assert walk.refused_at(step) >= excluded, step
    assert {name for name, _ in walk.calls} == set(OPERATIONS)


@ON_SQLITE
@pytest.mark.urs("URS-005")
def test_an_answer_that_is_late_is_escalated_and_still_expected(session, walk):
    message = {"from": "DEV-2026-0001", "supplier": "S-101", "title": "Particles"}
    case = runtime.start_case(
        session, KEY, title={"en": "S", "zh": "S"}, site_id=made.SITE, subject=("test.thing", made.SUBJECT),
        data={"sites": {"plant": str(made.SITE)}}, actor=made.person(1), now=made.NOW, message=message,
    )  # fmt: skip
    for step in ("request", "containment", "notice", "containment_answer", "cause_answer"):
        task = open_task(session, case, step)
        fields = ANSWERS[step][-1] | ({"severity": "major"} if step == "request" else {})
        human_tasks.complete(session, task, fields, actor=made.person(1), now=made.NOW)
    action = open_task(session, case, "action_answer")
    assert (action.due_at - made.NOW).days == 30
    runtime.fire_timers(session, case.id, now=action.due_at)
    assert {task.step for task in human_tasks.open_tasks(session, case.id)} == {"action_answer", "escalation"}


def open_task(session, case, step):
    return next(task for task in human_tasks.open_tasks(session, case.id) if task.step == step)


@pytest.mark.urs("URS-041")
@pytest.mark.parametrize(
    ("decision", "failed", "result"),
    [
        ("close", 0, "closed"),
        ("close", 1, "again"),
        ("repeat", 0, "again"),
        ("disqualify", 0, "disqualified"),
    ],
)
def test_it_is_closed_only_when_three_lots_are_free_of_it(decision, failed, result):
    lots = [FAIL] * failed + [PASS] * (3 - failed)
    found = decided("result", {"verification": lots})
    assert decided("outcome", {"result": found, "closing": {"decision": decision}})["result"] == result


def decided(table, facts):
    model, _ = dmn.read_model(parse(made.folder(KEY)[f"{table}.dmn"]))
    return decisions.decide(model.decisions[table], facts, now=made.NOW).outputs
