"""Random block-structured models: drawn as blocks, told as BPMN. The token game is in ``token_game``.

A block has one way in and one way out. Before a gateway that chooses stands a task whose answer the
conditions read, so that the order of work and the answers alone say what a case does.
"""

from dataclasses import dataclass, field
from itertools import count, pairwise

from hypothesis import strategies as st

from tests.factories import workflows as drawing

HOURS = 3600


@dataclass(frozen=True)
class Task:
    """A user task."""

    id: str


@dataclass(frozen=True)
class Sequence:
    """One block after the other; none at all is a plain flow."""

    parts: tuple = ()


@dataclass(frozen=True)
class Fork:
    """A gateway that splits and one that joins: ``parallel``, ``exclusive`` or ``inclusive``."""

    id: str
    kind: str
    arms: tuple
    chooser: Task | None


@dataclass(frozen=True)
class Loop:
    """Rework: the body, then a task that says whether to go round again."""

    id: str
    body: object
    chooser: Task


@dataclass(frozen=True)
class Timer:
    """A boundary timer and what follows it; one that does not interrupt ends in an end of its own."""

    id: str
    seconds: int
    interrupting: bool
    handler: object


@dataclass(frozen=True)
class Sub:
    """An embedded subprocess, perhaps with a boundary timer."""

    id: str
    body: object
    timer: Timer | None = None


@dataclass(frozen=True)
class Timed:
    """A task with a boundary timer."""

    task: Task
    timer: Timer


@dataclass(frozen=True)
class Many:
    """A task or subprocess as often as there are members, side by side or one after the other."""

    inner: object
    count: int
    sequential: bool


@dataclass
class _Names:
    numbers: count = field(default_factory=lambda: count(1))
    many: bool = False

    def new(self, letter: str) -> str:
        return f"{letter}{next(self.numbers)}"


def models(max_leaves: int = 7):
    """Draw a model: its root block."""
    return _shapes(max_leaves).map(lambda shape: _block(shape, _Names()))


def _shapes(max_leaves):
    leaf = st.one_of(st.just(("task",)), st.tuples(st.just("many_task"), st.integers(1, 3), st.booleans()))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(st.just("sequence"), st.lists(inner, min_size=1, max_size=3)),
            st.tuples(
                st.sampled_from(("parallel", "exclusive", "inclusive")),
                st.lists(inner, min_size=2, max_size=3).flatmap(_perhaps_one_empty),
            ),
            st.tuples(st.just("loop"), inner),
            st.tuples(st.just("sub"), inner),
            st.tuples(st.just("timed_sub"), inner, st.booleans(), inner),
            st.tuples(st.just("timed"), st.booleans(), inner),
            st.tuples(st.just("many_sub"), inner, st.integers(1, 3), st.booleans()),
        ),
        max_leaves=max_leaves,
    )


def _perhaps_one_empty(arms):
    """Make one arm a plain flow, or none; two flows between the same gateways are refused by name."""
    emptied = [
        [("sequence", []) if number == empty else arm for number, arm in enumerate(arms)]
        for empty in range(len(arms))
    ]
    return st.sampled_from([arms, *emptied])


def _block(shape, names):
    """Give a drawn shape its ids."""
    kind, *rest = shape
    return _MAKERS[kind](names, *rest)


def _task(names):
    return Task(names.new("t"))


def _sequence(names, parts):
    return Sequence(tuple(_block(part, names) for part in parts))


def _fork(kind):
    def made(names, arms):
        key, chooser = names.new("g"), None if kind == "parallel" else _task(names)
        return Fork(key, kind, tuple(_block(arm, names) for arm in arms), chooser)

    return made


def _loop(names, body):
    return Loop(names.new("l"), _block(body, names), _task(names))


def _sub(names, body):
    return Sub(names.new("s"), _block(body, names))


def _timed_sub(names, body, interrupting, handler):
    return Sub(names.new("s"), _block(body, names), _timer(names, interrupting, handler))


def _timed(names, interrupting, handler):
    return Timed(_task(names), _timer(names, interrupting, handler))


def _many_task(names, times, sequential):
    task = _task(names)
    return task if names.many else Many(task, times, sequential)


def _many_sub(names, body, times, sequential):
    """Inside members of a multi-instance another one is plain, so that equal tasks can be told apart."""
    if names.many:
        return _sub(names, body)
    names.many = True
    inner = _sub(names, body)
    names.many = False
    return Many(inner, times, sequential)


def _timer(names, interrupting, handler):
    """No two timers of a model wait equally long."""
    key = names.new("b")
    return Timer(key, HOURS * 24 + 7 * int(key[1:]), interrupting, _block(handler, names))


_MAKERS = {
    "task": _task,
    "sequence": _sequence,
    "parallel": _fork("parallel"),
    "exclusive": _fork("exclusive"),
    "inclusive": _fork("inclusive"),
    "loop": _loop,
    "sub": _sub,
    "timed_sub": _timed_sub,
    "timed": _timed,
    "many_task": _many_task,
    "many_sub": _many_sub,
}


