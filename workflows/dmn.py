"""Reading DMN files (1.1 to 1.5): decisions, what they require, their tables; what cannot run is refused."""

import re
from typing import Any

from lxml import etree

from workflows.dmn_logic import LogicReader, nothing
from workflows.dmn_model import Decision, DecisionTable, InputData, Knowledge, Model, Service
from workflows.dmn_tables import TableReader, both
from workflows.dmn_types import kind_for, read_kinds
from workflows.feel import tree
from workflows.feel.tokens import is_plain
from workflows.findings import Finding
from workflows.outcomes import run_table
from workflows.sentences import N_
from workflows.xmlfile import child, children, line_of, local, text_of

__all__ = ["Decision", "DecisionTable", "Model", "read_model"]

_FACT = re.compile(r"^[a-z][a-z0-9_]*$")
_NAMED = ("inputData", "decision", "businessKnowledgeModel", "decisionService", "variable", "itemComponent")
_DEFINES = ("inputData", "decision", "businessKnowledgeModel", "decisionService")
_ALSO_NAMED = ("formalParameter", "output", "column", "parameter")


def read_model(root: etree._Element) -> tuple[Model, list[Finding]]:
    """Read a DMN file; decisions with an error among the findings cannot be worked out."""
    reader = _Reader(root)
    reader.read()
    return reader.model, reader.findings


def fact_names(model: Model) -> list[Finding]:
    """Check that what a process reads of a decision can be named in it."""
    return [
        Finding("dmn.output_name", decision.id, decision.line)
        for decision in model.top()
        if not all(_FACT.match(name) for name in output_names(decision))
    ]


def output_names(decision: Decision) -> list[str]:
    """Give the names under which a process finds the results of a decision."""
    if decision.table is None:
        return [] if isinstance(decision.logic, tree.ContextOf) else [decision.variable]
    return [output.name or decision.variable for output in decision.table.outputs]


