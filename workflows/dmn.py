"""Reading decision tables (DMN 1.1 to 1.3) and refusing what would silently never match."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lxml import etree

from core.types import Bilingual
from workflows import expressions, unary
from workflows.expressions import ExpressionError
from workflows.findings import Finding
from workflows.sentences import N_, said
from workflows.xmlfile import QMS, line_of, local, text_of

POLICIES = ("UNIQUE", "FIRST", "COLLECT")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int, Decimal),
    "long": (int, Decimal),
    "double": (int, Decimal),
    "number": (int, Decimal),
}


@dataclass(frozen=True)
class Input:
    """A column that is compared: its heading and the expression over the case's facts."""

    label: Bilingual
    expression: str


@dataclass(frozen=True)
class Rule:
    """One row: its number as printed (from 1), its tests, the expressions of its results, its annotation."""

    number: int
    tests: tuple[unary.Test, ...]
    results: tuple[str, ...]
    annotation: Bilingual


@dataclass(frozen=True)
class DecisionTable:
    """A decision table that can run. ``policy`` is UNIQUE, FIRST or COLLECT."""

    id: str
    name: Bilingual
    policy: str
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    labels: tuple[Bilingual, ...]
    rules: tuple[Rule, ...]


def read_table(root: etree._Element) -> tuple[DecisionTable | None, list[Finding]]:
    """Read the one decision table of a DMN file; with an error among the findings there is no table."""
    reader = _Reader()
    table = reader.table(root)
    return table, reader.findings


class _Reader:
    """Collects findings while a file is read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def refuse(self, code: str, node: etree._Element, **facts: object) -> None:
        """Note a finding at an element."""
        self.findings.append(Finding(code, node.get("id"), line_of(node), dict(facts)))

    def table(self, root: etree._Element) -> DecisionTable | None:
        """Read the decision, its columns and its rows."""
        decisions = [node for node in root if local(node) == "decision"]
        if len(decisions) != 1:
            self.refuse("dmn.decision_count", root, count=len(decisions))
            return None
        decision = decisions[0]
        table = _child(decision, "decisionTable")
        if table is None:
            self.refuse("dmn.no_table", decision)
            return None
        policy = table.get("hitPolicy", "UNIQUE").upper()
        if policy not in POLICIES or table.get("aggregation"):
            self.refuse(
                "dmn.hit_policy", table, policy=" ".join(filter(None, (policy, table.get("aggregation"))))
            )
        columns = [node for node in table if local(node) == "input"]
        inputs = tuple(self._input(column) for column in columns)
        results = [node for node in table if local(node) == "output"]
        outputs = tuple(self._output(node) for node in results)
        labels = tuple(_both(node, node.get("label") or node.get("name") or "") for node in results)
        rows = [node for node in table if local(node) == "rule"]
        if not rows:
            self.refuse("dmn.empty", table)
        rules = tuple(self._rule(number, row, columns, len(outputs)) for number, row in enumerate(rows, 1))
        if self.findings:
            return None
        name = _both(decision, decision.get("name", ""))
        return DecisionTable(decision.get("id", ""), name, policy, inputs, outputs, labels, rules)

    def _input(self, column: etree._Element) -> Input:
        expression = text_of(_child(_child(column, "inputExpression"), "text"))
        label = column.get("label") or expression
        try:
            expressions.check(expression)
        except ExpressionError as wrong:
            self.refuse("dmn.input", column, name=label, reason=wrong.reason)
        return Input(_both(column, label), expression)

    def _output(self, column: etree._Element) -> str:
        name = column.get("name") or column.get("label") or ""
        if not _NAME.match(name):
            self.refuse("dmn.output_name", column)
        return name

    def _rule(self, number: int, row: etree._Element, columns: list[etree._Element], outputs: int) -> Rule:
        cells = [node for node in row if local(node) == "inputEntry"]
        results = [node for node in row if local(node) == "outputEntry"]
        if len(cells) != len(columns) or len(results) != outputs:
            self.refuse("dmn.cell_count", row, row=number)
        tests = tuple(self._test(number, cell, column) for cell, column in zip(cells, columns, strict=False))
        return Rule(number, tests, tuple(self._result(number, cell) for cell in results), _annotation(row))

    def _test(self, number: int, cell: etree._Element, column: etree._Element) -> unary.Test:
        text = text_of(_child(cell, "text"))
        facts = {"row": number, "cell": text}
        try:
            test = unary.parse(text)
            named = sorted(test.names() - _roots(test))
        except ExpressionError as wrong:
            self.refuse("dmn.cell", cell, reason=wrong.reason, **facts)
            return unary.Test("any")
        if named:
            self.refuse("dmn.cell_name", cell, name=named[0], **facts)
            return test
        expression = _child(column, "inputExpression")
        kind = (expression.get("typeRef") or "").lower() if expression is not None else ""
        values = list(_literals(test))
        if kind in _TYPES and not all(_fits(value, kind) for value in values):
            self.refuse("dmn.cell_type", cell, type=kind, **facts)
        allowed = _allowed(column)
        if allowed and any(value not in allowed for value in _equals(test)):
            self.refuse("dmn.cell_value", cell, **facts)
        return test

    def _result(self, number: int, cell: etree._Element) -> str:
        text = text_of(_child(cell, "text"))
        try:
            named = expressions.check(text) - set(unary.CONSTANTS)
            if named and "." not in text:
                raise ExpressionError(text, said(N_("there is no “%(name)s”"), name=sorted(named)[0]))
        except ExpressionError as wrong:
            self.refuse("dmn.output", cell, row=number, cell=text, reason=wrong.reason)
        return text


def _child(node: etree._Element | None, name: str) -> etree._Element | None:
    return next((child for child in node if local(child) == name), None) if node is not None else None


def _annotation(row: etree._Element) -> Bilingual:
    entries = [text_of(_child(node, "text")) for node in row if local(node) == "annotationEntry"]
    return _both(row, " · ".join(filter(None, [text_of(_child(row, "description")), *entries])))


def _both(node: etree._Element, drawn: str) -> Bilingual:
    return {"en": drawn, "zh": (node.get(f"{{{QMS}}}nameZh") or "").strip() or drawn}


def _roots(test: unary.Test) -> frozenset[str]:
    """Names a cell may use: those it reads parts of, such as ``lot`` in ``lot.expiry``."""
    sources: Iterable[str] = [*test.sources, *(source for part in test.parts for source in part.sources)]
    return frozenset(name for source in sources for name in expressions.check(source) if f"{name}." in source)


def _literal(source: str) -> Iterator[Any]:
    if not expressions.check(source) - set(unary.CONSTANTS):
        yield expressions.evaluate(source, unary.CONSTANTS)


def _literals(test: unary.Test) -> Iterator[Any]:
    for part in test.parts:
        yield from _literals(part)
    if test.kind in ("equal", "compare", "range"):
        for source in test.sources:
            for value in _literal(source):
                yield from value if isinstance(value, list) else [value]


def _equals(test: unary.Test) -> Iterator[Any]:
    for part in test.parts:
        yield from _equals(part)
    if test.kind == "equal":
        yield from _literals(test)


def _fits(value: Any, kind: str) -> bool:
    if value is None:
        return True
    return isinstance(value, _TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")


def _allowed(column: etree._Element) -> list[Any]:
    text = text_of(_child(_child(column, "inputValues"), "text"))
    try:
        return list(_literals(unary.parse(text))) if text else []
    except ExpressionError:
        return []
