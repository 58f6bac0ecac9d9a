"""Walking a model to every end: cases with all the answers of its forms, until every flow has been taken."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.inbox import policy
from app.inbox.errors import TookPart
from tests.factories import workflows as made
from workflows import history, human_tasks, registry, repository, runtime, waits
from workflows.models import CaseState, StepHistory

MOST_STEPS = 200


def stand_in(monkeypatch, results):
    """Replace operations by notes of their calls; ``results`` are what they give, one of a list each time."""
    calls = []
    turns = defaultdict(int)

    def make(name, given):
        def run(call):
            calls.append((name, dict(call.params)))
            turns[name] += 1
            return given[(turns[name] - 1) % len(given)] if isinstance(given, list) else given

        title = {"en": name, "zh": name}
        schema = registry.find(name).schema
        monkeypatch.setitem(registry._operations, name, registry.Operation(name, title, schema, "", run))

    for name, given in results.items():
        make(name, given)
    return calls


def noted(session, monkeypatch, key, answers, operations, *, messages=({},)):
    """A walk of a model whose operations only take notes: ``walk.calls``."""
    calls = stand_in(monkeypatch, operations)
    walk = Walk(session, key, answers, messages=messages)
    walk.calls = calls
    return walk


class Walk:
    """Cases of one model; ``answers`` gives for each step what people may enter, one after the other."""

    def __init__(self, session, key, answers, *, messages=(None,), facts=None):
        self.session, self.key, self.answers = session, key, answers
        self.messages, self.facts = messages, facts or {}
        self.release = made.release(session, made.folder(key), key)
        self.model = repository.compiled(self.release).model
        self.taken, self.refused, self.ends, self.given = set(), set(), Counter(), Counter()

    def refused_at(self, step):
        """The steps whose performers, and deputies of these, were refused at a step."""
        return {other for one, other in self.refused if one == step}

    @property
    def missing(self):
        """The flows that no case has taken yet."""
        return {flow.id for flow in self.model.flows} - self.taken

    def until_all(self, may_not=None, most=120):
        """Play cases until every flow has been taken and every rule has refused, at most so many cases."""
        rules = {(step, other) for step, others in (may_not or {}).items() for other in others}
        for _ in range(most):
            if not self.missing and rules <= self.refused:
                break
            self.play()
        return self

    def play(self):
        """Play one case to its end, choosing at every step what has been chosen least."""
        now = made.NOW
        message = self.messages[sum(self.ends.values()) % len(self.messages)]
        case = runtime.start_case(
            self.session, self.key, title={"en": "Walk", "zh": "走查"}, site_id=made.SITE,
            subject=("test.thing", made.SUBJECT), data={"sites": {"plant": str(made.SITE)}, **self.facts},
            actor=made.person(1), now=now, message=message,
        )  # fmt: skip
        for _ in range(MOST_STEPS):
            if case.state is not CaseState.RUNNING:
                break
            now = self._move(case, now)
        else:
            raise AssertionError(f"the case does not end: {sorted(self.given.items())}")
        rows = self.session.scalars(select(StepHistory).filter_by(case_id=case.id))
        self.taken |= {flow for row in rows for flow in row.flows}
        self.ends[case.outcome] += 1
        return case

    def _move(self, case, now):
        late = self._timer_first(case)
        tasks = human_tasks.open_tasks(self.session, case.id)
        if tasks and not late:
            task = tasks[0]
            self._ask_the_excluded(task)
            who = task.assigned_to or made.person(10 + sorted(self.answers).index(task.step)).id
            actor = replace(made.person(1), id=str(who))
            human_tasks.complete(self.session, task, self._answer(task.step), actor=actor, now=now)
            return now + timedelta(minutes=1)
        due = min(wait.due_at for wait in waits.of_case(self.session, case.id) if wait.due_at)
        later = max(due, now) + timedelta(minutes=1)
        runtime.fire_timers(self.session, case.id, now=later)
        self.session.expire_all()
        return later

    def _ask_the_excluded(self, task):
        """Note whom the policy refuses: each who did an excluded step, and whoever acts for him."""
        assert policy.excluded_by(self.session, task, {made.person(9).id}) is None
        performers = history.performers(self.session, task.case_id)
        for step in task.policy["not_by"]:
            for person in performers.get(step, ()):
                deputy = replace(made.person(9), on_behalf_of=str(person))
                for actor in (replace(deputy, id=str(person), on_behalf_of=None), deputy):
                    with pytest.raises(TookPart):
                        policy.check_separation(self.session, task, actor=actor)
                self.refused.add((task.step, step))

    def _timer_first(self, case):
        """Let time pass before people act, in every other case that can wait at a border."""
        waiting = [one for one in waits.of_case(self.session, case.id) if one.due_at]
        border = [one for one in waiting if self.model.elements[one.element_id].kind == "boundaryEvent"]
        return bool(border) and any(
            flow.source == one.element_id and flow.id not in self.taken
            for one in border
            for flow in self.model.flows
        )

    def _answer(self, step):
        answers = self.answers[step]
        least = min(range(len(answers)), key=lambda place: (self.given[step, place], place))
        self.given[step, least] += 1
        return answers[least]