class _Reader:
    """Collects definitions and findings while a file is read."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.model = Model(name=root.get("name", ""))
        self.named = {_key(node): _name(node) for node in root if local(node) in _DEFINES}

    def refuse(self, code: str, node: etree._Element, **facts: object) -> None:
        """Note a finding at an element."""
        holder = node
        while holder.get("id") is None and (above := holder.getparent()) is not None:
            holder = above
        self.findings.append(Finding(code, holder.get("id"), line_of(node), facts))

    def read(self) -> None:
        """Read everything."""
        root, model = self.root, self.model
        model.kinds = read_kinds(root, self.refuse)
        model.names = frozenset(
            " ".join(node.get("name", "").split())
            for node in root.iter()
            if local(node) in (*_NAMED, *_ALSO_NAMED)
            and node.get("name")
            and not is_plain(node.get("name", ""))
        )
        for node in children(root, "import"):
            self.refuse("dmn.import", node, name=node.get("name", ""))
        for node in children(root, "inputData"):
            variable = child(node, "variable")
            reference = variable.get("typeRef") if variable is not None else None
            key = _key(node)
            model.inputs[key] = InputData(key, _name(node), kind_for(reference, model.kinds))
        for node in children(root, "businessKnowledgeModel"):
            self._knowledge(node)
        for node in children(root, "decisionService"):
            self._service(node)
        decisions = list(children(root, "decision"))
        if not decisions:
            self.refuse("dmn.no_decision", root)
        for node in decisions:
            self._decision(node)
        self._requirements()

    def _logic(self, requires: tuple[str, ...]) -> LogicReader:
        known = frozenset(self._names_of(requires))

        def table(node: etree._Element, where: tuple[str, ...]) -> tree.Node:
            parameters = _parameters(node)
            named = self._table(node, where[-1], both(node, where[-1]), where[-1], known | parameters)
            return (
                tree.Foreign(lambda ev: run_table(named, ev))
                if named
                else nothing(N_("the table is refused"))
            )

        return LogicReader(self.model.names, self.model.kinds, self.refuse, table)

    def _names_of(self, requires: tuple[str, ...]) -> list[str]:
        return [self.named[key] for key in requires if key in self.named]

    def _table(
        self, node: etree._Element, key: str, name: dict[str, str], variable: str, known: frozenset[str]
    ) -> DecisionTable | None:
        reader = TableReader(node, self.model.names, self.model.kinds, known, self.refuse)
        return reader.read(key, name, variable)

    def _decision(self, node: etree._Element) -> None:
        key, name = _key(node), both(node, node.get("name", ""))
        requires = _requires(node)
        table_node = child(node, "decisionTable")
        variable = child(node, "variable")
        table, logic = None, None
        if table_node is not None:
            known = frozenset(self._names_of(requires))
            table = self._table(table_node, key, name, _name(node), known)
            logic = _table_logic(table)
        else:
            logic = self._logic(requires).of(node, (node.get("name", ""),))
            if logic is None:
                self.refuse("dmn.no_table", node)
        reference = variable.get("typeRef") if variable is not None else None
        self.model.decisions[key] = Decision(
            key,
            name,
            _name(node),
            kind_for(reference, self.model.kinds),
            logic,
            table,
            requires,
            self.model,
            text_of(child(child(node, "literalExpression"), "text")),
            line_of(node),
        )

    def _knowledge(self, node: etree._Element) -> None:
        key = _key(node)
        holder = child(node, "encapsulatedLogic")
        requires = _requires(node)
        reader = self._logic(requires)
        logic = reader.function(holder, (_name(node),)) if holder is not None else None
        self.model.knowledge[key] = Knowledge(key, _name(node), logic, requires)

    def _service(self, node: etree._Element) -> None:
        key = _key(node)
        parts = [_hrefs(node, kind) for kind in ("outputDecision", "inputDecision", "inputData")]
        self.model.services[key] = Service(key, _name(node), *parts)

    def _requirements(self) -> None:
        """Refuse what a decision requires and the file does not have, and circles."""
        model = self.model
        known: dict[str, Any] = {**model.decisions, **model.inputs, **model.knowledge, **model.services}
        for decision in model.decisions.values():
            for key in decision.requires:
                if key not in known:
                    facts = {"name": decision.name, "required": key}
                    self.findings.append(Finding("dmn.required", decision.id, decision.line, facts))
        for key in _in_circles(known):
            if key in model.decisions:
                decision = model.decisions[key]
                facts = {"name": decision.name}
                self.findings.append(Finding("dmn.circle", decision.id, decision.line, facts))


def _table_logic(table: DecisionTable | None) -> tree.Node:
    if table is None:
        return nothing(N_("the table is refused"))
    return tree.Foreign(lambda evaluator: run_table(table, evaluator))


def _in_circles(known: dict[str, Any]) -> list[str]:
    """List what requires itself: what is left when everything that can be settled is taken away."""
    left = {key: set(getattr(node, "requires", ())) & known.keys() for key, node in known.items()}
    asked_by: dict[str, list[str]] = {}
    for key, requires in left.items():
        for one in requires:
            asked_by.setdefault(one, []).append(key)
    settled = [key for key, requires in left.items() if not requires]
    while settled:
        key = settled.pop()
        del left[key]
        for one in asked_by.get(key, ()):
            left[one].discard(key)
            if not left[one]:
                settled.append(one)
    return list(left)


def _name(node: etree._Element) -> str:
    """Give the name of what a node defines, which is that of its variable."""
    variable = child(node, "variable")
    name = (variable.get("name") if variable is not None else None) or node.get("name")
    return " ".join((name or "").split())


def _key(node: etree._Element) -> str:
    return str(node.get("id") or node.get("name", ""))


def _hrefs(node: etree._Element, kind: str) -> tuple[str, ...]:
    return tuple((one.get("href") or "").rsplit("#", 1)[-1] for one in children(node, kind))


def _requires(node: etree._Element) -> tuple[str, ...]:
    found: list[str] = []
    for requirement in node:
        if local(requirement) in ("informationRequirement", "knowledgeRequirement"):
            for kind in ("requiredDecision", "requiredInput", "requiredKnowledge"):
                found += _hrefs(requirement, kind)
    return tuple(found)


def _parameters(node: etree._Element) -> frozenset[str]:
    """Give the names that surround a table inside a function or a context."""
    names: set[str] = set()
    holder = node.getparent()
    while holder is not None and local(holder) != "definitions":
        names |= {one.get("name", "") for one in children(holder, "formalParameter")}
        if local(holder) == "context":
            variables = [child(entry, "variable") for entry in children(holder, "contextEntry")]
            names |= {one.get("name", "") for one in variables if one is not None}
        holder = holder.getparent()
    return frozenset(names)
