"""Checks across the processes of a bundle: whom call activities call, and who catches what is thrown."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from workflows.elements import Element, ProcessModel
from workflows.findings import Finding

Place = tuple[str, ProcessModel]
Found = tuple[str, Finding]


def called_keys(models: Iterable[ProcessModel]) -> set[str]:
    """Name the processes that others call; one that only calls itself is not among them."""
    return {key for model in models for key in _calls(model) if key != model.key}


def called_by(model: ProcessModel, known: Mapping[str, ProcessModel]) -> list[str]:
    """List the processes that a process calls, directly or through another one, without itself."""
    found: list[str] = []
    waiting = [model]
    while waiting:
        for key in _calls(waiting.pop()):
            if key in known and key != model.key and key not in found:
                found.append(key)
                waiting.append(known[key])
    return found


def _calls(model: ProcessModel) -> list[str]:
    return [one.called for one in model.elements.values() if one.kind == "callActivity" and one.called]


def check(main: Place, called: list[Place], processes: list[Place]) -> Iterator[Found]:
    """Check the processes that run together; each finding comes with the name of its file."""
    places = [main, *called]
    models = {model.key: model for _, model in places}
    known = {model.key for _, model in processes}
    counted = Counter(key for _, model in places for key in model.elements)
    for name, model in places:
        for element in model.elements.values():
            if counted[element.id] > 1 and name != main[0]:
                yield name, Finding("id.duplicate", element.id, element.line, {"id": element.id})
            if element.kind == "callActivity":
                yield from ((name, finding) for finding in _call(element, models, known))
        if model is not main[1]:
            yield from ((name, finding) for finding in _as_called(model))
    throws = Throws([model for _, model in places])
    for name, model in places:
        yield from ((name, finding) for finding in throws.findings(model, is_main=model is main[1]))


def _call(element: Element, models: Mapping[str, ProcessModel], known: set[str]) -> Iterator[Finding]:
    where = (element.id, element.line)
    if not element.called or element.called not in known or element.called not in models:
        yield Finding("call.unknown", *where, {"process": element.called or "–"})
        return
    target = models[element.called]
    reached = [models[key] for key in {target.key, *called_by(target, models)}]
    if any(one is element for model in reached for one in model.elements.values()):
        yield Finding("call.recursive", *where, {"process": element.called})
    taken = sorted(set(element.parameters) & set(target.steps()))
    if taken:
        yield Finding("call.parameter", *where, {"name": taken[0]})


def _as_called(model: ProcessModel) -> Iterator[Finding]:
    if not model.executable:
        yield Finding("process.not_executable", model.key, model.line)
    for one in model.inside(model.key):
        if one.kind == "startEvent" and one.events:
            yield Finding("call.start", one.id, one.line, {"process": model.key})


class Throws:
    """Who throws errors and escalations, and who could catch them, through subprocesses and calls."""

    def __init__(self, models: list[ProcessModel]) -> None:
        self.models = {model.key: model for model in models}
        self.callers: dict[str, list[tuple[ProcessModel, Element]]] = {}
        for model in models:
            for one in model.elements.values():
                if one.kind == "callActivity" and one.called:
                    self.callers.setdefault(one.called, []).append((model, one))

    def findings(self, model: ProcessModel, *, is_main: bool) -> Iterator[Finding]:
        """Name what is thrown to nobody, and what waits for what nobody throws."""
        for one in model.elements.values():
            trigger = one.trigger
            if trigger is None or trigger.kind not in ("error", "escalation") or trigger.lost:
                continue
            facts = {"code": trigger.name or "–"}
            if one.kind in ("endEvent", "intermediateThrowEvent"):
                if not self._caught(model, one, trigger.kind, trigger.name):
                    yield Finding("event.uncaught", one.id, one.line, facts)
            elif not self._thrown(model, one, trigger.kind, trigger.name):
                yield Finding("event.never_thrown", one.id, one.line, facts)

    def _caught(self, model: ProcessModel, thrower: Element, kind: str, code: str | None) -> bool:
        scope = thrower.scope
        while True:
            if _fits(_listeners(model, scope, besides=thrower), kind, code):
                return True
            if scope == model.key:
                return self._caught_by_callers(model, kind, code)
            holder = model.elements[scope]
            if _fits(_borders(model, holder.id), kind, code):
                return True
            scope = holder.scope

    def _caught_by_callers(self, model: ProcessModel, kind: str, code: str | None) -> bool:
        callers = self.callers.get(model.key, [])
        return bool(callers) and all(
            _fits(_borders(outer, call.id), kind, code) or self._caught(outer, call, kind, code)
            for outer, call in callers
        )

    def _thrown(self, model: ProcessModel, catcher: Element, kind: str, code: str | None) -> bool:
        if catcher.attached_to is not None:
            inside = self._within(model, catcher.attached_to)
        else:
            inside = self._within(model, model.elements[catcher.scope].scope)
        return any(_throws(one, kind, code) for one in inside)

    def _within(self, model: ProcessModel, key: str) -> Iterator[Element]:
        waiting, seen = [(model, key)], set()
        while waiting:
            outer, place = waiting.pop()
            if (outer.key, place) in seen:
                continue
            seen.add((outer.key, place))
            if place in outer.elements:
                yield outer.elements[place]
            for one in outer.inside(place):
                waiting.append((outer, one.id))
            called = outer.elements[place].called if place in outer.elements else None
            if called in self.models:
                waiting.append((self.models[called], called))


def _throws(one: Element, kind: str, code: str | None) -> bool:
    if kind == "error" and one.kind in ("serviceTask", "businessRuleTask"):
        return True
    trigger = one.trigger
    if one.kind not in ("endEvent", "intermediateThrowEvent") or trigger is None or trigger.kind != kind:
        return False
    return code is None or trigger.name == code


def _fits(catchers: list[Element], kind: str, code: str | None) -> bool:
    return any(
        one.trigger is not None and one.trigger.kind == kind and one.trigger.name in (None, code)
        for one in catchers
    )


def _borders(model: ProcessModel, host: str) -> list[Element]:
    return [one for one in model.elements.values() if one.attached_to == host]


def _listeners(model: ProcessModel, scope: str, besides: Element) -> list[Element]:
    events = [one.id for one in model.inside(scope) if one.by_event and one.id != besides.scope]
    return [one for key in events for one in model.inside(key) if one.kind == "startEvent"]
