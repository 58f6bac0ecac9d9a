"""Checks of flows and gateways: every token has one way on, every element can be reached and left."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator

from workflows import expressions
from workflows.elements import GATEWAYS, Element, Flow, ProcessModel
from workflows.expressions import ExpressionError
from workflows.findings import Finding

_CHOICES = ("exclusiveGateway", "inclusiveGateway")


def check(model: ProcessModel) -> Iterator[Finding]:
    """Check the flows of a process and of its subprocesses."""
    dangling = [flow for flow in model.flows if not _connected(model, flow)]
    for flow in dangling:
        yield Finding("flow.dangling", flow.id, flow.line)
    leaving: dict[str, list[Flow]] = defaultdict(list)
    for flow in model.flows:
        leaving[flow.source].append(flow)
    yield from _duplicates(model)
    for element in model.elements.values():
        yield from _out_of(element, leaving[element.id])
    if not dangling:
        yield from _reachability(model)


def _connected(model: ProcessModel, flow: Flow) -> bool:
    source, target = model.elements.get(flow.source), model.elements.get(flow.target)
    if source is None or target is None:
        return False
    if target.kind in ("startEvent", "boundaryEvent") or source.kind == "endEvent":
        return False
    return source.scope == target.scope == flow.scope


def _duplicates(model: ProcessModel) -> Iterator[Finding]:
    counted = Counter((flow.source, flow.target) for flow in model.flows)
    for flow in model.flows:
        if counted[flow.source, flow.target] > 1:
            facts = {"source": flow.source, "target": flow.target}
            yield Finding("flow.duplicate", flow.id, flow.line, facts)


def _out_of(element: Element, flows: list[Flow]) -> Iterator[Finding]:
    if element.kind == "complexGateway":
        yield Finding("gateway.complex", element.id, element.line)
    elif element.kind in _CHOICES:
        yield from _choice(element, flows)
    else:
        if len(flows) > 1 and element.kind not in GATEWAYS:
            yield Finding("flow.implicit_split", element.id, element.line, {"element": element.title})
        ignored = "flow.condition_ignored" if element.kind in GATEWAYS else "flow.conditional_task"
        for flow in flows:
            if flow.condition is not None:
                yield Finding(ignored, flow.id, flow.line)


def _choice(element: Element, flows: list[Flow]) -> Iterator[Finding]:
    conditional = [flow for flow in flows if flow.id != element.default]
    for flow in conditional:
        if flow.condition is None and len(flows) > 1:
            yield Finding("flow.no_condition", flow.id, flow.line)
        elif flow.condition is not None:
            yield from _condition(flow)
    always = any(flow.condition is not None and flow.condition.strip() == "true" for flow in conditional)
    if len(flows) > 1 and len(conditional) == len(flows) and not always:
        yield Finding("gateway.no_default", element.id, element.line, severity="warning")


def _condition(flow: Flow) -> Iterator[Finding]:
    try:
        expressions.check(flow.condition or "")
    except ExpressionError as wrong:
        yield Finding("flow.condition", flow.id, flow.line, {"reason": wrong.reason})


def _reachability(model: ProcessModel) -> Iterator[Finding]:
    following = _edges(model)
    preceding: dict[str, set[str]] = defaultdict(set)
    for source, targets in following.items():
        for target in targets:
            preceding[target].add(source)
    starts = {one.id for one in model.elements.values() if one.kind == "startEvent" or one.by_event}
    ends = {one.id for one in model.elements.values() if one.kind == "endEvent"}
    reached, ending = closure(starts, following), closure(ends, preceding)
    for element in model.elements.values():
        if _without_order(model, element):
            continue
        if element.id not in reached:
            yield Finding("node.unreachable", element.id, element.line, {"element": element.title})
        elif element.id not in ending and not element.by_event:
            facts, path = {"element": element.title}, _way(starts, element.id, following)
            yield Finding("end.unreachable", element.id, element.line, facts, path=path)
    yield from _deadlocks(model, starts, following)


def _way(starts: set[str], goal: str, following: dict[str, set[str]]) -> tuple[str, ...]:
    """Find the shortest way from a start to an element that leads to no end (a livelock)."""
    came: dict[str, str | None] = dict.fromkeys(sorted(starts))
    waiting = deque(came)
    while waiting:
        place = waiting.popleft()
        if place == goal:
            break
        for target in sorted(following.get(place, set()) - set(came)):
            came[target] = place
            waiting.append(target)
    way: list[str] = []
    step: str | None = goal
    while step is not None:
        way.insert(0, step)
        step = came[step]
    return tuple(way)


def _without_order(model: ProcessModel, element: Element) -> bool:
    outer = model.elements.get(element.scope)
    return outer is not None and outer.kind == "adHocSubProcess"


def _deadlocks(model: ProcessModel, starts: set[str], following: dict[str, set[str]]) -> Iterator[Finding]:
    incoming: dict[str, list[str]] = defaultdict(list)
    for flow in model.flows:
        incoming[flow.target].append(flow.source)
    for join in model.elements.values():
        if join.kind != "parallelGateway" or len(incoming[join.id]) < 2:
            continue
        without = {key: targets - {join.id} for key, targets in following.items()}
        if not set(incoming[join.id]) <= closure(starts - {join.id}, without):
            yield Finding("join.deadlock", join.id, join.line)


def _edges(model: ProcessModel) -> dict[str, set[str]]:
    """Where a token can go next; a boundary event follows the activity it is attached to."""
    following: dict[str, set[str]] = defaultdict(set)
    for flow in model.flows:
        following[flow.source].add(flow.target)
    for element in model.elements.values():
        if element.attached_to is not None:
            following[element.attached_to].add(element.id)
        if element.by_event:
            following[element.id] |= {one.id for one in model.inside(element.id) if one.kind == "endEvent"}
    return following


def closure(starts: set[str], following: dict[str, set[str]]) -> set[str]:
    """Give everything that can be reached from some places, themselves included."""
    seen, waiting = set(starts), list(starts)
    while waiting:
        for place in following.get(waiting.pop(), set()) - seen:
            seen.add(place)
            waiting.append(place)
    return seen
