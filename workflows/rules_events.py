"""Checks of events and subprocesses: triggers that would be ignored, or fire unasked, are refused."""

from collections.abc import Iterator

from workflows import durations, expressions
from workflows.elements import Element, ProcessModel, Timer
from workflows.expressions import ExpressionError
from workflows.findings import Finding
from workflows.parser import is_literal

_TIMER = "timerEventDefinition"
_NAMED = {
    "linkEventDefinition": "event.link",
    "compensateEventDefinition": "event.compensation",
}
_ALLOWED: dict[str, tuple[tuple[str, ...], ...]] = {
    "startEvent": ((),),
    "endEvent": ((), ("terminateEventDefinition",)),
    "intermediateThrowEvent": ((),),
    "intermediateCatchEvent": ((_TIMER,),),
    "boundaryEvent": ((_TIMER,),),
}


def check(model: ProcessModel) -> Iterator[Finding]:
    """Check every event, and the starts and ends of the process and its subprocesses."""
    yield from _scope(model, model.key, model.key, model.line)
    for element in model.elements.values():
        if element.kind == "subProcess":
            yield from _subprocess(model, element)
        elif element.kind == "receiveTask":
            yield from _receive(element)
        elif element.kind in _ALLOWED and not _in_event_subprocess(model, element):
            yield from _event(element)


def _scope(model: ProcessModel, scope: str, element: str, line: int | None) -> Iterator[Finding]:
    inside = model.inside(scope)
    starts = [one for one in inside if one.kind == "startEvent"]
    if len(starts) != 1:
        yield Finding("start.count", element, line, {"count": len(starts)})
    if not any(one.kind == "endEvent" for one in inside):
        yield Finding("end.missing", element, line)


def _subprocess(model: ProcessModel, element: Element) -> Iterator[Finding]:
    if element.by_event:
        yield from _event_subprocess(model, element)
    elif not model.inside(element.id):
        yield Finding("subprocess.empty", element.id, element.line)
    else:
        yield from _scope(model, element.id, element.id, element.line)


def _event_subprocess(model: ProcessModel, element: Element) -> Iterator[Finding]:
    start = next((one for one in model.inside(element.id) if one.kind == "startEvent"), None)
    triggers = start.events if start is not None else ()
    if {"errorEventDefinition", "escalationEventDefinition"} & set(triggers):
        yield Finding("event_subprocess.start", element.id, element.line)
    elif start is not None and start.interrupting and triggers:
        yield Finding("event_subprocess.interrupting", element.id, element.line)
    else:
        yield Finding("construct.unsupported", element.id, element.line, {"kind": "eventSubProcess"})


def _in_event_subprocess(model: ProcessModel, element: Element) -> bool:
    outer = model.elements.get(element.scope)
    return outer is not None and outer.by_event


def _receive(element: Element) -> Iterator[Finding]:
    if element.message is None:
        yield Finding("receive.no_message", element.id, element.line)
    else:
        yield Finding("construct.unsupported", element.id, element.line, {"kind": element.kind})


def _event(element: Element) -> Iterator[Finding]:
    if element.events in _ALLOWED[element.kind]:
        if element.timer is not None:
            yield from _timer(element, element.timer)
        return
    yield Finding(
        _refusal(element), element.id, element.line, {"kind": " ".join((element.kind, *element.events))}
    )


def _refusal(element: Element) -> str:
    for trigger, code in _NAMED.items():
        if trigger in element.events:
            return code
    if element.kind == "startEvent":
        return "start.trigger"
    if element.kind == "endEvent" and "signalEventDefinition" in element.events:
        return "event.signal_end"
    catches = element.kind in ("intermediateCatchEvent", "boundaryEvent")
    if catches and "messageEventDefinition" in element.events and element.message is None:
        return "receive.no_message"
    return "construct.unsupported"


def _timer(element: Element, timer: Timer) -> Iterator[Finding]:
    if timer.kind == "timeCycle":
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
    return durations.is_duration(written) if timer.kind == "timeDuration" else is_literal("timeDate", written)
