"""Walking every sequence flow of a model: forms are filled by their own definitions, people, time and answers
move the case, until each flow of the diagram has been taken.

Nothing here knows a process. Answers are chosen from the form's own values, those tried least first, so that
every way out of every gateway is reached; operations are stood in for by what a test says they give back.
"""

import json
import random
import uuid
from collections import Counter
from datetime import timedelta

from jsonschema import Draft202012Validator
from sqlalchemy import select

from app.access.models import Person
from core.errors import QmsError
from core.outbox import OutboxEntry, done
from forms.definition import without_hints
from forms.loader import load
from forms.validate import asked
from tests.factories import workflows as made
from workflows import bundle, history, human_tasks, messages, registry, repository, runtime, waits
from workflows.message_models import CaseWait, WaitKind
from workflows.models import CaseState

WHO = "person2"


class Walker:
    """Walks cases of one process until every flow has been taken, or says which have not."""

    def __init__(self, session, folder, *, answers=None, facts=None, message=None, replies=None, seed=1):
        self.session, self.folder = session, folder
        self.replies = replies or {}
        self.answers, self.facts, self.message = answers or {}, facts or {}, message
        self.choice, self.tried, self.taken = random.Random(seed), Counter(), set()
        _somebody(session)
        release = made.release(session, made.folder(folder), folder)
        self.model = repository.compiled(release).model
        self.ends, self.refused = Counter(), Counter()

    @property
    def missing(self):
        """The flows that no walk has taken yet."""
        return {flow.id for flow in self.model.flows} - self.taken

    def walk(self, most=80, besides=()):
        """Walk case after case, until only flows are missing that cannot be taken now."""
        for _ in range(most):
            if self.missing <= set(besides):
                return
            self._one()

    def facts_after(self, step):
        """Begin a case, do one step, and give its facts."""
        case = self._begin()
        task = next(one for one in human_tasks.open_tasks(self.session, case.id) if one.step == step)
        human_tasks.complete(self.session, task, self._filled(task), actor=made.person(2), now=self.now)
        return history.facts(self.session, case.id)

    def _begin(self):
        self.now = made.NOW
        begin = {"sites": {"plant": str(made.SITE), "registrant": str(made.SITE)}, **self.facts}
        return runtime.start_case(
            self.session, self.folder, title={"en": "Walk", "zh": "走查"}, site_id=made.SITE,
            subject=("test.thing", uuid.uuid4()), data=begin, actor=made.person(1), now=self.now,
            message=self.message,
        )  # fmt: skip

    def _one(self):
        case = self._begin()
        for _ in range(400):
            if not self._step(case):
                break
        path = history.path(self.session, case)
        assert path.rounds == Counter(row.element_id for row in history.steps(self.session, case.id))
        self.taken |= path.flows
        self.ends[case.outcome if case.state is CaseState.COMPLETED else "unfinished"] += 1

    def _step(self, case):
        self.session.expire_all()
        if case.state is not CaseState.RUNNING:
            return False
        tasks = human_tasks.open_tasks(self.session, case.id)
        if tasks:
            task = self.choice.choice(tasks)
            fields = self._filled(task)
            human_tasks.complete(self.session, task, fields, actor=made.person(2), now=self.now)
            return True
        return self._wait(case)

    def _wait(self, case):
        rows = self.session.scalars(select(CaseWait).filter_by(case_id=case.id)).all()
        for row in rows:
            if row.kind is WaitKind.MESSAGE:
                outcome = self._least(f"reply {row.name}", self.replies.get(row.name, ["done"]))
                messages.send(
                    self.session, row.name, {"outcome": outcome}, _values(row.correlation),
                    actor=made.person(7), now=self.now,
                )  # fmt: skip
                self._deliver()
                return True
        if not rows:
            return False
        self.now += timedelta(days=400)
        runtime.fire_timers(self.session, case.id, now=self.now)
        return True

    def _deliver(self):
        self.session.flush()
        query = select(OutboxEntry).where(OutboxEntry.job == waits.DELIVER)
        for entry in self.session.scalars(query).all():
            messages.deliver(self.session, uuid.UUID(entry.payload["message_id"]), now=self.now)
            done(self.session, entry.id)

    def _filled(self, task):
        given = self.answers.get(task.step, {})
        schema = load(task.form_key).schema
        found = {
            name: self._value(f"{task.step}.{name}", field, given.get(name))
            for name, field in schema["properties"].items()
        }
        found = {name: value for name, value in found.items() if asked(schema["properties"][name], found)}
        return self._spared(task.step, schema, found)

    def _spared(self, step, schema, found):
        """Leave out what the form does not need, every other time."""
        valid = Draft202012Validator(without_hints(schema)).is_valid
        for name in sorted(found):
            rest = {other: value for other, value in found.items() if other != name}
            if valid(rest) and not self._least(f"{step}.{name}?", [True, False]):
                found = rest
        return found

    def _value(self, path, field, given):
        if given is not None:
            return self._least(path, given)
        if "enum" in field:
            return self._least(path, field["enum"])
        if field.get("x-pick") == "access.person":
            return WHO
        if field.get("type") in ("integer", "number"):
            low, high = int(field.get("minimum", 1)), int(field.get("maximum", 5))
            return self._least(path, range(low, min(high, low + 9) + 1))
        if field.get("type") == "array":
            return [] if field.get("x-widget") == "file" else self._rows(path, field)
        return "2027-01-01" if field.get("format") == "date" else "x" * int(field.get("minLength", 1))

    def _rows(self, path, field):
        columns = field["items"].get("properties", {})
        return [
            {name: self._value(f"{path}.{name}", column, None) for name, column in columns.items()}
            for _ in range(max(1, field.get("minItems", 0)))
        ]

    def _least(self, path, values):
        """One of the values tried least so far."""
        values = list(values)
        least = min(self.tried[path, str(value)] for value in values)
        value = self.choice.choice([one for one in values if self.tried[path, str(one)] == least])
        self.tried[path, str(value)] += 1
        return value


def stand_in(monkeypatch, given):
    """Replace operations by what they give back: a mapping, or a list of mappings that take turns."""
    turns, called = Counter(), []

    def run(name, answers):
        def operation(call):
            called.append((name, call.actor.login, call.params))
            turns[name] += 1
            found = answers[(turns[name] - 1) % len(answers)] if isinstance(answers, list) else answers
            if isinstance(found, QmsError):
                raise found
            return found

        return operation

    for name, answers in given.items():
        known = registry.find(name)
        made_up = registry.Operation(
            name, known.title, known.schema, "", run(name, answers), known.holds, known.settles
        )
        monkeypatch.setitem(registry._operations, name, made_up)
    return called


def separations(folder):
    """Every pair of steps of a model that two people must do: (step, step excluded)."""
    found = []
    for _, model in bundle.read(made.folder(folder)).processes:
        for element in model.elements.values():
            if element.policy is not None:
                found += [(element.step, other) for other in element.policy.not_by]
    return sorted(found)


def _somebody(session):
    """A person whom steps can name."""
    who = made.person(2)
    common = {"password_hash": "-", "password_changed_at": made.NOW, "created_at": made.NOW}
    session.add(Person(id=uuid.UUID(who.id), login=WHO, name={"en": "Two", "zh": "二"}, **common))
    session.flush()


def _values(correlation):
    return json.loads(correlation)
