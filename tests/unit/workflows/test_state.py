"""The stored state: whatever is saved and loaded goes on exactly as if it had stayed in memory."""

import itertools
import random
from decimal import Decimal

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SpiffWorkflow.util.task import TaskState

from core.errors import Invalid
from tests.factories import workflows as made
from workflows import codec, compaction, compiler, tokens
from workflows.engine import CaseEngine, Move
from workflows.facts import plain
from workflows.models import ProcessCase
from workflows.scopes import Scopes

LEAF = st.just("task")
BLOCKS = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.tuples(st.just("then"), inner, inner),
        st.tuples(st.sampled_from(["parallel", "inclusive", "exclusive"]), inner, inner),
        st.tuples(st.just("loop"), inner),
        st.tuples(st.just("sub"), inner),
    ),
    max_leaves=6,
)


class Drawing:
    """Draws a block-structured process: every block has one way in and one way out."""

    def __init__(self):
        self.numbers = itertools.count(1)
        self.tasks = []

    def key(self, kind):
        return f"{kind}{next(self.numbers)}"

    def task(self):
        self.tasks.append(self.key("t"))
        return self.tasks[-1], made.user(self.tasks[-1])

    def block(self, block):
        """Parts, entry and exit of a block."""
        if block == "task":
            key, part = self.task()
            return [part], key, key
        kind, *inner = block
        return getattr(self, f"_{kind}")(*inner)

    def _then(self, first, second):
        one, one_in, one_out = self.block(first)
        other, other_in, other_out = self.block(second)
        return [*one, *other, made.flow(one_out, other_in)], one_in, other_out

    def _loop(self, inner):
        parts, begin, end = self.block(inner)
        merge, split = self.key("merge"), self.key("split")
        asked, question = self.task()
        parts += [question, made.gateway("exclusive", merge)]
        parts += [made.gateway("exclusive", split, default=f"{split}_out")]
        parts += [made.flow(merge, begin), made.flow(end, asked), made.flow(asked, split)]
        out = self.key("out")
        parts += [made.gateway("exclusive", out), made.flow(split, out, key=f"{split}_out")]
        parts += [made.flow(split, merge, f"{asked}.x == 1")]
        return parts, merge, out

    def _branches(self, kind, first, second):
        asked, question = self.task()
        split, join = self.key("split"), self.key("join")
        one, one_in, one_out = self.block(first)
        other, other_in, other_out = self.block(second)
        default = f"{split}_{other_in}" if kind == "exclusive" else None
        parts = [question, *one, *other, made.gateway(kind, split, default), made.gateway(kind, join)]
        conditions = {
            "parallel": (None, None),
            "inclusive": (f"{asked}.x != 1", f"{asked}.x != 0"),
            "exclusive": (f"{asked}.x == 1", None),
        }
        parts += [
            made.flow(asked, split),
            made.flow(split, one_in, conditions[kind][0]),
            made.flow(split, other_in, conditions[kind][1]),
        ]
        parts += [made.flow(one_out, join), made.flow(other_out, join)]
        return parts, asked, join

    def _parallel(self, first, second):
        return self._branches("parallel", first, second)

    def _inclusive(self, first, second):
        return self._branches("inclusive", first, second)

    def _exclusive(self, first, second):
        return self._branches("exclusive", first, second)

    def _sub(self, inner):
        key, begin, end = self.key("sub"), self.key("in"), self.key("fin")
        parts, first, last = self.block(inner)
        body = "".join(
            [made.start(begin), *parts, made.end(end), made.flow(begin, first), made.flow(last, end)]
        )
        return [f'<bpmn:subProcess id="{key}">{body}</bpmn:subProcess>'], key, key


def compiled(block):
    drawing = Drawing()
    parts, first, last = drawing.block(block)
    files = made.process(
        made.start(),
        *parts,
        made.end(),
        made.flow("begin", first),
        made.flow(last, "done"),
        tasks=drawing.tasks,
    )
    return compiler.compile_files(files, known_form=made.known_form)


