"""The plant with its people and some delivered processes, taken through the inbox as the pages do it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.access.models import Person, RoleGrant
from app.cases import starting
from app.inbox.services import SignTask, Taken, open_page, open_view, review_task, sign_task
from core import outbox
from core.actor import Actor
from core.config import settings
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry
from signatures import keys
from tests.factories import plant as plants
from tests.factories import workflows as made
from tests.factories.inbox import password_hash
from workflows import history, messages, repository, runtime, waits
from workflows.models import HumanTask, ProcessCase, TaskState


@dataclass
class Floor:
    """The plant with its people, at one moment; ``later`` moves it."""

    plant: plants.Plant
    people: dict[str, Actor]
    now: datetime

    def starts(self, login: str, process: str) -> ProcessCase:
        """A person starts a case at the plant."""
        actor = self.people[login]
        with unit_of_work(actor, now=self.now) as session:
            case = starting.start(session, process, self.plant.site.id, actor=actor, now=self.now)
            case_id = case.id
        return self.case(case_id)

    def case(self, case_id: uuid.UUID) -> ProcessCase:
        """Read a case afresh."""
        with read_session() as session:
            return session.get_one(ProcessCase, case_id)

    def facts(self, case: ProcessCase) -> dict[str, Any]:
        """The facts of a case."""
        with read_session() as session:
            return history.facts(session, case.id)

    def open(self, case: ProcessCase) -> list[str]:
        """The steps that wait for people."""
        with read_session() as session:
            query = select(HumanTask.step).filter_by(case_id=case.id, state=TaskState.OPEN)
            return sorted(session.scalars(query))

    def signs(self, login: str, case: ProcessCase, step: str, typed: dict[str, Any]) -> Taken:
        """Open, fill, review and sign, as the pages do; of several members the first that is open."""
        return self.ready(login, case, step, typed)()

    def ready(self, login: str, case: ProcessCase, step: str, typed: dict[str, Any]) -> Callable[[], Taken]:
        """Open, fill and review a step; what is given back signs it."""
        actor = self.people[login]
        with read_session() as session:
            query = select(HumanTask.id).filter_by(case_id=case.id, step=step, state=TaskState.OPEN)
            task_id = session.scalars(query.order_by(HumanTask.created_at, HumanTask.id)).first()
            assert task_id is not None, f"{step} is not open, but {self.open(case)}"
        with unit_of_work(actor, now=self.now) as session:
            open_page(session, task_id, actor=actor, now=self.now)
        with read_session() as session:
            opened = open_view(session, task_id).fingerprint
            command = SignTask(task_id, MultiDict(typed), opened, "", "zh", "password")
            seen = review_task(session, command, actor=actor, now=self.now).hash

        def sign() -> Taken:
            with unit_of_work(actor, now=self.now) as session:
                command = SignTask(task_id, MultiDict(typed), opened, seen, "zh", "password")
                return sign_task(session, command, actor=actor, now=self.now)

        return sign

    def post(self) -> None:
        """Deliver the messages that wait in the outbox."""
        with unit_of_work(messages.POST, now=self.now) as session:
            for entry in session.scalars(select(OutboxEntry).where(OutboxEntry.job == waits.DELIVER)).all():
                messages.deliver(session, uuid.UUID(entry.payload["message_id"]), now=self.now)
                outbox.done(session, entry.id)

    def timers(self, case: ProcessCase, now: datetime) -> None:
        """Let time pass, and the timers of a case fire."""
        self.now = now
        with unit_of_work(made.person(99), now=now) as session:
            runtime.fire_timers(session, case.id, now=now)


def make_floor(folders: tuple[str, ...], people: dict[str, tuple[str, ...]], keeper: Actor, now: datetime):
    """Set the plant up with its people: login → roles; the registrant's at their own site."""
    keys.create_authority(settings().keys, "Test plant", None, now)
    with unit_of_work(keeper, now=now) as session:
        plant = plants.make_plant(session, actor=keeper, now=now)
        for folder in folders:
            release = repository.propose_release(session, folder, made.folder(folder), actor=keeper, now=now)
            repository.make_effective(session, release, actor=keeper, now=now)
        actors = {}
        for login, roles in people.items():
            person = Person(
                login=login,
                name={"en": login.title(), "zh": f"测试{login}"},
                password_hash=password_hash(),
                password_changed_at=now,
                statement_accepted_at=now,
                created_at=now,
            )
            session.add(person)
            session.flush()
            for role in roles:
                site = plant.registrant if role == "registrant_releaser" else plant.site
                days = {"valid_from": date(2026, 1, 1), "granted_at": now, "granted_by": "system:test"}
                session.add(RoleGrant(person_id=person.id, role=role, site_id=site.id, **days))
            actors[login] = Actor(str(person.id), login, login.title())
    return Floor(plant, actors, now)
