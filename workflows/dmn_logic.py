"""Boxed expressions of DMN, read into the tree of the one expression language."""

from collections.abc import Callable
from typing import Any

from lxml import etree

from workflows.dmn_types import kind_for
from workflows.feel import parser, tree
from workflows.feel.faults import Denied, Wrong
from workflows.feel.kinds import Kind
from workflows.sentences import N_, said
from workflows.xmlfile import child, children, local, text_of

_FEEL = ("feel", "FEEL", "")
Refuse = Callable[..., None]
_RESULT = ""
MAX_DEPTH = 20


class LogicReader:
    """Reads the logic of one file; ``names`` are declared names with spaces, ``kinds`` its types."""

    def __init__(
        self,
        names: frozenset[str],
        kinds: dict[str, Kind],
        refuse: Refuse,
        table: Callable[[etree._Element, tuple[str, ...]], tree.Node],
    ) -> None:
        self.names = names
        self.kinds = kinds
        self.refuse = refuse
        self.table = table
        self.depth = 0

    def of(self, holder: etree._Element | None, where: tuple[str, ...]) -> tree.Node | None:
        """Read the boxed expression inside a node; nothing where there is none."""
        for node in holder if holder is not None else ():
            if local(node) in _READ:
                return self.one(node, where)
        return None

    def one(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        """Read one boxed expression."""
        if self.depth >= MAX_DEPTH:
            self.refuse("dmn.expression", node, name=where[0], text="…", reason=said(N_("it is too complex")))
            return nothing(N_("it is too complex"))
        self.depth += 1
        found = _READ[local(node)](self, node, where)
        self.depth -= 1
        return found

    def must(self, holder: etree._Element | None, where: tuple[str, ...]) -> tree.Node:
        """Read the boxed expression inside a node that needs one."""
        found = self.of(holder, where)
        if found is None:
            if holder is not None:
                self.refuse("dmn.no_logic", holder, name=where[-1])
            return nothing(N_("there is no expression"))
        return found

    def literal(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        """Read a literal expression."""
        language = (node.get("expressionLanguage") or "").rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        if language not in _FEEL:
            self.refuse("dmn.language", node, name=where[-1], dialect=node.get("expressionLanguage"))
            return nothing(N_("it is written in another language"))
        return self.typed(self.source(text_of(child(node, "text")), node, where), node)

    def source(self, text: str, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        """Read the text of an expression; one that cannot be read is refused and gives nothing."""
        try:
            return parser.expression(text, self.names)
        except Denied as denied:
            self.refuse("dmn.expression", node, name=" › ".join(where), text=text[:120], reason=denied.said)
            return failing(denied)

    def _context(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        entries: list[tuple[str, tree.Node]] = []
        for entry in children(node, "contextEntry"):
            variable = child(entry, "variable")
            name = variable.get("name", "") if variable is not None else _RESULT
            value = self.must(entry, (*where, name or where[-1]))
            entries.append((name, self.typed(value, variable)))
        made = tree.ContextOf(tuple(entries))
        return tree.Path(made, _RESULT) if entries and entries[-1][0] == _RESULT else made

    def typed(self, value: tree.Node, variable: etree._Element | None) -> tree.Node:
        """Fit a value to the type of its variable."""
        kind = kind_for(variable.get("typeRef"), self.kinds) if variable is not None else None
        return fitted(value, kind) if kind is not None else value

    def _list(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        return tree.ListOf(tuple(self.one(one, where) for one in node if local(one) in _READ))

    def _relation(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        columns = [column.get("name", "") for column in children(node, "column")]
        rows = []
        for row in children(node, "row"):
            cells = [self.one(one, where) for one in row if local(one) in _READ]
            rows.append(tree.ContextOf(tuple(zip(columns, cells, strict=False))))
        return tree.ListOf(tuple(rows))

    def _invocation(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        function = self.must(node, where)
        names, values = [], []
        for binding in children(node, "binding"):
            parameter = child(binding, "parameter")
            names.append(parameter.get("name", "") if parameter is not None else "")
            values.append(self.must(binding, (*where, names[-1])))
        return tree.Call(function, tuple(values), tuple(names))

    def function(self, node: etree._Element | None, where: tuple[str, ...]) -> tree.Node:
        """Read a function: its parameters and its body."""
        parameters = tuple(
            (one.get("name", ""), kind_for(one.get("typeRef"), self.kinds))
            for one in children(node, "formalParameter")
        )
        if node is not None and node.get("kind", "FEEL") != "FEEL":
            self.refuse("dmn.external", node, name=where[-1])
            return nothing(N_("functions of other programs cannot be called"))
        return tree.FunctionOf(parameters, self.must(node, where))

    def _conditional(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        return tree.If(
            self.must(child(node, "if"), where),
            self.must(child(node, "then"), where),
            self.must(child(node, "else"), where),
        )

    def _filter(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        return tree.Filter(
            self.must(child(node, "in"), where),
            self.must(child(node, "match"), where),
        )

    def _loop(self, node: etree._Element, where: tuple[str, ...]) -> tuple[tree.Loop, ...]:
        return (tree.Loop(node.get("iteratorVariable", ""), self.must(child(node, "in"), where)),)

    def _for(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        return tree.For(self._loop(node, where), self.must(child(node, "return"), where))

    def _quantified(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        test = self.must(child(node, "satisfies"), where)
        return tree.Quantified(local(node), self._loop(node, where), test)

    def _table(self, node: etree._Element, where: tuple[str, ...]) -> tree.Node:
        return self.table(node, where)


def failing(denied: Denied) -> tree.Node:
    """Stand for a part that could not be read: whoever asks for it is told why."""

    def run(_evaluator: Any) -> Any:
        raise Wrong(denied.message, **denied.facts)

    return tree.Foreign(run)


def nothing(message: str) -> tree.Node:
    """Stand for a part that is missing."""
    return failing(Denied(message))


def fitted(value: tree.Node, kind: Kind) -> tree.Node:
    """Fit the value of a part to a type; what does not fit is null, or refused over the facts of a case."""
    return tree.Foreign(lambda evaluator: evaluator.fitted(evaluator.value(value), kind))


_READ: dict[str, Callable[[LogicReader, etree._Element, tuple[str, ...]], tree.Node]] = {
    "literalExpression": LogicReader.literal,
    "context": LogicReader._context,
    "list": LogicReader._list,
    "relation": LogicReader._relation,
    "invocation": LogicReader._invocation,
    "functionDefinition": LogicReader.function,
    "conditional": LogicReader._conditional,
    "filter": LogicReader._filter,
    "for": LogicReader._for,
    "some": LogicReader._quantified,
    "every": LogicReader._quantified,
    "decisionTable": LogicReader._table,
}
