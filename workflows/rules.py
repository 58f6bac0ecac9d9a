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

MOST_ELEMENTS = 1_500
"""More flow nodes than this in one bundle are no model that people could read."""

_KEY = re.compile(r"^[a-z][a-z0-9_]*$")
_PREFIX = re.compile(r"^[A-Z]{2,6}$")
_RESERVED = re.compile(r"^(Start|End|Root)$|\.(EndJoin|BoundaryEventSplit|BoundaryEventJoin)$")
_SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"

_RUNS = frozenset(
    (
        *("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"),
        *("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"),
        *("userTask", "serviceTask", "businessRuleTask", "scriptTask", "sendTask", "receiveTask"),
        *("subProcess", "callActivity"),
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
        *("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"),
    )
)
_SAID_ELSEWHERE = frozenset(("complexGateway", "task", "manualTask"))
_REFUSED = {
    "adHocSubProcess": "subprocess.ad_hoc",
    "transaction": "subprocess.transaction",
    "correlationSubscription": "message.correlation_key",
}
_DATA = frozenset(
    ("ioSpecification", "dataInputAssociation", "dataOutputAssociation", "dataStore", "property")
)
_STANDARD_CORRELATION = frozenset(("correlationKey", "correlationProperty"))


def check_file(root: etree._Element) -> Iterator[Finding]:
    """Check what lies in a file beside and across its processes."""
    yield from _ids(root)
    yield from _ignored(root)


def check(model: ProcessModel, root: etree._Element, named: Named) -> Iterator[Finding]:
    """Check one process of a file against everything that would not run as drawn."""
    process = next(node for node in root if local(node) == "process" and node.get("id", "") == model.key)
    yield from _identity(model)
    yield from _constructs(process)
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


def _constructs(process: etree._Element) -> Iterator[Finding]:
    for node, _scope in walk(process):
        kind = local(node)
        if kind in _REFUSED:
            yield Finding(_REFUSED[kind], node.get("id"), line_of(node))
        elif kind and kind not in (_RUNS | _DRAWN | _SAID_ELSEWHERE | _DATA):
            yield _unsupported(node)
        if node.get("isForCompensation") == "true":
            yield Finding("event.compensation", node.get("id"), line_of(node))


def _ignored(root: etree._Element) -> Iterator[Finding]:
    for node in root.iter():
        hidden = isinstance(node.tag, str) and node.tag.startswith(f"{{{_SPIFF}}}")
        if local(node) in _DATA:
            yield Finding("data.flow", _owner(node), line_of(node), {"kind": local(node)})
        elif local(node) in _STANDARD_CORRELATION:
            yield Finding("message.correlation_key", _owner(node), line_of(node))
        elif hidden:
            yield _unsupported(node)


def _unsupported(node: etree._Element) -> Finding:
    return Finding("construct.unsupported", _owner(node), line_of(node), {"kind": local(node)})


def _owner(node: etree._Element) -> str | None:
    owner = node if node.get("id") else node.getparent()
    return owner.get("id") if owner is not None else None
