"""The checks of a process: what passes runs as drawn (URS-009). Tables are checked where they are read."""

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from workflows import rules_events, rules_flows, rules_tasks
from workflows.elements import FLOW_NODES, ProcessModel, walk
from workflows.findings import Finding
from workflows.rules_tasks import Named
from workflows.xmlfile import BPMN, line_of, local

_KEY = re.compile(r"^[a-z][a-z0-9_]*$")
_PREFIX = re.compile(r"^[A-Z]{2,6}$")
_RESERVED = re.compile(r"^(Start|End|Root)$|\.(EndJoin|BoundaryEventSplit|BoundaryEventJoin)$")
_SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"

_RUNS = frozenset(
    (
        *("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"),
        *("exclusiveGateway", "parallelGateway", "inclusiveGateway"),
        *("userTask", "serviceTask", "businessRuleTask", "scriptTask", "subProcess"),
    )
)
_DRAWN = frozenset(
    (
        *("documentation", "extensionElements", "laneSet", "sequenceFlow", "incoming", "outgoing"),
        *(
            "association",
            "textAnnotation",
            "group",
            "dataObject",
            "dataObjectReference",
            "dataStoreReference",
        ),
    )
)
_SAID_ELSEWHERE = frozenset(("complexGateway", "task", "manualTask", "receiveTask"))
_DATA = frozenset(
    ("ioSpecification", "dataInputAssociation", "dataOutputAssociation", "dataStore", "property")
)


def check(model: ProcessModel, root: etree._Element, named: Named) -> Iterator[Finding]:
    """Check one process of a file against everything that would not run as drawn."""
    process = next(node for node in root if local(node) == "process" and node.get("id", "") == model.key)
    yield from _identity(model)
    yield from _ids(root)
    yield from _constructs(root, process)
    yield from rules_events.check(model)
    yield from rules_flows.check(model)
    yield from rules_tasks.check(model, named)


def _identity(model: ProcessModel) -> Iterator[Finding]:
    if not _KEY.match(model.key):
        yield Finding("process.key", model.key, model.line, {"id": model.key})
    if not _PREFIX.match(model.prefix):
        yield Finding("process.prefix", model.key, model.line, {"prefix": model.prefix})


def _ids(root: etree._Element) -> Iterator[Finding]:
    nodes = [node for node in root.iter() if isinstance(node.tag, str) and node.tag.startswith(f"{{{BPMN}}}")]
    counted = Counter(node.get("id") for node in nodes if node.get("id"))
    for node in nodes:
        key = node.get("id")
        if key and _RESERVED.search(key):
            yield Finding("id.reserved", key, line_of(node), {"id": key})
        if key and counted[key] > 1:
            yield Finding("id.duplicate", key, line_of(node), {"id": key})
        if not key and local(node) in (*FLOW_NODES, "process", "sequenceFlow"):
            yield Finding("id.missing", None, line_of(node), {"kind": local(node)})


def _constructs(root: etree._Element, process: etree._Element) -> Iterator[Finding]:
    for node, _scope in walk(process):
        kind = local(node)
        if kind and kind not in (_RUNS | _DRAWN | _SAID_ELSEWHERE | _DATA):
            yield _unsupported(node)
        if node.get("isForCompensation") == "true":
            yield Finding("event.compensation", node.get("id"), line_of(node))
    for node in root.iter():
        hidden = isinstance(node.tag, str) and node.tag.startswith(f"{{{_SPIFF}}}")
        if hidden or local(node) in _DATA:
            yield _unsupported(node)


def _unsupported(node: etree._Element) -> Finding:
    owner = node if node.get("id") else node.getparent()
    key = owner.get("id") if owner is not None else None
    return Finding("construct.unsupported", key, line_of(node), {"kind": local(node)})
