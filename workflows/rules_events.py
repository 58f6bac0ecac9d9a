"""Checks of events and subprocesses: triggers that would be ignored, or fire unasked, are refused."""

from collections.abc import Iterator

from workflows import durations, expressions
from workflows.cycles import is_literal
from workflows.elements import Element, ProcessModel, Timer
from workflows.expressions import ExpressionError
from workflows.findings import Finding

_TIMER, _MESSAGE, _SIGNAL, _ERROR, _ESCALATION, _END = (
    f"{kind}EventDefinition" for kind in ("timer", "message", "signal", "error", "escalation", "terminate")
)
_NAMED = {
    "linkEventDefinition": "event.link",
    "compensateEventDefinition": "event.compensation",
    "conditionalEventDefinition": "event.conditional",
    "cancelEventDefinition": "event.cancel",
}
_ALLOWED: dict[str, tuple[str, ...]] = {
    "startEvent": ("", _MESSAGE),
    "endEvent": ("", _END, _ERROR, _ESCALATION, _MESSAGE),
    "intermediateThrowEvent": ("", _ESCALATION, _MESSAGE, _SIGNAL),
    "intermediateCatchEvent": (_TIMER, _MESSAGE, _SIGNAL),
    "boundaryEvent": (_TIMER, _MESSAGE, _SIGNAL, _ERROR, _ESCALATION),
}
_TRIGGERS = (_TIMER, _MESSAGE, _SIGNAL, _ERROR, _ESCALATION)
_HOSTS = (
    *("userTask", "serviceTask", "businessRuleTask", "scriptTask", "receiveTask"),
    *("callActivity", "subProcess"),
)


def check(model: ProcessModel) -> Iterator[Finding]:
    """Check every event, and the starts and ends of the process and its subprocesses."""
    yield from _scope(model, model.key, model.key, model.line)
    for element in model.elements.values():
        if element.kind == "subProcess":
            yield from _subprocess(model, element)
        elif element.kind in ("receiveTask", "sendTask"):
            yield from _trigger(model, element)
        elif element.kind in _ALLOWED:
            yield from _event(model, element)
        elif element.kind == "eventBasedGateway":
            yield from _event_gateway(model, element)


def _scope(model: ProcessModel, scope: str, element: str, line: int | None) -> Iterator[Finding]:
    inside = model.inside(scope)
    starts = [one for one in inside if one.kind == "startEvent"]
    if len(starts) != 1:
        yield Finding("start.count", element, line, {"count": len(starts)})
    if not any(one.kind == "endEvent" for one in inside):
        yield Finding("end.missing", element, line)


def _subprocess(model: ProcessModel, element: Element) -> Iterator[Finding]:
    if not model.inside(element.id):
        yield Finding("subprocess.empty", element.id, element.line)
        return
    yield from _scope(model, element.id, element.id, element.line)
    if element.by_event and any(element.id in (flow.source, flow.target) for flow in model.flows):
        yield Finding("event_subprocess.flow", element.id, element.line)
    if element.by_event and (element.marker is not None or _borders(model, element)):
        yield Finding("event_subprocess.marker", element.id, element.line)


def _borders(model: ProcessModel, element: Element) -> list[Element]:
    return [one for one in model.elements.values() if one.attached_to == element.id]


def _event(model: ProcessModel, element: Element) -> Iterator[Finding]:
    where = (element.id, element.line)
    outer = model.elements.get(element.scope)
    starts_handler = element.kind == "startEvent" and outer is not None and outer.by_event
    allowed = _TRIGGERS if starts_handler else _ALLOWED[element.kind]
    if element.kind == "startEvent" and outer is not None and not outer.by_event:
        allowed = ("",)
    if len(element.events) > 1 or "".join(element.events) not in allowed:
        code = "event_subprocess.start" if starts_handler and not element.events else _refusal(element)
        yield Finding(code, *where, {"kind": " ".join((element.kind, *element.events))})
        return
    if element.kind == "boundaryEvent":
        yield from _border(model, element)
    if _ERROR in element.events and not element.interrupting:
        yield Finding("event.error_interrupts", *where)
    if element.timer is not None:
        waits_on = element.kind == "boundaryEvent" or starts_handler
        yield from _timer(element, element.timer, repeats=waits_on and not element.interrupting)
    yield from _trigger(model, element)


