"""Checks of tasks: everything they name exists, nobody overwrites anybody's facts."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.types import Bilingual
from workflows import calendars, durations, expressions, registry, rules_markers
from workflows.elements import Element, Policy, ProcessModel
from workflows.expressions import ExpressionError
from workflows.findings import Finding
from workflows.sentences import N_, said

_KEY = re.compile(r"^[a-z][a-z0-9_]*$")
_ID = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")  # as editors make them; a name in expressions all the same
_RESERVED = ("start", "sites")
_MOST_SIGNERS = 9


@dataclass(frozen=True)
class Named:
    """What a model may name besides itself and the registry."""

    decisions: frozenset[str]
    known_form: Callable[[str], bool]


def check(model: ProcessModel, named: Named) -> Iterator[Finding]:
    """Check every task of a process."""
    steps = {one.step for one in model.elements.values() if one.kind == "userTask"}
    for element in model.elements.values():
        yield from rules_markers.check(element)
        if element.calendar not in (None, calendars.WORKING):
            yield Finding("calendar.unknown", element.id, element.line, {"calendar": element.calendar})
        yield from _task(element, steps, named)
    yield from _step_keys(model)
    yield from _case(model)


def _case(model: ProcessModel) -> Iterator[Finding]:
    """Check what the process says of its cases: title, who starts them, who may cancel them."""
    where = (model.key, model.line)
    if model.title is not None:
        yield from _expression(where, "title.expression", model.title)
    lane = model.started_in_person
    for role in dict.fromkeys([*model.cancel, *([lane.role] if lane else [])]):
        if role not in registry.roles():
            known = ", ".join(sorted(registry.roles()))
            yield Finding("role.unknown", *where, {"role": role, "known": known})


def _expression(where: tuple[str, int | None], code: str, source: str) -> Iterator[Finding]:
    try:
        expressions.check(source)
    except ExpressionError as wrong:
        yield Finding(code, *where, {"reason": wrong.reason})


def _task(element: Element, steps: set[str], named: Named) -> Iterator[Finding]:
    if element.kind in ("task", "manualTask"):
        yield Finding("task.untyped", element.id, element.line)
    elif element.kind == "userTask" and element.policy is not None:
        yield from _user_task(element, element.policy, steps, named)
    elif element.kind == "serviceTask":
        yield from _service_task(element)
    elif element.kind == "callActivity":
        yield from _parameters(element)
    elif element.kind == "businessRuleTask":
        yield from _rule_task(element, named)
    elif element.kind == "scriptTask":
        yield from _script_task(element)


def _step_keys(model: ProcessModel) -> Iterator[Finding]:
    writers = [one for one in model.elements.values() if one.writes]
    counted = Counter(one.step for one in writers)
    for element in writers:
        pattern = _ID if element.step == element.id else _KEY
        if not pattern.match(element.step) or element.step in _RESERVED:
            yield Finding("step.key", element.id, element.line, {"step": element.step})
        elif counted[element.step] > 1:
            yield Finding("step.duplicate", element.id, element.line, {"step": element.step})


def _user_task(element: Element, policy: Policy, steps: set[str], named: Named) -> Iterator[Finding]:
    where = (element.id, element.line)
    if not policy.role:
        yield Finding("task.no_lane", *where)
    elif policy.role not in registry.roles():
        yield Finding(
            "role.unknown", *where, {"role": policy.role, "known": ", ".join(sorted(registry.roles()))}
        )
    if not policy.form:
        yield Finding("task.no_form", *where)
    elif not named.known_form(policy.form):
        yield Finding("form.unknown", *where, {"form": policy.form})
    yield from _due(element, policy)
    yield from _signature(element, policy)
    for step in policy.not_by:
        others = steps if element.marker is not None else steps - {policy.step}
        if step not in others | {"start"}:
            yield Finding("not_by.unknown", *where, {"step": step})
    yield from _who(element, policy, steps)


def _who(element: Element, policy: Policy, steps: set[str]) -> Iterator[Finding]:
    """Check who does a step by name: the performer of another, or whom an expression gives."""
    where = (element.id, element.line)
    if policy.by is not None and policy.by not in {*(steps - {policy.step}), "start"}:
        yield Finding("by.unknown", *where, {"step": policy.by})
    elif policy.by is not None and policy.by in policy.not_by:
        yield Finding("by.excluded", *where, {"step": policy.by})
    if policy.assignee is not None:
        yield from _expression(where, "assignee.expression", policy.assignee)
    if policy.no_delegate not in (None, "true"):
        yield Finding("no_delegate.value", *where, {"value": policy.no_delegate})
    named = sum(1 for one in (policy.by, policy.assignee) if one is not None)
    if named and named + policy.signers > 2:
        yield Finding("assignee.several", *where)


def _due(element: Element, policy: Policy) -> Iterator[Finding]:
    if policy.due is None:
        yield Finding("task.no_due", element.id, element.line, severity="warning")
    elif not durations.is_duration(policy.due) and not _reads_facts(policy.due):
        yield Finding("due.unparsable", element.id, element.line, {"value": policy.due})


def _reads_facts(due: str) -> bool:
    """Say whether a due time is an expression over facts, such as the output of a decision table."""
    try:
        return bool(expressions.check(due)) and "." in due
    except ExpressionError:
        return False


def _signature(element: Element, policy: Policy) -> Iterator[Finding]:
    if policy.meaning is not None and policy.meaning not in registry.MEANINGS:
        facts = {"meaning": policy.meaning, "known": ", ".join(registry.MEANINGS)}
        yield Finding("meaning.unknown", element.id, element.line, facts)
    if not 1 <= policy.signers <= _MOST_SIGNERS:
        yield Finding("signers.number", element.id, element.line, {"most": _MOST_SIGNERS})


def _service_task(element: Element) -> Iterator[Finding]:
    where = (element.id, element.line)
    if not element.operation:
        yield Finding("service.no_operation", *where)
    elif not registry.known(element.operation):
        yield Finding("operation.unknown", *where, {"operation": element.operation})
    else:
        wrong = registry.missing_parameters(element.operation, set(element.parameters))
        if wrong:
            yield Finding("operation.parameters", *where, {"reason": wrong})
        yield from _constants(element, element.operation)
    yield from _parameters(element)


def _constants(element: Element, operation: str) -> Iterator[Finding]:
    """Check parameters that are written out against the operation's schema; all others wait for the case."""
    for name, source in element.parameters.items():
        if not expressions.is_constant(source):
            continue
        try:
            wrong = registry.wrong_constant(operation, name, expressions.evaluate(source, {}))
        except ExpressionError as refused:
            wrong = refused.reason
        if wrong:
            yield Finding("parameter.value", element.id, element.line, {"name": name, "reason": wrong})


def _parameters(element: Element) -> Iterator[Finding]:
    where = (element.id, element.line)
    for name, source in element.parameters.items():
        try:
            expressions.check(source)
        except ExpressionError as refused:
            yield Finding("parameter.expression", *where, {"name": name, "reason": refused.reason})


def _rule_task(element: Element, named: Named) -> Iterator[Finding]:
    if not element.decision:
        yield Finding("rule.no_decision", element.id, element.line)
    elif element.decision not in named.decisions:
        yield Finding("decision.unknown", element.id, element.line, {"decision": element.decision})


def _script_task(element: Element) -> Iterator[Finding]:
    reason: Bilingual | None = None
    try:
        written = {name for name, _ in expressions.assignments(element.script or "")}
        if written != {element.step}:
            reason = said(N_("it may write “%(step)s” only"), step=element.step)
    except ExpressionError as wrong:
        reason = wrong.reason
    if reason is not None:
        yield Finding("script.refused", element.id, element.line, {"reason": reason})
