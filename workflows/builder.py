"""From the model to the engine's specification: element by element, flow by flow, without recursion.

Nothing is read from XML here and nothing is invented: what the model does not say is not there.
"""

from collections.abc import Iterable

from workflows.activities import (
    Activity,
    AutomaticTask,
    Call,
    ManyInstances,
    PersonTask,
    Repeated,
    StandardLoop,
    Subprocess,
)
from workflows.elements import Element, ProcessModel
from workflows.events import Border, Catch, EventGateway, Listener, Receive, Throw
from workflows.joins import InclusiveGateway, ParallelGateway
from workflows.tokens import Choice, Node, ScopeSpec

MEMBER = " [member]"
TRIGGER = " [trigger]"
_AUTOMATIC = ("serviceTask", "businessRuleTask", "scriptTask")
_GATEWAYS = {
    "exclusiveGateway": Choice,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
}


def build(processes: Iterable[ProcessModel]) -> dict[str, ScopeSpec]:
    """Build every scope of some processes, by the id of its process or subprocess."""
    built: dict[str, ScopeSpec] = {}
    for model in processes:
        scopes = [model.key, *(one.id for one in model.elements.values() if one.kind == "subProcess")]
        for scope in scopes:
            built[scope] = _scope(model, scope)
    return built


def _scope(model: ProcessModel, scope: str) -> ScopeSpec:
    spec = ScopeSpec(scope)
    inside = model.inside(scope)
    for element in inside:
        _node(spec, element, model)
    for element in inside:
        if element.kind == "boundaryEvent" and element.attached_to is not None:
            spec.task_specs[element.attached_to].borders.append(element.id)
        elif element.kind == "startEvent":
            spec.start.connect(spec.task_specs[element.id])
    for flow in model.flows:
        if flow.scope == scope:
            _connect(spec, model, flow.source, flow.target, flow.condition, flow.id)
    return spec


def _connect(
    spec: ScopeSpec, model: ProcessModel, source: str, target: str, condition: str | None, flow: str
) -> None:
    node = spec.task_specs[source]
    node.connect(spec.task_specs[target])
    if isinstance(node, Choice):
        default = model.elements[source].default == flow
        node.ways.append((None if default else condition, target))


def _node(spec: ScopeSpec, element: Element, model: ProcessModel) -> None:
    if element.by_event:
        _event_subprocess(spec, element, model)
    elif element.kind in _GATEWAYS:
        _GATEWAYS[element.kind](spec, element.id)
    elif element.kind == "eventBasedGateway":
        EventGateway(spec, element.id, element.id)
    elif element.kind == "boundaryEvent":
        Border(spec, element.id, element)
    elif element.kind == "intermediateCatchEvent":
        Catch(spec, element.id, element)
    elif element.kind in ("endEvent", "intermediateThrowEvent", "sendTask"):
        Throw(spec, element.id, element)
    elif element.kind == "startEvent":
        Node(spec, element.id, element.id)
    else:
        _activity(spec, element)


def _event_subprocess(spec: ScopeSpec, element: Element, model: ProcessModel) -> None:
    start = next(one for one in model.inside(element.id) if one.kind == "startEvent")
    listener = Listener(spec, element.id + TRIGGER, start, drawn=False)
    listener.connect(Subprocess(spec, element.id, element.id, inside=element.id))
    spec.start.listeners.append(listener.name)


def _activity(spec: ScopeSpec, element: Element) -> None:
    if element.marker is None:
        _plain(spec, element, element.id)
        return
    kind = StandardLoop if element.marker.standard else ManyInstances
    whole: Repeated = kind(spec, element.id, element.id + MEMBER, element.marker)
    _plain(spec, element, whole.member).whole = whole.name


def _plain(spec: ScopeSpec, element: Element, name: str) -> Activity:
    if element.kind == "userTask":
        return PersonTask(spec, name, element.id)
    if element.kind in _AUTOMATIC:
        return AutomaticTask(spec, name, element.id)
    if element.kind == "receiveTask":
        return Receive(spec, name, element)
    if element.kind == "callActivity":
        return Call(spec, name, element.id, inside=element.called or "")
    return Subprocess(spec, name, element.id, inside=element.id)

