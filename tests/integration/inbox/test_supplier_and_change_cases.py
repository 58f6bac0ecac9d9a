"""Supplier approval, change control, corrective action: typed, reviewed, signed in the inbox."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select
from werkzeug.datastructures import MultiDict

from app.access.models import Person, RoleGrant
from app.catalog.models import Bom
from app.catalog.revising import BomPart, open_bom
from app.inbox.services import SignTask, Taken, open_page, open_view, review_task, sign_task
from app.suppliers.queries import may_order
from core.actor import Actor
from core.config import settings
from core.db import read_session, unit_of_work
from core.errors import FieldErrors, NotAllowed
from signatures import keys
from tests.factories import plant as plants
from tests.factories import workflows as made
from tests.factories.inbox import password_hash
from workflows import runtime
from workflows.models import CaseState, HumanTask, ProcessCase, TaskState

EVERYTHING = ("buyer", "planner", "inspector", "qa", "process_owner", "auditor", "employee", "engineer",
              "regulatory", "quality_head")  # fmt: skip
PEOPLE = ("asker", "owner", "doer", "first", "second", "third")
QUESTIONS = (
    "quality_system",
    "process_control",
    "traceability",
    "change_notice",
    "nonconformity",
    "delivery",
)
AUDITED = ("process_control", "environment", "traceability", "change_control", "records")


@dataclass
class House:
    """A plant where everybody holds every role, so that only the rules of the models stop a person."""

    plant: plants.Plant
    people: dict[str, Actor]
    now: datetime

    def starts(self, process: str, login: str) -> ProcessCase:
        """Somebody starts a case at the plant."""
        site = str(self.plant.site.id)
        with unit_of_work(self.people[login], now=self.now) as session:
            return runtime.start_case(
                session, process, title=plants.names("Case", "流程"), site_id=self.plant.site.id,
                subject=("catalog.supplier", self.plant.supplier.id), data={"sites": {"plant": site}},
                actor=self.people[login], now=self.now, message={},
            )  # fmt: skip

    def state(self, case: ProcessCase) -> tuple[CaseState, str | None]:
        """Where a case stands, and how it ended."""
        with read_session() as session:
            found = session.get_one(ProcessCase, case.id)
            return found.state, found.outcome

    def signs(self, login: str, case: ProcessCase, step: str, typed: dict[str, Any]) -> Taken:
        """Open, fill, review and sign, as the pages do."""
        actor = self.people[login]
        with read_session() as session:
            query = select(HumanTask.id).filter_by(case_id=case.id, step=step, state=TaskState.OPEN)
            task_id = session.scalars(query).first()
        assert task_id is not None, step
        with unit_of_work(actor, now=self.now) as session:
            open_page(session, task_id, actor=actor, now=self.now)
        with read_session() as session:
            opened = open_view(session, task_id).fingerprint
            command = SignTask(task_id, MultiDict(typed), opened, "", "zh", "password")
            seen = review_task(session, command, actor=actor, now=self.now).hash
        with unit_of_work(actor, now=self.now) as session:
            command = SignTask(task_id, MultiDict(typed), opened, seen, "zh", "password")
            return sign_task(session, command, actor=actor, now=self.now)

    def refuses(self, login: str, case: ProcessCase, step: str, typed: dict[str, Any]) -> None:
        """A person whom the rules of separation stop, with the case unchanged."""
        with pytest.raises(NotAllowed) as caught:
            self.signs(login, case, step, typed)
        assert caught.value.code == "task.separation"


@pytest.fixture
def house(database: Engine, keeper: Actor, now: datetime) -> House:
    keys.create_authority(settings().keys, "Test plant", None, now)
    with unit_of_work(keeper, now=now) as session:
        plant = plants.make_plant(session, actor=keeper, now=now)
        for process in ("supplier_approval", "change_control", "scar"):
            made.release(session, made.folder(process), process)
        parts = [BomPart(plant.component, 3)]
        open_bom(session, plant.device, parts, revision="B1", effective_from=None, actor=keeper, now=now)
        people = {}
        for login in PEOPLE:
            person = Person(
                login=login, name={"en": login.title(), "zh": f"测试{login}"}, password_hash=password_hash(),
                password_changed_at=now, statement_accepted_at=now, created_at=now,
            )  # fmt: skip
            session.add(person)
            session.flush()
            for role in EVERYTHING:
                days = {"valid_from": date(2026, 1, 1), "granted_at": now, "granted_by": "system:test"}
                session.add(RoleGrant(person_id=person.id, role=role, site_id=plant.site.id, **days))
            people[login] = Actor(str(person.id), login, login.title())
    return House(plant, people, now)


REQUEST = {
    "kind": "extension", "supplier": "S-01", "scope.0.item": "IS-150", "scope.0.site": "SZ",
    "effect": "direct", "detectable": "no", "reason": "A second source of devices.",
}  # fmt: skip
DOCUMENTS = {
    "certificates.0.kind": "iso_13485", "certificates.0.number": "MD 2", "certificates.0.issuer": "Body",
    "certificates.0.valid_from": "2026-01-01", "certificates.0.valid_until": "2028-12-31",
    "agreement": "signed", "agreement_number": "QA-7", "notifies_changes": "yes",
}  # fmt: skip
AUDIT = dict.fromkeys(AUDITED, "3") | {
    "held_on": "2026-11-20", "extent": "Extrusion and cleaning.", "conclusion": "Well ordered.",
    "findings.0.clause": "7.5.6", "findings.0.finding": "Validation is due.", "findings.0.grade": "minor",
    "findings.0.state": "open",
}  # fmt: skip
SAMPLE = {
    "sample": "T-1", "results.0.characteristic": "Diameter", "results.0.requirement": "4.0-4.2 mm",
    "results.0.found": "4.1 mm", "results.0.verdict": "pass", "conclusion": "pass", "score": "3",
}  # fmt: skip
DECISION = {"decision": "approve", "until": "2027-11-30", "reason": "The evidence is there."}


def approve_supplier(house: House) -> ProcessCase:
    """A class A supplier from the request to the decision of the quality head."""
    case = house.starts("supplier_approval", "asker")
    house.signs("asker", case, "request", REQUEST)
    house.signs("asker", case, "documents", DOCUMENTS)
    house.signs("first", case, "document_review", {"decision": "accept"})
    house.signs("first", case, "questionnaire", dict.fromkeys(QUESTIONS, "3"))
    house.signs("second", case, "audit_on_site", AUDIT)
    house.signs("third", case, "sample", SAMPLE)
    return case


@pytest.mark.urs("URS-001", "URS-002", "URS-022", "URS-040", "URS-041")
def test_a_class_a_supplier_is_approved_by_neither_buyer_nor_auditor(house: House) -> None:
    case = approve_supplier(house)
    house.refuses("asker", case, "head_approval", DECISION)
    house.refuses("second", case, "head_approval", DECISION)
    house.signs("third", case, "head_approval", DECISION)
    assert house.state(case) == (CaseState.COMPLETED, "approved")
    with read_session() as session:
        plant = house.plant
        assert may_order(session, plant.supplier, plant.device, plant.site, date(2027, 11, 30)) == []


@pytest.mark.urs("URS-006", "URS-040")
def test_an_expired_certificate_is_refused_at_its_field_and_the_case_stays(house: House) -> None:
    case = house.starts("supplier_approval", "asker")
    house.signs("asker", case, "request", REQUEST)
    expired = DOCUMENTS | {"certificates.0.valid_until": "2026-10-31"}
    with pytest.raises(FieldErrors) as caught:
        house.signs("asker", case, "documents", expired)
    assert {path: wrong.code for path, wrong in caught.value.errors.items()} == {
        "certificates.0.valid_until": "certificate.expired"
    }
    house.signs("asker", case, "documents", DOCUMENTS)


CHANGE = {
    "title": "Three connectors", "current": "Two connectors.", "intended": "Three connectors.",
    "justification": "Wanted by hospitals.", "category": "product", "safety": "high", "regulatory": "none",
    "validation": "no", "form_fit_function": "yes", "temporary": "no", "items.0.item": "IS-150",
}  # fmt: skip
NO_IMPACT = {"impact": "none", "reason": "Nothing of ours is touched by it."}
PLAN = {
    "tasks.0.what": "Write the new parts list", "tasks.0.owner": "doer", "tasks.0.due": "2026-12-01",
    "revisions.0.kind": "catalog.bom", "revisions.0.item": "IS-150", "revisions.0.revision": "B1",
    "item_data.0.item": "IS-150", "item_data.0.shelf_life_days": "730", "items_affected": "yes",
    "dispositions.0.item": "IS-150", "dispositions.0.stock": "block", "dispositions.0.orders": "none",
    "dispositions.0.work": "use_up", "dispositions.0.reason": "Old design.", "training": "no",
    "effective_from": "2026-11-22", "risk_after": "As before.", "check_after_days": "60",
    "criterion": "No complaint about connectors in 60 days.",
}  # fmt: skip
DEPARTMENTS = ("quality", "production", "purchasing", "validation", "risk", "training")
YES, TAKES_EFFECT = {"decision": "approve"}, {"decision": "approve", "effective_from": "2026-11-22"}


@pytest.mark.urs("URS-001", "URS-002", "URS-022", "URS-031")
def test_a_critical_change_is_approved_by_three_and_takes_effect_by_a_fourth(house: House) -> None:
    case = house.starts("change_control", "asker")
    house.signs("asker", case, "request", CHANGE)
    screened = {"decision": "accept", "owner": "owner", "path": "normal"}
    house.refuses("asker", case, "screen", screened)
    house.signs("first", case, "screen", screened)
    for one in DEPARTMENTS:
        house.signs("first", case, f"assess_{one}", NO_IMPACT)
    house.signs("first", case, "assess_regulatory", NO_IMPACT | {"filing": "none"})
    house.signs("owner", case, "plan", PLAN)
    for login in ("asker", "owner"):
        house.refuses(login, case, "plan_approval", YES)
    house.signs("first", case, "plan_approval", YES)
    house.refuses("owner", case, "regulatory_approval", YES)
    house.signs("second", case, "regulatory_approval", YES)
    house.signs("second", case, "head_approval", YES)
    house.signs("doer", case, "implement", {"done": "Written.", "done_on": "2026-11-22"})
    verified = {"decision": "verified", "evidence": "Compared line by line."}
    house.refuses("doer", case, "verify", verified)
    house.signs("first", case, "verify", verified)
    for login in ("asker", "owner", "doer", "first", "second"):
        house.refuses(login, case, "effectivity", TAKES_EFFECT)
    house.signs("third", case, "effectivity", TAKES_EFFECT)
    with read_session() as session:
        revision = session.scalars(select(Bom).where(Bom.code == "B1")).one()
        assert revision.effective_from == date(2026, 11, 22)
    house.signs("third", case, "closing", {"complete": "yes", "conclusion": "All is done."})
    assert house.state(case) == (CaseState.RUNNING, None)


ASKED = {
    "supplier": "S-01", "title": "Particles in granulate", "trigger": "deviation", "severity": "major",
    "description": "Black particles in two bags.",
}  # fmt: skip


@pytest.mark.urs("URS-001", "URS-002", "URS-022")
def test_a_corrective_action_of_a_supplier_is_closed_after_three_good_lots(house: House) -> None:
    with unit_of_work(house.people["asker"], now=house.now) as session:
        lots = [
            plants.make_lot(session, house.plant, house.plant.material, 10, actor=house.people["asker"],
                            now=house.now).number
            for _ in range(4)
        ]  # fmt: skip
    case = house.starts("scar", "first")
    house.signs("first", case, "request", ASKED)
    contained = {"stock_checked": "yes", "lots.0.lot": lots[0], "block": "no", "orders": "They go on."}
    with pytest.raises(FieldErrors):
        house.signs("asker", case, "containment", contained | {"lots.0.lot": "NO-SUCH-LOT"})
    house.signs("asker", case, "containment", contained)
    notice = {"sent_to": "Mr Li", "sent_on": "2026-11-22", "text": "Please answer in time."}
    house.signs("asker", case, "notice", notice)
    day = {"received_on": "2026-11-22"}
    house.signs("asker", case, "containment_answer", day | {"containment": "Stock sorted."})
    cause = {"method": "five_why", "cause": "A worn filter.", "escape": "No sieve test."}
    house.signs("asker", case, "cause_answer", day | cause)
    action = {"actions.0.action": "New filter", "actions.0.kind": "corrective", "actions.0.due": "2026-12-01"}
    house.signs("asker", case, "action_answer", day | action)
    accepted = {"decision": "accept", "reason": "Cause and action fit."}
    house.refuses("asker", case, "review", accepted)
    house.signs("second", case, "review", accepted)
    for number in lots[1:]:
        seen = {"lot": number, "verdict": "pass", "evidence": "Sieved, nothing found."}
        house.signs("third", case, "verification", seen)
    closed = {"decision": "close", "standing": "free", "reason": "Three lots without it."}
    house.refuses("third", case, "closing", closed)
    house.signs("second", case, "closing", closed)
    assert house.state(case) == (CaseState.COMPLETED, "closed")
