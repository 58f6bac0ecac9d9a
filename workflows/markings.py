"""The token game of one scope: every marking it can reach, the turns between them, the shortest ways.

Conditions are not read: every choice is tried. Tokens lie on sequence flows and move by the rules of
BPMN 2.0.2, 13.4. Timers and other boundary events may fire or not; one that does not interrupt fires again
only when what it has led to is over, for a reminder in a loop would have no end of markings. An activity is
one turn: it takes its token and passes it on, so that activities side by side are done in every order.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import NamedTuple

from workflows.elements import Element, Flow, ProcessModel
from workflows.rules_flows import closure

MOST_MARKINGS = 20_000
_MOST_CHOICES = 6
"""Of an inclusive gateway with more ways out, each alone and every two are tried."""
_MOST_TOKENS = 4
_ONE_WAY = ("exclusiveGateway", "eventBasedGateway")
_JOINS = ("parallelGateway", "inclusiveGateway")

Marking = tuple[str, ...]
"""The flows that hold a token, sorted; a flow with two tokens stands twice. The empty one is the end."""
Way = tuple[str, ...]
"""The elements passed, in order, by id."""


class Exhausted(Exception):
    """There is more to look at than may be looked at."""


@dataclass
class Budget:
    """How many steps are left, for all scopes of a file together; a step is about a microsecond or ten."""

    left: int

    def spend(self, steps: int) -> None:
        """Pay for some steps.

        Raises:
            Exhausted: there are none left.
        """
        self.left -= steps
        if self.left < 0:
            raise Exhausted


class Turn(NamedTuple):
    """One element's turn: what is passed on the diagram, what has been done by it, and the marking after."""

    passed: Way
    done: frozenset[str]
    after: Marking


class Since(NamedTuple):
    """Where a search begins: a marking, and the way to it: to an earlier one, and what was passed then."""

    marking: Marking
    before: Marking | None
    passed: Way


