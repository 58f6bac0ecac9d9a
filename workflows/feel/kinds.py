"""Types of DMN: what ``instance of``, typed columns and item definitions ask about a value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.feel.values import Builtin, Function, Range, kind_of

NAMES = (
    "years and months duration",
    "days and time duration",
    "date and time",
    "number",
    "string",
    "boolean",
    "date",
    "time",
    "list",
    "context",
    "function",
    "range",
    "Any",
    "Null",
)
_SPELLINGS = {
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "dateTime": "date and time",
    "integer": "number",
    "long": "number",
    "double": "number",
    "any": "Any",
    "": "Any",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: its name, the type of its members or its result, the types of its entries or parameters."""

    name: str
    of: "Kind | None" = None
    entries: tuple[tuple[str, "Kind"], ...] = ()
    allowed: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.name}<{self.of}>" if self.of else self.name


ANY = Kind("Any")


def named(name: str) -> str | None:
    """Give the name DMN uses for a type that is built in, or nothing."""
    short = name.rsplit(":", 1)[-1].removeprefix("feel.").strip()
    short = _SPELLINGS.get(short, short)
    return short if short in NAMES else None


def fits(value: Any, kind: Kind) -> bool:
    """Say whether a value is of a type; ``null`` is of every type but is an instance of none but Null."""
    if kind.name == "Any":
        return value is not None
    if kind.name == "Null":
        return value is None
    if kind_of(value) != kind.name:
        return False
    return _INSIDE[kind.name](value, kind) if kind.name in _INSIDE else True


def conforms(value: Any, kind: Kind) -> bool:
    """Say whether a value may stand where a type is asked for: like ``fits``, and ``null`` always may."""
    return value is None or fits(value, kind)


def _list(value: list[Any], kind: Kind) -> bool:
    return kind.of is None or all(conforms(member, kind.of) for member in value)


def _context(value: Mapping[str, Any], kind: Kind) -> bool:
    return all(name in value and conforms(value[name], inner) for name, inner in kind.entries)


def _range(value: Range, kind: Kind) -> bool:
    if kind.of is None:
        return True
    ends = [end for end in (value.low, value.high) if end is not None]
    return all(fits(end, kind.of) for end in ends)


def _function(value: Function | Builtin, kind: Kind) -> bool:
    if kind.of is None:
        return True
    if isinstance(value, Builtin):
        return any(len(form) == len(kind.entries) for form in value.forms)
    return len(value.parameters) == len(kind.entries)


_INSIDE: dict[str, Callable[[Any, Kind], bool]] = {
    "list": _list,
    "context": _context,
    "range": _range,
    "function": _function,
}


def resolve(kind: Kind, known: Mapping[str, Kind], depth: int = 0) -> Kind:
    """Give the type that a name stands for: built in, or defined by the model."""
    if depth > 20:
        return kind
    found = known.get(kind.name)
    if found is not None:
        return found
    return Kind(
        named(kind.name) or kind.name,
        resolve(kind.of, known, depth + 1) if kind.of else None,
        tuple((name, resolve(inner, known, depth + 1)) for name, inner in kind.entries),
        kind.allowed,
    )
