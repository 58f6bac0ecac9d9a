"""What a DMN file says: decisions, their tables, what they require, the types of their data."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core.types import Bilingual
from workflows.feel import tree
from workflows.feel.kinds import Kind


@dataclass(frozen=True)
class Input:
    """A column that is compared: its heading, its expression over the facts, its type and allowed values."""

    label: Bilingual
    expression: str
    node: tree.Node
    kind: Kind | None = None
    allowed: tree.Tests | None = None
    allowed_text: str = ""
    whole: bool = False  # only whole numbers are meant


@dataclass(frozen=True)
class Output:
    """A column of results: name, heading, type, values by priority, what it says if no row holds."""

    name: str
    label: Bilingual
    kind: Kind | None = None
    values: tuple[Any, ...] = ()
    default: tree.Node | None = None


@dataclass(frozen=True)
class Rule:
    """One row: its number as printed (from 1), tests, results, their texts, its annotation and line."""

    number: int
    tests: tuple[tree.Tests, ...]
    results: tuple[tree.Node, ...]
    cells: tuple[str, ...]
    texts: tuple[str, ...]
    annotation: Bilingual
    line: int | None = None


@dataclass(frozen=True)
class DecisionTable:
    """A decision table.

    ``policy`` as DMN spells it; ``aggregation`` SUM, MIN, MAX or COUNT of a COLLECT table.
    """

    id: str
    name: Bilingual
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    element: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Decision:
    """One decision: the name of its result, its logic, and the ids of what it requires."""

    id: str
    name: Bilingual
    variable: str
    kind: Kind | None
    logic: tree.Node | None
    table: DecisionTable | None
    requires: tuple[str, ...]
    model: "Model" = field(repr=False, compare=False)
    text: str = ""
    line: int | None = None


    @property
    def inputs(self) -> tuple[Input, ...]:
        """The columns that are compared, here and in the decisions that this one requires."""
        found: list[Input] = []
        seen, waiting = {self.id}, [self]
        while waiting:
            one = waiting.pop()
            found += one.table.inputs if one.table is not None else ()
            required = [key for key in one.requires if key in self.model.decisions and key not in seen]
            seen.update(required)
            waiting += [self.model.decisions[key] for key in required]
        return tuple(found)


@dataclass(frozen=True)
class InputData:
    """Something a decision is given from outside."""

    id: str
    name: str
    kind: Kind | None


@dataclass(frozen=True)
class Knowledge:
    """A function that decisions call: a business knowledge model."""

    id: str
    name: str
    logic: tree.Node | None
    requires: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """Several decisions that are called as one function."""

    id: str
    name: str
    outputs: tuple[str, ...]
    input_decisions: tuple[str, ...]
    input_data: tuple[str, ...]


@dataclass(eq=False)
class Model:
    """Everything one DMN file defines, by id; ``names`` are those that hold spaces or signs."""

    name: str = ""
    decisions: dict[str, Decision] = field(default_factory=dict)
    inputs: dict[str, InputData] = field(default_factory=dict)
    knowledge: dict[str, Knowledge] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    def named(self, name: str) -> Decision | None:
        """Find a decision by its name."""
        return next((one for one in self.decisions.values() if name in (one.variable, one.name["en"])), None)

    def tables(self) -> Iterator[DecisionTable]:
        """Give the tables of decisions."""
        return (one.table for one in self.decisions.values() if one.table is not None)

    def top(self) -> list[Decision]:
        """List the decisions that no other requires: those a process may ask."""
        required = {key for one in self.decisions.values() for key in one.requires}
        required |= {key for one in self.knowledge.values() for key in one.requires}
        return [one for one in self.decisions.values() if one.id not in required]
