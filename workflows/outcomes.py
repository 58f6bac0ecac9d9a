"""What the rows of a decision table that hold come to: the hit policies of DMN."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Conflict
from core.languages import LANGUAGES
from core.types import Bilingual
from workflows.dmn_model import DecisionTable, Input, Output, Rule
from workflows.feel import operators
from workflows.feel.catalogue import BUILTINS
from workflows.feel.evaluator import Evaluator
from workflows.feel.faults import Denied, Fault, Wrong
from workflows.feel.values import normal
from workflows.feel.writing import told, write
from workflows.sentences import N_

MULTIPLE = ("COLLECT", "RULE ORDER", "OUTPUT ORDER")


@dataclass(frozen=True)
class Explanation:
    """How a decision came to its result; kept in the history and printed in records.

    ``rows`` are the numbers of the rows that hold and count, ``inputs`` what was compared with which value,
    ``required`` the explanations of the decisions it asked, the first asked first.
    """

    decision: str
    name: Bilingual
    policy: str
    inputs: list[dict[str, Any]]
    rows: list[int]
    annotations: list[Bilingual]
    outputs: dict[str, Any]
    labels: dict[str, Bilingual]
    required: list["Explanation"] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Give the explanation as plain facts."""
        given: dict[str, Any] = {
            "decision": self.decision,
            "name": self.name,
            "policy": self.policy,
            "inputs": self.inputs,
            "rows": self.rows,
            "annotations": self.annotations,
            "outputs": self.outputs,
            "labels": self.labels,
        }
        if self.required:
            given["required"] = [one.as_json() for one in self.required]
        return given


Result = tuple[Any, ...]
"""The results of one row, in the order of the columns."""


def refuse(evaluator: Evaluator, code: str, message: str, **facts: Any) -> Exception:
    """Say why a table decides nothing: an error over the facts of a case, null by the letter of DMN."""
    return Conflict(code, message, **facts) if evaluator.strict else Wrong(message, **facts)


def run_table(table: DecisionTable, evaluator: Evaluator) -> Any:
    """Work out a decision table and note how.

    Raises:
        Conflict: ``decision.no_row``, ``decision.ambiguous``, ``decision.differs``, ``decision.input``,
            ``decision.input_value``, ``decision.cell`` or ``decision.aggregation``: it does not decide.
    """
    values = [_value(table, column, evaluator) for column in table.inputs]
    hits = [rule for rule in table.rules if _holds(table, rule, values, evaluator)]
    outcome = _Outcome(table, hits, evaluator)
    value = outcome.value()
    evaluator.notes.append(
        Explanation(
            decision=table.id,
            name=table.name,
            policy=" ".join(filter(None, (table.policy, table.aggregation))),
            inputs=[
                {
                    "label": column.label,
                    "expression": column.expression,
                    "value": told(found, evaluator.spend),
                }
                for column, found in zip(table.inputs, values, strict=True)
            ],
            rows=[rule.number for rule in outcome.hits],
            annotations=[rule.annotation for rule in outcome.hits if rule.annotation["en"]],
            outputs=told(outcome.by_name(value), evaluator.spend),
            labels={output.name: output.label for output in table.outputs},
        )
    )
    return value


def _value(table: DecisionTable, column: Input, evaluator: Evaluator) -> Any:
    try:
        value = evaluator.value(column.node)
        value = evaluator.fitted(value, column.kind) if column.kind is not None else value
        fine = column.allowed is None or value is None or evaluator.passes(column.allowed, value)
    except Fault as fault:
        if not evaluator.strict and isinstance(fault, Wrong):
            return None
        raise _in_column(evaluator, table, column.label, fault) from None
    if not fine:
        raise refuse(
            evaluator,
            "decision.input_value",
            "Decision table “%(table)s”: %(value)s is not among the values of the column “%(column)s”"
            " (%(values)s).",
            table=table.name,
            column=column.label,
            value=write(value, evaluator.spend)[:80],
            values=column.allowed_text,
        )
    return value


def _in_column(evaluator: Evaluator, table: DecisionTable, column: Bilingual, fault: Fault) -> Exception:
    if isinstance(fault, Denied) and not evaluator.strict:
        return fault
    return Conflict(
        "decision.input",
        "Decision table “%(table)s”, column “%(column)s”: %(reason)s",
        table=table.name,
        column=column,
        reason=fault.said,
    )


def _holds(table: DecisionTable, rule: Rule, values: list[Any], evaluator: Evaluator) -> bool:
    for place, (test, value) in enumerate(zip(rule.tests, values, strict=True)):
        try:
            if not evaluator.passes(test, value):
                return False
        except Fault as fault:
            if not evaluator.strict:
                raise
            column = table.inputs[place].label
            raise _in_cell(table, rule, column, rule.cells[place], fault) from None
    return True


def _in_cell(table: DecisionTable, rule: Rule, column: Bilingual, cell: str, fault: Fault) -> Conflict:
    return Conflict(
        "decision.cell",
        "Decision table “%(table)s”, row %(row)s, column “%(column)s”, cell “%(cell)s”: %(reason)s",
        table=table.name,
        row=rule.number,
        column=column,
        cell=cell[:120],
        reason=fault.said,
    )


