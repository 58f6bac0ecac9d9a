"""Playing every path of a model before it is accepted: deadlocks, steps that never come or come twice.

Conditions are not read: every choice is tried. Each process or subprocess is played by itself, with tokens on
its sequence flows, by the rules of BPMN 2.0.2, 13.4. Timers may fire or not.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain, combinations

from workflows import bundle as bundles
from workflows.elements import Element, Flow, ProcessModel
from workflows.findings import Finding
from workflows.rules_flows import closure

MOST_MARKINGS = 20_000
_MOST_CHOICES = 6
_MOST_TOKENS = 4

Marking = tuple[str, ...]
"""The flows that hold a token, sorted; a flow with two tokens stands twice."""


def explore(files: Mapping[str, bytes]) -> list[Finding]:
    """Play every executable process of a bundle that has passed the checks."""
    found: list[Finding] = []
    for name, model in bundles.read(files).processes:
        if model.executable:
            scopes = [model.key, *(one.id for one in model.elements.values() if one.kind == "subProcess")]
            for scope in scopes:
                findings = _Game(model, scope).findings()
                found += [
                    Finding(one.code, one.element, one.line, one.facts, one.severity, name)
                    for one in findings
                ]
    return found


class _Game:
    """All markings of one scope, and how they follow each other."""

    def __init__(self, model: ProcessModel, scope: str) -> None:
        self.nodes = {one.id: one for one in model.inside(scope)}
        self.into: dict[str, list[Flow]] = defaultdict(list)
        self.out: dict[str, list[Flow]] = defaultdict(list)
        for flow in model.flows:
            if flow.scope == scope:
                self.into[flow.target].append(flow)
                self.out[flow.source].append(flow)
        self.borders: dict[str, list[Element]] = defaultdict(list)
        for one in self.nodes.values():
            if one.attached_to is not None:
                self.borders[one.attached_to].append(one)
        self.behind = {key: {flow.target for flow in flows} for key, flows in self.out.items()}
        self.fired: set[str] = set()
        self.following: dict[Marking, set[Marking]] = {}
        self.complete = True
        self.piled: str | None = None

    def findings(self) -> Iterator[Finding]:
        """Play, and say what is wrong."""
        self._play()
        if self.piled is not None:
            yield self._finding("static.unbounded", self.nodes[self._target(self.piled)])
            return
        if not self.complete:
            yield Finding("static.too_large", facts={"most": MOST_MARKINGS}, severity="warning")
            return
        stuck = {
            place for marking, after in self.following.items() if marking and not after for place in marking
        }
        for node in self.nodes.values():
            if any(flow.id in stuck for flow in self.into[node.id]):
                yield self._finding("static.deadlock", node)
            if node.id not in self.fired and node.kind != "startEvent" and not node.by_event:
                yield self._finding("static.never", node)
        twice = {place for marking in self.following for place in set(marking) if marking.count(place) > 1}
        for node in self.nodes.values():
            if any(flow.id in twice for flow in self.into[node.id]):
                yield self._finding("static.twice", node, warning=True)

    def _finding(self, code: str, node: Element, *, warning: bool = False) -> Finding:
        facts = {"element": node.title}
        return Finding(code, node.id, node.line, facts, "warning" if warning else "error")

    def _play(self) -> None:
        start = next((one for one in self.nodes.values() if one.kind == "startEvent"), None)
        first = tuple(sorted(flow.id for flow in self.out[start.id])) if start is not None else ()
        waiting = [first]
        while waiting:
            marking = waiting.pop()
            if marking in self.following:
                continue
            after = self.following[marking] = set(self._moves(marking))
            waiting.extend(after - set(self.following))
            self.piled = next((place for place in marking if marking.count(place) > _MOST_TOKENS), None)
            self.complete = len(self.following) <= MOST_MARKINGS
            if self.piled is not None or not self.complete:
                return

    def _moves(self, marking: Marking) -> Iterator[Marking]:
        for node in self.nodes.values():
            if node.kind in ("parallelGateway", "inclusiveGateway"):
                taken = self._joined(node, marking)
                if taken:
                    yield from self._produce(node, marking, taken)
            else:
                for flow in self.into[node.id]:
                    if flow.id in marking:
                        yield from self._produce(node, marking, [flow.id])

    def _joined(self, node: Element, marking: Marking) -> list[str]:
        holding = [flow.id for flow in self.into[node.id] if flow.id in marking]
        if node.kind == "parallelGateway":
            return holding if len(holding) == len(self.into[node.id]) else []
        empty = {flow.source for flow in self.into[node.id] if flow.id not in marking}
        full = {flow.source for flow in self.into[node.id] if flow.id in marking}
        behind = {key: targets - {node.id} for key, targets in self._ways().items()}
        for place in set(marking) - set(holding):
            reach = closure({self._target(place)} - {node.id}, behind)
            if reach & empty and not reach & full:
                return []
        return holding

    def _ways(self) -> dict[str, set[str]]:
        return {
            key: self.behind.get(key, set()) | {border.id for border in self.borders[key]}
            for key in self.nodes
        }

    def _target(self, flow_id: str) -> str:
        return next(flow.target for flows in self.out.values() for flow in flows if flow.id == flow_id)

    def _produce(self, node: Element, marking: Marking, taken: list[str]) -> Iterator[Marking]:
        self.fired.add(node.id)
        left = list(marking)
        for place in taken:
            left.remove(place)
        if node.kind == "endEvent" and "terminateEventDefinition" in node.events:
            yield ()
            return
        for made in self._outcomes(node):
            yield tuple(sorted([*left, *made]))

    def _outcomes(self, node: Element) -> Iterator[list[str]]:
        leaving = [flow.id for flow in self.out[node.id]]
        if node.kind in ("exclusiveGateway", "eventBasedGateway"):
            yield from ([flow] for flow in leaving)
        elif node.kind == "inclusiveGateway" and len(leaving) > 1:
            yield from self._subsets(node, leaving)
        else:
            yield leaving
        for border in self.borders[node.id]:
            self.fired.add(border.id)
            caught = [flow.id for flow in self.out[border.id]]
            yield caught if border.interrupting else [*leaving, *caught]

    def _subsets(self, node: Element, leaving: list[str]) -> Iterator[list[str]]:
        chosen = [flow for flow in leaving if flow != node.default][:_MOST_CHOICES]
        for some in chain.from_iterable(combinations(chosen, size) for size in range(1, len(chosen) + 1)):
            yield list(some)
        if node.default is not None:
            yield [node.default]
