"""Reading decision tables: every cell is read once, and what would silently never match is refused."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from core.types import Bilingual
from workflows.dmn_model import DecisionTable, Input, Output, Rule
from workflows.dmn_types import is_whole, kind_for
from workflows.feel import parser, tree
from workflows.feel.catalogue import BUILTINS
from workflows.feel.evaluator import Evaluator, Setting
from workflows.feel.faults import Denied, Fault
from workflows.feel.kinds import Kind, conforms
from workflows.sentences import N_, said
from workflows.xmlfile import QMS, child, children, line_of, text_of

POLICIES = {
    "UNIQUE": "UNIQUE", "U": "UNIQUE",
    "FIRST": "FIRST", "F": "FIRST",
    "ANY": "ANY", "A": "ANY",
    "PRIORITY": "PRIORITY", "P": "PRIORITY",
    "RULE ORDER": "RULE ORDER", "R": "RULE ORDER",
    "OUTPUT ORDER": "OUTPUT ORDER", "O": "OUTPUT ORDER",
    "COLLECT": "COLLECT", "C": "COLLECT",
}  # fmt: skip
AGGREGATIONS = ("", "SUM", "MIN", "MAX", "COUNT")
_SPACES = re.compile(r"[\s_]+")
Refuse = Callable[..., None]


def both(node: etree._Element, drawn: str) -> Bilingual:
    """Give a name as drawn, and its Chinese where the model carries ``qms:nameZh``."""
    return {"en": drawn, "zh": (node.get(f"{{{QMS}}}nameZh") or "").strip() or drawn}


class TableReader:
    """Reads one table of a file.

    ``known`` are the names that the decision is given; without any, cells may read facts by their paths only.
    """

    def __init__(
        self,
        node: etree._Element,
        names: frozenset[str],
        kinds: dict[str, Kind],
        known: frozenset[str],
        refuse: Refuse,
    ) -> None:
        self.node = node
        self.names = names
        self.kinds = kinds
        self.known = known
        self.refuse = refuse
        self.wrong = False

    def _refuse(self, code: str, node: etree._Element, **facts: object) -> None:
        self.wrong = True
        self.refuse(code, node, **facts)

    def read(self, key: str, name: Bilingual, variable: str) -> DecisionTable | None:
        """Read the table; nothing where something in it is refused."""
        node = self.node
        policy = _SPACES.sub(" ", node.get("hitPolicy", "UNIQUE").strip().upper())
        aggregation = (node.get("aggregation") or "").upper()
        columns = list(children(node, "input"))
        inputs = tuple(self._input(column) for column in columns)
        results = list(children(node, "output"))
        outputs = tuple(self._output(one, variable, len(results) == 1) for one in results)
        rows = list(children(node, "rule"))
        if not rows:
            self._refuse("dmn.empty", node)
        if not results:
            self._refuse("dmn.no_output", node)
        rules = tuple(self._rule(number, row, inputs, outputs) for number, row in enumerate(rows, 1))
        self._policy(POLICIES.get(policy), policy, aggregation, outputs)
        if self.wrong:
            return None
        made = POLICIES[policy], aggregation, inputs, outputs, rules
        return DecisionTable(key, name, *made, element=node.get("id"), line=line_of(node))

    def _policy(
        self, policy: str | None, written: str, aggregation: str, outputs: tuple[Output, ...]
    ) -> None:
        if policy is None or aggregation not in AGGREGATIONS or (aggregation and policy != "COLLECT"):
            self._refuse("dmn.hit_policy", self.node, policy=" ".join(filter(None, (written, aggregation))))
        elif aggregation and len(outputs) > 1:
            self._refuse("dmn.aggregation", self.node, aggregation=aggregation)
        elif policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.values for output in outputs):
            self._refuse("dmn.priority", self.node, policy=policy)

    def _input(self, column: etree._Element) -> Input:
        holder = child(column, "inputExpression")
        expression = text_of(child(holder, "text"))
        label = column.get("label") or expression
        reference = holder.get("typeRef") if holder is not None else None
        allowed_text = text_of(child(child(column, "inputValues"), "text"))
        node: tree.Node = tree.Literal(None)
        try:
            node = parser.expression(expression, self.names)
            for name in sorted(called(node) - self.known - set(BUILTINS)):
                raise Denied(N_("there is no function “%(name)s”"), name=name)
        except Denied as denied:
            self._refuse("dmn.input", column, name=label, reason=denied.said)
        kind = kind_for(reference, self.kinds)
        allowed = self._tests(allowed_text, column, label)
        whole = is_whole(reference)
        return Input(both(column, label), expression, node, kind, allowed, allowed_text, whole)

    def _tests(self, text: str, node: etree._Element, label: str) -> tree.Tests | None:
        if not text:
            return None
        try:
            return parser.unary_tests(text, self.names)
        except Denied as denied:
            self._refuse("dmn.values", node, name=label, reason=denied.said)
            return None

    def _output(self, column: etree._Element, of: str, alone: bool) -> Output:
        name = column.get("name") or (of if alone else "")
        label = column.get("label") or name
        if not name:
            self._refuse("dmn.output_name", column)
        default = text_of(child(child(column, "defaultOutputEntry"), "text"))
        values = self._tests(text_of(child(child(column, "outputValues"), "text")), column, label)
        return Output(
            name,
            both(column, label),
            kind_for(column.get("typeRef"), self.kinds),
            tuple(constants(values.parts)) if values is not None else (),
            self._result(0, default, column) if default else None,
        )

    def _rule(
        self, number: int, row: etree._Element, inputs: tuple[Input, ...], outputs: tuple[Output, ...]
    ) -> Rule:
        cells = list(children(row, "inputEntry"))
        results = list(children(row, "outputEntry"))
        if len(cells) != len(inputs) or len(results) != len(outputs):
            self._refuse("dmn.cell_count", row, row=number)
        texts = tuple(text_of(child(cell, "text")) for cell in cells)
        written = tuple(text_of(child(cell, "text")) for cell in results)
        tests = tuple(
            self._test(number, text, cell, column)
            for text, cell, column in zip(texts, cells, inputs, strict=False)
        )
        made = tuple(
            self._checked_result(number, text, cell, output)
            for text, cell, output in zip(written, results, outputs, strict=False)
        )
        return Rule(number, tests, made, texts, written, annotation(row), line_of(row))

    def _test(self, number: int, text: str, cell: etree._Element, column: Input) -> tree.Tests:
        facts = {"row": number, "cell": text, "column": column.label}
        try:
            tests = parser.unary_tests(text, self.names)
        except Denied as denied:
            self._refuse("dmn.cell", cell, reason=denied.said, **facts)
            return parser.ANYTHING
        unknown = sorted(bare(tests, self.names) - self.known)
        if unknown:
            self._refuse("dmn.cell_name", cell, name=unknown[0], **facts)
        elif not all(_fits(value, column.kind) for value in compared(tests)):
            self._refuse("dmn.cell_type", cell, type=str(column.kind), **facts)
        elif column.allowed is not None and not all(
            passes(column.allowed, one) for one in constants(tests.parts)
        ):
            self._refuse("dmn.cell_value", cell, **facts)
        return tests

    def _checked_result(self, number: int, text: str, cell: etree._Element, output: Output) -> tree.Node:
        node = self._result(number, text, cell, output.label)
        found = list(constants((node,)))
        if found and output.values and found[0] is not None and found[0] not in output.values:
            self._refuse("dmn.output_value", cell, row=number, cell=text, column=output.label)
        return node

    def _result(
        self, number: int, text: str, cell: etree._Element, label: Bilingual | None = None
    ) -> tree.Node:
        reason: Bilingual | None = None
        node: tree.Node = tree.Literal(None)
        try:
            node = parser.expression(text, self.names)
            unknown = sorted(bare(node, self.names) - self.known)
            if unknown:
                reason = said(N_("there is no “%(name)s”"), name=unknown[0])
        except Denied as denied:
            reason = denied.said
        if reason is not None:
            self._refuse("dmn.output", cell, row=number, cell=text, column=label or "", reason=reason)
        return node


def annotation(row: etree._Element) -> Bilingual:
    """Read what the author wrote beside a row."""
    entries = [text_of(child(node, "text")) for node in children(row, "annotationEntry")]
    return both(row, " · ".join(filter(None, [text_of(child(row, "description")), *entries])))


def called(node: tree.Node) -> frozenset[str]:
    """List the names that an expression calls as functions."""
    return frozenset(
        found.function.name
        for found in tree.walk(node)
        if isinstance(found, tree.Call) and isinstance(found.function, tree.Name)
    )


def bare(node: tree.Node, names: frozenset[str]) -> frozenset[str]:
    """List the names that stand by themselves: neither called, nor bound, nor the beginning of a path."""
    based = {id(found.base) for found in tree.walk(node) if isinstance(found, tree.Path)}
    called_nodes = {id(found.function) for found in tree.walk(node) if isinstance(found, tree.Call)}
    found = {
        one.name
        for one in tree.walk(node)
        if isinstance(one, tree.Name) and id(one) not in based and id(one) not in called_nodes
    }
    unknown = called(node) - set(BUILTINS)
    return frozenset(found | unknown) - bound(node) - {"?", "item", "partial"} - names


def bound(node: tree.Node) -> frozenset[str]:
    """List the names that an expression gives to something itself."""
    made: set[str] = set()
    for one in tree.walk(node):
        if isinstance(one, (tree.For, tree.Quantified)):
            made |= {loop.name for loop in one.loops}
        elif isinstance(one, tree.FunctionOf):
            made |= {name for name, _ in one.parameters}
        elif isinstance(one, tree.ContextOf):
            made |= {name for name, _ in one.entries}
        elif isinstance(one, tree.Filter):
            made |= {inner.name for inner in tree.walk(one.test) if isinstance(inner, tree.Name)}
    return frozenset(made)


def constant(node: tree.Node) -> tuple[bool, Any]:
    """Work out an expression that reads nothing; says first whether it could be."""
    if not all(isinstance(one, _WRITTEN) or _is_function(one) for one in tree.walk(node)):
        return False, None
    try:
        return True, Evaluator({}, Setting(strict=True)).value(node)
    except Fault:
        return False, None


_WRITTEN = (
    *(tree.Literal, tree.Negative, tree.ListOf, tree.ContextOf),
    *(tree.Call, tree.Arithmetic, tree.RangeOf),
)
_MAKERS = ("date", "time", "date and time", "duration", "number", "string", "years and months duration")


def _is_function(node: tree.Node) -> bool:
    return isinstance(node, tree.Name) and node.name in _MAKERS


def constants(parts: tuple[tree.Node, ...]) -> Iterator[Any]:
    """Give the values that tests are equal to, as far as they are written out."""
    for part in parts:
        if isinstance(part, (tree.Test, tree.RangeOf, tree.Asked)):
            continue
        known, value = constant(part)
        if known:
            yield from value if isinstance(value, list) else [value]


def compared(tests: tree.Tests) -> Iterator[Any]:
    """Give the values that tests compare with, as far as they are written out."""
    yield from constants(tests.parts)
    for part in tests.parts:
        ends: list[tree.Node | None] = []
        if isinstance(part, tree.Test):
            ends = [part.operand]
        elif isinstance(part, tree.RangeOf):
            ends = [part.low, part.high]
        for end in ends:
            known, value = constant(end) if end is not None else (False, None)
            if known:
                yield value


def passes(tests: tree.Tests, value: Any) -> bool:
    """Say whether a value passes tests that read nothing; tests that cannot be judged let it pass."""
    try:
        return Evaluator({}, Setting(strict=True)).passes(tests, value)
    except Fault:
        return False


def _fits(value: Any, kind: Kind | None) -> bool:
    if kind is None or (isinstance(value, (dict, Decimal)) and kind.name == "Any"):
        return True
    if isinstance(value, str) and kind.name in ("date", "time", "date and time"):
        return False
    return kind.name in ("Any", "list", "context") or conforms(value, kind) or kind.name not in _CHECKED


_CHECKED = frozenset(
    (
        "string",
        "number",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    )
)
