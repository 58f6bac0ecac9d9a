"""What automatic elements do: conditions, operations, decisions, scripts, over the facts of the case.

Everything a model can cause goes through here; nothing of it reaches Python (see ``expressions``).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.task import Task
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import acting_as
from workflows import expressions, registry
from workflows.compiled import CompiledProcess
from workflows.decisions import decide
from workflows.elements import Element
from workflows.expressions import ExpressionError
from workflows.facts import Facts, plain
from workflows.models import ProcessCase
from workflows.sentences import N_, said


@dataclass(frozen=True)
class Move:
    """One push of a case: in which transaction, by whom, when."""

    session: Session
    case: ProcessCase
    actor: Actor
    now: datetime


class CaseEngine(PythonScriptEngine):
    """The script engine of one loaded case for one move.

    ``facts`` are the case's; ``decisions`` keeps the explanations of the tables used in this move by element
    id.
    """

    def __init__(self, process: CompiledProcess, facts: Facts, move: Move) -> None:
        super().__init__()
        self.process = process
        self.facts = facts
        self.move = move
        self.decisions: dict[str, dict[str, Any]] = {}

    @property
    def now(self) -> datetime:
        """The moment of the move; timers are judged by it."""
        return self.move.now

    def validate(self, expression: str) -> None:
        """Check an expression, in the library's way.

        Raises:
            SyntaxError: it is not allowed.
        """
        try:
            expressions.check(expression)
        except ExpressionError as wrong:
            raise SyntaxError(wrong.reason["en"]) from wrong

    def evaluate(self, task: Task, expression: str, external_context: Facts | None = None) -> Any:
        """Evaluate a condition or timer over the facts of the case."""
        return expressions.evaluate(expression, {**self.facts, **(external_context or {})}, now=self.now)

    def execute(self, task: Task, script: str, external_context: Facts | None = None) -> bool:
        """Refuse scripts hidden in extensions; script tasks come through ``perform``."""
        raise ExpressionError(script, said(N_("scripts in extensions are not run")))

    def perform(self, task: Task) -> None:
        """Do an automatic task: its result lies under its step key afterwards."""
        element = self.process.elements[task.task_spec.bpmn_id]
        _PERFORM[element.kind](self, element)

    def _operate(self, element: Element) -> None:
        params = {
            name: plain(expressions.evaluate(source, self.facts, now=self.now))
            for name, source in element.parameters.items()
        }
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
            self.facts[element.step] = plain(registry.call(called, call))

    def _decide(self, element: Element) -> None:
        explanation = decide(self.process.decisions[element.decision or ""], self.facts, now=self.now)
        self.decisions[element.id] = plain(explanation.as_json())
        self.facts[element.step] = plain(explanation.outputs)

    def _script(self, element: Element) -> None:
        for name, source in expressions.assignments(element.script or ""):
            self.facts[name] = plain(expressions.evaluate(source, self.facts, now=self.now))


_PERFORM = {
    "serviceTask": CaseEngine._operate,
    "businessRuleTask": CaseEngine._decide,
    "scriptTask": CaseEngine._script,
}
