"""Working out a tree over named values, within a budget.

``strict`` is for the facts of a case: what does not fit is refused, with its reason, where DMN would go on
with ``null``; and a text is read as a day or time where it meets one, because facts are JSON. Without it the
letter of DMN holds. Nothing given is ever changed, and there are no effects.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from workflows.feel import operators, tree
from workflows.feel.faults import Denied, Unknown, Wrong
from workflows.feel.invocation import apply_builtin, bind_parameters, coerced
from workflows.feel.kinds import Kind, fits, resolve
from workflows.feel.reach import (
    MAX_LENGTH,
    MAX_STEPS,
    TEMPORAL_NAMES,
    Frames,
    Reach,
    Setting,
    as_kind,
    at_place,
    place_of,
)
from workflows.feel.values import (
    Builtin,
    Function,
    Range,
    integer,
    is_number,
    kind_of,
    normal,
    shown,
)
from workflows.sentences import N_

__all__ = ["Evaluator", "Setting"]


class Evaluator(Reach):
    """One evaluation."""

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

    def _name(self, node: tree.Name) -> Any:
        try:
            found = self.look_up(node.name)
        except Unknown:
            if "." not in node.name:
                raise
            return self._name_with_points(node.name)
        if self.reads is not None and len(self.frames) == self.outermost:
            self.reads[node.name] = found
        return found

    def _path(self, node: tree.Path) -> Any:
        base = self.value(node.base)
        if node.optional and (base is None or (isinstance(base, dict) and node.name not in base)):
            found = None
        else:
            found = self.member(base, node.name)
        if self.reads is not None and len(self.frames) == self.outermost:
            text = tree.dotted(node)
            if text:
                self.reads[text] = found
        return found

    def _negative(self, node: tree.Negative) -> Any:
        return operators.negative(self.value(node.operand))

    def _not(self, node: tree.Not) -> bool | None:
        found = self._truth(self.value(node.operand))
        return None if found is None else not found

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
        return operators.arithmetic(node.sign, left, right)

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
        if wanted is None and isinstance(test, tree.RangeOf):
            return None
        told = isinstance(wanted, bool) and not isinstance(test, tree.Literal)
        if told and value is not None and not isinstance(value, bool):
            return self._said(wanted)
        if isinstance(wanted, Range):
            wanted = Range(*self._ends(wanted, value), wanted.low_closed, wanted.high_closed)
            value = self._met(value, wanted.high if wanted.low is None else wanted.low)[0]
        elif not isinstance(wanted, list):
            value, wanted = self._met(value, wanted)
        return operators.inside(value, wanted, self.spend)

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
        test = self._truth(self.value(node.test))
        if test is None and self.strict:
            raise Wrong(N_("%(value)s is neither true nor false"), value="null")
        return self.value(node.then if test else node.other)

    def _for(self, node: tree.For) -> list[Any]:
        made: list[Any] = []
        partial: dict[str, Any] = {}
        copies = "partial" in tree.free_names(node.result)
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
                found = self._truth(self.value(node.test))
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
        place = place_of(node.test)
        if place is not None:
            return at_place(members, place, strict=self.strict)
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
                    return at_place(members, integer(found, MAX_LENGTH), strict=self.strict)
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

    def _foreign(self, node: tree.Foreign) -> Any:
        return node.run(self)

    def fitted(self, value: Any, kind: Kind) -> Any:
        """Fit a value to a type and its allowed values; a text is read as the day or time that is asked for.

        Raises:
            Wrong: it does not fit.
        """
        value = normal(value)
        if self.strict and isinstance(value, str) and kind.name in TEMPORAL_NAMES:
            value = as_kind(value, kind.name)
        value = coerced(value, kind)
        if not self._allowed(value, kind):
            raise Wrong(N_("%(value)s is not among the values of its type"), value=shown(value))
        return value

    def _allowed(self, value: Any, kind: Kind) -> bool:
        if value is None:
            return True
        if kind.allowed is not None and not self.passes(kind.allowed, value):
            return False
        if kind.of is not None and isinstance(value, list):
            return all(self._allowed(normal(member), kind.of) for member in value)
        if isinstance(value, dict):
            return all(self._allowed(normal(value.get(name)), inner) for name, inner in kind.entries)
        return True

    def within(self, frames: Frames, node: tree.Node) -> Any:
        """Work out a part among other names."""
        before, self.frames = self.frames, frames
        try:
            return self.value(node)
        finally:
            self.frames = before

    def _range(self, node: tree.RangeOf) -> Range:
        low = self.value(node.low) if node.low is not None else None
        high = self.value(node.high) if node.high is not None else None
        if low is None or high is None:
            raise Wrong(N_("a range needs both its ends"))
        low, high = self._met(low, high)
        if operators.order(low, high) > 0:
            raise Wrong(N_("a range begins at its lower end"))
        return Range(low, high, node.low_closed, node.high_closed)


def _any(found: Iterator[bool | None]) -> bool | None:
    result: bool | None = False
    for one in found:
        if one:
            return True
        if one is None:
            result = None
    return result


_READ: dict[type, Callable[[Evaluator, Any], Any]] = {
    tree.Literal: lambda _evaluator, node: node.value,
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
    tree.Foreign: Evaluator._foreign,
}