def _refusal(element: Element) -> str:
    for trigger, code in _NAMED.items():
        if trigger in element.events:
            return code
    if len(element.events) > 1:
        return "event.multiple"
    if element.kind == "startEvent":
        return "start.trigger"
    if element.kind == "endEvent" and _SIGNAL in element.events:
        return "event.signal_end"
    return "construct.unsupported"


def _border(model: ProcessModel, element: Element) -> Iterator[Finding]:
    host = model.elements.get(element.attached_to or "")
    if host is None or host.kind not in _HOSTS or host.scope != element.scope:
        yield Finding("event.attached", element.id, element.line)


def _trigger(model: ProcessModel, element: Element) -> Iterator[Finding]:
    """Check the message, signal, error or escalation of an event or task."""
    where = (element.id, element.line)
    trigger = element.trigger
    if trigger is None:
        return
    if trigger.lost:
        no_message = trigger.kind == "message" and element.kind != "startEvent"
        catches = element.kind in ("receiveTask", "intermediateCatchEvent", "boundaryEvent")
        code = ("receive.no_message" if catches else "send.no_message") if no_message else "event.lost"
        yield Finding(code, *where, {"kind": trigger.kind})
        return
    yield from _correlation(model, element)
    if element.kind in ("endEvent", "intermediateThrowEvent", "sendTask"):
        for name, source in element.parameters.items():
            yield from _expression(element, "parameter.expression", name, source)


def _correlation(model: ProcessModel, element: Element) -> Iterator[Finding]:
    trigger = element.trigger
    if trigger is None or trigger.kind != "message":
        return
    starts_a_case = element.kind == "startEvent" and element.scope == model.key
    if bool(trigger.correlation) == starts_a_case:
        code = "message.start_key" if starts_a_case else "message.no_correlation"
        yield Finding(code, element.id, element.line, {"message": trigger.name})
    for name, source in trigger.correlation.items():
        yield from _expression(element, "message.key", name, source)


def _expression(element: Element, code: str, name: str, source: str) -> Iterator[Finding]:
    try:
        expressions.check(source)
    except ExpressionError as wrong:
        yield Finding(code, element.id, element.line, {"name": name, "reason": wrong.reason})


def _event_gateway(model: ProcessModel, gateway: Element) -> Iterator[Finding]:
    flows = [flow for flow in model.flows if flow.source == gateway.id]
    targets = [model.elements[flow.target] for flow in flows if flow.target in model.elements]
    ways_in = [flow.target for flow in model.flows]
    fits = all(
        one.kind in ("intermediateCatchEvent", "receiveTask")
        and one.marker is None
        and not _borders(model, one)
        and ways_in.count(one.id) == 1
        for one in targets
    )
    if len(targets) < 2 or not fits:
        yield Finding("gateway.events", gateway.id, gateway.line)


def _timer(element: Element, timer: Timer, *, repeats: bool) -> Iterator[Finding]:
    if timer.kind == "timeCycle" and not repeats:
        yield Finding("timer.cycle", element.id, element.line)
    elif not _readable(timer):
        yield Finding("timer.unparsable", element.id, element.line, {"text": timer.text})


def _readable(timer: Timer) -> bool:
    if is_literal(timer.kind, timer.text):
        return True
    try:
        if expressions.check(timer.text):
            return not timer.text.isidentifier()  # a bare name is a misspelt duration, not a fact
        written = str(expressions.evaluate(timer.text, {}))
    except ExpressionError:
        return False
    if timer.kind == "timeDuration":
        return durations.is_duration(written)
    return is_literal(timer.kind or "timeDate", written)
