"""Working out a tree over named values, within a budget.

``strict`` is for the facts of a case: what does not fit is refused, with its reason, where DMN would go on with
``null``; and a text is read as a day or time where it meets one, because facts are JSON. Without it the letter
of DMN holds. Nothing given is ever changed, and there are no effects.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.feel import operators, tree
from workflows.feel.catalogue import BUILTINS
from workflows.feel.faults import Denied, Unknown, Wrong
from workflows.feel.invocation import apply_builtin, bind_parameters
from workflows.feel.kinds import Kind, fits, resolve
from workflows.feel.members import member_of
from workflows.feel.temporal import read_any
from workflows.feel.values import (
    Builtin,
    Clock,
    Day,
    Days,
    Function,
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
_TEMPORAL = (Day, Clock, Moment, Months, Days)
Frames = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """How to evaluate: strictly or by the letter of DMN, at which moment, with which named types."""

    strict: bool = True
    now: datetime | None = None
    kinds: Mapping[str, Kind] | None = None


class Evaluator:
    """One evaluation: the names in reach, and the steps used so far."""

    def __init__(self, names: Mapping[str, Any], setting: Setting) -> None:
        self.frames: Frames = (names,)
        self.setting = setting
        self.strict = setting.strict
        self.steps = 0
        self.reads: dict[str, Any] | None = None

    def spend(self, steps: int) -> None:
        """Pay for work.

        Raises:
            Denied: the budget is used up.
        """
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise Denied(N_("it takes too long"))

    def value(self, node: tree.Node) -> Any:
        """Work out one part."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise Denied(N_("it takes too long"))
        try:
            return _READ[type(node)](self, node)
        except Wrong:
            if self.strict:
                raise
            return None

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

    def _literal(self, node: tree.Literal) -> Any:
        return node.value

    def _name(self, node: tree.Name) -> Any:
        found = self.look_up(node.name)
        if self.reads is not None and len(self.frames) == 1:
            self.reads[node.name] = found
        return found

    def _path(self, node: tree.Path) -> Any:
        base = self.value(node.base)
        if node.optional and (base is None or (isinstance(base, dict) and node.name not in base)):
            found = None
        else:
            found = self.member(base, node.name)
        if self.reads is not None and len(self.frames) == 1:
            text = dotted(node)
            if text:
                self.reads[text] = found
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

    def _negative(self, node: tree.Negative) -> Any:
        return operators.negative(self.value(node.operand))

    def _not(self, node: tree.Not) -> bool | None:
        found = self._truth(self.value(node.operand))
        return None if found is None else not found

    def _truth(self, value: Any) -> bool | None:
        if value is None or isinstance(value, bool):
            return value
        raise Wrong(N_("%(value)s is neither true nor false"), value=shown(value))

    def _logic(self, node: tree.Logic) -> bool | None:
        decisive = node.sign == "or"
        left = self._operand(node.left)
        if left is decisive:
            return decisive
        right = self._operand(node.right)
        if right is decisive:
            return decisive
        return None if left is None or right is None else not decisive

    def _operand(self, node: tree.Node) -> bool | None:
        try:
            return self._truth(self.value(node))
        except Wrong:
            if self.strict:
                raise
            return None

    def _arithmetic(self, node: tree.Arithmetic) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, str) and isinstance(right, str):
            return self.sized(operators.arithmetic(node.sign, left, right))
        left, right = self._met(left, right) if node.sign in "+-" else (left, right)
        return operators.arithmetic(node.sign, _single(left), _single(right))

    def _met(self, left: Any, right: Any) -> tuple[Any, Any]:
        """Read a text as a day or time where it meets one."""
        if self.strict and isinstance(left, str) and isinstance(right, _TEMPORAL):
            return _as_temporal(left, right), right
        if self.strict and isinstance(right, str) and isinstance(left, _TEMPORAL):
            return left, _as_temporal(right, left)
        return left, right

    def compared(self, sign: str, left: Any, right: Any) -> bool | None:
        """Compare two values."""
        left, right = self._met(left, right)
        if sign in ("=", "!=") and isinstance(left, list) != isinstance(right, list):
            left, right = _single(left), _single(right)
        return operators.compare(sign, left, right, self.spend)

    def _compare(self, node: tree.Compare) -> bool | None:
        return self.compared(node.sign, self.value(node.left), self.value(node.right))

    def _between(self, node: tree.Between) -> bool | None:
        value, low, high = self.value(node.value), self.value(node.low), self.value(node.high)
        above, below = self.compared(">=", value, low), self.compared("<=", value, high)
        if above is False or below is False:
            return False
        return None if above is None or below is None else True

    def _test(self, node: tree.Test) -> Range:
        """Read ``(>= 3)`` as the range it describes."""
        end = self.value(node.operand)
        if node.sign == "=":
            return Range(end, end, low_closed=True, high_closed=True)
        closed = node.sign.endswith("=")
        if end is None or node.sign == "!=":
            raise Wrong(N_("“%(sign)s” makes no range"), sign=node.sign)
        if node.sign.startswith("<"):
            return Range(None, end, low_closed=False, high_closed=closed)
        return Range(end, None, low_closed=closed, high_closed=False)

    def _in(self, node: tree.In) -> bool | None:
        value = self.value(node.value)
        parts = node.tests.parts if isinstance(node.tests, tree.Tests) else (node.tests,)
        return _any(self.holds(part, value) for part in parts)

    def holds(self, test: tree.Node, value: Any) -> bool | None:
        """Say whether a value passes one test."""
        if isinstance(test, tree.Test):
            return self.compared(test.sign, value, self.value(test.operand))
        if isinstance(test, tree.Asked):
            return self._truth(self.value(test.operand))
        wanted = self.value(test)
        if isinstance(wanted, bool) and value is not None and not isinstance(value, bool):
            return self._said(wanted)
        if isinstance(wanted, Range):
            wanted = Range(*self._ends(wanted, value), wanted.low_closed, wanted.high_closed)
            value = self._met(value, wanted.high if wanted.low is None else wanted.low)[0]
        elif not isinstance(wanted, list):
            value, wanted = self._met(value, wanted)
        return operators.inside(value, wanted, self.spend)

    def _said(self, wanted: bool) -> bool:
        if self.strict:
            raise Wrong(N_("the cell is true or false by itself: compare with “?” in it"))
        return wanted

    def _ends(self, wanted: Range, value: Any) -> tuple[Any, Any]:
        return self._met(wanted.low, value)[0], self._met(wanted.high, value)[0]

    def passes(self, tests: tree.Tests, value: Any) -> bool:
        """Say whether the value of a column passes a cell."""
        if not tests.parts:
            return tests.inverse
        value = normal(value)
        before = self.frames
        self.frames = (*before, {"?": value})
        try:
            found = _any(self._held(part, value) for part in tests.parts)
        finally:
            self.frames = before
        return found is not None and found is not tests.inverse

    def _held(self, part: tree.Node, value: Any) -> bool | None:
        try:
            return self.holds(part, value)
        except Wrong:
            if self.strict:
                raise
            return None

    def _tests(self, node: tree.Tests) -> Any:
        raise Wrong(N_("several tests between commas belong behind “in”"))

    def _instance(self, node: tree.InstanceOf) -> bool:
        return fits(self.value(node.value), resolve(node.kind, self.setting.kinds or {}))

    def _if(self, node: tree.If) -> Any:
        test = self._operand(node.test)
        if test is None and self.strict:
            raise Wrong(N_("%(value)s is neither true nor false"), value="null")
        return self.value(node.then if test else node.other)

    def _for(self, node: tree.For) -> list[Any]:
        made: list[Any] = []
        partial: dict[str, Any] = {}
        copies = "partial" in free_names(node.result)
        before = self.frames
        self.frames = (*before, partial) if copies else before
        try:
            for _ in self._rounds(node.loops):
                if node.where is not None and not self._truth(self.value(node.where)):
                    continue
                if copies:
                    partial["partial"] = self.sized(list(made))
                made.append(self.value(node.result))
                if len(made) > MAX_LENGTH:
                    raise Denied(N_("a value is too long"))
        finally:
            self.frames = before
        return made

    def _rounds(self, loops: Sequence[tree.Loop]) -> Iterator[None]:
        """Go through every combination of the members of the lists, bound to their names."""
        if not loops:
            yield
            return
        before = self.frames
        for member in self._domain(loops[0]):
            self.spend(1)
            self.frames = (*before, {loops[0].name: normal(member)})
            yield from self._rounds(loops[1:])
        self.frames = before

    def _domain(self, loop: tree.Loop) -> Sequence[Any]:
        found = self.value(loop.low)
        if loop.high is not None:
            return self._steps(found, self.value(loop.high))
        if isinstance(found, Range):
            return self._steps(found.low, found.high, found)
        if found is None:
            raise Wrong(N_("there is no list to go through"))
        return found if isinstance(found, list) else [found]

    def _steps(self, low: Any, high: Any, within: Range | None = None) -> Sequence[Any]:
        found = operators.steps(low, high, MAX_LENGTH)
        if within is not None:
            found = [one for one in found if operators.includes(within, one)]
        return found

    def _quantified(self, node: tree.Quantified) -> bool | None:
        decisive = node.kind == "some"
        before, open_question = self.frames, False
        try:
            for _ in self._rounds(node.loops):
                found = self._operand(node.test)
                if found is decisive:
                    return decisive
                open_question = open_question or found is None
        finally:
            self.frames = before
        return None if open_question else not decisive

    def _filter(self, node: tree.Filter) -> Any:
        base = self.value(node.base)
        if base is None:
            raise Wrong(N_("there is no list to choose from"))
        members = base if isinstance(base, list) else [base]
        place = _place(node.test)
        if place is not None:
            return _at(members, place, strict=self.strict)
        return self._chosen(node.test, members)

    def _chosen(self, test: tree.Node, members: list[Any]) -> Any:
        before, made = self.frames, []
        try:
            for one in members:
                self.spend(1)
                member = normal(one)
                self.frames = (*before, {"item": member}, member if isinstance(member, dict) else {})
                found = self.value(test)
                if is_number(found):
                    return _at(members, integer(found, MAX_LENGTH), strict=self.strict)
                if not isinstance(found, bool) and found is not None:
                    raise Wrong(N_("%(value)s is neither true nor false"), value=shown(found))
                if found:
                    made.append(member)
        finally:
            self.frames = before
        return made

    def _function(self, node: tree.FunctionOf) -> Function:
        return Function(node.parameters, node.body, self.frames)

    def _call(self, node: tree.Call) -> Any:
        function = self.value(node.function)
        arguments = [self.value(argument) for argument in node.arguments]
        return self.sized(self.apply(function, arguments, node.names))

    def apply(self, function: Any, arguments: Sequence[Any], names: Sequence[str] = ()) -> Any:
        """Call a function.

        Raises:
            Wrong: it is no function, or the arguments do not fit it.
        """
        if isinstance(function, Builtin):
            return apply_builtin(self, function, arguments, names)
        if not isinstance(function, Function):
            raise Wrong(N_("%(value)s cannot be called"), value=kind_of(function))
        bound = bind_parameters(function, arguments, names, self.setting.kinds or {})
        before, self.frames = self.frames, (*function.frames, bound)
        try:
            found = function.body(self, bound) if callable(function.body) else self.value(function.body)
        finally:
            self.frames = before
        return found

    def _list(self, node: tree.ListOf) -> list[Any]:
        return [self.value(part) for part in node.parts]

    def _context(self, node: tree.ContextOf) -> dict[str, Any]:
        made: dict[str, Any] = {}
        before = self.frames
        try:
            for name, part in node.entries:
                self.frames = (*before, dict(made))
                made[name] = self.value(part)
        finally:
            self.frames = before
        return made

    def _range(self, node: tree.RangeOf) -> Range:
        low = self.value(node.low) if node.low is not None else None
        high = self.value(node.high) if node.high is not None else None
        if low is None or high is None:
            raise Wrong(N_("a range needs both its ends"))
        low, high = self._met(low, high)
        operators.order(low, high)
        return Range(low, high, node.low_closed, node.high_closed)


