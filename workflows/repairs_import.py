"""What a drawing lacks to be run: keys, people, forms, conditions. Each stand-in is listed for the owner.

A stand-in never decides anything: what nobody has said is done by a person, and a way without a condition is
not taken until the owner writes one.
"""

import re
from collections.abc import Iterator

from lxml import etree

from workflows import expressions
from workflows.cycles import is_literal
from workflows.elements import FLOW_NODES, bpmn_tag, initials, qms, walk
from workflows.expressions import ExpressionError
from workflows.findings import Repair
from workflows.triggers import read_trigger
from workflows.xmlfile import QMS, local, text_of

_KEY = re.compile(r"^[a-z][a-z0-9_]*$")
_STEP = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
_NUMBERS = re.compile(r"^[A-Z]{2,6}$")
_ROLE, _FORM, _PREFIX = "process_owner", "step_note", "IMP"
_IGNORED = ("ioSpecification", "dataInputAssociation", "dataOutputAssociation", "dataStore", "property")
_CHOICES = ("exclusiveGateway", "inclusiveGateway", "complexGateway")
_STARTS = tuple(f"{kind}EventDefinition" for kind in ("timer", "signal", "conditional", "message"))

Made = list[Repair]


def whole_file(root: etree._Element, made: Made) -> None:
    """Choose the process that runs, give it a key, and take out what nobody would read."""
    processes = root.findall(bpmn_tag("process"))
    called = {one.get("calledElement") for one in root.iter(bpmn_tag("callActivity"))}
    alone = [process for process in processes if process.get("id") not in called]
    if len(alone) > 1:
        _one_runs(alone, made)
    for process in processes:
        if process.get("isExecutable", "true") == "true":
            _key(root, process, made)
    for node in [one for one in root.iter() if local(one) in _IGNORED]:
        owner = node.getparent()
        if owner is not None:
            owner.remove(node)
            made.append(Repair("data.flow", owner.get("id"), f"{local(node)} is left out."))


def _one_runs(processes: list[etree._Element], made: Made) -> None:
    largest = max(processes, key=lambda one: sum(local(node) in FLOW_NODES for node in one.iter()))
    for process in processes:
        runs = process is largest
        if (process.get("isExecutable", "true") == "true") is not runs:
            process.set("isExecutable", str(runs).lower())
            said = "runs" if runs else "is taken for documentation and does not run"
            made.append(Repair("bundle.process_count", process.get("id"), f"The process {said}."))


def _key(root: etree._Element, process: etree._Element, made: Made) -> None:
    old = process.get("id", "")
    if not _KEY.match(old):
        new = _snake(process.get("name") or old, "imported")
        process.set("id", new)
        for node in root.iter():
            for name in ("processRef", "bpmnElement", "calledElement"):
                if isinstance(node.tag, str) and node.get(name) == old:
                    node.set(name, new)
        made.append(Repair("process.key", new, f"The process has the key {new} instead of {old}."))
    if not _NUMBERS.match(qms(process, "prefix") or initials(process.get("id", ""))):
        process.set(f"{{{QMS}}}prefix", _PREFIX)
        made.append(Repair("process.prefix", process.get("id"), f"Its cases are numbered {_PREFIX}-…"))


