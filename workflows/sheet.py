"""What a process does, told to people from its model: steps in order, branches, decision tables (URS-002).

Nothing here is written twice: a process sheet that is generated cannot differ from what runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from core.types import Bilingual
from workflows import expressions
from workflows.compiled import CompiledProcess
from workflows.drawing.picture import Name, name_of, read_picture
from workflows.elements import Element, Flow, bpmn_tag
from workflows.expressions import ExpressionError
from workflows.vocabulary import Vocabulary, Words, say
from workflows.xmlfile import QMS, local, parse, text_of


@dataclass(frozen=True)
class Branch:
    """One way out of a gateway; ``condition`` is empty for the default, taken when no other holds."""

    gateway: Element
    name: Bilingual
    condition: str
    target: Element


@dataclass(frozen=True)
class DecisionSheet:
    """A decision table as people read it: headings, and the text of every cell, row by row.

    ``rows`` pairs the cells with the annotation; the first ``len(inputs)`` cells are compared, the others are
    the result. Headings and annotations are Chinese where the table carries ``qms:nameZh``. ``read`` are the
    expressions of the columns that are compared, ``names`` those of the results.
    """

    id: str
    name: Bilingual
    policy: str
    inputs: tuple[Bilingual, ...]
    outputs: tuple[Bilingual, ...]
    rows: tuple[tuple[tuple[str | Bilingual, ...], Bilingual], ...]
    read: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def documentation(process: CompiledProcess) -> Bilingual:
    """Give what the model's author wrote about the process as a whole; may be empty.

    Chinese comes from ``qms:documentationZh`` of the process, else from the one ``bpmn:documentation``.
    """
    node = parse(process.bpmn_xml.encode()).find(f"{bpmn_tag('process')}[@id='{process.key}']")
    if node is None:
        return {"en": "", "zh": ""}
    text = " ".join(text_of(node.find(bpmn_tag("documentation"))).split())
    return {"en": text, "zh": node.get(f"{{{QMS}}}documentationZh") or text}


def in_order(process: CompiledProcess) -> list[Element]:
    """List the elements as the diagram leads through them: each behind those that come before it."""
    following = _following(process)
    backwards: list[str] = []
    seen: set[str] = set()
    starts = [element for element in process.elements.values() if element.kind == "startEvent"]
    for start in [one.id for one in sorted(starts, key=lambda one: one.scope in process.elements)]:
        entered = [] if start in seen else [(start, iter(reversed(following[start])))]
        seen.add(start)
        while entered:
            key, targets = entered[-1]
            target = next((one for one in targets if one not in seen), None)
            if target is None:
                backwards.append(key)
                entered.pop()
            else:
                seen.add(target)
                entered.append((target, iter(reversed(following[target]))))
    unreached = [key for key in process.elements if key not in seen]
    return [process.elements[key] for key in (*reversed(backwards), *unreached)]


def branches(process: CompiledProcess) -> list[Branch]:
    """List the ways out of every gateway that decides."""
    names = {edge.id: edge.name for edge in read_picture(process.bpmn_xml).edges}
    leaving = [element for element in in_order(process) if element.kind.endswith("Gateway")]
    return [
        Branch(
            gateway=gateway,
            name=_bilingual(names.get(flow.id)),
            condition=flow.condition or "",
            target=process.elements[flow.target],
        )
        for gateway in leaving
        for flow in _ways_out(process, gateway)
    ]


def decision_sheets(process: CompiledProcess) -> list[DecisionSheet]:
    """Read every decision table of the bundle, in the order of file names."""
    files = sorted(name for name in process.files if name.endswith(".dmn"))
    found = [sheet for name in files for sheet in read_decisions(process.files[name])]
    return [_in_words(sheet, process.vocabulary) for sheet in found]


def _in_words(table: DecisionSheet, vocabulary: Vocabulary) -> DecisionSheet:
    """Say the codes in the cells of a table in the words of its model."""
    words = [vocabulary.of_expression(one) for one in table.read]
    words += [vocabulary.of_column(table.id, name) for name in table.names]
    rows = tuple(
        (tuple(_said(cell, words[at], vocabulary) for at, cell in enumerate(cells)), note)
        for cells, note in table.rows
        if table.names
    )
    return replace(table, rows=rows) if rows else table


def _said(cell: str | Bilingual, words: Words, vocabulary: Vocabulary) -> str | Bilingual:
    if not isinstance(cell, str):
        return cell
    return vocabulary.cell(cell, words) or say(cell, words) or cell


def column_of(process: CompiledProcess, expression: str) -> tuple[Bilingual, Bilingual] | None:
    """Give table and column that an expression such as ``terms.audit_due`` reads; None for any other."""
    step, _dot, name = expression.partition(".")
    keys = [one.decision for one in process.elements.values() if one.step == step and one.decision]
    tables = [process.decisions[key].table for key in keys if key in process.decisions]
    for table in tables:
        for output in table.outputs if table is not None else ():
            if output.name == name and table is not None:
                return table.name, output.label
    return None


def giver_of(process: CompiledProcess, expression: str) -> Bilingual | None:
    """Name the step that gives what an expression such as ``request.last_day`` reads; None for any other.

    A member of a multi-instance (``action.due``) comes from the step that its list comes from.
    """
    key, dot, _name = expression.partition(".")
    if not dot:
        return None
    markers = [one.marker for one in process.elements.values() if one.marker is not None]
    lists = [marker.collection or "" for marker in markers if marker.item == key]
    steps = [key, *(collection.partition(".")[0] for collection in lists)]
    named = {one.step: one.title for one in process.elements.values() if one.writes}
    return next((named[step] for step in reversed(steps) if step in named), None)


def read_decisions(dmn_xml: str) -> Iterator[DecisionSheet]:
    """Read the decision tables of a DMN file as text.

    Raises:
        UnreadableFile: the file is not acceptable XML.
    """
    for decision in parse(dmn_xml.encode()):
        table = _child(decision, "decisionTable")
        if table is not None:
            yield DecisionSheet(
                id=str(decision.get("id")),
                name=_bilingual(name_of(decision)),
                policy=table.get("hitPolicy", "UNIQUE"),
                inputs=tuple(_heading(node) for node in _children(table, "input")),
                outputs=tuple(_heading(node) for node in _children(table, "output")),
                rows=tuple(_row(node) for node in _children(table, "rule")),
                read=tuple(_text(_child(node, "inputExpression")) for node in _children(table, "input")),
                names=tuple(node.get("name") or "" for node in _children(table, "output")),
            )
        elif local(decision) == "decision":
            text = _text(_child(decision, "literalExpression")) or "…"
            name = _bilingual(name_of(decision))
            yield DecisionSheet(
                str(decision.get("id")), name, "", (), (name,), (((text,), {"en": "", "zh": ""}),)
            )


def _following(process: CompiledProcess) -> dict[str, list[str]]:
    """Say what comes after each element: what begins inside, the targets of its flows, what is attached."""
    following: dict[str, list[str]] = {key: [] for key in process.elements}
    for flow in process.flows:
        following[flow.source].append(flow.target)
    for element in process.elements.values():
        if element.attached_to:
            following[element.attached_to].append(element.id)
        if element.kind == "startEvent" and element.scope in following:
            following[element.scope].insert(0, element.id)
    return following


def _bilingual(name: Name | None) -> Bilingual:
    return {"en": name.en, "zh": name.zh} if name else {"en": "", "zh": ""}


def _ways_out(process: CompiledProcess, gateway: Element) -> list[Flow]:
    ways = [flow for flow in process.flows if flow.source == gateway.id]
    return sorted(ways, key=lambda flow: flow.id == gateway.default) if len(ways) > 1 else []


def _heading(column: etree._Element) -> Bilingual:
    drawn = column.get("label") or column.get("name") or _text(_child(column, "inputExpression"))
    return {"en": drawn, "zh": column.get(f"{{{QMS}}}nameZh") or drawn}


def _row(node: etree._Element) -> tuple[tuple[str | Bilingual, ...], Bilingual]:
    tested = [_text(cell) or "-" for cell in _children(node, "inputEntry")]
    results = [_result(_text(cell)) for cell in _children(node, "outputEntry")]
    note = text_of(_child(node, "description"))
    return (*tested, *results), {"en": note, "zh": node.get(f"{{{QMS}}}nameZh") or note}


def _result(source: str) -> str | Bilingual:
    """Show a constant result as its value, anything else as its expression."""
    try:
        value: Any = expressions.evaluate(source, {})
    except ExpressionError:
        return source
    if isinstance(value, Mapping) and {"en", "zh"} <= set(value):
        return {"en": str(value["en"]), "zh": str(value["zh"])}
    return str(value)


def _text(node: etree._Element | None) -> str:
    return text_of(_child(node, "text"))


def _child(node: etree._Element | None, name: str) -> etree._Element | None:
    return next(_children(node, name), None) if node is not None else None


def _children(node: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in node if local(child) == name)
