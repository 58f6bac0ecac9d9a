"""What differs between two releases of a process: steps, flows, roles and rules, then the text (URS-007)."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from core.types import Bilingual
from workflows.compiled import CompiledProcess
from workflows.elements import Element, Flow
from workflows.sentences import N_
from workflows.sheet import DecisionSheet, decision_sheets

Kind = Literal["added", "removed", "changed"]
What = Literal["step", "flow", "lane", "decision", "process"]
Facts = dict[str, Any]
T = TypeVar("T")

_KINDS: dict[str, Bilingual] = {
    "userTask": {"en": "User task", "zh": "用户任务"},
    "serviceTask": {"en": "Service task", "zh": "服务任务"},
    "scriptTask": {"en": "Script task", "zh": "脚本任务"},
    "businessRuleTask": {"en": "Business rule task", "zh": "业务规则任务"},
    "receiveTask": {"en": "Receive task", "zh": "接收任务"},
    "sendTask": {"en": "Send task", "zh": "发送任务"},
    "startEvent": {"en": "Start event", "zh": "开始事件"},
    "endEvent": {"en": "End event", "zh": "结束事件"},
    "boundaryEvent": {"en": "Boundary event", "zh": "边界事件"},
    "intermediateCatchEvent": {"en": "Intermediate catch event", "zh": "中间捕获事件"},
    "intermediateThrowEvent": {"en": "Intermediate throw event", "zh": "中间抛出事件"},
    "exclusiveGateway": {"en": "Exclusive gateway", "zh": "排他网关"},
    "inclusiveGateway": {"en": "Inclusive gateway", "zh": "包容网关"},
    "parallelGateway": {"en": "Parallel gateway", "zh": "并行网关"},
    "eventBasedGateway": {"en": "Event-based gateway", "zh": "事件网关"},
    "subProcess": {"en": "Sub-process", "zh": "子流程"},
    "callActivity": {"en": "Call activity", "zh": "调用活动"},
}
"""Kinds of elements, as BPMN 2.0 calls them."""


@dataclass(frozen=True)
class Detail:
    """One fact that changed: its label as a gettext msgid, old and new as text or bilingual text."""

    label: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Change:
    """One thing that was added, removed or changed."""

    kind: Kind
    what: What
    id: str
    name: Bilingual
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True)
class Difference:
    """Everything that differs; ``texts`` maps a file to the lines of its unified diff."""

    changes: tuple[Change, ...]
    texts: dict[str, list[str]]

    @property
    def only_drawn(self) -> bool:
        """Whether nothing changed but the drawing or the wording around it."""
        return bool(self.texts) and not self.changes

    def ids(self, kind: Kind) -> frozenset[str]:
        """Give the ids of the diagram's elements that were changed in one way."""
        drawn = {"step", "flow", "lane"}
        return frozenset(change.id for change in self.changes if change.kind == kind and change.what in drawn)


def compare(old: CompiledProcess, new: CompiledProcess) -> Difference:
    """Compare two releases; what does not change how a case runs shows in the text only."""
    changes = [
        *_differences("process", {"": old}, {"": new}, lambda process: process.name, _process_facts),
        *_differences(
            "step", old.elements, new.elements, _element_name, _steps_of(new, old), _steps_of(old, new)
        ),
        *_differences(
            "flow", _flows(old), _flows(new), _flow_name(old, new), _flow_facts(new), _flow_facts(old)
        ),
        *_differences("lane", _lanes(old), _lanes(new), lambda lane: lane.name, _lane_facts),
        *_differences("decision", _tables(old), _tables(new), lambda table: table.name, _table_facts),
    ]
    return Difference(tuple(changes), text_differences(old.files, new.files))


def text_differences(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[str]]:
    """Give the unified diff of each file that differs, three lines around every change."""
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return {name: _unified(old.get(name, ""), new.get(name, "")) for name in names}