def _snake(text: str, default: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return made if _KEY.match(made) else default


def one_process(process: etree._Element, made: Made) -> None:
    """Let people do what nobody has said how to do, and name who."""
    nodes = [node for node, _ in walk(process) if local(node) in FLOW_NODES]
    known = {one.get("id") for one in process.getroottree().getroot().findall(bpmn_tag("process"))}
    for node in nodes:
        reason = _done_by_nobody(node, known)
        if reason is not None:
            _let_a_person_do_it(node, made, reason)
    _keys_of_steps(nodes, made)
    _people(process, [node for node in nodes if local(node) == "userTask"], made)
    _conditions(process, made)
    _times(process, made)
    for node in nodes:
        _plain_ends(node, made)


def _done_by_nobody(node: etree._Element, known: set[str | None]) -> str | None:
    kind, trigger = local(node), read_trigger(node)
    message = trigger is not None and trigger.kind == "message"
    unaddressed = message and trigger is not None and (trigger.lost or not trigger.correlation)
    found = {
        "task": ("task.untyped", True),
        "manualTask": ("task.untyped", True),
        "serviceTask": ("service.no_operation", qms(node, "operation") is None),
        "businessRuleTask": ("rule.no_decision", qms(node, "decision") is None),
        "scriptTask": ("script.refused", True),
        "sendTask": ("send.no_message", unaddressed),
        "receiveTask": ("receive.no_message", unaddressed),
        "intermediateThrowEvent": ("send.no_message", unaddressed),
        "intermediateCatchEvent": ("receive.no_message", unaddressed),
        "callActivity": ("call.unknown", node.get("calledElement") not in known),
        "subProcess": ("subprocess.empty", not any(local(one) in FLOW_NODES for one in node)),
    }.get(kind)
    return found[0] if found is not None and found[1] else None


def _let_a_person_do_it(node: etree._Element, made: Made, code: str) -> None:
    was = local(node)
    node.tag = bpmn_tag("userTask")
    for child in [one for one in node if local(one).endswith("EventDefinition") or local(one) == "script"]:
        node.remove(child)
    made.append(Repair(code, node.get("id"), f"A person does it instead of the {was}."))


def _keys_of_steps(nodes: list[etree._Element], made: Made) -> None:
    taken = {qms(node, "step") or node.get("id") for node in nodes}
    for number, node in enumerate(nodes, start=1):
        key = qms(node, "step") or node.get("id") or ""
        if _STEP.match(key) and key not in ("start", "sites"):
            continue
        name = _snake(node.get("name") or "", "step")
        new = name if name not in taken and name not in ("start", "sites") else f"{name}_{number}"
        taken.add(new)
        node.set(f"{{{QMS}}}step", new)
        if local(node) == "userTask":
            made.append(Repair("step.key", node.get("id"), f"Its step key is {new}."))


def _people(process: etree._Element, tasks: list[etree._Element], made: Made) -> None:
    lanes = list(process.iter(bpmn_tag("lane")))
    for lane in lanes:
        if not qms(lane, "role"):
            lane.set(f"{{{QMS}}}role", _ROLE)
            made.append(Repair("task.no_lane", lane.get("id"), f"The role of the lane is {_ROLE}."))
    inside = {text_of(one) for lane in lanes for one in lane.findall(bpmn_tag("flowNodeRef"))}
    alone = [task for task in tasks if task.get("id") not in inside]
    if alone:
        lane_set = etree.SubElement(process, bpmn_tag("laneSet"), id="imported_lanes")
        lane = etree.SubElement(lane_set, bpmn_tag("lane"), id="imported_lane")
        lane.set(f"{{{QMS}}}role", _ROLE)
        for task in alone:
            etree.SubElement(lane, bpmn_tag("flowNodeRef")).text = task.get("id")
            made.append(Repair("task.no_lane", task.get("id"), f"It is done by the role {_ROLE}."))
    for task in tasks:
        if not qms(task, "form"):
            task.set(f"{{{QMS}}}form", _FORM)
            made.append(Repair("task.no_form", task.get("id"), f"Its form is {_FORM}."))


def _conditions(process: etree._Element, made: Made) -> None:
    gateways = {one.get("id"): one for one, _ in walk(process) if local(one) in _CHOICES}
    leaving: dict[str | None, list[etree._Element]] = {}
    for flow, _ in walk(process):
        if local(flow) == "sequenceFlow" and flow.get("sourceRef") in gateways:
            leaving.setdefault(flow.get("sourceRef"), []).append(flow)
    for key, flows in leaving.items():
        if len(flows) > 1:
            _ways_out(gateways[key], flows, made)


def _ways_out(gateway: etree._Element, flows: list[etree._Element], made: Made) -> None:
    if local(gateway) == "complexGateway":
        return
    bare = [flow for flow in flows if not _condition(flow) and flow.get("id") != gateway.get("default")]
    if bare and not gateway.get("default"):
        gateway.set("default", bare.pop().get("id", ""))
        made.append(Repair("flow.no_condition", gateway.get("id"), f"Its way is {gateway.get('default')}."))
    for flow in flows:
        wrong = bool(_condition(flow)) and not _readable(_condition(flow))
        if flow.get("id") != gateway.get("default") and (flow in bare or wrong):
            for old in flow.findall(bpmn_tag("conditionExpression")):
                flow.remove(old)
            etree.SubElement(flow, bpmn_tag("conditionExpression")).text = "False"
            code = "flow.condition" if wrong else "flow.no_condition"
            made.append(Repair(code, flow.get("id"), "It is not taken until its condition is written."))


def _condition(flow: etree._Element) -> str:
    return text_of(flow.find(bpmn_tag("conditionExpression")))


def _readable(source: str) -> bool:
    try:
        expressions.check(source)
    except ExpressionError:
        return False
    return True


def _times(process: etree._Element, made: Made) -> None:
    for definition in process.iter(bpmn_tag("timerEventDefinition")):
        kinds = [one for one in definition if local(one).startswith("time")]
        if any(is_literal(local(one), text_of(one)) for one in kinds):
            continue
        for one in kinds:
            definition.remove(one)
        etree.SubElement(definition, bpmn_tag("timeDuration")).text = "P1D"
        event = definition.getparent()
        key = event.get("id") if event is not None else None
        made.append(Repair("timer.unparsable", key, "It waits for one day."))


def _plain_ends(node: etree._Element, made: Made) -> None:
    lost = {"endEvent": ("signalEventDefinition", "messageEventDefinition"), "startEvent": _STARTS}
    trigger = read_trigger(node)
    sends = trigger is not None and not trigger.lost and bool(trigger.correlation)
    for child in _definitions(node):
        if local(child) in lost.get(local(node), ()) and not (sends and local(node) == "endEvent"):
            node.remove(child)
            code = "start.trigger" if local(node) == "startEvent" else "send.no_message"
            made.append(Repair(code, node.get("id"), f"Its {local(child)} is left out."))


def _definitions(node: etree._Element) -> Iterator[etree._Element]:
    handler = node.getparent()
    if handler is not None and handler.get("triggeredByEvent") == "true":
        return
    yield from [one for one in node if local(one).endswith("EventDefinition")]