def answer(task_id, draw, *, hurry=False):
    """What a person answers at a task: ``pick`` for exclusive gateways, ``a0``… for inclusive ones."""
    return {
        "pick": draw % 3,
        "a0": draw % 2 == 0,
        "a1": draw // 2 % 2 == 0,
        "again": not hurry and draw % 3 == 1,
    }


def chosen(fork, said):
    """The arms that an answer chooses; the last arm is the default flow."""
    last = len(fork.arms) - 1
    if fork.kind == "parallel":
        return list(range(last + 1))
    if fork.kind == "exclusive":
        return [min(said["pick"], last)]
    return [arm for arm in range(last) if said[f"a{arm}"]] or [last]


def bundle(root):
    """Tell a model as BPMN, ready to be released."""
    drawn = _Drawing()
    parts = drawn.scope(root, "begin", "finish")
    return drawing.process(*parts, tasks=drawn.tasks)


class _Drawing:
    def __init__(self):
        self.tasks = []
        self.parts = []

    def scope(self, body, start, end):
        """Draw a process or subprocess from its start to its end; give its elements."""
        outer, self.parts = self.parts, [drawing.start(start), drawing.end(end)]
        first, last = self.block(body)
        if first is None:
            self.flow(start, end)
        else:
            self.flow(start, first)
            self.flow(last, end)
        inside, self.parts = self.parts, outer
        return inside

    def flow(self, source, target, condition=None):
        key = f"f{len(self.parts)}_{source}_{target}"
        self.parts.append(drawing.flow(source, target, condition, key=key))
        return key

    def block(self, block):
        """Draw a block; give its first and last node, none for a plain flow."""
        return getattr(self, f"_{type(block).__name__.lower()}")(block)

    def _task(self, task, inner=""):
        self.tasks.append(task.id)
        drawn = drawing.user(task.id)
        self.parts.append(drawn.replace(" />", f">{inner}</bpmn:userTask>") if inner else drawn)
        return task.id, task.id

    def _sequence(self, sequence):
        ends = [ends for ends in map(self.block, sequence.parts) if ends[0] is not None]
        for (_, last), (first, _) in pairwise(ends):
            self.flow(last, first)
        return (ends[0][0], ends[-1][1]) if ends else (None, None)

    def _fork(self, fork):
        split, join, last = f"{fork.id}_split", f"{fork.id}_join", len(fork.arms) - 1
        flows = []
        for number, arm in enumerate(fork.arms):
            first, end = self.block(arm)
            condition = self._condition(fork, number) if fork.chooser and number < last else None
            flows.append(self.flow(split, first or join, condition))
            if first is not None:
                self.flow(end, join)
        self.parts.append(drawing.gateway(fork.kind, split, flows[last] if fork.chooser else None))
        self.parts.append(drawing.gateway(fork.kind, join))
        if fork.chooser is None:
            return split, join
        self._task(fork.chooser)
        self.flow(fork.chooser.id, split)
        return fork.chooser.id, join

    def _condition(self, fork, number):
        key = fork.chooser.id
        return f"{key}.pick == {number}" if fork.kind == "exclusive" else f"{key}.a{number} == True"

    def _loop(self, loop):
        merge, again = f"{loop.id}_merge", f"{loop.id}_again"
        first, last = self.block(loop.body)
        self._task(loop.chooser)
        self.flow(merge, first or loop.chooser.id)
        if first is not None:
            self.flow(last, loop.chooser.id)
        self.flow(loop.chooser.id, again)
        self.flow(again, merge, f"{loop.chooser.id}.again == True")
        out = f"{loop.id}_out"
        self.parts.append(drawing.gateway("exclusive", merge))
        self.parts.append(drawing.gateway("exclusive", again, self.flow(again, out)))
        self.parts.append(drawing.gateway("exclusive", out))
        return merge, out

    def _sub(self, sub, inner=""):
        body = self.scope(sub.body, f"{sub.id}_begin", f"{sub.id}_finish")
        text = "".join((inner, *body))
        self.parts.append(f'<bpmn:subProcess id="{sub.id}">{text}</bpmn:subProcess>')
        return self._boundary(sub.id, sub.timer) if sub.timer else (sub.id, sub.id)

    def _timed(self, timed):
        self._task(timed.task)
        return self._boundary(timed.task.id, timed.timer)

    def _boundary(self, attached, timer):
        self.parts.append(drawing.timer(timer.id, attached, f"PT{timer.seconds}S", timer.interrupting))
        first, last = self.block(timer.handler)
        out = f"{timer.id}_out"
        self.flow(timer.id, first or out)
        if first is not None:
            self.flow(last, out)
        if not timer.interrupting:
            self.parts.append(drawing.end(out))
            return attached, attached
        self.parts.append(drawing.gateway("exclusive", out))
        self.flow(attached, out)
        return attached, out

    def _many(self, many):
        order = ' isSequential="true"' if many.sequential else ""
        marker = (
            f"<bpmn:multiInstanceLoopCharacteristics{order}><bpmn:loopCardinality>{many.count}"
            "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
        )
        draw = self._task if isinstance(many.inner, Task) else self._sub
        return draw(many.inner, marker)
