"""Playing every path of a model before it is accepted, with the path on which it goes wrong (URS-006).

Deadlock, a step that never comes or comes twice, one person on both sides of a separation, an end
without a step that it requires, a lot that is neither released nor rejected, a step nobody is reminded of.
A loop without a way out is refused before (``end.unreachable``); with every choice tried there is no other
livelock. Each process or subprocess is played by itself (``markings``); a subprocess counts as doing what
every run of it does.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from core.languages import LANGUAGES
from workflows import bundle as bundles
from workflows import registry
from workflows.elements import Element, ProcessModel
from workflows.findings import Finding
from workflows.findings_static import CHECKS
from workflows.markings import MOST_MARKINGS, Budget, Exhausted, Markings, Since, Turn, Way
from workflows.sentences import said, same

__all__ = ["MOST_MARKINGS", "explore"]

MOST_PLAYED = 250_000
"""Turns of elements that are played for one bundle, weighed by the tokens that lie around them."""
MOST_LOOKED_AT = 800_000
"""Turns that all searches over one bundle look at."""
JOINED = {"en": ", ", "zh": "、"}

_REMINDS = ("timerEventDefinition", "escalationEventDefinition")


def explore(files: Mapping[str, bytes]) -> list[Finding]:
    """Play every executable process of a bundle that has passed the checks.

    The work is bounded for the whole bundle; what the bound has left unchecked is said by a warning
    (``static.too_large``, ``static.combinations``), scope by scope.
    """
    found: list[Finding] = []
    playing, looking = Budget(MOST_PLAYED), Budget(MOST_LOOKED_AT)
    for name, model in bundles.read(files).processes:
        if model.executable:
            inside: dict[str, frozenset[str]] = {}
            for scope in [*_inner_first(model), model.key]:
                played = Markings(model, scope, inside, MOST_MARKINGS, playing)
                inside[scope], unknown = _always(played, looking)
                found += [
                    replace(one, file=name) for one in _findings(model, scope, played, looking, unknown)
                ]
    return found


def _inner_first(model: ProcessModel) -> list[str]:
    scopes = [one.id for one in model.elements.values() if one.kind == "subProcess"]
    return sorted(scopes, key=lambda scope: -_depth(model, scope))


def _depth(model: ProcessModel, scope: str) -> int:
    return 1 + _depth(model, model.elements[scope].scope) if scope in model.elements else 0


def _always(played: Markings, budget: Budget) -> tuple[frozenset[str], bool]:
    """Name what every path to the end does, and say whether that is not known.

    What could not be played counts as doing everything in it: nothing is refused for not being looked at.
    """
    if played.piled is not None:
        return frozenset(), False
    try:
        if played.complete:
            return played.always(budget), False
    except Exhausted:
        pass
    return frozenset(played.nodes).union(*played.inside.values()), True


def _findings(
    model: ProcessModel, scope: str, played: Markings, budget: Budget, unknown: bool
) -> Iterator[Finding]:
    if played.piled is not None:
        marking = next(one for one in played.turns if played.piled in one)
        yield _found("static.unbounded", played.nodes[played.target[played.piled]], played.way_to(marking))
        return
    yield from _unreminded(played)
    for key in sorted(played.partly):
        yield _found("static.combinations", played.nodes[key], warning=True)
    unfinished: list[str] = [] if played.complete else list(CHECKS)
    for check, named in zip(_CHECKS, CHECKS, strict=True):
        if check is _never and not played.complete:
            continue
        try:
            yield from check(model, scope, played, budget)
        except Exhausted:
            unfinished += [named] if named not in unfinished else []
    if unknown and not unfinished:
        unfinished = [CHECKS[-1]]
    if unfinished:
        yield _too_large(model, scope, unfinished)


def _too_large(model: ProcessModel, scope: str, unfinished: list[str]) -> Finding:
    whole = model.elements.get(scope)
    name = whole.title if whole is not None else model.name if model.name["en"] else same(model.key)
    line = whole.line if whole is not None else model.line
    told = [said(one) for one in unfinished]
    checks = {language: JOINED[language].join(one[language] for one in told) for language in LANGUAGES}
    return Finding("static.too_large", scope, line, {"element": name, "checks": checks}, severity="warning")


def _stuck(_model: ProcessModel, _scope: str, played: Markings, _budget: Budget) -> Iterator[Finding]:
    said: set[str] = set()
    for marking, turns in played.turns.items():
        if marking and not turns:
            for key in sorted(played.waiting(marking) - said):
                yield _found("static.deadlock", played.nodes[key], played.way_to(marking))
            said |= played.waiting(marking)


def _never(_model: ProcessModel, _scope: str, played: Markings, budget: Budget) -> Iterator[Finding]:
    budget.spend(sum(len(turns) for turns in played.turns.values()))
    done = played.done()
    for node in played.nodes.values():
        outside = node.kind == "startEvent" or node.by_event
        if node.id not in done and not outside:
            yield _found("static.never", node)


def _twice(_model: ProcessModel, _scope: str, played: Markings, _budget: Budget) -> Iterator[Finding]:
    said: set[str] = set()
    for marking in played.turns:
        for place in {place for place, other in pairwise(marking) if place == other}:
            node = played.nodes[played.target[place]]
            if node.id not in said:
                said.add(node.id)
                yield _found("static.twice", node, played.way_to(marking), warning=True)


def _separated(_model: ProcessModel, _scope: str, played: Markings, budget: Budget) -> Iterator[Finding]:
    """One that does not let the other's performer in, but comes first on some path and is not asked again."""
    by_step = {node.step: node for node in played.nodes.values() if node.policy is not None}
    for later in by_step.values():
        for key in later.policy.not_by if later.policy else ():
            earlier = by_step.get(key)
            mutual = earlier is not None and earlier.policy and later.step in earlier.policy.not_by
            if earlier is None or mutual:
                continue
            way = _one_after_the_other(played, later, earlier, budget)
            if way is not None:
                facts = {"element": later.title, "other": earlier.title}
                yield Finding("static.separation", later.id, later.line, facts, "error", path=way)


