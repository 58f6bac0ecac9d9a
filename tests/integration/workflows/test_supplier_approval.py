"""The delivered model of supplier approval: every flow, who may not decide, what the tables say."""

from decimal import Decimal

import pytest

from tests.factories import workflows as made
from tests.factories.walk import noted
from workflows import decisions, dmn
from workflows.xmlfile import parse

KEY = "supplier_approval"
ON_SQLITE = pytest.mark.parametrize("plant_url", ["sqlite"], indirect=True)  # nothing here asks the database
OPERATIONS = {
    "suppliers.record_evaluation": [{"dropped": False, "case": "SA-1"}, {"dropped": True, "case": "SA-2"}],
    "suppliers.approve_scopes": {"scopes": 1},
    "suppliers.block_by_code": {},
}
SCOPE = [{"item": "RM-1", "site": "SH"}]
ISO = {"kind": "iso_13485", "number": "MD 1", "issuer": "Body", "valid_from": "2026-01-01"}


def request(effect, detectable):
    return {"kind": "first", "supplier": "S-101", "scope": SCOPE, "effect": effect,
            "detectable": detectable, "reason": "It is needed."}  # fmt: skip


def scores(number, *names):
    return dict.fromkeys(names, number)


QUESTIONS = (
    "quality_system",
    "process_control",
    "traceability",
    "change_notice",
    "nonconformity",
    "delivery",
)
AUDITED = ("process_control", "environment", "traceability", "change_control", "records")
FULL = {"certificates": [ISO], "agreement": "signed", "agreement_number": "QA-1", "notifies_changes": "yes"}
OPEN = FULL | {"agreement": "open"}
UNTIL = {"until": "2027-11-22", "reason": "The evidence is there."}
DECISIONS = [
    {"decision": "approve", **UNTIL},
    {"decision": "return", "reason": "One more paper."},
    {"decision": "conditional", "conditions": "Every lot inspected.", **UNTIL},
    {"decision": "reject", "reason": "Too weak for this."},
]
SAMPLE = {"sample": "T-1", "results": [], "conclusion": "pass", "score": 3}
GOOD = {**scores(3, *AUDITED), "conclusion": "Good."}
MAJOR = {"clause": "7.4.1", "finding": "No evaluation.", "grade": "major", "state": "open"}
ANSWERS = {
    "request": [request("direct", "no"), request("indirect", "yes"), request("none", "yes")],
    "documents": [FULL, OPEN],
    "document_review": [{"decision": "accept"}, {"decision": "return", "reason": "No copy."},
                        {"decision": "reject", "reason": "No answer."}],
    "questionnaire": [scores(3, *QUESTIONS), scores(1, *QUESTIONS)],
    "audit_on_site": [GOOD, GOOD | scores(0, *AUDITED) | {"findings": [MAJOR]}],
    "audit_remote": [GOOD],
    "sample": [SAMPLE, SAMPLE | {"conclusion": "fail", "score": 0}],
    "qa_approval": DECISIONS,
    "head_approval": DECISIONS,
}  # fmt: skip


@pytest.fixture
def walk(session, monkeypatch):
    return noted(session, monkeypatch, KEY, ANSWERS, OPERATIONS)


@ON_SQLITE
@pytest.mark.urs("URS-001", "URS-041")
def test_every_flow_is_walked_to_every_end(walk):
    walk.until_all()
    assert walk.missing == set()
    assert set(walk.ends) == {"approved", "blocked", "rejected"}


BUYER = {"start", "request", "documents"}
MAY_NOT = {
    "document_review": BUYER,
    "questionnaire": BUYER,
    "audit_on_site": BUYER,
    "audit_remote": BUYER,
    "sample": BUYER,
    "qa_approval": BUYER | {"audit_remote"},
    "head_approval": BUYER | {"audit_on_site"},
}


@ON_SQLITE
@pytest.mark.urs("URS-006", "URS-022")
def test_neither_buyer_nor_auditor_nor_their_deputies_decide(walk):
    walk.until_all(MAY_NOT)
    for step, excluded in MAY_NOT.items():
        assert walk.refused_at(step) >= excluded, step


@pytest.mark.urs("URS-041")
@pytest.mark.parametrize(
    ("average", "sample", "major", "result"),
    [
        ("2.00", "pass", 0, "approve"),
        ("2.00", "pass", 1, "conditional"),
        ("1.99", "pass", 0, "conditional"),
        ("1.00", "pass", 0, "conditional"),
        ("0.99", "pass", 0, "blocked"),
        ("3.00", "fail", 0, "blocked"),
    ],
)
def test_the_score_decides_what_may_be_approved(average, sample, major, result):
    audit = {"findings": [MAJOR] * major} if major else {}
    facts = {
        "average": Decimal(average),
        "sample": {"conclusion": sample},
        "terms": {"audit": "on_site"},
        "audit_on_site": audit,
    }
    assert decided("score", facts)["result"] == result


@pytest.mark.urs("URS-041")
@pytest.mark.parametrize(
    ("effect", "detectable", "risk_class", "audit", "approver"),
    [
        ("direct", "yes", "A", "on_site", "quality_head"),
        ("indirect", "no", "A", "on_site", "quality_head"),
        ("indirect", "yes", "B", "remote", "qa"),
        ("none", "no", "C", "none", "qa"),
    ],
)
def test_the_class_sets_the_depth_and_the_approver(effect, detectable, risk_class, audit, approver):
    found = decided("criticality", {"request": request(effect, detectable)})
    terms = decided("terms", {"criticality": found})
    assert (found["risk_class"], terms["audit"], terms["approver"]) == (risk_class, audit, approver)


def decided(table, facts):
    model, _ = dmn.read_model(parse(made.folder(KEY)[f"{table}.dmn"]))
    return decisions.decide(model.decisions[table], facts, now=made.NOW).outputs
