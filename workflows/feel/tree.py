"""The parts of a FEEL expression, as the parser reads them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from workflows.feel.kinds import Kind


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression."""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value that is written out."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name; ``?`` is the value of the column that a cell tests."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """``base.name``; ``optional`` where it is only asked whether it is null."""

    base: Node
    name: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """``list[condition]`` or ``list[place]``."""

    base: Node
    test: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with its arguments, by place or by name."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """``-x``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Not(Node):
    """``not x``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """``+ - * / **``."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """``= != < <= > >=``."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """``and`` / ``or`` of two parts."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """``x between low and high``."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Test(Node):
    """A comparison with what is tested: ``>= 3``."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Asked(Node):
    """A test that speaks of ``?`` itself and has to come out true."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """Several tests of which one has to hold; ``inverse`` for ``not(…)``."""

    parts: tuple[Node, ...]
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class In(Node):
    """``x in tests``."""

    value: Node
    tests: Node


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """``x instance of type``."""

    value: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class If(Node):
    """``if condition then a else b``."""

    test: Node
    then: Node
    other: Node


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """One ``name in list`` or ``name in low..high``."""

    name: str
    low: Node
    high: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    """``for … return result``; ``where`` keeps only some rounds."""

    loops: tuple[Loop, ...]
    result: Node
    where: Node | None = None


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """``some`` or ``every … satisfies test``."""

    kind: str
    loops: tuple[Loop, ...]
    test: Node


@dataclass(frozen=True, slots=True)
class FunctionOf(Node):
    """``function(a, b) body``."""

    parameters: tuple[tuple[str, Kind | None], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """``[a, b]``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf(Node):
    """``{key: value}``."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    """``[low..high]``; round or outward brackets leave the end out."""

    low: Node | None
    high: Node | None
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Foreign(Node):
    """A part that is no text: a decision table, or one that could not be read; ``run`` gets the evaluator."""

    run: Callable[[Any], Any]


def parts_of(node: Any) -> Iterator[Node]:
    """Give the parts that lie directly below a part."""
    for field in fields(node):
        yield from _nodes(getattr(node, field.name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for member in value:
            yield from _nodes(member)


def walk(node: Node) -> Iterator[Node]:
    """Give a part and everything below it."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(parts_of(found))


def dotted(node: Node) -> str:
    """Write a path of names as it stands, or nothing for anything else."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Path):
        base = dotted(node.base)
        return f"{base}.{node.name}" if base else ""
    return ""


def free_names(node: Node) -> frozenset[str]:
    """List the names that stand anywhere in a part."""
    return frozenset(found.name for found in walk(node) if isinstance(found, Name))


def depth_of(node: Node) -> int:
    """Count how deep the parts of an expression lie in each other."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        found, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((part, depth + 1) for part in parts_of(found))
    return deepest
