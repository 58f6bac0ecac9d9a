"""Deciding, and keeping why: which row held, what was compared with which value, what came out (URS-005)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.types import Bilingual
from workflows.dmn_model import Decision, InputData, Knowledge, Model, Service
from workflows.expressions import Evaluation, refused
from workflows.feel import tree
from workflows.feel.evaluator import Evaluator, Setting
from workflows.feel.faults import Denied, Fault, Unknown, Wrong
from workflows.feel.kinds import Kind
from workflows.feel.reach import Frames
from workflows.feel.values import Builtin, Function, normal
from workflows.feel.writing import plain, told
from workflows.outcomes import MULTIPLE, Explanation
from workflows.sentences import N_, same

__all__ = ["CONDITIONS", "SCRIPT", "Explanation", "Run", "add_evaluation", "asked", "decide"]

CONDITIONS = "CONDITIONS"
"""In place of a hit policy: what is explained is a gateway."""
SCRIPT = "SCRIPT"
"""In place of a hit policy: what is explained is a script task."""


def decide(decision: Decision, facts: Mapping[str, Any], *, now: datetime) -> Explanation:
    """Work out a decision over the facts of a case, with every decision it requires.

    Raises:
        Conflict: ``decision.…``: it does not decide this case; the sentence names table, row and column.
        ExpressionError: an expression does not fit the facts.
    """
    run = Run(decision.model, facts, Setting(strict=True, now=now, kinds=decision.model.kinds))
    try:
        run.decision(decision.id)
    except Fault as fault:
        raise refused(decision.text or decision.name["en"], fault) from None
    except RecursionError:
        raise refused(decision.name["en"], Denied(N_("it is too complex"))) from None
    required = [one for key, one in run.explained.items() if key != decision.id]
    return replace(run.explained[decision.id], required=required)


def asked(key: str, name: Bilingual, kind: str = CONDITIONS) -> dict[str, Any]:
    """Begin the explanation of a gateway or script: what it worked out, from which facts."""
    return Explanation(key, name, kind, [], [], [], {}, {}).as_json()


def add_evaluation(kept: dict[str, Any], found: Evaluation, name: str | None = None) -> None:
    """Add one condition to the explanation of a gateway, or what a script wrote under a name."""
    known = {one["expression"] for one in kept["inputs"]}
    for read in found.inputs:
        if read["expression"] not in known:
            kept["inputs"].append({"label": same(read["expression"]), **read})
    kept["outputs"][found.text if name is None else f"{name} = {found.text}"] = found.value


class Run:
    """One asking of a model: each decision is worked out once.

    Over the facts of a case (``strict``) expressions read every fact; by the letter of DMN only what the
    decision requires.
    """

    def __init__(self, model: Model, given: Mapping[str, Any], setting: Setting) -> None:
        self.model = model
        self.given = given
        self.evaluator = Evaluator({}, setting)
        self.values: dict[str, Any] = {}
        self.explained: dict[str, Explanation] = {}
        self.asking: list[str] = []

    @property
    def _base(self) -> Frames:
        return (self.given,) if self.evaluator.strict else ()

    def decision(self, key: str) -> Any:
        """Give the value of a decision.

        Raises:
            Denied: it requires itself, or the budget is used up.
            Wrong: it has no value.
        """
        if key in self.values:
            return self.values[key]
        if key in self.asking:
            raise Denied(N_("the decision requires itself"))
        self.asking.append(key)
        decision = self.model.decisions[key]
        before = len(self.evaluator.notes)
        scope = self._scope(decision.requires)
        value = self._worked_out(decision, scope)
        self.asking.pop()
        self.values[key] = value
        self._explain(decision, value, self.evaluator.notes[before:])
        return value

    def _worked_out(self, decision: Decision, scope: dict[str, Any]) -> Any:
        if decision.logic is None:
            raise Wrong(N_("the decision “%(name)s” has no logic"), name=decision.name["en"])
        evaluator = self.evaluator
        frames = (*self._base, scope)
        outer = evaluator.reads, evaluator.outermost
        evaluator.reads, evaluator.outermost = {}, len(frames)
        try:
            value = evaluator.within(frames, decision.logic)
            self.read = evaluator.reads
        finally:
            evaluator.reads, evaluator.outermost = outer
        return value if decision.kind is None else self._fitted(value, _kind_of(decision, decision.kind))

    def _fitted(self, value: Any, kind: Kind) -> Any:
        try:
            return self.evaluator.fitted(value, kind)
        except Wrong:
            if self.evaluator.strict:
                raise
            return None

    def _scope(self, requires: tuple[str, ...]) -> dict[str, Any]:
        """Give the values of what a decision requires, by name."""
        scope: dict[str, Any] = {}
        for key in requires:
            if key in self.model.decisions:
                scope[self.model.decisions[key].variable] = self._required(key)
            elif key in self.model.inputs:
                scope[self.model.inputs[key].name] = self._input(self.model.inputs[key])
            elif key in self.model.knowledge:
                scope[self.model.knowledge[key].name] = self.knowledge(self.model.knowledge[key])
            elif key in self.model.services:
                scope[self.model.services[key].name] = self.service(self.model.services[key])
        return scope

    def _required(self, key: str) -> Any:
        name = self.model.decisions[key].variable
        if not self.evaluator.strict and name in self.given:
            return normal(self.given[name])
        try:
            return self.decision(key)
        except Wrong:
            if self.evaluator.strict:
                raise
            self.asking.pop()
            return None

    def _input(self, data: InputData) -> Any:
        if data.name not in self.given:
            if self.evaluator.strict:
                raise Unknown(N_("there is no “%(name)s”"), name=data.name)
            return None
        value = normal(self.given[data.name])
        return value if data.kind is None else self._fitted(value, data.kind)

    def knowledge(self, knowledge: Knowledge) -> Any:
        """Give a business knowledge model as a function."""
        if not isinstance(knowledge.logic, tree.FunctionOf):
            return None
        frames = (*self._base, self._scope(knowledge.requires))
        return Function(knowledge.logic.parameters, knowledge.logic.body, frames)

    def service(self, service: Service) -> Function:
        """Give a decision service as a function of its inputs."""
        inner = [self.model.decisions[key].variable for key in service.input_decisions]
        names = [self.model.inputs[key].name for key in service.input_data] + inner

        def body(evaluator: Evaluator, bound: Mapping[str, Any]) -> Any:
            run = Run(self.model, bound, replace(evaluator.setting, strict=False))
            run.evaluator = evaluator
            return run.outputs(service)

        return Function(tuple((name, None) for name in names), body, ())

    def outputs(self, service: Service) -> Any:
        """Give what a decision service answers: one value, or a context of several."""
        found = {self.model.decisions[key].variable: self._required(key) for key in service.outputs}
        return next(iter(found.values())) if len(found) == 1 else found

    def _explain(self, decision: Decision, value: Any, notes: list[Explanation]) -> None:
        spend = self.evaluator.spend
        own = [note for note in notes if note.decision == decision.id]
        if decision.table is not None and own:
            self.explained[decision.id] = own[-1]
            return
        outputs = told(value, spend)
        named = outputs if isinstance(outputs, dict) else {decision.variable: outputs}
        read = {} if decision.table is not None else self.read
        self.explained[decision.id] = Explanation(
            decision=decision.id,
            name=decision.name,
            policy="",
            inputs=[
                {"label": same(name), "expression": name, "value": plain(one, spend)}
                for name, one in sorted(read.items())
                if _is_plain(one) and not isinstance(one, (dict, list))
            ],
            rows=[],
            annotations=[],
            outputs=named,
            labels={decision.variable: decision.name},
        )


def _kind_of(decision: Decision, kind: Kind) -> Kind:
    """Give the type of a result: a table of several rows gives a list, whatever its variable says of one."""
    several = (
        decision.table is not None and decision.table.policy in MULTIPLE and not decision.table.aggregation
    )
    return Kind("list", kind) if several and kind.name != "list" else kind


def _is_plain(value: Any) -> bool:
    return not isinstance(value, (Function, Builtin))
