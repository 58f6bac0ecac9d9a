"""The words of the codes that a process works with: answers of its forms, values of its decision tables.

A code is said in the words of the model that made it: the label of the answer in the form, or the
``qms:word`` of the column in the table. Whatever has no words there stands as it is; nothing is guessed.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from core.types import Bilingual
from forms.loader import Form
from workflows import cells
from workflows.dmn_tables import both
from workflows.durations import in_words, is_duration
from workflows.elements import Element
from workflows.sentences import N_, said
from workflows.terms import form_of, named_facts
from workflows.xmlfile import QMS, child, children, parse, text_of

Words = Mapping[str, Bilingual]
WORD = f"{{{QMS}}}word"


class Vocabulary:
    """The words of one process; ``said`` functions give None for what has none."""

    def __init__(
        self, elements: Mapping[str, Element], forms: Mapping[str, Form], files: Mapping[str, str]
    ) -> None:
        self._forms = dict(_form_words(elements, forms))
        self._columns: dict[tuple[str, str], Words] = {}
        self._inputs: dict[str, Words] = {}
        self._steps = {one.step: one.decision for one in elements.values() if one.decision}
        self._facts: dict[str, Words] = {}
        for name in sorted(files):
            if name.endswith(".dmn"):
                self._read(files[name])
            elif name.endswith(".bpmn"):
                self._facts.update(named_facts(files[name]))

    def of_expression(self, expression: str) -> Words:
        """The words of what an expression gives: ``step.field`` of a form, ``step.column`` of a table."""
        given = {**self._forms.get(expression, {}), **self._of_result(expression)}
        return {**given, **self._inputs.get(expression, {}), **self._facts.get(expression, {})}

    def of_column(self, decision: str, column: str) -> Words:
        """The words of one column of results."""
        return self._columns.get((decision, column), {})

    def in_words(self, decision: Mapping[str, Any]) -> dict[str, Any]:
        """Add the words of codes to the explanation of a decision: ``said`` beside each value."""
        inputs = [_with_words(one, self.of_expression(one["expression"])) for one in decision["inputs"]]
        key = decision["decision"]
        outputs = {
            name: words
            for name, value in decision["outputs"].items()
            if (words := say(value, self.of_column(key, name)))
        }
        told = {**decision, "inputs": inputs} | ({"said": outputs} if outputs else {})
        if "required" in decision:
            told["required"] = [self.in_words(one) for one in decision["required"]]
        return told

    def say_rows(self, sections: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Say codes in what a step shows: a row that names its ``fact`` says it in the words of the model."""
        for section in sections:
            rows = [dict(row) for row in section["rows"]]
            for row in rows:
                words, value = self.of_expression(row.pop("fact", "")), row["value"]
                row["value"] = words.get(value, value) if isinstance(value, str) else value
            yield {**section, "rows": rows}

    def cell(self, cell: str, words: Words) -> Bilingual | None:
        """Say a cell that compares with one code or lists several."""
        return cells.tell(cell, lambda code: say(code, words)) if cells.codes_of(cell) else None

    def _of_result(self, expression: str) -> Words:
        step, _dot, column = expression.partition(".")
        return self.of_column(self._steps.get(step) or step, column)

    def _read(self, dmn_xml: str) -> None:
        for decision in parse(dmn_xml.encode()):
            table = child(decision, "decisionTable")
            if table is None:
                continue
            for column in children(table, "output"):
                self._columns[str(decision.get("id")), column.get("name") or ""] = dict(_column(column))
            for column in children(table, "input"):
                read = text_of(child(child(column, "inputExpression"), "text"))
                self._inputs[read] = {**self._inputs.get(read, {}), **dict(_column(column))}


def say(value: object, words: Words) -> Bilingual | None:
    """Say one value: by its words, as yes or no, or as a duration."""
    if isinstance(value, bool):
        return said(N_("yes")) if value else said(N_("no"))
    if not isinstance(value, str):
        return None
    if value in words:
        return words[value]
    return in_words(value) if is_duration(value) else None


def _with_words(entry: Mapping[str, Any], words: Words) -> dict[str, Any]:
    found = say(entry.get("value"), words)
    return {**entry, "said": found} if found else dict(entry)


def _column(column: etree._Element) -> Iterator[tuple[str, Bilingual]]:
    for node in column.iter(WORD):
        code = node.get("value") or ""
        yield code, both(node, (node.get("name") or "").strip() or code)


def _form_words(elements: Mapping[str, Element], forms: Mapping[str, Form]) -> Iterator[tuple[str, Words]]:
    """The words of the answers of fields, of the columns of rows, and of the facts that fields begin with."""
    for element in elements.values():
        form = form_of(forms, element)
        for name, field in form.fields.items() if form else ():
            yield from _field_words(f"{element.step}.{name}", field)


def _field_words(path: str, field: Mapping[str, Any]) -> Iterator[tuple[str, Words]]:
    labels, items = field.get("x-labels"), field.get("items")
    begins = field.get("x-begin", ())
    if isinstance(labels, Mapping):
        yield path, dict(labels)
        yield from ((one, dict(labels)) for one in ([begins] if isinstance(begins, str) else begins))
    for column, cell in (items.get("properties") or {}).items() if isinstance(items, Mapping) else ():
        yield from _field_words(f"{path}.{column}", cell)
