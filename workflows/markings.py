"""The token game of one scope: every marking it can reach, the turns between them, the shortest ways.

Conditions are not read: every choice is tried. Tokens lie on sequence flows and move by the rules of
BPMN 2.0.2, 13.4. Timers and other boundary events may fire or not. An activity is one turn: it takes its
token and passes it on, so that activities side by side are done in every order.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations

from workflows.elements import Element, Flow, ProcessModel
from workflows.rules_flows import closure

MOST_MARKINGS = 20_000
_MOST_CHOICES = 6
_MOST_TOKENS = 4
_ONE_WAY = ("exclusiveGateway", "eventBasedGateway")
_JOINS = ("parallelGateway", "inclusiveGateway")

Marking = tuple[str, ...]
"""The flows that hold a token, sorted; a flow with two tokens stands twice. The empty one is the end."""
Way = tuple[str, ...]
"""The elements passed, in order, by id."""


@dataclass(frozen=True)
class Turn:
    """One element's turn: what is passed on the diagram, what has been done by it, and the marking after."""

    passed: Way
    done: frozenset[str]
    after: Marking


class Markings:
    """All markings of one scope. ``inside`` says what every run of a subprocess does, by its id."""

    def __init__(
        self, model: ProcessModel, scope: str, inside: Mapping[str, frozenset[str]], most: int
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
        self.turns: dict[Marking, list[Turn]] = {}
        self.complete = True
        self.piled: str | None = None
        self.start = next((one.id for one in self.nodes.values() if one.kind == "startEvent"), "")
        self.first: Marking = tuple(sorted(flow.id for flow in self.out[self.start]))
        self._play(most)

    def done(self) -> frozenset[str]:
        """Name every element that some path does."""
        return frozenset(key for turns in self.turns.values() for turn in turns for key in turn.done)

    def waiting(self, marking: Marking) -> set[str]:
        """Name the elements that tokens of a marking stand before."""
        return {self.target[place] for place in marking}

    def way(
        self,
        until: Callable[[Turn], bool],
        *,
        avoiding: frozenset[str] = frozenset(),
        since: Iterable[tuple[Marking, Way]] = (),
    ) -> tuple[Way, Marking] | None:
        """Find the shortest way to a turn without doing certain elements, from ``since`` or the start."""
        waiting = deque(since or [(self.first, (self.start,))])
        seen = {marking for marking, _ in waiting}
        while waiting:
            marking, passed = waiting.popleft()
            for turn in self.turns.get(marking, ()):
                if turn.done & avoiding:
                    continue
                if until(turn):
                    return passed + turn.passed, turn.after
                if turn.after not in seen:
                    seen.add(turn.after)
                    waiting.append((turn.after, passed + turn.passed))
        return None

    def way_to(self, marking: Marking) -> Way:
        """Find the shortest way to a marking."""
        if marking == self.first:
            return (self.start,)
        found = self.way(lambda turn: turn.after == marking)
        return found[0] if found else ()

    def _play(self, most: int) -> None:
        waiting = deque([self.first])
        while waiting:
            marking = waiting.popleft()
            if marking in self.turns:
                continue
            self.turns[marking] = list(self._turns(marking))
            waiting.extend(turn.after for turn in self.turns[marking] if turn.after not in self.turns)
            self.piled = next((place for place in marking if marking.count(place) > _MOST_TOKENS), None)
            self.complete = len(self.turns) <= most
            if self.piled is not None or not self.complete:
                return

    def _turns(self, marking: Marking) -> Iterator[Turn]:
        for node in self.nodes.values():
            if node.kind in _JOINS:
                taken = self._joined(node, marking)
                if taken:
                    yield from self._pass(node, marking, taken)
            else:
                for flow in self.into[node.id]:
                    if flow.id in marking:
                        yield from self._pass(node, marking, [flow.id])

    def _joined(self, node: Element, marking: Marking) -> list[str]:
        holding = [flow.id for flow in self.into[node.id] if flow.id in marking]
        if node.kind == "parallelGateway":
            return holding if len(holding) == len(self.into[node.id]) else []
        empty = {flow.source for flow in self.into[node.id] if flow.id not in marking}
        full = {flow.source for flow in self.into[node.id] if flow.id in marking}
        ways = self._ways(node.id)
        for place in set(marking) - set(holding):
            reach = closure({self.target[place]} - {node.id}, ways)
            if reach & empty and not reach & full:
                return []
        return holding

    def _ways(self, without: str) -> dict[str, set[str]]:
        return {
            key: ({flow.target for flow in self.out[key]} | {border.id for border in self.borders[key]})
            - {without}
            for key in self.nodes
        }

    def _pass(self, node: Element, marking: Marking, taken: list[str]) -> Iterator[Turn]:
        left = list(marking)
        for place in taken:
            left.remove(place)
        done = frozenset({node.id}) | self.inside.get(node.id, frozenset())
        if node.kind == "endEvent" and "terminateEventDefinition" in node.events:
            yield Turn((node.id,), done, ())
            return
        for made in self._outcomes(node):
            yield Turn((node.id,), done, _sorted(left, made))
        leaving = [flow.id for flow in self.out[node.id]]
        for border in self.borders[node.id]:
            caught = [flow.id for flow in self.out[border.id]]
            if border.interrupting:
                yield Turn((node.id, border.id), frozenset({border.id}), _sorted(left, caught))
            else:
                yield Turn((node.id, border.id), done | {border.id}, _sorted(left, [*leaving, *caught]))

    def _outcomes(self, node: Element) -> Iterator[list[str]]:
        leaving = [flow.id for flow in self.out[node.id]]
        if node.kind in _ONE_WAY:
            yield from ([flow] for flow in leaving)
        elif node.kind == "inclusiveGateway" and len(leaving) > 1:
            yield from _subsets(node, leaving)
        else:
            yield leaving


def _sorted(left: list[str], made: list[str]) -> Marking:
    return tuple(sorted([*left, *made]))


def _subsets(node: Element, leaving: list[str]) -> Iterator[list[str]]:
    chosen = [flow for flow in leaving if flow != node.default][:_MOST_CHOICES]
    for some in chain.from_iterable(combinations(chosen, size) for size in range(1, len(chosen) + 1)):
        yield list(some)
    if node.default is not None:
        yield [node.default]
