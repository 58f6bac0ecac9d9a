"""Cases that were running under the first format of states go on as if nothing had happened."""

import json
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from SpiffWorkflow.util.task import TaskState

from tests.factories import workflows as made
from workflows import codec, compaction, compiler, events, tokens
from workflows.engine import CaseEngine, Move
from workflows.models import ProcessCase

KEPT = json.loads((Path(__file__).parent / "states_of_format_1.json").read_text("utf-8"))


class Case:
    """A case set up from a state, saved in the present format after each step."""

    def __init__(self, name):
        kept = KEPT[name]
        files = {file: text.encode() for file, text in kept["files"].items()}
        self.process = compiler.compile_files(files, known_form=made.known_form)
        self.now = made.NOW
        self._load(orjson.dumps(kept["state"]))

    def _load(self, state):
        move = Move(None, ProcessCase(), made.person(1), self.now)
        self.engine = CaseEngine(self.process, codec.load_scopes(state), move)
        self.workflow = codec.load(state, self.process, self.engine)

    def _go_on(self):
        tokens.go_on(self.workflow, before=lambda task: None, after=lambda task: None)
        compaction.compact(self.workflow)
        self._load(codec.dump(self.workflow, self.engine.scopes))

    @property
    def open(self):
        ready = [one for one in tokens.unfinished(self.workflow) if one.state == TaskState.READY]
        return {task.task_spec.name: task for task in ready if task.task_spec.manual}

    def do(self, step, **fields):
        task = self.open[step]
        self.engine.write(task, step, fields)
        tokens.run(task)
        self._go_on()
        return self

    def later(self, **delta):
        self.now += timedelta(**delta)
        self._load(codec.dump(self.workflow, self.engine.scopes))
        events.look_at_the_clock(self.workflow)
        self._go_on()
        return self


@pytest.mark.urs("URS-007")
def test_a_boundary_timer_keeps_its_time_and_its_task():
    case = Case("timer")
    assert set(case.open) == {"a"}
    assert [wait.due for wait in events.waits(case.workflow).values()] == [made.NOW + timedelta(days=2)]
    assert set(case.later(days=2).open) == {"boss"}
    assert case.do("boss").workflow.completed


@pytest.mark.urs("URS-007")
@pytest.mark.parametrize("name", ["timer", "reminder"])
def test_a_boundary_timer_is_forgotten_with_its_task(name):
    case = Case(name).do("a")
    assert case.workflow.completed
    assert events.waits(case.workflow) == {}


def test_a_reminder_leaves_its_task_open():
    assert set(Case("reminder").later(days=3).open) == {"a", "boss"}


@pytest.mark.urs("URS-006", "URS-007")
def test_what_has_arrived_before_a_join_still_counts_once():
    case = Case("join")
    assert set(case.open) == {"a"}
    assert set(case.do("a").open) == {"check"}
    assert set(case.do("check", x=0).open) == {"a", "b"}
    assert set(case.do("a").open) == {"b"}
    assert case.do("b").do("check", x=1).workflow.completed


def test_two_of_three_that_have_arrived_still_count():
    assert set(Case("three").do("b").open) == {"last"}


def test_an_inclusive_join_still_waits_for_the_other_branch():
    case = Case("inclusive")
    assert set(case.open) == {"a"}
    assert case.do("a").workflow.completed


@pytest.mark.parametrize("late", [True, False])
def test_a_subprocess_under_way_goes_on(late):
    case = Case("sub")
    assert set(case.open) == {"b"}
    if late:
        assert set(case.later(days=3).open) == {"boss"}
    else:
        assert case.do("b", y=2).workflow.completed
        assert case.engine.facts == {"a": {"x": 1}, "b": {"y": 2}}
