"""What an evaluation can reach and may spend: names, members, comparisons over the facts of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.feel import operators, tree
from workflows.feel.catalogue import BUILTINS
from workflows.feel.faults import Denied, Unknown, Wrong
from workflows.feel.kinds import Kind
from workflows.feel.members import member_of
from workflows.feel.temporal import read_any
from workflows.feel.values import (
    KINDS,
    Clock,
    Day,
    Days,
    Moment,
    Months,
    Range,
    integer,
    is_number,
    kind_of,
    normal,
    shown,
)
from workflows.sentences import N_

MAX_STEPS = 100_000
MAX_LENGTH = 10_000
TEMPORAL = (Day, Clock, Moment, Months, Days)
TEMPORAL_NAMES = frozenset(KINDS[kind] for kind in TEMPORAL)
Frames = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """How to evaluate: strictly or by the letter of DMN, at which moment, with which named types."""

    strict: bool = True
    now: datetime | None = None
    kinds: Mapping[str, Kind] | None = None


class Reach:
    """The names in reach, and the steps used so far."""

    def __init__(self, names: Mapping[str, Any], setting: Setting) -> None:
        self.frames: Frames = (names,)
        self.setting = setting
        self.strict = setting.strict
        self.steps = 0
        self.reads: dict[str, Any] | None = None
        self.outermost = 1
        self.notes: list[Any] = []

    def spend(self, steps: int) -> None:
        """Pay for work.

        Raises:
            Denied: the budget is used up.
        """
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise Denied(N_("it takes too long"))

    def sized(self, value: Any) -> Any:
        """See that a value that was made is not too long, and pay for it."""
        if isinstance(value, (str, list, dict)):
            self.spend(len(value) // 20)
            if len(value) > MAX_LENGTH:
                raise Denied(N_("a value is too long"))
        return value

    def look_up(self, name: str) -> Any:
        """Find what a name stands for, the nearest first.

        Raises:
            Unknown: nothing.
        """
        for frame in reversed(self.frames):
            if name in frame:
                return normal(frame[name])
        if name in BUILTINS:
            return BUILTINS[name]
        raise Unknown(N_("there is no “%(name)s”"), name=name)

    def _name_with_points(self, name: str) -> Any:
        """Read ``a.b`` that is declared as a name elsewhere, and is a path here."""
        first, *rest = name.split(".")
        found = self.look_up(first)
        for part in rest:
            found = self.member(found, part)
        return found

    def member(self, base: Any, name: str) -> Any:
        """Read ``base.name``.

        Raises:
            Unknown: there is no such entry.
            Wrong: the value has no members.
        """
        if isinstance(base, dict):
            if name not in base:
                raise Unknown(N_("there is no “%(name)s”"), name=name)
            return normal(base[name])
        if isinstance(base, list):
            self.spend(len(base))
            return [self._member_or_null(normal(one), name) for one in base]
        return member_of(base, name)

    def _member_or_null(self, base: Any, name: str) -> Any:
        try:
            return self.member(base, name)
        except Wrong:
            if self.strict:
                raise
            return None

    def _truth(self, value: Any) -> bool | None:
        if value is None or isinstance(value, bool):
            return value
        raise Wrong(N_("%(value)s is neither true nor false"), value=shown(value))

    def _met(self, left: Any, right: Any) -> tuple[Any, Any]:
        """Read a text as a day or time where it meets one."""
        if self.strict and isinstance(left, str) and isinstance(right, TEMPORAL):
            return _as_temporal(left, right), right
        if self.strict and isinstance(right, str) and isinstance(left, TEMPORAL):
            return left, _as_temporal(right, left)
        return left, right

    def compared(self, sign: str, left: Any, right: Any) -> bool | None:
        """Compare two values."""
        left, right = self._met(left, right)
        if sign in ("=", "!=") and isinstance(left, list) != isinstance(right, list):
            left, right = single(left), single(right)
        return operators.compare(sign, left, right, self.spend)

    def _said(self, wanted: bool) -> bool:
        if self.strict:
            raise Wrong(N_("the cell is true or false by itself: compare with “?” in it"))
        return wanted

    def _ends(self, wanted: Range, value: Any) -> tuple[Any, Any]:
        return self._met(wanted.low, value)[0], self._met(wanted.high, value)[0]


def single(value: Any) -> Any:
    """Read a list of one member as that member, as DMN does."""
    return normal(value[0]) if isinstance(value, list) and len(value) == 1 else value


def _as_temporal(text: str, like: Any) -> Any:
    found = read_any(text)
    if isinstance(found, Moment) and isinstance(like, Day):
        return found.day
    if type(found) is not type(like):
        raise Wrong(N_("“%(text)s” is no %(kind)s"), text=text[:60], kind=kind_of(like))
    return found


def as_kind(text: str, kind: str) -> Any:
    """Read a text as the day, time or duration that is asked for.

    Raises:
        Wrong: it is none.
    """
    found = read_any(text)
    if kind == "date and time" and isinstance(found, Day):
        found = Moment(found, Clock(0, 0, 0))
    if kind_of(found) != kind:
        raise Wrong(N_("“%(text)s” is no %(kind)s"), text=text[:60], kind=kind)
    return found


def at_place(members: list[Any], place: int, *, strict: bool) -> Any:
    """Give the member at a place that counts from 1, or from the end when negative.

    Raises:
        Wrong: there is none.
    """
    if place == 0 or abs(place) > len(members):
        if strict:
            raise Wrong(N_("there is no member %(place)s; the first is 1"), place=place)
        return None
    return normal(members[place - 1 if place > 0 else place])


def place_of(node: tree.Node) -> int | None:
    """Read the place that a filter names by a literal number."""
    if isinstance(node, tree.Negative):
        inner = place_of(node.operand)
        return None if inner is None else -inner
    if isinstance(node, tree.Literal) and is_number(node.value):
        return integer(node.value, MAX_LENGTH)
    return None
