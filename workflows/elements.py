"""A process as its diagram says it: elements, flows, lanes and policies, with their lines in the XML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from core.types import Bilingual
from workflows.markers import Marker, read_marker
from workflows.triggers import Trigger, read_trigger
from workflows.xmlfile import BPMN, QMS, line_of, local, text_of

EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
GATEWAYS = (
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
    "complexGateway",
)
ACTIVITIES = (
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "businessRuleTask",
    "scriptTask",
    "sendTask",
    "receiveTask",
    "callActivity",
    "subProcess",
    "transaction",
    "adHocSubProcess",
)
FLOW_NODES = frozenset((*EVENTS, *GATEWAYS, *ACTIVITIES))
SCOPES = ("subProcess", "transaction", "adHocSubProcess")
WRITERS = ("userTask", "serviceTask", "businessRuleTask", "scriptTask", "callActivity")
CATCHERS = ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")
THROWERS = ("endEvent", "intermediateThrowEvent", "sendTask")


@dataclass(frozen=True)
class Policy:
    """What a process owner set for a user task: who, where, form, signature, until when (URS-003).

    ``by`` is the step, or ``start``, whose performer alone does it; ``assignee`` an expression that gives the
    login of the person who does it. ``no_delegate`` is ``true`` where nobody stands in for that person.
    """

    step: str
    form: str
    role: str
    meaning: str | None
    not_by: tuple[str, ...]
    due: str | None
    site_scope: str
    shows: tuple[str, ...]
    record: str
    signers: int
    by: str | None = None
    assignee: str | None = None
    no_delegate: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the policy as kept with the task."""
        named = {"by": self.by, "assignee": self.assignee, "no_delegate": self.no_delegate}
        return {
            "step": self.step,
            "form": self.form,
            "role": self.role,
            "meaning": self.meaning,
            "not_by": list(self.not_by),
            "due": self.due,
            "site_scope": self.site_scope,
            "shows": list(self.shows),
            "record": self.record,
            "signers": self.signers,
            **{name: value for name, value in named.items() if value is not None},
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Policy":
        """Read a policy as kept with a task."""
        return cls(**{**kept, "not_by": tuple(kept["not_by"]), "shows": tuple(kept["shows"])})


@dataclass(frozen=True)
class Lane:
    """One lane: its role and its name in both languages."""

    id: str
    name: Bilingual
    role: str


@dataclass(frozen=True)
class Timer:
    """When a timer fires: ``kind`` is timeDate, timeDuration or timeCycle; ISO 8601 or an expression."""

    kind: str
    text: str


@dataclass(frozen=True)
class Element:
    """One flow node. ``scope`` is the process or subprocess it lies in; ``step`` the key it writes under."""

    id: str
    kind: str
    name: Bilingual
    line: int | None
    scope: str
    step: str
    lane: Lane | None = None
    policy: Policy | None = None
    operation: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    decision: str | None = None
    script: str | None = None
    events: tuple[str, ...] = ()
    trigger: Trigger | None = None
    timer: Timer | None = None
    attached_to: str | None = None
    interrupting: bool = True
    by_event: bool = False
    default: str | None = None
    marker: Marker | None = None
    called: str | None = None
    calendar: str | None = None
    requires: tuple[str, ...] = ()

    @property
    def title(self) -> Bilingual:
        """The name as drawn, or the id of an element without a name."""
        drawn = self.name["en"] or self.name["zh"] or self.id
        return {"en": drawn, "zh": self.name["zh"] or drawn}

    @property
    def writes(self) -> bool:
        """Whether facts lie under its step key once it has been passed."""
        return (
            self.kind in WRITERS
            or (self.kind in CATCHERS and self.trigger is not None)
            or (self.kind == "subProcess" and self.marker is not None and not self.marker.standard)
        )


@dataclass(frozen=True)
class Flow:
    """One sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None
    scope: str
    line: int | None


@dataclass(frozen=True)
class ProcessModel:
    """A process as drawn. ``key`` is the id of its element; ``subject`` the type of what cases are about.

    ``title`` is an expression that gives the title of a case, ``cancel`` are the roles that may cancel one.
    """

    key: str
    name: Bilingual
    line: int | None
    executable: bool
    prefix: str
    subject: str | None
    elements: dict[str, Element]
    flows: tuple[Flow, ...]
    lanes: tuple[Lane, ...]
    title: str | None = None
    cancel: tuple[str, ...] = ()

    def inside(self, scope: str) -> list[Element]:
        """List the elements that lie directly in the process or in one subprocess."""
        return [element for element in self.elements.values() if element.scope == scope]

    @property
    def started_in_person(self) -> Lane | None:
        """Whose people start a case: the lane of the start event, if the step behind it is the starter's.

        Other processes are started by what happens in the plant, or by messages alone.
        """
        start = next((one for one in self.inside(self.key) if one.kind == "startEvent"), None)
        behind = [self.elements.get(flow.target) for flow in self.flows if start and flow.source == start.id]
        reports = any(one is not None and one.policy and one.policy.by == "start" for one in behind)
        return start.lane if start and reports and start.lane and start.lane.role else None

    def steps(self) -> dict[str, Element]:
        """List the elements that write facts, by step key."""
        return {element.step: element for element in self.elements.values() if element.writes}


def bpmn_tag(name: str) -> str:
    """Give the full tag of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def qms(node: etree._Element, name: str) -> str | None:
    """Read a ``qms:`` attribute."""
    found = node.get(f"{{{QMS}}}{name}")
    return found.strip() if found is not None else None


def read_process(process: etree._Element) -> ProcessModel:
    """Read one process element; nothing is judged here."""
    lanes, lane_of = _lanes(process)
    key = process.get("id", "")
    return ProcessModel(
        key=key,
        name=_name(process),
        line=line_of(process),
        executable=process.get("isExecutable", "true") == "true",
        prefix=qms(process, "prefix") or initials(key),
        subject=qms(process, "subject"),
        elements={
            node.get("id", ""): _element(node, scope, lane_of)
            for node, scope in walk(process)
            if local(node) in FLOW_NODES
        },
        flows=tuple(_flow(node, scope) for node, scope in walk(process) if local(node) == "sequenceFlow"),
        lanes=tuple(lanes),
        title=qms(process, "title"),
        cancel=tuple((qms(process, "cancel") or "").split()),
    )


def initials(key: str) -> str:
    """Make the prefix of case numbers from a process key where the model names none."""
    words = [word for word in re.split(r"[_\W]+", key) if word]
    return ("".join(word[0] for word in words) if len(words) > 1 else key[:3]).upper()


def walk(scope: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Go through everything inside a process and its subprocesses, each with the id of what it lies in."""
    for node in scope:
        yield node, scope.get("id", "")
        if local(node) in SCOPES:
            yield from walk(node)


def _name(node: etree._Element) -> Bilingual:
    drawn = " ".join((node.get("name") or "").split())
    return {"en": drawn, "zh": qms(node, "nameZh") or drawn}


def _lanes(process: etree._Element) -> tuple[list[Lane], dict[str, Lane]]:
    lanes: list[Lane] = []
    lane_of: dict[str, Lane] = {}
    for node in process.iter(bpmn_tag("lane")):
        lane = Lane(node.get("id", ""), _name(node), qms(node, "role") or "")
        lanes.append(lane)
        for reference in node.findall(bpmn_tag("flowNodeRef")):
            lane_of[text_of(reference)] = lane
    return lanes, lane_of


def _element(node: etree._Element, scope: str, lane_of: dict[str, Lane]) -> Element:
    key = node.get("id", "")
    kind = local(node)
    lane = lane_of.get(key) or lane_of.get(scope)
    step = qms(node, "step") or key
    events = tuple(local(child) for child in node if local(child).endswith("EventDefinition"))
    return Element(
        id=key,
        kind=kind,
        name=_name(node),
        line=line_of(node),
        scope=scope,
        step=step,
        lane=lane,
        policy=_policy(node, step, lane) if kind == "userTask" else None,
        operation=qms(node, "operation"),
        parameters=_parameters(node),
        decision=qms(node, "decision"),
        script=text_of(node.find(bpmn_tag("script"))) if kind == "scriptTask" else None,
        events=events,
        trigger=read_trigger(node),
        timer=_timer(node),
        attached_to=node.get("attachedToRef"),
        interrupting=node.get("isInterrupting" if kind == "startEvent" else "cancelActivity", "true")
        == "true",
        by_event=node.get("triggeredByEvent") == "true",
        default=node.get("default"),
        marker=read_marker(node),
        called=node.get("calledElement"),
        calendar=qms(node, "calendar"),
        requires=tuple((qms(node, "requires") or "").split()),
    )


def _policy(node: etree._Element, step: str, lane: Lane | None) -> Policy:
    signers = qms(node, "signers") or "1"
    return Policy(
        step=step,
        form=qms(node, "form") or "",
        role=lane.role if lane else "",
        meaning=qms(node, "meaning"),
        not_by=tuple((qms(node, "notBy") or "").split()),
        due=qms(node, "due"),
        site_scope=qms(node, "siteScope") or "plant",
        shows=tuple((qms(node, "shows") or "").split()),
        record=qms(node, "record") or "step",
        signers=int(signers) if signers.isdigit() else 0,
        by=qms(node, "by"),
        assignee=qms(node, "assignee"),
        no_delegate=qms(node, "noDelegate"),
    )


def _parameters(node: etree._Element) -> dict[str, str]:
    extension = node.find(bpmn_tag("extensionElements"))
    found = extension.findall(f"{{{QMS}}}parameter") if extension is not None else []
    return {parameter.get("name", ""): parameter.get("value", "") for parameter in found}


def _timer(node: etree._Element) -> Timer | None:
    definition = node.find(bpmn_tag("timerEventDefinition"))
    if definition is None:
        return None
    for child in definition:
        if local(child) in ("timeDate", "timeDuration", "timeCycle"):
            return Timer(local(child), text_of(child))
    return Timer("", "")


def _flow(node: etree._Element, scope: str) -> Flow:
    condition = text_of(node.find(bpmn_tag("conditionExpression")))
    return Flow(
        id=node.get("id", ""),
        source=node.get("sourceRef", ""),
        target=node.get("targetRef", ""),
        condition=condition or None,
        scope=scope,
        line=line_of(node),
    )
