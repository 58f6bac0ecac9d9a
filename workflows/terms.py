"""What the facts of a process are called: fields of its forms, columns of its tables, facts it names itself.

A fact is called after the step that gives it and the label there: ``triage.decision`` is “Triage: Decision”.
Facts of no form and no table carry their name in the model (``qms:fact``).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from core.languages import LANGUAGES
from core.types import Bilingual
from forms import loader
from forms.loader import Form
from workflows.dmn_tables import both
from workflows.elements import Element
from workflows.sentences import N_, said
from workflows.xmlfile import QMS, parse

if TYPE_CHECKING:
    from workflows.compiled import CompiledProcess

FACT = f"{{{QMS}}}fact"
_EVERYWHERE = {"loopCounter": N_("place in the list"), "sites": N_("sites of the case")}
"""Facts that every process has."""


class Terms:
    """The names of the facts of one process, by their paths such as ``plan.actions.due``."""

    def __init__(self, process: "CompiledProcess") -> None:
        steps = [one for one in process.elements.values() if one.writes and any(one.title.values())]
        self._steps = {one.step: _plain(one.title, one.step) for one in steps}
        self._labels: dict[str, Bilingual] = {}
        for one in steps:
            form = form_of(process.forms, one)
            self._labels |= _of_form(one.step, form) if form is not None else {}
            self._labels |= _of_table(process, one)
        self._named = {path: said(words) for path, words in _EVERYWHERE.items()} | dict(_named(process.files))
        self._members: dict[str, list[str]] = defaultdict(list)
        for one in process.elements.values():
            if one.marker is not None and one.marker.item:
                self._members[one.marker.item].append(_list_of(one.marker.collection or ""))

    def of(self, path: str, *, within: str = "") -> Bilingual | None:
        """What a fact is called; ``within`` is the list whose members are spoken of. None if nobody says."""
        first, _dot, rest = path.partition(".")
        for listed in self._members.get(first, ()) if first not in self._steps else ():
            if self.knows(f"{listed}.{rest}"):
                path, within = f"{listed}.{rest}", listed
                break
        if path in self._named:
            return self._named[path]
        label = self._labels.get(path)
        step = path.partition(".")[0]
        if label is None:
            return self._steps.get(path)
        if (within and path.startswith(f"{within}.")) or step not in self._steps:
            return label
        return said(N_("%(step)s: %(field)s"), step=self._steps[step], field=label)

    def knows(self, path: str) -> bool:
        """Whether a path is that of a fact with a name."""
        return path in self._labels or path in self._named


def form_of(forms: Mapping[str, Form], element: Element) -> Form | None:
    """The form of a step, as it was when the process was proposed, or as it is installed."""
    key = element.policy.form if element.policy else ""
    return forms.get(key) or (loader.load(key) if key and loader.known(key) else None)


def named_facts(bpmn_xml: str) -> Iterator[tuple[str, Mapping[str, Bilingual]]]:
    """The words of the codes of facts that a model names itself, by their paths."""
    for node in parse(bpmn_xml.encode()).iter(FACT):
        codes = {one.get("value") or "": both(one, one.get("name") or one.get("value") or "") for one in node}
        yield node.get("path") or "", codes


def _named(files: Mapping[str, str]) -> Iterator[tuple[str, Bilingual]]:
    for name, text in sorted(files.items()):
        if name.endswith(".bpmn"):
            for node in parse(text.encode()).iter(FACT):
                path = node.get("path") or ""
                yield path, both(node, node.get("name") or path)


def _of_form(step: str, form: Form) -> dict[str, Bilingual]:
    labels: dict[str, Bilingual] = {}
    for name, field in form.fields.items():
        labels[f"{step}.{name}"] = _plain(field.get("title"), name)
        items = field.get("items")
        for column, cell in (items.get("properties") or {}).items() if isinstance(items, Mapping) else ():
            labels[f"{step}.{name}.{column}"] = _plain(cell.get("title"), column)
    return labels


def _of_table(process: "CompiledProcess", element: Element) -> dict[str, Bilingual]:
    decision = process.decisions.get(element.decision or "")
    table = decision.table if decision is not None else None
    return {f"{element.step}.{one.name}": one.label for one in (table.outputs if table is not None else ())}


def _plain(title: object, name: str) -> Bilingual:
    """A label without the question mark that a form has behind it."""
    if not isinstance(title, Mapping):
        return dict.fromkeys(LANGUAGES, name)
    return {language: str(title[language]).rstrip("?？ ") for language in LANGUAGES}


def _list_of(collection: str) -> str:
    """The path of the list that a multi-instance goes through: the last path that its expression names."""
    words = collection.replace("[", " ").split()
    return next((one for one in reversed(words) if "." in one and '"' not in one), collection)
