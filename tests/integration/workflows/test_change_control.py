"""The delivered model of change control: every flow, who may not decide, class and approvers."""

import pytest

from tests.factories import people
from tests.factories import workflows as made
from tests.factories.walk import noted
from workflows import decisions, dmn
from workflows.xmlfile import parse

KEY = "change_control"
OPERATIONS = {
    "catalog.put_into_force": {},
    "catalog.end_by_code": {},
    "catalog.set_item_data": {},
    "controlled_documents.put_into_force": {},
    "controlled_documents.ask_revision": {},
    "training.ask": {},
    "suppliers.end_supply": {},
    "suppliers.ask_approval": {},
    "inventory.dispose_stock": {},
    "procurement.dispose_orders": {},
    "production.dispose_work": {},
    "inventory.release_reworked": {},
}
ON_SQLITE = pytest.mark.parametrize("plant_url", ["sqlite"], indirect=True)  # nothing here asks the database
WHY = {"reason": "There is a reason."}


def request(safety="none", regulatory="none", validation="no", form="no"):
    return {
        "title": "Softer tubing",
        "safety": safety,
        "regulatory": regulatory,
        "validation": validation,
        "form_fit_function": form,
    }


PLAN = {
    "tasks": [{"what": "Write it", "owner": "doer", "due": "2026-12-01"}],
    "revisions": [{"kind": "catalog.bom", "item": "FG-1", "revision": "B"}],
    "documents": [{"document": "SOP-1", "revision": "2"}],
    "item_data": [{"item": "FG-1", "shelf_life_days": 700}],
    "suppliers": [
        {"supplier": "S-1", "item": "RM-1", "change": "approve"},
        {"supplier": "S-2", "item": "RM-1", "change": "end"},
    ],
    "dispositions": [
        {"item": "RM-1", "stock": "rework", "orders": "block", "work": "rework", "reason": "Old tubing."}
    ],
    "training": "yes",
    "effective_from": "2026-12-10",
    "check_after_days": 60,
}
BARE = {key: PLAN[key] for key in ("tasks", "effective_from", "check_after_days")} | {"training": "no"}
DECISIONS = [{"decision": "approve"}, {"decision": "return", **WHY}, {"decision": "approve"},
             {"decision": "reject", **WHY}, {"decision": "approve"}]  # fmt: skip
SCREENED = {"decision": "accept", "owner": "owner", **WHY}
NONE = {"impact": "none", **WHY}
ANSWERS = {
    "request": [request("high"), request(), request("low")],
    "screen": [SCREENED | {"path": "normal"}, SCREENED | {"path": "emergency"},
               {"decision": "return", **WHY}, {"decision": "duplicate", "duplicate_of": "CC-1", **WHY}],
    "emergency_action": [{"done": "Line stopped."}],
    "emergency_approval": [{"decision": "approve", **WHY}, {"decision": "undo", **WHY}],
    "assess_regulatory": [NONE | {"filing": "none"}],
    "plan": [PLAN, BARE, PLAN | {"ends_on": "2027-01-31"}],
    "plan_approval": DECISIONS,
    "regulatory_approval": DECISIONS,
    "head_approval": DECISIONS,
    "implement": [{"done": "Written.", "done_on": "2026-12-01"}],
    "rework": [{"done": "Reworked and inspected.", "done_on": "2026-12-11"}],
    "training": [{"subject": "SOP-1", "persons": [], "assessed": "yes"}],
    "verify": [{"decision": "verified"}, {"decision": "return"}],
    "effectivity": [{"decision": "approve", "effective_from": "2026-12-10"}, {"decision": "return", **WHY}],
    "restore": [{"done": "As before.", "done_on": "2027-02-01"}],
    "closing": [{"complete": "yes", "conclusion": "Done."}],
    "effectiveness": [{"result": "effective"}, {"result": "inconclusive"}, {"result": "ineffective"}],
    "last_check": [{"result": "effective"}, {"result": "ineffective"}],
}  # fmt: skip
ASSESSED = ("quality", "production", "purchasing", "validation", "risk", "training")
ANSWERS |= {f"assess_{one}": [NONE] for one in ASSESSED}


@pytest.fixture
def walk(session, monkeypatch):
    for login in ("owner", "doer"):
        people.add_person(session, login, "engineer", None)
    asked = [{"from": "DEV-2026-0001", "answer": "yes"}, {}]
    return noted(session, monkeypatch, KEY, ANSWERS, OPERATIONS, messages=asked)


REQUESTER, DOERS = {"start", "request"}, {"implement", "emergency_action"}
APPROVERS = {"plan_approval", "regulatory_approval", "head_approval"}
MAY_NOT = {
    "screen": REQUESTER,
    "emergency_approval": REQUESTER | {"emergency_action"},
    "plan_approval": REQUESTER | {"plan", "emergency_action"},
    "regulatory_approval": REQUESTER | {"plan", "emergency_action"},
    "head_approval": REQUESTER | {"plan", "emergency_action"},
    "implement": APPROVERS,
    "rework": APPROVERS | {"effectivity"},
    "verify": DOERS,
    "effectivity": REQUESTER | DOERS | APPROVERS | {"plan"},
    "effectiveness": REQUESTER | {"plan", "implement"},
    "last_check": REQUESTER | {"plan", "implement"},
}


@ON_SQLITE
@pytest.mark.urs("URS-001", "URS-006", "URS-022", "URS-031")
def test_every_flow_is_walked_and_nobody_judges_his_own_work(walk):
    walk.until_all(MAY_NOT)
    assert walk.missing == set()
    assert set(walk.ends) == {"closed", "rejected", "ineffective"}
    for step, excluded in MAY_NOT.items():
        assert walk.refused_at(step) >= excluded, step
    assert {name for name, _ in walk.calls} == set(OPERATIONS)


@pytest.mark.urs("URS-031")
@pytest.mark.parametrize(
    ("asked", "grade"),
    [
        (request(), "minor"),
        (request("low"), "major"),
        (request(validation="yes"), "major"),
        (request(form="yes"), "major"),
        (request(regulatory="notification"), "major"),
        (request("high"), "critical"),
        (request("low", "approval", "yes"), "critical"),
    ],
)
def test_the_worst_severity_makes_the_class(asked, grade):
    assert decided("classification", {"request": asked})["grade"] == grade


@pytest.mark.urs("URS-031")
@pytest.mark.parametrize(
    ("grade", "impact", "filing", "found", "regulatory", "head"),
    [
        ("minor", "minor", "none", "minor", False, False),
        ("minor", "major", "none", "major", True, False),
        ("minor", "none", "notification", "major", True, False),
        ("major", "none", "approval", "critical", True, True),
        ("critical", "none", "none", "critical", True, True),
    ],
)
def test_the_matrix_says_who_approves(grade, impact, filing, found, regulatory, head):
    facts = {f"assess_{one}": NONE for one in ASSESSED}
    facts |= {"assess_risk": {"impact": impact}, "assess_regulatory": {"impact": "none", "filing": filing}}
    outputs = decided("authority", facts | {"classification": {"grade": grade}})
    assert (outputs["grade"], outputs["regulatory"], outputs["head"]) == (found, regulatory, head)


def decided(table, facts):
    model, _ = dmn.read_model(parse(made.folder(KEY)[f"{table}.dmn"]))
    return decisions.decide(model.decisions[table], facts, now=made.NOW).outputs