def _unified(old: str, new: str) -> list[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    return list(lines)[2:]


def _differences(
    what: What,
    old: Mapping[str, T],
    new: Mapping[str, T],
    name: Callable[[T], Bilingual],
    facts: Callable[[T], Facts],
    facts_before: Callable[[T], Facts] | None = None,
) -> Iterator[Change]:
    for key in [*new, *(key for key in old if key not in new)]:
        before, after = old.get(key), new.get(key)
        if before is None and after is not None:
            yield Change("added", what, key, name(after), _details({}, facts(after)))
        elif after is None and before is not None:
            yield Change("removed", what, key, name(before))
        elif before is not None and after is not None:
            details = _details((facts_before or facts)(before), facts(after))
            if details:
                yield Change("changed", what, key, name(after), details)


def _details(old: Facts, new: Facts) -> tuple[Detail, ...]:
    labels = list(dict.fromkeys([*old, *new]))
    pairs = [(label, old.get(label, ""), new.get(label, "")) for label in labels]
    return tuple(Detail(label, before, after) for label, before, after in pairs if before != after)


def _process_facts(process: CompiledProcess) -> Facts:
    model = process.model
    return {
        N_("Name"): dict(model.name),
        N_("Subject"): model.subject or "",
        N_("Prefix of cases"): model.prefix,
    }


def _element_name(element: Element) -> Bilingual:
    return element.name if any(element.name.values()) else {"en": element.id, "zh": element.id}


def _steps_of(process: CompiledProcess, other: CompiledProcess) -> Callable[[Element], Facts]:
    """Say how to tell the steps of a release; a form that the other has differently is told with its hash."""
    told = {
        key: f"{key} {form.revision} {form.version[:12]}"
        for key, form in process.forms.items()
        if key in other.forms and other.forms[key].version != form.version
    }

    def facts(element: Element) -> Facts:
        found = _element_facts(element)
        form = found.get("Form", "")
        return found | {"Form": told[form]} if form in told else found

    return facts


def _element_facts(element: Element) -> Facts:
    policy = element.policy
    own = {
        N_("Name"): dict(element.name) if any(element.name.values()) else "",
        N_("Kind"): dict(_KINDS.get(element.kind, {"en": element.kind, "zh": element.kind})),
        N_("Lane"): dict(element.lane.name) if element.lane else "",
        N_("Step key"): element.step if element.step != element.id else "",
        N_("Operation"): element.operation or "",
        N_("Parameters"): ", ".join(f"{name} = {value}" for name, value in element.parameters.items()),
        N_("Decision table"): element.decision or "",
        N_("Script"): element.script or "",
        N_("Timer"): element.timer.text if element.timer else "",
        N_("Attached to"): element.attached_to or "",
        N_("Interrupts"): "" if element.interrupting else "–",
        N_("Waits for or throws"): _trigger(element),
        N_("Repeated"): _marker(element),
        N_("Called process"): element.called or "",
        N_("Calendar"): element.calendar or "",
        N_("Default way out"): element.default or "",
    }
    if policy is None:
        return own
    return own | {
        N_("Form"): policy.form,
        N_("Role"): policy.role,
        N_("Meaning of the signature"): policy.meaning or "",
        N_("Signers"): str(policy.signers),
        N_("Not by who did"): " ".join(policy.not_by),
        N_("Only by who did"): policy.by or "",
        N_("Person"): policy.assignee or "",
        N_("No deputy"): policy.no_delegate or "",
        N_("Due"): policy.due or "",
        N_("Site"): policy.site_scope,
        N_("Shows"): " ".join(policy.shows),
        N_("Record"): policy.record,
    }


def _trigger(element: Element) -> str:
    trigger = element.trigger
    if trigger is None:
        return " ".join(element.events)
    keys = ", ".join(f"{name} = {value}" for name, value in trigger.correlation.items())
    return " ".join(part for part in (trigger.kind, trigger.name or "", keys and f"({keys})") if part)


def _marker(element: Element) -> str:
    marker = element.marker
    if marker is None:
        return ""
    said = (marker.cardinality, marker.collection, marker.condition, marker.maximum)
    before = "testBefore" if marker.test_before else ""
    return " ".join(part for part in (marker.kind, marker.item, *said, before) if part)


def _flows(process: CompiledProcess) -> dict[str, Flow]:
    return {flow.id: flow for flow in process.flows}


def _flow_name(old: CompiledProcess, new: CompiledProcess) -> Callable[[Flow], Bilingual]:
    elements = old.elements | new.elements

    def name(flow: Flow) -> Bilingual:
        source, target = _element_name(elements[flow.source]), _element_name(elements[flow.target])
        return {language: f"{source[language]} → {target[language]}" for language in ("en", "zh")}

    return name


def _flow_facts(process: CompiledProcess) -> Callable[[Flow], Facts]:
    def facts(flow: Flow) -> Facts:
        return {
            N_("Leads from"): dict(_element_name(process.elements[flow.source])),
            N_("Leads to"): dict(_element_name(process.elements[flow.target])),
            N_("Condition"): flow.condition or "",
        }

    return facts


def _lanes(process: CompiledProcess) -> dict[str, Any]:
    return {lane.id: lane for model in (process.model, *process.called) for lane in model.lanes}


def _lane_facts(lane: Any) -> Facts:
    return {N_("Name"): dict(lane.name), N_("Role"): lane.role}


def _tables(process: CompiledProcess) -> dict[str, DecisionSheet]:
    return {sheet.id: sheet for sheet in decision_sheets(process)}


def _table_facts(table: DecisionSheet) -> Facts:
    facts: Facts = {
        N_("Name"): dict(table.name),
        N_("Hit policy"): table.policy,
        N_("Inputs"): " | ".join(column["en"] for column in table.inputs),
        N_("Outputs"): " | ".join(column["en"] for column in table.outputs),
    }
    for number, (cells, _note) in enumerate(table.rows, start=1):
        facts[f"#{number}"] = " | ".join(cell if isinstance(cell, str) else cell["en"] for cell in cells)
    return facts