class _Outcome:
    """The rows that hold, and what the hit policy makes of them."""

    def __init__(self, table: DecisionTable, hits: list[Rule], evaluator: Evaluator) -> None:
        self.table = table
        self.hits = hits
        self.evaluator = evaluator

    def value(self) -> Any:
        """Apply the hit policy; ``hits`` are the rows that count afterwards."""
        if not self.hits:
            return self._without_row()
        return _POLICIES[self.table.policy](self)

    def results(self, rule: Rule) -> Result:
        """Work out the results of a row."""
        made = []
        for place, node in enumerate(rule.results):
            output = self.table.outputs[place]
            try:
                value = self.evaluator.value(node)
                made.append(self._fitted(value, output))
            except Fault as fault:
                if not self.evaluator.strict:
                    made.append(None)
                    continue
                raise _in_cell(self.table, rule, output.label, rule.texts[place], fault) from None
        return tuple(made)

    def _fitted(self, value: Any, output: Output) -> Any:
        """Fit a result to the type of its column; a text may come in every language, as names do."""
        if output.kind is None or (output.kind.name == "string" and _is_bilingual(value)):
            return value
        return self.evaluator.fitted(value, output.kind)

    def one(self, result: Result) -> Any:
        """Give the value of one row: a single result, or a context of all."""
        if len(result) == 1:
            return result[0]
        return {output.name: value for output, value in zip(self.table.outputs, result, strict=True)}

    def by_name(self, value: Any) -> dict[str, Any]:
        """Give the value as facts under the names of the columns; of several rows, a list in each column."""
        names = [output.name for output in self.table.outputs]
        if len(names) == 1:
            return {names[0]: value}
        if isinstance(value, list):
            rows = [row for row in value if isinstance(row, Mapping)]
            return {name: [row.get(name) for row in rows] for name in names}
        return {name: value.get(name) if isinstance(value, Mapping) else None for name in names}

    def _without_row(self) -> Any:
        table = self.table
        defaults = [output.default for output in table.outputs]
        if any(default is not None for default in defaults):
            found = self.one(tuple(self.evaluator.value(one) if one else None for one in defaults))
            return [found] if self._multiple else found
        if table.aggregation == "COUNT":
            return normal(0)
        if self._multiple and self.evaluator.strict:
            return []
        raise refuse(
            self.evaluator,
            "decision.no_row",
            "No row of the decision table “%(table)s” fits.",
            table=table.name,
        )

    @property
    def _multiple(self) -> bool:
        return self.table.policy in MULTIPLE and not self.table.aggregation

    def unique(self) -> Any:
        """Allow one row only."""
        if len(self.hits) > 1:
            raise refuse(
                self.evaluator,
                "decision.ambiguous",
                "Rows %(rows)s of the decision table “%(table)s” fit at once, but only one may.",
                table=self.table.name,
                rows=", ".join(str(rule.number) for rule in self.hits),
            )
        return self.first()

    def first(self) -> Any:
        """Let the first row count."""
        self.hits = self.hits[:1]
        return self.one(self.results(self.hits[0]))

    def any(self) -> Any:
        """Allow several rows that say the same."""
        found = [self.results(rule) for rule in self.hits]
        for rule, other in zip(self.hits[1:], found[1:], strict=True):
            if not operators.equal(list(found[0]), list(other), self.evaluator.spend):
                raise refuse(
                    self.evaluator,
                    "decision.differs",
                    "Rows %(first)s and %(other)s of the decision table “%(table)s” both fit and do not say"
                    " the same.",
                    table=self.table.name,
                    first=self.hits[0].number,
                    other=rule.number,
                )
        return self.one(found[0])

    def priority(self) -> Any:
        """Let the row with the highest output values count."""
        rule, result = self._ordered()[0]
        self.hits = [rule]
        return self.one(result)

    def output_order(self) -> list[Any]:
        """Let every row count, those with the highest output values first."""
        ordered = self._ordered()
        self.hits = [rule for rule, _ in ordered]
        return [self.one(result) for _, result in ordered]

    def _ordered(self) -> list[tuple[Rule, Result]]:
        found = [(rule, self.results(rule)) for rule in self.hits]
        return sorted(
            found, key=lambda pair: [_rank(o, v) for o, v in zip(self.table.outputs, pair[1], strict=True)]
        )

    def rule_order(self) -> list[Any]:
        """Let every row count, in the order of the table."""
        return [self.one(self.results(rule)) for rule in self.hits]

    def collect(self) -> Any:
        """Let every row count, or their sum, least, greatest or number."""
        found = self.rule_order()
        if not self.table.aggregation:
            return found
        try:
            return _AGGREGATE[self.table.aggregation](self.evaluator, found)
        except Fault as fault:
            if not self.evaluator.strict:
                raise
            message = N_(
                "Decision table “%(table)s”: the results of rows %(rows)s have no %(what)s: %(reason)s"
            )
            rows = ", ".join(str(rule.number) for rule in self.hits)
            what = self.table.aggregation.lower()
            raise Conflict(
                "decision.aggregation",
                message,
                table=self.table.name,
                rows=rows,
                what=what,
                reason=fault.said,
            ) from None


def _is_bilingual(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == set(LANGUAGES)


def _rank(output: Output, value: Any) -> int:
    """Give the place of a value in the list of its column; what is not listed comes last."""
    for place, listed in enumerate(output.values):
        if operators.equal(normal(value), listed, _free):
            return place
    return len(output.values)


def _free(_steps: int) -> None:
    """Lists of output values are short: comparing with them costs nothing."""


def _call(name: str) -> Callable[[Evaluator, list[Any]], Any]:
    return lambda evaluator, found: evaluator.apply(BUILTINS[name], [found])


_AGGREGATE = {name.upper(): _call(name) for name in ("sum", "min", "max", "count")}
_POLICIES: dict[str, Callable[[_Outcome], Any]] = {
    "UNIQUE": _Outcome.unique,
    "FIRST": _Outcome.first,
    "ANY": _Outcome.any,
    "PRIORITY": _Outcome.priority,
    "OUTPUT ORDER": _Outcome.output_order,
    "RULE ORDER": _Outcome.rule_order,
    "COLLECT": _Outcome.collect,
}