def _any(found: Iterator[bool | None]) -> bool | None:
    result: bool | None = False
    for one in found:
        if one:
            return True
        if one is None:
            result = None
    return result


def _single(value: Any) -> Any:
    """Read a list of one member as that member, as DMN does."""
    return normal(value[0]) if isinstance(value, list) and len(value) == 1 else value


def _as_temporal(text: str, like: Any) -> Any:
    found = read_any(text)
    if isinstance(found, Moment) and isinstance(like, Day):
        return found.day
    if type(found) is not type(like):
        raise Wrong(N_("“%(text)s” is no %(kind)s"), text=text[:60], kind=kind_of(like))
    return found


def _place(node: tree.Node) -> int | None:
    """Read the place that a filter names by a literal number."""
    if isinstance(node, tree.Negative):
        inner = _place(node.operand)
        return None if inner is None else -inner
    if isinstance(node, tree.Literal) and is_number(node.value):
        return integer(node.value, MAX_LENGTH)
    return None


def _at(members: list[Any], place: int, *, strict: bool) -> Any:
    if place == 0 or abs(place) > len(members):
        if strict:
            raise Wrong(N_("there is no member %(place)s; the first is 1"), place=place)
        return None
    return normal(members[place - 1 if place > 0 else place])


def dotted(node: tree.Node) -> str:
    """Write a path of names as it stands, or nothing for anything else."""
    if isinstance(node, tree.Name):
        return node.name
    if isinstance(node, tree.Path):
        base = dotted(node.base)
        return f"{base}.{node.name}" if base else ""
    return ""


def free_names(node: tree.Node) -> frozenset[str]:
    """List the names that stand anywhere in a part."""
    return frozenset(found.name for found in tree.walk(node) if isinstance(found, tree.Name))


_READ: dict[type, Callable[[Evaluator, Any], Any]] = {
    tree.Literal: Evaluator._literal,
    tree.Name: Evaluator._name,
    tree.Path: Evaluator._path,
    tree.Filter: Evaluator._filter,
    tree.Call: Evaluator._call,
    tree.Negative: Evaluator._negative,
    tree.Not: Evaluator._not,
    tree.Arithmetic: Evaluator._arithmetic,
    tree.Compare: Evaluator._compare,
    tree.Logic: Evaluator._logic,
    tree.Between: Evaluator._between,
    tree.Test: Evaluator._test,
    tree.Tests: Evaluator._tests,
    tree.In: Evaluator._in,
    tree.InstanceOf: Evaluator._instance,
    tree.If: Evaluator._if,
    tree.For: Evaluator._for,
    tree.Quantified: Evaluator._quantified,
    tree.FunctionOf: Evaluator._function,
    tree.ListOf: Evaluator._list,
    tree.ContextOf: Evaluator._context,
    tree.RangeOf: Evaluator._range,
}
