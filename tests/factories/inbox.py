"""A small plant with a two-step process, for tests of the approver's room."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.access.models import Person, RoleGrant
from app.access.passwords import hash_password
from app.inbox.services import SignTask, Taken, open_page, open_view, review_task, sign_task
from app.sites.models import Layout, Site
from core import numbers
from core.actor import Actor, system_actor
from core.config import settings
from core.db import read_session, unit_of_work
from signatures import keys
from tests.factories.delivered import deliver
from workflows import repository, runtime
from workflows.models import HumanTask, ProcessCase, TaskState

PASSWORD = "correct horse 42"
PLAN = [
    {
        "code": "OD",
        "characteristic": {"en": "Outer diameter", "zh": "外径"},
        "kind": "measured",
        "method": {"en": "Micrometer", "zh": "千分尺"},
        "unit": "mm",
        "lower": "4.00",
        "upper": "4.20",
    },
    {
        "code": "VIS",
        "characteristic": {"en": "Appearance", "zh": "外观"},
        "kind": "judged",
        "method": "GB/T 2828.1",
    },
]
RESULTS = {
    "sample_size": "8",
    "instrument": "M-014",
    "results.0.value": "4.10",
    "results.1.judgement": "pass",
    "conclusion": "pass",
}
RELEASE = {"decision": "release"}

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:qms="urn:qms:bpmn:1"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:test" id="Definitions_1">
  <bpmn:collaboration id="Collaboration_1">
    <bpmn:participant id="Participant_1" name="Small release" processRef="small_release"/>
  </bpmn:collaboration>
  <bpmn:process id="small_release" name="Small release" isExecutable="true"
      qms:nameZh="小放行" qms:subject="inventory.lot" qms:prefix="SR">
    <bpmn:laneSet id="LaneSet_1">
      <bpmn:lane id="Lane_inspector" name="Inspector" qms:nameZh="检验员" qms:role="inspector">
        <bpmn:flowNodeRef>StartEvent_1</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>Inspection</bpmn:flowNodeRef>
      </bpmn:lane>
      <bpmn:lane id="Lane_qa" name="QA" qms:nameZh="质量保证" qms:role="qa">
        <bpmn:flowNodeRef>Release</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>EndEvent_1</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="StartEvent_1" name="Received" qms:nameZh="已收货"/>
    <bpmn:userTask id="Inspection" name="Inspection" qms:nameZh="检验" qms:step="inspection"
        qms:form="lot_inspection" qms:meaning="inspected" qms:notBy="start" qms:due="P2D"/>
    <bpmn:userTask id="Release" name="Incoming release" qms:nameZh="进货放行" qms:step="incoming_release"
        qms:form="lot_release_decision" {release}qms:notBy="start inspection" qms:due="P2D"/>
    <bpmn:endEvent id="EndEvent_1" name="Decided" qms:nameZh="已决定"/>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="StartEvent_1" targetRef="Inspection"/>
    <bpmn:sequenceFlow id="Flow_2" sourceRef="Inspection" targetRef="Release"/>
    <bpmn:sequenceFlow id="Flow_3" sourceRef="Release" targetRef="EndEvent_1"/>
  </bpmn:process>
</bpmn:definitions>
"""
SIGNED = 'qms:meaning="released" '


@dataclass
class Plant:
    """A site, its people by login, and one running case."""

    now: datetime
    site_id: uuid.UUID
    people: dict[str, Actor]
    case_id: uuid.UUID = field(default_factory=uuid.uuid4)
    lot_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def task(self, step: str) -> HumanTask:
        """The open task of a step."""
        with read_session() as session:
            query = select(HumanTask).filter_by(case_id=self.case_id, step=step, state=TaskState.OPEN)
            return session.scalars(query).one()

    def opens(self, login: str, task_id: uuid.UUID) -> str:
        """Let a person open the task page; gives the fingerprint that the page carries."""
        with unit_of_work(self.people[login], now=self.now) as session:
            open_page(session, task_id, actor=self.people[login], now=self.now)
        with read_session() as session:
            return open_view(session, task_id).fingerprint

    def command(self, login: str, step: str, typed: dict[str, Any], **changes: Any) -> SignTask:
        """What a person's browser sends after reading, filling and reviewing."""
        task = self.task(step)
        given: dict[str, Any] = {
            "task_id": task.id,
            "fields": MultiDict(typed),
            "opened": self.opens(login, task.id),
            "seen": "",
            "language": "en",
            "method": "password",
        }
        command = SignTask(**(given | changes))
        if "seen" in changes:
            return command
        with read_session() as session:
            review = review_task(session, command, actor=self.people[login], now=self.now)
        return SignTask(**(given | {"seen": review.hash} | changes))

    def signs(self, login: str, step: str, typed: dict[str, Any], **changes: Any) -> Taken:
        """The whole way of one signature through the services."""
        return self.sends(login, self.command(login, step, typed, **changes))

    def sends(self, login: str, command: SignTask) -> Taken:
        """Send a command that has been made before."""
        with unit_of_work(self.people[login], now=self.now) as session:
            return sign_task(session, command, actor=self.people[login], now=self.now)


