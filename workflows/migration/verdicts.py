"""Whether a running case can go on under another release: safe, a matter of decision, or not at all.

A verdict compares the two releases with where the case stands. What the case has not reached may change
freely. A step that would be skipped is for people to decide on. What the engine is in the middle of must be
the same on both sides; otherwise the case finishes on the release it started on (URS-007).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState as EngineState

from core.types import Bilingual
from workflows import codec, expressions
from workflows.compiled import CompiledProcess
from workflows.difference import Change, compare
from workflows.elements import ACTIVITIES, Element
from workflows.expressions import ExpressionError
from workflows.facts import Facts
from workflows.models import HumanTask
from workflows.rules_flows import closure
from workflows.sentences import N_, said

LIVE = EngineState.READY | EngineState.WAITING | EngineState.STARTED
_SIGNED = frozenset({"Form", "Meaning of the signature", "Signers", "Record"})
_HARMLESS = frozenset({"Name", "Lane", "Role", "Due", "Shows", "Site", "Not by who did"})


class Verdict(StrEnum):
    """What may be done with one case, from best to worst."""

    SAFE = "safe"
    NEEDS_DECISION = "needs_decision"
    MUST_FINISH = "must_finish"


_RANK = list(Verdict)
_REMOVED = N_("The case stands at “%(step)s”, which the other release does not have.")
_RUNNING = N_("“%(step)s” is under way and works differently in the other release.")
_TIMER = N_("The timer “%(step)s” is running; it keeps the time it has.")
_JOIN = N_("Several steps are under way, and “%(step)s” waits for other ones in the other release.")
_FACT = N_("“%(step)s” asks for “%(fact)s”, which this case does not have and will not get.")
_SKIPPED = N_("“%(step)s” comes before where the case stands; the case would never do it.")
_DONE = N_("“%(step)s” has been done under another form or signature.")
_SIGNERS = N_("Several people sign “%(step)s”, and what they sign differs in the other release.")
_BROKEN = N_("The move was tried on a copy of the case and failed: %(why)s")
_DRAFT = N_("Somebody has begun to fill in “%(step)s”, which has another form in the other release.")


@dataclass(frozen=True)
class Reason:
    """Why a verdict is not simply safe; ``element`` is the id of the element it is about."""

    verdict: Verdict
    code: str
    element: str
    text: Bilingual


@dataclass(frozen=True)
class Judgement:
    """The verdict on one case with its reasons, the worst first."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


class Passage:
    """The way from one release to another, worked out once for all cases that might take it."""

    def __init__(self, old: CompiledProcess, new: CompiledProcess) -> None:
        self.old, self.new = old, new
        self.changes: dict[str, Change] = {
            change.id: change for change in compare(old, new).changes if change.what == "step"
        }
        self.following = _following(new)

    def changed(self, element_id: str) -> frozenset[str]:
        """List the labels of what changed in an element that both releases have."""
        change = self.changes.get(element_id)
        return frozenset(detail.label for detail in change.details) if change else frozenset()

    def ahead_of(self, element_ids: set[str]) -> set[str]:
        """List what the new release can still reach from some elements, these included if it has them."""
        return closure(element_ids & set(self.new.elements), self.following)


def judge(passage: Passage, state: bytes, tasks: Sequence[HumanTask]) -> Judgement:
    """Judge one case by its stored state and its open human tasks."""
    workflow = codec.load(state, passage.old, None)
    facts = codec.load_facts(state)
    live = [task for scope in _scopes(workflow) for task in scope.tasks.values() if task.has_state(LIVE)]
    standing = {task.task_spec.bpmn_id for task in live if task.task_spec.bpmn_id is not None}
    reasons = [
        *_missing(passage, workflow),
        *_in_the_middle(passage, workflow, live),
        *_joins(passage, workflow, live, standing),
        *_facts_never_had(passage, facts, standing),
        *_skipped(passage, standing),
        *_done_otherwise(passage, facts, standing),
        *_open_tasks(passage, tasks),
    ]
    said_once = {(one.code, one.element): one for one in reasons}
    found = tuple(sorted(said_once.values(), key=lambda one: -_RANK.index(one.verdict)))
    return Judgement(found[0].verdict if found else Verdict.SAFE, found)


def broken(why: str) -> Reason:
    """Say that the move failed on a copy of the case, with the engine's own words."""
    return Reason(Verdict.MUST_FINISH, "migration.tried", "", said(_BROKEN, why=why))


def _scopes(workflow: Any) -> list[Any]:
    """List the running scopes of a case: the process and the runs of its subprocesses."""
    return [workflow, *workflow.subprocesses.values()]


def _missing(passage: Passage, workflow: Any) -> Iterator[Reason]:
    """What the state names must exist; boundary events that only wait may come and go."""
    for scope in _scopes(workflow):
        specs = _specs_of(passage.new, scope)
        for task in scope.tasks.values():
            spec = task.task_spec
            if not task.has_state(EngineState.DEFINITE_MASK | EngineState.FINISHED_MASK):
                continue
            if spec.name in specs or _may_vanish(task):
                continue
            element = spec.bpmn_id or spec.name
            yield _must_finish("migration.removed", element, passage.old, _REMOVED)


def _may_vanish(task: Task) -> bool:
    return bool(task.task_spec.listens) and task.has_state(EngineState.WAITING)


