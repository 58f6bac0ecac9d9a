"""Playing every path of a model before it is accepted, with the path on which it goes wrong (URS-006).

Deadlock, a step that never comes or comes twice, one person on both sides of a separation, an end
without a step that it requires, a lot that is neither released nor rejected, a step nobody is reminded of.
A loop without a way out is refused before (``end.unreachable``); with every choice tried there is no other
livelock. Each process or subprocess is played by itself (``markings``); a subprocess counts as doing what
every run of it does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from workflows import bundle as bundles
from workflows import registry
from workflows.elements import Element, ProcessModel
from workflows.findings import Finding
from workflows.markings import MOST_MARKINGS, Marking, Markings, Turn, Way

__all__ = ["MOST_MARKINGS", "explore"]

_REMINDS = ("timerEventDefinition", "escalationEventDefinition")


def explore(files: Mapping[str, bytes]) -> list[Finding]:
    """Play every executable process of a bundle that has passed the checks."""
    found: list[Finding] = []
    for name, model in bundles.read(files).processes:
        if model.executable:
            inside: dict[str, frozenset[str]] = {}
            for scope in [*_inner_first(model), model.key]:
                played = Markings(model, scope, inside, MOST_MARKINGS)
                inside[scope] = _always(played)
                found += [replace(one, file=name) for one in _findings(model, scope, played)]
    return found


def _inner_first(model: ProcessModel) -> list[str]:
    scopes = [one.id for one in model.elements.values() if one.kind == "subProcess"]
    return sorted(scopes, key=lambda scope: -_depth(model, scope))


def _depth(model: ProcessModel, scope: str) -> int:
    return 1 + _depth(model, model.elements[scope].scope) if scope in model.elements else 0


def _always(played: Markings) -> frozenset[str]:
    """Name what every path to the end does."""
    if played.piled is not None or not played.complete:
        return frozenset()
    return frozenset(key for key in played.done() if _end_without(played, frozenset({key})) is None)


def _findings(model: ProcessModel, scope: str, played: Markings) -> Iterator[Finding]:
    if played.piled is not None:
        marking = next(one for one in played.turns if played.piled in one)
        yield _found("static.unbounded", played.nodes[played.target[played.piled]], played.way_to(marking))
        return
    if not played.complete:
        yield Finding("static.too_large", facts={"most": MOST_MARKINGS}, severity="warning")
        return
    yield from _stuck(played)
    yield from _never(played)
    yield from _twice(played)
    yield from _separated(played)
    yield from _required(played)
    yield from _unsettled(model, scope, played)
    yield from _unreminded(played)


def _stuck(played: Markings) -> Iterator[Finding]:
    said: set[str] = set()
    for marking, turns in played.turns.items():
        if marking and not turns:
            for key in sorted(played.waiting(marking) - said):
                yield _found("static.deadlock", played.nodes[key], played.way_to(marking))
            said |= played.waiting(marking)


def _never(played: Markings) -> Iterator[Finding]:
    done = played.done()
    for node in played.nodes.values():
        outside = node.kind == "startEvent" or node.by_event
        if node.id not in done and not outside:
            yield _found("static.never", node)


def _twice(played: Markings) -> Iterator[Finding]:
    said: set[str] = set()
    for marking in played.turns:
        for place in {place for place in marking if marking.count(place) > 1}:
            node = played.nodes[played.target[place]]
            if node.id not in said:
                said.add(node.id)
                yield _found("static.twice", node, played.way_to(marking), warning=True)


def _separated(played: Markings) -> Iterator[Finding]:
    """One that does not let the other's performer in, but comes first on some path and is not asked again."""
    by_step = {node.step: node for node in played.nodes.values() if node.policy is not None}
    for later in by_step.values():
        for key in later.policy.not_by if later.policy else ():
            earlier = by_step.get(key)
            mutual = earlier is not None and earlier.policy and later.step in earlier.policy.not_by
            if earlier is None or mutual:
                continue
            way = _one_after_the_other(played, later, earlier)
            if way is not None:
                facts = {"element": later.title, "other": earlier.title}
                yield Finding("static.separation", later.id, later.line, facts, "error", path=way)


def _one_after_the_other(played: Markings, first: Element, then: Element) -> Way | None:
    """Find a way on which one step is followed by the other and not done again before the end."""
    only = frozenset({first.id})
    since = [
        (turn.after, played.way_to(marking) + turn.passed)
        for marking, turns in played.turns.items()
        for turn in turns
        if first.id in turn.done
    ]
    found = played.way(lambda turn: then.id in turn.done, avoiding=only, since=since) if since else None
    if found is None:
        return None
    way, marking = found
    if marking == ():
        return way
    ended = played.way(_ends, avoiding=only, since=[(marking, way)])
    return ended[0] if ended else None


def _required(played: Markings) -> Iterator[Finding]:
    by_step = {node.step: node for node in played.nodes.values()}
    for end in played.nodes.values():
        for step in end.requires:
            needed = by_step.get(step)
            if needed is None:
                continue
            found = played.way(lambda turn, end=end: end.id in turn.done, avoiding=frozenset({needed.id}))  # type: ignore[misc]
            if found is not None:
                facts = {"element": end.title, "other": needed.title}
                yield Finding("static.required", end.id, end.line, facts, "error", path=found[0])


def _unsettled(model: ProcessModel, scope: str, played: Markings) -> Iterator[Finding]:
    """What a process holds, or is about and settles somewhere, must be settled on every path."""
    settling, holding = _effects(played)
    for kind in sorted({*settling, *holding}):
        done = frozenset(settling.get(kind, ()))
        for key in sorted(holding.get(kind, ())):
            found = played.way(lambda turn, key=key: key in turn.done)  # type: ignore[misc]
            rest = played.way(_ends, avoiding=done, since=[(found[1], found[0])]) if found else None
            if rest is not None:
                yield _found("static.unsettled", played.nodes[key], rest[0])
        if kind == model.subject and scope == model.key and done:
            found = _end_without(played, done)
            if found is not None:
                yield _found("static.unsettled", played.nodes[found[0][-1]], found[0])


def _effects(played: Markings) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    settling: dict[str, set[str]] = {}
    holding: dict[str, set[str]] = {}
    for node in played.nodes.values():
        if node.operation is None or not registry.known(node.operation):
            continue
        called = registry.find(node.operation)
        if called.settles is not None:
            settling.setdefault(called.settles, set()).add(node.id)
        if called.holds is not None:
            holding.setdefault(called.holds, set()).add(node.id)
    return settling, holding


def _unreminded(played: Markings) -> Iterator[Finding]:
    for node in played.nodes.values():
        reminded = any(set(border.events) & set(_REMINDS) for border in played.borders[node.id])
        if node.policy is not None and not reminded:
            yield _found("static.escalation", node, warning=True)


def _end_without(played: Markings, avoided: frozenset[str]) -> tuple[Way, Marking] | None:
    return played.way(_ends, avoiding=avoided)


def _ends(turn: Turn) -> bool:
    return turn.after == ()


def _found(code: str, node: Element, path: Way = (), *, warning: bool = False) -> Finding:
    facts = {"element": node.title}
    return Finding(code, node.id, node.line, facts, "warning" if warning else "error", path=path)
