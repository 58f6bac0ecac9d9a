"""Deciding by table, and keeping why: which row hit, what it compared, what came out (URS-005)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import Conflict
from core.types import Bilingual
from workflows import expressions, unary
from workflows.dmn import DecisionTable, Rule


@dataclass(frozen=True)
class Explanation:
    """How a table came to its result; kept in the history and printed in records."""

    decision: str
    name: Bilingual
    policy: str
    inputs: list[dict[str, Any]]
    rows: list[int]
    annotations: list[Bilingual]
    outputs: dict[str, Any]
    labels: dict[str, Bilingual]

    def as_json(self) -> dict[str, Any]:
        """Give the explanation as plain facts."""
        return {
            "decision": self.decision,
            "name": self.name,
            "policy": self.policy,
            "inputs": self.inputs,
            "rows": self.rows,
            "annotations": self.annotations,
            "outputs": self.outputs,
            "labels": self.labels,
        }


def decide(table: DecisionTable, facts: Mapping[str, Any], *, now: datetime) -> Explanation:
    """Find the rows that hold for these facts and work out their results.

    Raises:
        Conflict: ``decision.no_row`` or ``decision.ambiguous``: the table does not decide this case.
        ExpressionError: an input or a cell does not fit the facts.
    """
    values = [expressions.evaluate(column.expression, facts, now=now) for column in table.inputs]
    hits = [rule for rule in table.rules if _holds(rule, values, facts, now)]
    if not hits:
        raise Conflict("decision.no_row", "No row of the decision table “%(table)s” fits.", table=table.name)
    if table.policy == "UNIQUE" and len(hits) > 1:
        raise Conflict(
            "decision.ambiguous",
            "Rows %(rows)s of the decision table “%(table)s” fit at once, but only one may.",
            table=table.name,
            rows=", ".join(str(rule.number) for rule in hits),
        )
    if table.policy == "FIRST":
        hits = hits[:1]
    results = [_results(table, rule, facts, now) for rule in hits]
    outputs = results[0]
    if table.policy == "COLLECT":
        outputs = {name: [result[name] for result in results] for name in table.outputs}
    return Explanation(
        decision=table.id,
        name=table.name,
        policy=table.policy,
        inputs=[
            {"label": column.label, "expression": column.expression, "value": value}
            for column, value in zip(table.inputs, values, strict=True)
        ],
        rows=[rule.number for rule in hits],
        annotations=[rule.annotation for rule in hits if rule.annotation["en"]],
        outputs=outputs,
        labels=dict(zip(table.outputs, table.labels, strict=True)),
    )


def _holds(rule: Rule, values: list[Any], facts: Mapping[str, Any], now: datetime) -> bool:
    return all(test.matches(value, facts, now) for test, value in zip(rule.tests, values, strict=True))


def _results(table: DecisionTable, rule: Rule, facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    names = {**facts, **unary.CONSTANTS}
    return {
        name: expressions.evaluate(source, names, now=now)
        for name, source in zip(table.outputs, rule.results, strict=True)
    }
