"""Playing one case of a model through the store: people, time and messages, one act after the other."""

import uuid
from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from core.outbox import OutboxEntry, done
from tests.factories import workflows as made
from workflows import history, human_tasks, messages, runtime, waits
from workflows.models import CaseState, ProcessCase


class Play:
    """A case of the bundle; every act loads it from its state and saves it again."""

    def __init__(self, session, files, *, data=None, message=None):
        self.session, self.now = session, made.NOW
        made.release(session, files)
        self.case = made.case(session, data=data) if message is None else None
        if message is not None:
            self.send(*message)
            self.case = session.scalars(select(ProcessCase)).one()

    @property
    def open(self):
        """The open tasks by step, each as often as it is open."""
        return Counter(task.step for task in human_tasks.open_tasks(self.session, self.case.id))

    @property
    def facts(self):
        """The facts of the case."""
        return history.facts(self.session, self.case.id)

    @property
    def ended(self):
        """The end that was reached, once nothing runs any more."""
        self.session.refresh(self.case)
        return self.case.outcome if self.case.state is CaseState.COMPLETED else None

    def task(self, step, number=None):
        """The open task of a step; ``number`` names one of several members."""
        found = [one for one in human_tasks.open_tasks(self.session, self.case.id) if one.step == step]
        if number is not None:
            found = [one for one in found if one.instance["number"] == number]
        assert found, f"{step} is not open, but {dict(self.open)}"
        return found[0]

    def seen(self, step, number=None):
        """The facts that somebody sees who opens a task."""
        return human_tasks.open_task(self.session, self.task(step, number).id).data

    def do(self, step, number=None, *, by=2, **fields):
        """Complete a task."""
        task = self.task(step, number)
        human_tasks.complete(self.session, task, fields, actor=made.person(by), now=self.now)
        self.session.expire_all()
        return self

    def later(self, **delta):
        """Let time pass, and the timers of the case fire that are due then."""
        self.now += timedelta(**delta)
        runtime.fire_timers(self.session, self.case.id, now=self.now)
        self.session.expire_all()
        return self

    def send(self, name, payload=None, **correlation):
        """Send a message and deliver it."""
        messages.send(
            self.session, name, payload or {}, correlation, actor=made.person(7), now=self.now
        )
        return self.deliver()

    def deliver(self):
        """Deliver what waits in the outbox, each message once."""
        self.session.flush()
        query = select(OutboxEntry).where(OutboxEntry.job == waits.DELIVER)
        while entries := self.session.scalars(query).all():
            for entry in entries:
                messages.deliver(self.session, uuid.UUID(entry.payload["message_id"]), now=self.now)
                done(self.session, entry.id)
            self.session.expire_all()
        return self