def make_plant(now: datetime, *delivered: str, release: str = SIGNED) -> Plant:
    """Build the site, its people and keys, put the process into effect and start one case.

    ``delivered`` names processes of the product that are in effect as well.
    """
    keys.create_authority(settings().keys, "Demo Medical 演示医疗", None, now)
    maker = system_actor("test")
    with unit_of_work(maker, now=now) as session:
        site = _site()
        session.add(site)
        session.flush()
        numbers.define(session, "record", prefix="SH")
        people = {login: _person(session, login, role, site.id, now) for login, role in PEOPLE.items()}
        plant = Plant(now, site.id, people)
    proposer = plant.people["owner"]
    with unit_of_work(proposer, now=now) as session:
        files = {"small_release.bpmn": MODEL.replace("{release}", release).encode()}
        proposed = repository.propose_release(session, "small_release", files, actor=proposer, now=now)
        repository.make_effective(session, proposed, actor=maker, now=now)
        plant.case_id = start_case(session, plant).id
    if delivered:
        deliver(*delivered, owner=proposer, accepted_by=people["qa"], now=now)
    return plant


def start_case(session: Any, plant: Plant) -> ProcessCase:
    """Start one more case, as the warehouse keeper does by posting a receipt."""
    return runtime.start_case(
        session,
        "small_release",
        title={"en": "Lot T-001 of tubing", "zh": "导管批 T-001"},
        site_id=plant.site_id,
        subject=("inventory.lot", plant.lot_id),
        data={
            "lot": {"id": str(plant.lot_id), "number": "T-001", "item_kind": "material"},
            "sites": {"plant": str(plant.site_id)},
        },
        actor=plant.people["keeper"],
        now=plant.now,
    )


PEOPLE = {
    "keeper": "keeper",
    "inspector": "inspector",
    "inspector2": "inspector",
    "qa": "qa",
    "qa2": "qa",
    "owner": "process_owner",
    "admin": "system_admin",
}
"""Logins and their roles."""
ALSO = {"keeper": ("inspector",), "inspector": ("qa",)}
"""Further roles, so that only separation of duties stops these persons."""


def _site() -> Site:
    name = {"en": "Shanghai plant", "zh": "上海工厂"}
    company = {"en": "Demo Medical", "zh": "演示医疗"}
    place = {"en": "1 Road, Shanghai", "zh": "上海市一路1号"}
    return Site(
        code="SH",
        name=name,
        company=company,
        address=place,
        region="CN",
        zone="Asia/Shanghai",
        layout=Layout.BOTH,
        demo=True,
    )


def _person(session: Any, login: str, role: str, site_id: uuid.UUID, now: datetime) -> Actor:
    person = Person(
        login=login,
        name={"en": login.title(), "zh": f"演示{login}"},
        language="en",
        zone="Asia/Shanghai",
        home_site_id=site_id,
        password_hash=password_hash(),
        password_changed_at=now,
        statement_accepted_at=now,
        created_at=now,
    )
    session.add(person)
    session.flush()
    for one in (role, *ALSO.get(login, ())):
        grant = {"role": one, "site_id": site_id, "valid_from": date(2026, 1, 1)}
        session.add(RoleGrant(person_id=person.id, granted_by="system:test", granted_at=now, **grant))
    return Actor(id=str(person.id), login=login, name=person.name["en"])


_hash: list[str] = []


def password_hash() -> str:
    """The stored form of the password everybody here has, computed once: it is slow on purpose."""
    if not _hash:
        _hash.append(hash_password(PASSWORD))
    return _hash[0]
