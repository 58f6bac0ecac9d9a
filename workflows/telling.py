"""Expressions as sentences in both languages, told from the tree that is evaluated, never from its text.

What cannot be told in full is not told at all: the reader then sees the expression itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from typing import TypeGuard

from core.types import Bilingual
from workflows import durations
from workflows.feel import parser, tree
from workflows.feel.faults import Fault
from workflows.sentences import N_, said, same
from workflows.terms import Terms

Words = Mapping[str, Bilingual]
_COMPARED = {
    "=": N_("%(value)s is %(other)s"),
    "!=": N_("%(value)s is not %(other)s"),
    "<": N_("%(value)s is less than %(other)s"),
    "<=": N_("%(value)s is at most %(other)s"),
    ">": N_("%(value)s is more than %(other)s"),
    ">=": N_("%(value)s is at least %(other)s"),
}
_GIVEN = {"=": N_("%(value)s is empty"), "!=": N_("%(value)s is given")}
_JOINED = {"and": N_("%(left)s, and %(right)s"), "or": N_("%(left)s, or %(right)s")}
_MEMBERS = {"some": N_("in at least one of %(list)s %(test)s"), "every": N_("in each of %(list)s %(test)s")}
_CALLED = {
    "count": N_("the number of %(first)s"),
    "sum": N_("the sum of %(first)s"),
    "mean": N_("the mean of %(first)s"),
    "min": N_("the least of %(first)s"),
    "max": N_("the greatest of %(first)s"),
    "today": N_("today"),
    "list contains": N_("%(first)s have among them %(second)s"),
    "contains": N_("%(first)s contains %(second)s"),
    "decimal": N_("%(first)s, rounded to %(second)s places"),
}
_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}
_SILENT = ("date", "string", "number")
"""Functions that only change the form of what they are given."""


class _Untold(Exception):
    """A part for which there are no words."""


@dataclass(frozen=True)
class Teller:
    """Tells the expressions of one process; ``members`` maps names that stand for members to their lists."""

    terms: Terms
    words_of: Callable[[str], Words]
    members: tuple[tuple[str, str], ...] = ()

    def condition(self, source: str) -> Bilingual | None:
        """Tell when an expression holds; None for what cannot be told."""
        return self._told(source, Teller._truth)

    def value(self, source: str) -> Bilingual | None:
        """Tell what an expression gives; None for what cannot be told."""
        return self._told(source, Teller._value)

    def timer(self, source: str) -> Bilingual | None:
        """Tell until when, or how long, a timer waits: by a fact or by what is reckoned from facts."""
        return self._told(source, Teller._moment)

    def fact(self, path: str) -> Bilingual | None:
        """What a fact is called, without quotation marks."""
        return self.terms.of(path)

    def _told(self, source: str, tell: Callable[["Teller", tree.Node], Bilingual]) -> Bilingual | None:
        node = _read(source)
        try:
            return tell(self, node) if node is not None else None
        except (_Untold, RecursionError):
            return None

    def _truth(self, node: tree.Node) -> Bilingual:
        if isinstance(node, tree.Not):
            return self._denied(node.operand)
        if isinstance(node, tree.Logic):
            left, right = self._part(node.left, node.sign), self._part(node.right, node.sign)
            return said(_JOINED[node.sign], left=left, right=right)
        if isinstance(node, tree.If):
            return self._conditional(node)
        if isinstance(node, tree.Literal) and isinstance(node.value, bool):
            return said(N_("in every case") if node.value else N_("in no case"))
        if self.path(node):
            return said(N_("%(value)s is %(other)s"), value=self._value(node), other=_quoted(said(N_("yes"))))
        return self._value(node)

    def _part(self, node: tree.Node, sign: str) -> Bilingual:
        """One side of “and” or “or”; in brackets where it would be read otherwise without."""
        told = self._truth(node)
        mixed = isinstance(node, tree.If) or (isinstance(node, tree.Logic) and node.sign != sign)
        return said(N_("(%(part)s)"), part=told) if mixed else told

    def _denied(self, node: tree.Node) -> Bilingual:
        if self.path(node):
            return said(N_("%(value)s is %(other)s"), value=self._value(node), other=_quoted(said(N_("no"))))
        if isinstance(node, tree.In):
            other = self._choices(node)
            return said(N_("%(value)s is not %(other)s"), value=self._value(node.value), other=other)
        return said(N_("it is not so that %(part)s"), part=self._truth(node))

    def _conditional(self, node: tree.If) -> Bilingual:
        """An “if” that asks: “if a then b else true” is “b, if a”; what is asked only where it is there."""
        if _is_absence(node.test) and _is(node.then, value=False):
            return self._truth(node.other)
        test = self._truth(node.test)
        if _is(node.other, value=True):
            return said(N_("if %(test)s, then %(then)s"), test=test, then=self._truth(node.then))
        if _is(node.other, value=False):
            return said(_JOINED["and"], left=test, right=self._part(node.then, "and"))
        facts = {"test": test, "then": self._truth(node.then), "other": self._truth(node.other)}
        return said(N_("if %(test)s, then %(then)s; otherwise %(other)s"), **facts)

    def _value(self, node: tree.Node) -> Bilingual:
        tell = _TOLD.get(type(node))
        if path := self.path(node):
            return self._named(path)
        if tell is None:
            raise _Untold
        return tell(self, node)

    def _named(self, path: str) -> Bilingual:
        found = self.terms.of(path, within=dict(self.members).get("item", ""))
        if found is None:
            raise _Untold
        return _quoted(found)

    def path(self, node: tree.Node) -> str:
        """The path of a fact, ``step.field`` or ``get value(step, "field")``, of a member; or nothing."""
        if isinstance(node, tree.Name):
            within = dict(self.members)
            if node.name in within:
                return within[node.name]
            own = f"{within['item']}.{node.name}" if "item" in within else ""
            return own if own and self.terms.knows(own) else node.name
        if isinstance(node, tree.Path):
            base = self.path(node.base)
            return f"{base}.{node.name}" if base else ""
        if isinstance(node, tree.Call) and node.function in _ASKING and len(node.arguments) > 1:
            base, key = self.path(node.arguments[0]), node.arguments[1]
            return f"{base}.{key.value}" if base and isinstance(key, tree.Literal) else ""
        return ""

    def _compared(self, node: tree.Compare) -> Bilingual:
        if node.sign in _GIVEN and _is(node.right, value=None):
            return said(_GIVEN[node.sign], value=self._value(node.left))
        other = self._against(node.right, self.words_of(self.path(node.left)))
        return said(_COMPARED[node.sign], value=self._value(node.left), other=other)

    def _against(self, node: tree.Node, words: Words) -> Bilingual:
        """What something is compared with; a code in the words of what it is compared with."""
        if isinstance(node, tree.Literal):
            return _literal(node.value, words)
        return self._value(node)

    def _choices(self, node: tree.In) -> Bilingual:
        words, tests = self.words_of(self.path(node.value)), node.tests
        if isinstance(tests, tree.RangeOf):
            return self._span(tests, words)
        parts = tests.parts if isinstance(tests, tree.Tests | tree.ListOf) else (tests,)
        if isinstance(tests, tree.Tests) and tests.inverse:
            raise _Untold
        told = [self._against(one, words) for one in parts]
        return reduce(lambda left, right: said(N_("%(left)s or %(right)s"), left=left, right=right), told)

    def _span(self, tests: tree.RangeOf, words: Words) -> Bilingual:
        if tests.low is None or tests.high is None or not (tests.low_closed and tests.high_closed):
            raise _Untold
        ends = {"low": self._against(tests.low, words), "high": self._against(tests.high, words)}
        return said(N_("%(low)s to %(high)s"), **ends)

    def _in(self, node: tree.In) -> Bilingual:
        return said(_COMPARED["="], value=self._value(node.value), other=self._choices(node))

    def _between(self, node: tree.Between) -> Bilingual:
        words = self.words_of(self.path(node.value))
        ends = {"low": self._against(node.low, words), "high": self._against(node.high, words)}
        return said(
            _COMPARED["="], value=self._value(node.value), other=said(N_("%(low)s to %(high)s"), **ends)
        )

    def _quantified(self, node: tree.Quantified) -> Bilingual:
        if len(node.loops) != 1 or node.loops[0].high is not None:
            raise _Untold
        inner = self._inside(node.loops[0].low, node.loops[0].name)
        return said(_MEMBERS[node.kind], list=self._value(node.loops[0].low), test=inner._truth(node.test))

    def _filtered(self, node: tree.Filter) -> Bilingual:
        inner = self._inside(node.base, "item")
        listed, test = self._value(node.base), inner._truth(node.test)
        return said(N_("the entries of %(list)s where %(test)s"), list=listed, test=test)

    def _inside(self, node: tree.Node, name: str) -> "Teller":
        path = self.path(node)
        if not path:
            raise _Untold
        return replace(self, members=(*self.members, (name, path), ("item", path)))

    def _chosen(self, node: tree.If) -> Bilingual:
        """One of two values; one that stands in only where nothing is given is not worth a word."""
        if _is_absence(node.test) and _is_nothing(node.then):
            return self._value(node.other)
        facts = {"test": self._truth(node.test), "then": self._value(node.then)}
        if _is(node.other, value=None):
            return said(N_("%(then)s if %(test)s"), **facts)
        return said(N_("%(then)s if %(test)s, otherwise %(other)s"), **facts, other=self._value(node.other))

    def _called(self, node: tree.Call) -> Bilingual:
        name = node.function.name if isinstance(node.function, tree.Name) else ""
        if name in _SILENT and len(node.arguments) == 1:
            return self._value(node.arguments[0])
        if name == "duration" and len(node.arguments) == 1 and isinstance(node.arguments[0], tree.Literal):
            return _literal(node.arguments[0].value, {})
        sentence = _CALLED.get(name)
        if sentence is None or node.names or len(node.arguments) > 2:
            raise _Untold
        places = zip(("first", "second"), node.arguments, strict=False)
        return said(sentence, **{place: self._value(one) for place, one in places})

    def _reckoned(self, node: tree.Arithmetic) -> Bilingual:
        sign = _SIGNS.get(node.sign)
        if sign is None:
            raise _Untold
        left, right = self._value(node.left), self._value(node.right)
        return {language: f"{left[language]} {sign} {right[language]}" for language in left}

    def _listed(self, node: tree.ListOf) -> Bilingual:
        if not node.parts:
            return said(N_("nothing"))
        told = [self._value(one) for one in node.parts]
        return reduce(lambda left, right: said(N_("%(left)s, %(right)s"), left=left, right=right), told)

    def _moment(self, node: tree.Node) -> Bilingual:
        """A moment reckoned from a day, a number of days, or the fact that says it."""
        if _calls(node, "string"):
            return self._moment(node.arguments[0])
        if isinstance(node, tree.Arithmetic) and node.sign == "+":
            if days := self._days(node):
                return said(N_("%(value)s, in days"), value=self._named(days))
            return said(
                N_("%(span)s after %(day)s"), span=self._value(node.right), day=self._value(node.left)
            )
        return self._value(node)

    def day_of(self, source: str) -> str:
        """The path of the day in ``string(date(path) + duration("P1D"))``, until it is over; or nothing."""
        node = _read(source)
        if node is not None and _calls(node, "string"):
            node = node.arguments[0]
        if not isinstance(node, tree.Arithmetic) or node.sign != "+" or node.right != _ONE_DAY:
            return ""
        day = node.left
        return self.path(day.arguments[0]) if _calls(day, "date") else ""

    def days_of(self, source: str) -> str:
        """The path of the number of days in ``"P" + string(path) + "D"``; or nothing."""
        return self._days(_read(source))

    def _days(self, node: tree.Node | None) -> str:
        if not isinstance(node, tree.Arithmetic) or not isinstance(node.left, tree.Arithmetic):
            return ""
        inner, count = node.left, node.left.right
        signs = (node.sign, inner.sign) == ("+", "+")
        around = (inner.left, node.right) == (tree.Literal("P"), tree.Literal("D"))
        return self.path(count.arguments[0]) if signs and around and _calls(count, "string") else ""


_ASKING = (tree.Name("get value"), tree.Name("get"))
_TOLD: dict[type, Callable[[Teller, "tree.Node"], Bilingual]] = {
    tree.Literal: lambda _teller, node: _literal(node.value, {}),  # type: ignore[attr-defined]
    tree.Compare: Teller._compared,  # type: ignore[dict-item]
    tree.In: Teller._in,  # type: ignore[dict-item]
    tree.Between: Teller._between,  # type: ignore[dict-item]
    tree.Quantified: Teller._quantified,  # type: ignore[dict-item]
    tree.Filter: Teller._filtered,  # type: ignore[dict-item]
    tree.If: Teller._chosen,  # type: ignore[dict-item]
    tree.Call: Teller._called,  # type: ignore[dict-item]
    tree.Arithmetic: Teller._reckoned,  # type: ignore[dict-item]
    tree.ListOf: Teller._listed,  # type: ignore[dict-item]
    tree.Logic: Teller._truth,
    tree.Not: Teller._truth,
}


_ONE_DAY = tree.Call(tree.Name("duration"), (tree.Literal("P1D"),))


def _read(source: str) -> tree.Node | None:
    """The tree of an expression; None for what is none, such as a duration that is written out."""
    try:
        return parser.expression(" ".join(source.split()))
    except (Fault, RecursionError):
        return None


def _calls(node: tree.Node, name: str) -> TypeGuard[tree.Call]:
    """Whether a part calls a function with one argument."""
    return isinstance(node, tree.Call) and node.function == tree.Name(name) and len(node.arguments) == 1


def _literal(value: object, words: Words) -> Bilingual:
    if isinstance(value, bool):
        return _quoted(said(N_("yes")) if value else said(N_("no")))
    if value is None:
        return said(N_("nothing"))
    if isinstance(value, Decimal):
        return same(f"{value:f}")
    if not isinstance(value, str):
        raise _Untold
    if value in words:
        return _quoted(words[value])
    return durations.in_words(value) if durations.is_duration(value) else _quoted(same(value))


def _quoted(words: Bilingual) -> Bilingual:
    return {language: f"“{text}”" for language, text in words.items()}


def _is(node: tree.Node, **wanted: object) -> bool:
    """Whether a part is this constant."""
    [expected] = wanted.values()
    return isinstance(node, tree.Literal) and node.value is expected


def _is_nothing(node: tree.Node) -> bool:
    nothing = isinstance(node, tree.Literal) and node.value in (None, False, 0, "")
    return nothing or node == tree.ListOf(())


def _is_absence(node: tree.Node) -> bool:
    """Whether a part asks that something is not there."""
    return isinstance(node, tree.Compare) and node.sign == "=" and _is(node.right, value=None)
