"""What tables, gateways and scripts decided on the way to a step, in plain texts for page and record."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.types import Bilingual
from documents.records import moment_text
from workflows import expressions
from workflows.compiled import CompiledProcess
from workflows.decisions import CONDITIONS, SCRIPT
from workflows.history import Passage
from workflows.sentences import N_, said
from workflows.telling import Teller
from workflows.vocabulary import Vocabulary


@dataclass(frozen=True)
class DecisionMade:
    """A decision table that ran in this case: inputs, row hit, outcome, as texts."""

    name: Bilingual
    facts: dict[str, Any]


def decisions_of(steps: Sequence[Passage], vocabulary: Vocabulary) -> list[DecisionMade]:
    """The decision tables that ran, each behind those it required; codes with the words of the model."""
    told = [(step.name, vocabulary.in_words(step.decision)) for step in steps if step.decision]
    return [made for name, decision in told for made in _made(name, decision)]


def ways_of(steps: Sequence[Passage], process: CompiledProcess) -> list[DecisionMade]:
    """What gateways asked and which way they took, and what scripts worked out."""
    told = [(step.name, process.vocabulary.in_words(step.decision)) for step in steps if step.decision]
    return [_way(name, decision, process.teller) for name, decision in told if _is_way(decision)]


def as_texts(value: Any) -> Any:
    """Facts with every number, moment and key written as text, as a record wants them."""
    if isinstance(value, Mapping):
        return {str(key): as_texts(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [as_texts(item) for item in items]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return moment_text(value) if isinstance(value, datetime) else str(value)


def _made(name: Bilingual, decision: Mapping[str, Any]) -> Iterator[DecisionMade]:
    """Give a decision behind those it required; what gateways and scripts worked out stands by itself."""
    if _is_way(decision):
        return
    own = {key: value for key, value in decision.items() if key != "required"}
    for required in decision.get("required") or ():
        yield from _made(required["name"], required)
    yield DecisionMade(name, as_texts(own))


def _is_way(decision: Mapping[str, Any]) -> bool:
    return decision.get("policy") in (CONDITIONS, SCRIPT)


def _way(name: Bilingual, decision: Mapping[str, Any], teller: Teller) -> DecisionMade:
    """Say what a gateway asked and which way it took, or what a script worked out from which facts.

    ``told`` is an expression as a sentence, ``called`` the names of the facts it reads, where there are any.
    """
    used = {one["expression"]: one["value"] for one in decision["inputs"]}
    words = {one["expression"]: one["said"] for one in decision["inputs"] if "said" in one}
    called = {read: label for read in used if (label := teller.fact(read))}
    asked = [
        {
            "expression": text,
            "inputs": {read: value for read, value in used.items() if read in reads},
            "said": {read: told for read, told in words.items() if read in reads},
            "called": {read: label for read, label in called.items() if read in reads},
            "value": json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value,
            **({"told": sentence} if sentence else {}),
        }
        for text, value in decision["outputs"].items()
        for reads, sentence in [_asked(text, decision["policy"], teller)]
    ]
    taken = [one["name"] for one in decision.get("taken") or ()]
    title = name if any(name.values()) else said(N_("Branch without a name"))
    return DecisionMade(title, as_texts({"policy": decision["policy"], "asked": asked, "taken": taken}))


def _asked(text: str, policy: str, teller: Teller) -> tuple[frozenset[str], Bilingual | None]:
    """The facts that an expression reads, and its sentence; of a line of a script only the facts."""
    if policy != SCRIPT:
        return expressions.paths_in(text), teller.condition(text)
    _name, _sign, expression = text.partition(" = ")
    return expressions.paths_in(expression), None