def _one_after_the_other(played: Markings, first: Element, then: Element, budget: Budget) -> Way | None:
    """Find a way on which one step is followed by the other and not done again before the end."""
    only = frozenset({first.id})
    budget.spend(sum(len(turns) for turns in played.turns.values()))
    since = [
        Since(turn.after, marking, turn.passed)
        for marking, turns in played.turns.items()
        for turn in turns
        if first.id in turn.done
    ]
    if not since:
        return None
    found = played.way(lambda turn: then.id in turn.done, budget, avoiding=only, since=since)
    if found is None:
        return None
    way, marking = found
    if marking == ():
        return way
    ended = played.way(_ends, budget, avoiding=only, since=[Since(marking, None, way)])
    return ended[0] if ended else None


def _required(_model: ProcessModel, _scope: str, played: Markings, budget: Budget) -> Iterator[Finding]:
    by_step = {node.step: node for node in played.nodes.values()}
    for end in played.nodes.values():
        for step in end.requires:
            needed = by_step.get(step)
            if needed is None:
                continue
            without = frozenset({needed.id})
            found = played.way(lambda turn, end=end: end.id in turn.done, budget, avoiding=without)  # type: ignore[misc]
            if found is not None:
                facts = {"element": end.title, "other": needed.title}
                yield Finding("static.required", end.id, end.line, facts, "error", path=found[0])


def _unsettled(model: ProcessModel, scope: str, played: Markings, budget: Budget) -> Iterator[Finding]:
    """What a process holds, or is about and settles somewhere, must be settled on every path."""
    settling, holding = _effects(played)
    for kind in sorted({*settling, *holding}):
        done = frozenset(settling.get(kind, ()))
        for key in sorted(holding.get(kind, ())):
            found = played.way(lambda turn, key=key: key in turn.done, budget)  # type: ignore[misc]
            if found is None:
                continue
            rest = played.way(_ends, budget, avoiding=done, since=[Since(found[1], None, found[0])])
            if rest is not None:
                yield _found("static.unsettled", played.nodes[key], rest[0])
        if kind == model.subject and scope == model.key and done:
            found = played.way(_ends, budget, avoiding=done)
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


def _ends(turn: Turn) -> bool:
    return turn.after == ()


def _found(code: str, node: Element, path: Way = (), *, warning: bool = False) -> Finding:
    facts = {"element": node.title}
    return Finding(code, node.id, node.line, facts, "warning" if warning else "error", path=path)


_CHECKS: tuple[Callable[[ProcessModel, str, Markings, Budget], Iterator[Finding]], ...] = (
    _stuck,
    _never,
    _twice,
    _separated,
    _required,
    _unsettled,
)
"""What is looked for in the markings, in the order of its names in ``CHECKS``."""