class Run:
    """A case in memory; with ``saved`` it is written and read again after every step."""

    def __init__(self, process, *, saved):
        self.process, self.saved = process, saved
        self.engine = CaseEngine(process, Scopes({}), Move(None, ProcessCase(), made.person(1), made.NOW))
        self.workflow = tokens.CaseWorkflow(process.spec, process.subspecs, script_engine=self.engine)
        self.size = 0
        self.go_on()

    def go_on(self):
        tokens.go_on(self.workflow, before=lambda task: None, after=lambda task: None)
        if self.saved:
            compaction.compact(self.workflow)
            state = codec.dump(self.workflow, self.engine.scopes)
            self.size = max(self.size, len(orjson.loads(state)["top"]))
            self.engine.scopes = codec.load_scopes(state)
            self.workflow = codec.load(state, self.process, self.engine)

    def waiting(self):
        return {
            task.task_spec.name: task
            for task in tokens.unfinished(self.workflow)
            if task.state == TaskState.READY and task.task_spec.manual
        }

    def complete(self, step, fields):
        task = self.waiting()[step]
        self.engine.write(task, step, fields)
        tokens.run(task)
        self.go_on()


@pytest.mark.urs("URS-006")
@settings(max_examples=60, deadline=None)
@given(BLOCKS, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=1, max_size=40))
def test_saving_and_forgetting_changes_nothing(block, choices):
    process = compiled(block)
    kept, saved = Run(process, saved=False), Run(process, saved=True)
    for pick, answer in choices:
        assert set(kept.waiting()) == set(saved.waiting())
        assert kept.workflow.completed == saved.workflow.completed
        if kept.workflow.completed:
            return
        assert kept.waiting(), "nobody is asked, and the case has not ended"
        step = sorted(kept.waiting())[pick % len(kept.waiting())]
        for run in (kept, saved):
            run.complete(step, {"x": answer})
    assert kept.engine.facts == saved.engine.facts


@pytest.mark.urs("URS-006")
@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "saved after each step"])
@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_no_round_of_a_loop_passes_with_one_of_two_reviews(kind, saved):
    process = compiled(("loop", (kind, "task", "task")))
    run, dice = Run(process, saved=saved), random.Random(3)
    for _round in range(12):
        (question,) = run.waiting()
        run.complete(question, {"x": 2})
        first, second = dice.sample(sorted(run.waiting()), 2)
        run.complete(first, {})
        assert set(run.waiting()) == {second}, "the join fired with one review missing"
        run.complete(second, {})
        (again,) = run.waiting()
        run.complete(again, {"x": 1})


def test_the_state_does_not_grow_in_a_loop_with_parallel_branches():
    process = compiled(("loop", ("parallel", ("loop", "task"), "task")))
    run = Run(process, saved=True)
    sizes = []
    for _ in range(40):
        for step in sorted(run.waiting()):
            if step in run.waiting():
                run.complete(step, {"x": 1})
        sizes.append(run.size)
    assert sizes[-1] == sizes[10]


@pytest.mark.urs("URS-006")
def test_the_state_keeps_facts_exactly():
    facts = {
        "a": Decimal("1.50"),
        "b": [{"c": None, "d": True}],
        "e": "中文",
        "f": {"$decimal": "x", "g": 1},
        "h": 10**12,
    }
    process = compiled("task")
    run = Run(process, saved=False)
    state = codec.dump(run.workflow, Scopes(facts))
    assert codec.load_facts(state) == facts
    assert isinstance(codec.load_facts(state)["a"], Decimal)


def test_a_state_of_an_unknown_format_is_not_guessed_at():
    process = compiled("task")
    run = Run(process, saved=False)
    state = orjson.loads(codec.dump(run.workflow, Scopes({})))
    with pytest.raises(ValueError, match="format 3"):
        codec.load(orjson.dumps({**state, "v": 3}), process, run.engine)


def test_facts_are_plain_values_only():
    assert plain({"a": (1, 2.5)}) == {"a": [1, Decimal("2.5")]}
    for value in (object(), {1, 2}, b"x", open):
        with pytest.raises(Invalid) as refused:
            plain({"a": value})
        assert refused.value.code == "facts.type"
