"""What an event waits for or throws, as drawn: messages, signals, errors and escalations by name or code."""

from dataclasses import dataclass, field

from lxml import etree

from workflows.xmlfile import BPMN, QMS, local

KINDS = {
    "messageEventDefinition": "message",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
}
_CODE = {"error": "errorCode", "escalation": "escalationCode"}


@dataclass(frozen=True)
class Trigger:
    """One trigger: ``kind`` is message, signal, error or escalation.

    ``name`` is the name of the message or signal, or the code of the error or escalation; None catches any
    code. ``lost`` means that the model refers to a definition it does not hold. ``correlation`` maps the
    names of the correlation keys to expressions over the facts.
    """

    kind: str
    name: str | None
    lost: bool = False
    correlation: dict[str, str] = field(default_factory=dict)


def read_trigger(node: etree._Element) -> Trigger | None:
    """Read the trigger of an event, a send task or a receive task."""
    for child in node:
        kind = KINDS.get(local(child))
        if kind is not None:
            return _trigger(node, kind, child.get(f"{kind}Ref"))
    if local(node) in ("sendTask", "receiveTask"):
        return _trigger(node, "message", node.get("messageRef"))
    return None


def _trigger(node: etree._Element, kind: str, reference: str | None) -> Trigger:
    found = _definition(node, kind, reference)
    name = found.get(_CODE.get(kind, "name")) if found is not None else None
    lost = (reference is not None and found is None) or (name is None and kind in ("message", "signal"))
    return Trigger(kind, name or None, lost, _correlation(node))


def _definition(node: etree._Element, kind: str, reference: str | None) -> etree._Element | None:
    if not reference:
        return None
    wanted = reference.rpartition(":")[2]
    root = node.getroottree().getroot()
    return next((one for one in root.findall(f"{{{BPMN}}}{kind}") if one.get("id") == wanted), None)


def _correlation(node: etree._Element) -> dict[str, str]:
    keys = node.findall(f"{{{BPMN}}}extensionElements/{{{QMS}}}correlation")
    return {key.get("name", ""): key.get("value", "") for key in keys}