class Markings:
    """All markings of one scope. ``inside`` says what every run of a subprocess does, by its id.

    ``complete`` says that every marking was played, ``partly`` names the inclusive gateways of which not
    every combination was tried.
    """

    def __init__(
        self,
        model: ProcessModel,
        scope: str,
        inside: Mapping[str, frozenset[str]],
        most: int,
        budget: Budget,
    ) -> None:
        self.nodes = {one.id: one for one in model.inside(scope)}
        self.inside = inside
        self.into: dict[str, list[Flow]] = defaultdict(list)
        self.out: dict[str, list[Flow]] = defaultdict(list)
        for flow in model.flows:
            if flow.scope == scope:
                self.into[flow.target].append(flow)
                self.out[flow.source].append(flow)
        self.target = {flow.id: flow.target for flows in self.out.values() for flow in flows}
        self.borders: dict[str, list[Element]] = defaultdict(list)
        for one in self.nodes.values():
            if one.attached_to is not None:
                self.borders[one.attached_to].append(one)
        self._ways = {
            key: {flow.target for flow in self.out[key]} | {border.id for border in self.borders[key]}
            for key in self.nodes
        }
        self._reached: dict[tuple[str, str], set[str]] = {}
        self._beside: dict[str, frozenset[str]] = {}
        self._doing = {key: frozenset({key}) | inside.get(key, frozenset()) for key in self.nodes}
        self.turns: dict[Marking, list[Turn]] = {}
        self.came: dict[Marking, tuple[Marking, Way]] = {}
        self.complete = True
        self.piled: str | None = None
        self.partly: set[str] = set()
        self.start = next((one.id for one in self.nodes.values() if one.kind == "startEvent"), "")
        self.first: Marking = tuple(sorted(flow.id for flow in self.out[self.start]))
        try:
            self._play(most, budget)
        except Exhausted:
            self.complete = False

    def done(self) -> frozenset[str]:
        """Name every element that some path does."""
        return frozenset().union(*{turn.done for turns in self.turns.values() for turn in turns})

    def waiting(self, marking: Marking) -> set[str]:
        """Name the elements that tokens of a marking stand before."""
        return {self.target[place] for place in marking}

    def way(
        self,
        until: Callable[[Turn], bool],
        budget: Budget,
        *,
        avoiding: frozenset[str] = frozenset(),
        since: Iterable[Since] = (),
    ) -> tuple[Way, Marking] | None:
        """Find the shortest way to a turn without doing certain elements, from ``since`` or the start.

        Raises:
            Exhausted: the budget is used up.
        """
        origins = {one.marking: one for one in since or [Since(self.first, None, (self.start,))]}
        came: dict[Marking, tuple[Marking, Way]] = {}
        waiting = deque(origins)
        while waiting:
            marking = waiting.popleft()
            turns = self.turns.get(marking, ())
            budget.spend(1 + len(turns))
            for turn in turns:
                if turn.done & avoiding:
                    continue
                if until(turn):
                    return self._told(marking, came, origins) + turn.passed, turn.after
                if turn.after not in came and turn.after not in origins:
                    came[turn.after] = marking, turn.passed
                    waiting.append(turn.after)
        return None

    def _told(
        self, marking: Marking, came: Mapping[Marking, tuple[Marking, Way]], origins: Mapping[Marking, Since]
    ) -> Way:
        parts: list[Way] = []
        while marking not in origins:
            marking, passed = came[marking]
            parts.append(passed)
        origin = origins[marking]
        begun = self.way_to(origin.before) if origin.before is not None else ()
        return begun + origin.passed + tuple(chain.from_iterable(reversed(parts)))

    def way_to(self, marking: Marking) -> Way:
        """Give the shortest way to a marking."""
        parts: list[Way] = []
        while marking != self.first:
            marking, passed = self.came[marking]
            parts.append(passed)
        return (self.start, *chain.from_iterable(reversed(parts)))

    def always(self, budget: Budget) -> frozenset[str]:
        """Name what every path to the end does.

        Raises:
            Exhausted: the budget is used up.
        """
        known: dict[Marking, frozenset[str]] = {self.first: frozenset()}
        waiting = deque([self.first])
        while waiting:
            marking = waiting.popleft()
            budget.spend(1 + len(self.turns.get(marking, ())))
            for turn in self.turns.get(marking, ()):
                found = known[marking] | turn.done
                before = known.get(turn.after)
                if before is not None:
                    found &= before
                if found != before:
                    known[turn.after] = found
                    waiting.append(turn.after)
        return known.get((), frozenset())

    def _play(self, most: int, budget: Budget) -> None:
        waiting = deque([self.first])
        self.came[self.first] = self.first, ()
        while waiting:
            marking = waiting.popleft()
            turns: list[Turn] = []
            for turn in self._turns(marking):
                budget.spend(1 + len(marking) // 8)
                turns.append(turn)
                if turn.after not in self.came:
                    self.came[turn.after] = marking, turn.passed
                    waiting.append(turn.after)
            self.turns[marking] = turns
            pairs = zip(marking, marking[_MOST_TOKENS:], strict=False)
            self.piled = next((place for place, other in pairs if place == other), None)
            if self.piled is not None:
                return
            if len(self.turns) > most:
                raise Exhausted

    def _turns(self, marking: Marking) -> Iterator[Turn]:
        for key in dict.fromkeys(self.target[place] for place in marking):
            node = self.nodes[key]
            if node.kind in _JOINS:
                taken = self._joined(node, marking)
                if taken:
                    yield from self._pass(node, marking, taken)
            else:
                for flow in self.into[key]:
                    if flow.id in marking:
                        yield from self._pass(node, marking, [flow.id])

    def _joined(self, node: Element, marking: Marking) -> list[str]:
        holding = [flow.id for flow in self.into[node.id] if flow.id in marking]
        if node.kind == "parallelGateway":
            return holding if len(holding) == len(self.into[node.id]) else []
        empty = {flow.source for flow in self.into[node.id] if flow.id not in marking}
        full = {flow.source for flow in self.into[node.id] if flow.id in marking}
        for place in set(marking) - set(holding):
            reach = self._reach(self.target[place], node.id)
            if not reach.isdisjoint(empty) and reach.isdisjoint(full):
                return []
        return holding

    def _reach(self, key: str, without: str) -> set[str]:
        """Name what can be reached from an element without passing another one."""
        if (key, without) not in self._reached:
            ways = {one: following - {without} for one, following in self._ways.items()}
            self._reached[key, without] = closure({key} - {without}, ways)
        return self._reached[key, without]

    def _led_to(self, border: Element) -> frozenset[str]:
        """Name the flows that only a boundary event leads to."""
        if border.id not in self._beside:
            own = self._reach(border.id, "") - self._reach(self.start, border.id)
            self._beside[border.id] = frozenset(flow.id for key in own for flow in self.out[key])
        return self._beside[border.id]

    def _pass(self, node: Element, marking: Marking, taken: list[str]) -> Iterator[Turn]:
        left = list(marking)
        for place in taken:
            left.remove(place)
        passed, done = (node.id,), self._doing[node.id]
        if node.kind == "endEvent" and "terminateEventDefinition" in node.events:
            yield Turn(passed, done, ())
            return
        for made in self._outcomes(node):
            yield Turn(passed, done, _sorted(left, made))
        leaving = [flow.id for flow in self.out[node.id]]
        for border in self.borders[node.id]:
            caught = [flow.id for flow in self.out[border.id]]
            if border.interrupting:
                yield Turn((node.id, border.id), self._doing[border.id], _sorted(left, caught))
            elif self._led_to(border).isdisjoint(marking):
                after = _sorted(left, [*leaving, *caught])
                yield Turn((node.id, border.id), done | {border.id}, after)

    def _outcomes(self, node: Element) -> Iterator[list[str]]:
        leaving = [flow.id for flow in self.out[node.id]]
        if node.kind in _ONE_WAY:
            yield from ([flow] for flow in leaving)
        elif node.kind == "inclusiveGateway" and len(leaving) > 1:
            yield from self._subsets(node, leaving)
        else:
            yield leaving

    def _subsets(self, node: Element, leaving: list[str]) -> Iterator[list[str]]:
        chosen = [flow for flow in leaving if flow != node.default]
        most = len(chosen)
        if most > _MOST_CHOICES:
            self.partly.add(node.id)
            most = 2
        for some in chain.from_iterable(combinations(chosen, size) for size in range(1, most + 1)):
            yield list(some)
        if node.default is not None:
            yield [node.default]


def _sorted(left: list[str], made: list[str]) -> Marking:
    return tuple(sorted([*left, *made]))
