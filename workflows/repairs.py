"""Repairs of imported models: each is listed, only its owner may accept it, nothing is repaired unasked.

Repaired are notations that other tools leave implicit: the executable mark, missing start and end events,
several flows out of a task; then what a drawing lacks to be run (``repairs_import``). New elements have no
place in the picture yet.
"""

from collections import defaultdict
from collections.abc import Callable

from lxml import etree

from workflows import repairs_import
from workflows.elements import ACTIVITIES, EVENTS, FLOW_NODES, SCOPES, bpmn_tag, walk
from workflows.findings import Repair
from workflows.rules import MOST_ELEMENTS
from workflows.xmlfile import UnreadableFile, local, parse

_SPLITS = frozenset((*ACTIVITIES, *EVENTS))
_UNENDED = frozenset((*ACTIVITIES, "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"))

Flows = dict[str | None, list[etree._Element]]


def repair(data: bytes) -> tuple[bytes, list[Repair]]:
    """Give a repaired copy of a BPMN file and what was changed.

    An unreadable file, and one that is too large to be a model, comes back as it is.
    """
    try:
        root = parse(data)
    except UnreadableFile:
        return data, []
    if sum(local(node) in FLOW_NODES for node in root.iter()) > MOST_ELEMENTS:
        return data, []
    made: list[Repair] = []
    for process in root.findall(bpmn_tag("process")):
        _executable(process, made)
    repairs_import.whole_file(root, made)
    for process in root.findall(bpmn_tag("process")):
        for mend in _MENDS:
            mend(process, made)
        if process.get("isExecutable", "true") == "true":
            repairs_import.one_process(process, made)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8"), made


def _executable(process: etree._Element, made: list[Repair]) -> None:
    definitions = process.getparent()
    alone = definitions is not None and len(definitions.findall(bpmn_tag("process"))) == 1
    if alone and process.get("isExecutable") == "false":
        process.set("isExecutable", "true")
        made.append(
            Repair("process.not_executable", process.get("id"), "The process is marked as executable.")
        )


def _splits(process: etree._Element, made: list[Repair]) -> None:
    leaving = _flows(process, "sourceRef")
    for node in [one for one, _ in walk(process) if local(one) in _SPLITS]:
        flows = leaving[node.get("id")]
        conditional = any(flow.find(bpmn_tag("conditionExpression")) is not None for flow in flows)
        if len(flows) < 2 and not conditional:
            continue
        kind = "inclusiveGateway" if conditional else "parallelGateway"
        gateway = _add(node, kind, "split")
        if node.get("default"):
            gateway.set("default", str(node.attrib.pop("default")))
        for flow in flows:
            flow.set("sourceRef", gateway.get("id", ""))
        _connect(node, gateway)
        made.append(
            Repair("flow.implicit_split", node.get("id"), f"A {kind} is put behind it, as BPMN reads it.")
        )


def _ends(process: etree._Element, made: list[Repair]) -> None:
    leaving = _flows(process, "sourceRef")
    for node in [one for one, _ in walk(process) if local(one) in _UNENDED]:
        if not leaving[node.get("id")] and node.get("triggeredByEvent") != "true":
            _connect(node, _add(node, "endEvent", "end"))
            made.append(Repair("end.unreachable", node.get("id"), "An end event is put behind it."))


def _starts(process: etree._Element, made: list[Repair]) -> None:
    coming = _flows(process, "targetRef")
    for scope in [process, *(one for one, _ in walk(process) if local(one) in SCOPES)]:
        nodes = [one for one in scope if local(one) in _SPLITS or local(one).endswith("Gateway")]
        if not nodes or any(local(one) == "startEvent" for one in nodes):
            continue
        first = [one for one in nodes if not coming[one.get("id")] and local(one) != "boundaryEvent"]
        if len(first) == 1:
            start = _add(first[0], "startEvent", "start")
            _connect(start, first[0])
            made.append(Repair("start.count", first[0].get("id"), "A start event is put before it."))


_MENDS: tuple[Callable[[etree._Element, list[Repair]], None], ...] = (_splits, _ends, _starts)


def _flows(process: etree._Element, end: str) -> Flows:
    """Give the flows of a process by the element at one of their ends."""
    found: Flows = defaultdict(list)
    for node, _ in walk(process):
        if local(node) == "sequenceFlow":
            found[node.get(end)].append(node)
    return found


def _add(near: etree._Element, kind: str, suffix: str) -> etree._Element:
    scope = near.getparent()
    assert scope is not None  # only nodes inside a process come here
    return etree.SubElement(scope, bpmn_tag(kind), id=f"{near.get('id')}_{suffix}")


def _connect(source: etree._Element, target: etree._Element) -> None:
    scope = source.getparent()
    assert scope is not None  # only nodes inside a process come here
    source_id, target_id = source.get("id", ""), target.get("id", "")
    flow = etree.SubElement(scope, bpmn_tag("sequenceFlow"), id=f"{source_id}_{target_id}")
    flow.set("sourceRef", source_id)
    flow.set("targetRef", target_id)
