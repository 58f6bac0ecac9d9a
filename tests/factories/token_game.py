"""A small token game over blocks: what BPMN 2.0.2 chapter 13 says must be open, told without any engine.

It shares nothing with the engine but the blocks. A play knows what is open in its block; ``settle`` moves it
on as far as it goes without people.
"""

from collections import Counter
from datetime import timedelta

from tests.factories.random_models import Fork, Loop, Many, Sequence, Sub, Task, Timed, chosen


class Game:
    """One case of a model, by the rules alone."""

    def __init__(self, root, now):
        self.now = now
        self.answers = {}
        self.born = 0
        self.main = _Scope(root, self)
        self.main.settle()

    @property
    def finished(self):
        return self.main.finished

    def open(self):
        """How often each task is open."""
        return Counter(task.id for task in self.main.tasks())

    def complete(self, task_id, which, answer):
        """Complete the oldest, second oldest… open instance of a task."""
        same = sorted((task for task in self.main.tasks() if task.id == task_id), key=lambda task: task.born)
        same[which].finished = True
        self.answers[task_id] = answer
        self.main.settle()

    def next_due(self):
        return min((clock.due for clock in self.main.clocks()), default=None)

    def wait_until(self, now):
        """Let time pass; every timer due by then fires."""
        self.now = now
        for clock in [clock for clock in self.main.clocks() if clock.due <= now]:
            clock.fire()
        self.main.settle()


def _play(block, game, scope):
    return _PLAYS[type(block)](block, game, scope)


class _Scope:
    """A process or one run of a subprocess: its tokens, and those of timers that did not interrupt."""

    def __init__(self, body, game):
        self.loose = []
        self.main = _play(body, game, self)

    @property
    def finished(self):
        return all(play.finished for play in (self.main, *self.loose))

    def settle(self):
        for play in (self.main, *list(self.loose)):
            play.settle()

    def tasks(self):
        return [task for play in (self.main, *self.loose) for task in play.tasks()]

    def clocks(self):
        return [clock for play in (self.main, *self.loose) for clock in play.clocks()]


class _Task:
    def __init__(self, task, game, _scope):
        self.id, self.finished, self.born = task.id, False, game.born
        game.born += 1

    def settle(self):
        """A task waits for its person."""

    def tasks(self):
        return [] if self.finished else [self]

    def clocks(self):
        return []


class _Running:
    """A block that has others running inside."""

    def __init__(self, block, game, scope):
        self.block, self.game, self.scope = block, game, scope
        self.running = self.first()
        self.settle()

    def play(self, block):
        return _play(block, self.game, self.scope)

    def settle(self):
        while not self.finished:
            for play in self.running:
                play.settle()
            if not self.turn():
                return

    def turn(self):
        """Move on when what runs has ended; say whether something changed."""
        return False

    @property
    def finished(self):
        return all(play.finished for play in self.running)

    def tasks(self):
        return [task for play in self.running for task in play.tasks()]

    def clocks(self):
        return [clock for play in self.running for clock in play.clocks()]


class _Steps(_Running):
    """A block of several phases: the next begins when the present one has ended."""

    finished = False

    def turn(self):
        if not all(play.finished for play in self.running):
            return False
        following = self.following()
        if following is None:
            self.finished = True
        else:
            self.running = following
        return True


class _Sequence(_Steps):
    def first(self):
        self.rest = list(self.block.parts)
        return []

    def following(self):
        return [self.play(self.rest.pop(0))] if self.rest else None


class _Fork(_Steps):
    def first(self):
        self.split = False
        return [self.play(self.block.chooser)] if self.block.chooser else []

    def following(self):
        if self.split:
            return None
        self.split = True
        said = self.game.answers[self.block.chooser.id] if self.block.chooser else {}
        return [self.play(self.block.arms[arm]) for arm in chosen(self.block, said)]


class _Loop(_Steps):
    def first(self):
        self.asked = False
        return [self.play(self.block.body)]

    def following(self):
        if not self.asked:
            self.asked = True
            return [self.play(self.block.chooser)]
        if self.game.answers[self.block.chooser.id]["again"]:
            return self.first()
        return None


class _Timed(_Running):
    """An activity with a boundary timer; ``due`` is None once the timer has fired or is no longer needed."""

    def first(self):
        self.timer = self.block.timer
        self.due = self.game.now + timedelta(seconds=self.timer.seconds)
        return [self.activity()]

    def activity(self):
        return self.play(self.block.task)

    def clocks(self):
        mine = [self] if self.due is not None and not self.finished else []
        return mine + super().clocks()

    def fire(self):
        self.due = None
        handler = self.play(self.timer.handler)
        if self.timer.interrupting:
            self.running = [handler]
        else:
            self.scope.loose.append(handler)


class _TimedSub(_Timed):
    def activity(self):
        return _Scope(self.block.body, self.game)


class _Sub(_Running):
    def first(self):
        return [_Scope(self.block.body, self.game)]


class _Many(_Steps):
    def first(self):
        self.left = self.block.count
        return []

    def following(self):
        if not self.left:
            return None
        members = 1 if self.block.sequential else self.left
        self.left -= members
        return [self.play(self.block.inner) for _ in range(members)]


def _sub(block, game, scope):
    return (_TimedSub if block.timer else _Sub)(block, game, scope)


_PLAYS = {
    Task: _Task,
    Sequence: _Sequence,
    Fork: _Fork,
    Loop: _Loop,
    Timed: _Timed,
    Sub: _sub,
    Many: _Many,
}
