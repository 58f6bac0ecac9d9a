"""What elements do with the facts of a case: conditions, operations, decisions, scripts, members, waits.

Everything a model can cause goes through here; nothing of it reaches Python (see ``expressions``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from SpiffWorkflow.task import Task
from sqlalchemy.orm import Session

from core.actor import Actor
from core.clock import to_zone
from core.db import acting_as
from core.errors import Conflict, QmsError
from workflows import calendars, cycles, decisions, events, expressions, registry
from workflows.activities import NUMBER
from workflows.compiled import CompiledProcess
from workflows.elements import Element, Timer
from workflows.errors import StepFailed, title_of
from workflows.facts import Facts, correlation_text, plain
from workflows.instances import COUNTER, TOTAL, members_of
from workflows.markers import Marker
from workflows.models import ProcessCase
from workflows.places import place_of
from workflows.scopes import Scopes
from workflows.sentences import N_, said
from workflows.triggers import Trigger

_NO_WAY = N_("no condition holds and there is no default flow")
_UNCAUGHT = N_("nobody catches “%(code)s”")
_CATCHABLE = ("serviceTask", "businessRuleTask")


@dataclass(frozen=True)
class Move:
    """One push of a case: in which transaction, by whom, when."""

    session: Session
    case: ProcessCase
    actor: Actor
    now: datetime


@dataclass(frozen=True)
class Sent:
    """A message or signal that an element has thrown in this move; it leaves when the move is saved."""

    element_id: str
    kind: str
    name: str
    correlation: str
    payload: Facts


@dataclass
class CaseEngine:
    """The script engine of one loaded case for one move.

    ``decisions`` keeps the explanations of the tables used in this move by element id, ``written`` what each
    task wrote, by its id, ``sent`` what has been thrown.
    """

    process: CompiledProcess
    scopes: Scopes
    move: Move
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: dict[Any, Any] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    @property
    def facts(self) -> Facts:
        """The facts of the case itself."""
        return self.scopes.facts

    @property
    def now(self) -> datetime:
        """The moment of the move; timers are judged by it."""
        return self.move.now

    @cached_property
    def wall(self) -> datetime:
        """The same moment on the wall clock of the case's site: ``today()`` is the day there."""
        return to_zone(self.now, place_of(self.move.session, self.move.case.site_id).zone)

    def element(self, task: Task) -> Element:
        """Give the element at which a task stands."""
        return self.process.elements[task.task_spec.bpmn_id]

    # facts

    def visible(self, task: Task) -> Mapping[str, Any]:
        """Give the facts that a task sees."""
        return self.scopes.visible(self.scopes.at(task))

    def evaluate(self, task: Task, expression: str) -> Any:
        """Evaluate a condition or timer over the facts that its element sees."""
        return expressions.evaluate(expression, self.visible(task), now=self.wall)

    def is_true(self, task: Task, condition: str) -> bool:
        """Ask the condition of a loop; what is neither true nor false is refused, as at a gateway."""
        return bool(expressions.holds(condition, self.visible(task), now=self.wall).value)

    def holds(self, task: Task, condition: str) -> bool:
        """Ask a condition of a gateway, and keep its text and what it read for the history."""
        element = self.element(task)
        found = expressions.holds(condition, self.visible(task), now=self.wall)
        kept = self.decisions.setdefault(element.id, decisions.asked(element.id, title_of(element)))
        decisions.add_evaluation(kept, found)
        return bool(found.value)

    def chose(self, task: Task, targets: list[str]) -> None:
        """Keep which ways a gateway has taken with the conditions that it asked."""
        element = self.element(task)
        kept = self.decisions.get(element.id)
        if kept is None:
            return
        ends = [task.workflow.spec.task_specs[target].bpmn_id for target in targets]
        flows = [(self.process.flow_between(element.id, end), self.process.elements[end]) for end in ends]
        kept["taken"] = [{"flow": flow.id if flow else "", "name": title_of(end)} for flow, end in flows]

    def write(self, task: Task, step: str, value: Any) -> None:
        """Put what a task has brought under its step key."""
        kept = plain(value)
        self.scopes.target(self.scopes.at(task))[step] = kept
        self.written[task.id] = kept

    def _parameters(self, task: Task, element: Element) -> Facts:
        names = self.visible(task)
        return {
            name: plain(expressions.evaluate(source, names, now=self.wall))
            for name, source in element.parameters.items()
        }

    # automatic tasks

    def perform(self, task: Task) -> bool:
        """Do an automatic task; false if it failed with an error that the model catches."""
        element = self.element(task)
        if element.kind not in _CATCHABLE or not events.errors_are_caught(task):
            _PERFORM[element.kind](self, task, element)
            return True
        return self._perform_or_catch(task, element)

    def _perform_or_catch(self, task: Task, element: Element) -> bool:
        session = self.move.session
        hooks = {name: list(acts) for name, acts in session.info.items() if name.endswith("_commit")}
        try:
            with session.begin_nested():
                _PERFORM[element.kind](self, task, element)
        except QmsError as wrong:
            catcher = events.catcher_of(task, "error", wrong.code)
            if catcher is None:
                raise
            for name in ("before_commit", "after_commit"):
                if name in session.info:
                    session.info[name][:] = hooks.get(name, [])
            events.fire(catcher, {"code": wrong.code, "message": wrong.text("en")})
            return False
        return True

    def _operate(self, task: Task, element: Element) -> None:
        params = self._parameters(task, element)
        move = self.move
        called = element.operation or ""
        with acting_as(
            move.session,
            reason=f"{called} · {move.case.number}",
            case=move.case.number,
            element=element.id,
            release=str(move.case.release_id),
        ):
            call = registry.OperationCall(move.session, params, move.case, move.actor, move.now)
            self.write(task, element.step, registry.call(called, call))

    def _decide(self, task: Task, element: Element) -> None:
        table = self.process.decisions[element.decision or ""]
        explanation = decisions.decide(table, self.visible(task), now=self.wall)
        self.decisions[element.id] = plain(explanation.as_json())
        self.write(task, element.step, explanation.outputs)

    def _script(self, task: Task, element: Element) -> None:
        kept = decisions.asked(element.id, title_of(element), decisions.SCRIPT)
        for name, source in expressions.assignments(element.script or ""):
            found = expressions.explain(source, self.visible(task), now=self.wall)
            self.write(task, name, found.value)
            decisions.add_evaluation(kept, found, name)
        self.decisions[element.id] = plain(kept)

    def stuck(self, task: Task) -> None:
        """Say that no flow out of a gateway can be taken.

        Raises:
            StepFailed: always.
        """
        raise StepFailed(title_of(self.element(task)), said(_NO_WAY))

    # called processes

    def call_process(self, task: Task) -> None:
        """Open the scope of a called process with the parameters of the call."""
        self.scopes.open(task, self._parameters(task, self.element(task)))

    def returned(self, task: Task) -> None:
        """Put what a called process wrote under the step key of the call."""
        self.write(task, self.element(task).step, self.scopes.close(task))

    # members of a multi-instance

    def members(self, whole: Task, marker: Marker) -> list[Any]:
        """List the members of a multi-instance that begins.

        Raises:
            Conflict: ``instances.too_many``: more than this installation allows.
            StepFailed: the number or the list cannot be used.
        """
        value = self.evaluate(whole, marker.cardinality or marker.collection or "")
        found = members_of(value, self.element(whole), counted=marker.cardinality is not None)
        self.scopes.results[whole.id.hex] = {"items": plain(found), "brought": {}}
        return found

    def item(self, whole: Task, index: int) -> Any:
        """Give one of the things a multi-instance goes through; the first is 0."""
        return self.scopes.results[whole.id.hex]["items"][index]

    def open_member(self, member: Task, marker: Marker, item: Any, total: int) -> None:
        """Open the scope of a member with what it is about."""
        own = {marker.item: plain(item), COUNTER: member.internal_data[NUMBER], TOTAL: total}
        self.scopes.open(member, own)

    def bring(self, whole: Task, member: Task) -> int:
        """Keep what a member has brought; say how many have been."""
        element = self.element(whole)
        own = self.scopes.close(member)
        if element.kind in ("subProcess", "callActivity"):
            value: Any = {name: kept for name, kept in own.items() if name not in (COUNTER, TOTAL)}
        else:
            value = own.get(element.step)
        brought = self.scopes.results[whole.id.hex]["brought"]
        brought[str(member.internal_data[NUMBER])] = value
        return len(brought)

    def ends_early(self, whole: Task, marker: Marker, brought: int, total: int) -> bool:
        """Ask the completion condition; it sees the results so far under the step key."""
        if marker.condition is None:
            return False
        names = {
            **self.visible(whole),
            self.element(whole).step: self._results(whole),
            TOTAL: total,
            "nrOfCompletedInstances": brought,
            "nrOfActiveInstances": total - brought if marker.kind == "parallel" else 0,
        }
        return bool(expressions.holds(marker.condition, names, now=self.wall).value)

    def publish(self, whole: Task) -> None:
        """Put the results of all members, in their order, under the step key of the whole."""
        results = self._results(whole)
        self.scopes.results.pop(whole.id.hex, None)
        self.write(whole, self.element(whole).step, results)

    def _results(self, whole: Task) -> list[Any]:
        brought = self.scopes.results[whole.id.hex]["brought"]
        return [brought[number] for number in sorted(brought, key=int)]

    # events

    def first_due(self, task: Task, timer: Timer) -> tuple[datetime, int]:
        """Say when a timer that starts now fires first, and how often; -1 is without end."""
        by_day = timer.kind == "timeDate"
        zone = place_of(self.move.session, self.move.case.site_id).zone if by_day else cycles.UTC
        return cycles.first(timer.kind, self._when(task, timer), self.now, self._calendar(task), zone)

    def next_due(self, task: Task, timer: Timer, fired: datetime, left: int) -> tuple[datetime, int]:
        """Say when a repeating timer fires again; what was missed while nothing ran has fired as one."""
        return cycles.following(self._when(task, timer), fired, left, self.now, self._calendar(task))

    def _when(self, task: Task, timer: Timer) -> str:
        literal = cycles.is_literal(timer.kind, timer.text)
        return timer.text if literal else str(self.evaluate(task, timer.text))

    def _calendar(self, task: Task) -> calendars.Calendar | None:
        if self.element(task).calendar != calendars.WORKING:
            return None
        return calendars.of_site(self.move.session, self.move.case.site_id)

    def correlation(self, task: Task, trigger: Trigger) -> str:
        """Work out the values by which a message finds its case."""
        names = self.visible(task)
        values = {
            name: expressions.evaluate(source, names, now=self.wall)
            for name, source in trigger.correlation.items()
        }
        try:
            return correlation_text(values)
        except Conflict as wrong:
            reason = {language: wrong.text(language) for language in ("en", "zh")}
            raise StepFailed(title_of(self.element(task)), reason) from wrong

    def send(self, task: Task, trigger: Trigger) -> None:
        """Throw a message or signal; a signal reaches this case at once, everything else after the commit."""
        element = self.element(task)
        payload = self._parameters(task, element)
        name = trigger.name or ""
        self.sent.append(Sent(element.id, trigger.kind, name, self.correlation(task, trigger), payload))
        if trigger.kind == "signal":
            for waiting in events.waiting_for_signal(task.workflow.top_workflow, name):
                events.fire(waiting, payload)

    def uncaught(self, task: Task, trigger: Trigger) -> None:
        """Say that nobody catches an error or escalation.

        Raises:
            StepFailed: always; the checks of a model leave no such place.
        """
        raise StepFailed(title_of(self.element(task)), said(_UNCAUGHT, code=trigger.name or "–"))


_PERFORM = {
    "serviceTask": CaseEngine._operate,
    "businessRuleTask": CaseEngine._decide,
    "scriptTask": CaseEngine._script,
}