def _in_the_middle(passage: Passage, workflow: Any, live: list[Task]) -> Iterator[Reason]:
    """What the engine is doing right now must be the same thing on both sides."""
    for task in live:
        element = passage.old.elements.get(task.task_spec.bpmn_id)
        if element is None or element.id not in passage.new.elements:
            continue
        other = passage.new.elements[element.id]
        same_place = (element.kind, element.scope, element.marker) == (other.kind, other.scope, other.marker)
        if not same_place or passage.changed(element.id) - _HARMLESS - _SIGNED - {"Timer"}:
            yield _must_finish("migration.running", element.id, passage.old, _RUNNING)
        elif "Timer" in passage.changed(element.id):
            yield _reason(Verdict.SAFE, "migration.timer", element.id, passage.old, _TIMER, {})


def _joins(passage: Passage, workflow: Any, live: list[Task], standing: set[str]) -> Iterator[Reason]:
    """With several tokens under way, a join ahead must count the same flows."""
    if len([task for task in live if task.task_spec.bpmn_id]) < 2:
        return
    for key in sorted(passage.ahead_of(standing)):
        element = passage.new.elements[key]
        if element.kind not in ("parallelGateway", "inclusiveGateway"):
            continue
        before, after = (_sources(process, key) for process in (passage.old, passage.new))
        if before != after and max(len(before), len(after)) > 1:
            yield _must_finish("migration.join", key, passage.new, _JOIN)


def _sources(process: CompiledProcess, key: str) -> set[str]:
    return {flow.source for flow in process.flows if flow.target == key}


def _facts_never_had(passage: Passage, facts: Facts, standing: set[str]) -> Iterator[Reason]:
    """Nothing ahead may ask for a fact that this case has not got and never will."""
    ahead = passage.ahead_of(standing)
    coming = {passage.new.elements[key].step for key in ahead}
    for key in sorted(ahead):
        for name in sorted(asked_names(passage.new, key) - set(facts) - coming):
            yield _must_finish("migration.fact", key, passage.new, _FACT, fact=name)


def asked_names(process: CompiledProcess, key: str) -> frozenset[str]:
    """List the facts that an element and the flows out of it ask for."""
    element = process.elements[key]
    sources = [flow.condition for flow in process.flows if flow.source == key and flow.condition]
    sources += element.parameters.values()
    if element.decision in process.decisions:
        sources += [column.expression for column in process.decisions[element.decision].inputs]
    if element.script:
        sources += [source for _, source in expressions.assignments(element.script)]
    return frozenset().union(*(_names(source) for source in sources))


def _names(source: str) -> frozenset[str]:
    try:
        return expressions.check(source)
    except ExpressionError:
        return frozenset()


def _skipped(passage: Passage, standing: set[str]) -> Iterator[Reason]:
    """A new activity behind the case is one that it will not do."""
    ahead = passage.ahead_of(standing)
    for change in passage.changes.values():
        element = passage.new.elements.get(change.id)
        if change.kind != "added" or element is None or element.kind not in ACTIVITIES:
            continue
        if element.id not in ahead and passage.ahead_of({element.id}) & standing:
            yield _decide("migration.skipped", element.id, passage.new, _SKIPPED)


def _done_otherwise(passage: Passage, facts: Facts, standing: set[str]) -> Iterator[Reason]:
    """A step done under another form or signature, and not to be done again, is for people to look at."""
    ahead = passage.ahead_of(standing)
    for change in passage.changes.values():
        element = passage.new.elements.get(change.id)
        done = element is not None and element.step in facts and element.id not in ahead
        if element is not None and change.kind == "changed" and done and passage.changed(change.id) & _SIGNED:
            yield _decide("migration.done", element.id, passage.new, _DONE)


def _open_tasks(passage: Passage, tasks: Sequence[HumanTask]) -> Iterator[Reason]:
    """Work that somebody has begun on an open task must not be lost."""
    for task in tasks:
        changed = passage.changed(task.element_id) & _SIGNED
        if changed and int(task.policy["signers"]) > 1:
            yield _must_finish("migration.signers", task.element_id, passage.old, _SIGNERS)
        elif "Form" in changed and task.draft:
            yield _decide("migration.draft", task.element_id, passage.old, _DRAFT)


def _specs_of(process: CompiledProcess, scope: Any) -> dict[str, Any]:
    name = scope.spec.name
    spec = process.spec if name == process.spec.name else process.subspecs.get(name)
    return spec.task_specs if spec is not None else {}


def _following(process: CompiledProcess) -> dict[str, set[str]]:
    """Which elements can come next, boundary events and what lies inside a subprocess included."""
    found: dict[str, set[str]] = {key: set() for key in process.elements}
    for flow in process.flows:
        found[flow.source].add(flow.target)
    for element in process.elements.values():
        if element.attached_to:
            found[element.attached_to].add(element.id)
        if element.scope in found:
            found[element.scope].add(element.id)
            found[element.id] |= {f.target for f in process.flows if f.source == element.scope}
    return found


def _must_finish(
    code: str, element: str, process: CompiledProcess, sentence: str, **facts: object
) -> Reason:
    return _reason(Verdict.MUST_FINISH, code, element, process, sentence, facts)


def _decide(code: str, element: str, process: CompiledProcess, sentence: str) -> Reason:
    return _reason(Verdict.NEEDS_DECISION, code, element, process, sentence, {})


def _reason(
    verdict: Verdict,
    code: str,
    element: str,
    process: CompiledProcess,
    sentence: str,
    facts: dict[str, object],
) -> Reason:
    return Reason(verdict, code, element, said(sentence, step=_title(process, element), **facts))


def _title(process: CompiledProcess, element_id: str) -> Bilingual:
    element: Element | None = process.elements.get(element_id)
    drawn = element.name if element is not None else {}
    return {language: drawn.get(language) or element_id for language in ("en", "zh")}
