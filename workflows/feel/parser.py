"""From text to tree: the grammar of FEEL, by precedence.

Beside what DMN writes, some spellings are read that DMN leaves free and people bring along: ``==``,
``not x``, ``x not in list``, ``'text'``, ``a if condition else b`` and ``[result for name in list if
condition]``.
"""

from collections.abc import Callable
from decimal import DecimalException
from functools import lru_cache
from typing import TypeVar

from workflows.feel import forms, temporal, tree
from workflows.feel.faults import Denied
from workflows.feel.tokens import NUMBER, STRING, Text, unescaped
from workflows.feel.tree import Node
from workflows.feel.values import NUMBERS
from workflows.sentences import N_

MAX_SOURCE = 4_000
MAX_PIECES = 4_000
MAX_NODES = 1_000
MAX_DEPTH = 40
MAX_TREE = 150

OR, AND, COMPARISON, SUM, PRODUCT, POWER, KIND = range(1, 8)
_SIGNS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "**": POWER}
_COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")
_WORDS = {"or": OR, "and": AND, "between": COMPARISON, "in": COMPARISON, "not": COMPARISON, "instance": KIND}
_CONSTANTS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
Read = TypeVar("Read", bound=Node)
ANYTHING = tree.Tests((), inverse=True)
"""The cell ``-``."""


@lru_cache(maxsize=512)
def expression(source: str, names: frozenset[str] = frozenset()) -> Node:
    """Read an expression; ``names`` are the declared names that hold spaces or signs.

    Raises:
        Denied: it is none, or too large.
    """
    parser = Parser(source, names)
    return parser.finish(parser.ternary())


@lru_cache(maxsize=256)
def unary_tests(source: str, names: frozenset[str] = frozenset()) -> tree.Tests:
    """Read the unary tests of a cell.

    Raises:
        Denied: they are none, or too large.
    """
    if source.strip() in ("", "-"):
        return ANYTHING
    parser = Parser(source, names)
    if parser.text.accept_word("not") and parser.text.accept("("):
        parts = parser.tests()
        if parser.text.accept(")") and parser.text.done:
            return parser.finish(tree.Tests(parts, inverse=True))
        parser = Parser(source, names)
    elif parser.text.place:
        parser = Parser(source, names)
    return parser.finish(tree.Tests(parser.tests()))


class Parser:
    """Reads one text once."""

    def __init__(self, source: str, names: frozenset[str]) -> None:
        if len(source) > MAX_SOURCE:
            raise Denied(N_("it is longer than %(most)s characters"), most=MAX_SOURCE)
        self.text = Text(source, names, MAX_PIECES)
        self.nodes = 0
        self.depth = 0
        self.asks = False  # whether “?” stands in the test that is being read
        self.at_end = False  # reading the upper end of a range, where a bracket closes and does not filter

    def finish(self, found: Read) -> Read:
        """See that everything was read, and that it can be walked.

        Raises:
            Denied: something is left over, or lies too deep.
        """
        if tree.depth_of(found) > MAX_TREE:
            raise Denied(N_("it is too complex"))
        if not self.text.done:
            raise Denied(N_("“%(rest)s” does not belong here"), rest=self.text.rest)
        return found

    def ternary(self) -> Node:
        """Read an expression that may go on with ``if condition else other``."""
        found = self.expression()
        if self.text.accept_word("if"):
            test = self.expression()
            self.text.expect_word("else")
            return tree.If(test, found, self.ternary())
        return found

    def inner(self, power: int = 0) -> Node:
        """Read an expression between brackets."""
        before, self.at_end = self.at_end, False
        found = self.expression(power) if power else self.ternary()
        self.at_end = before
        return found

    def expression(self, power: int = 0) -> Node:
        """Read an expression whose operators bind at least this tightly."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Denied(N_("it is too complex"))
        left = self._prefix()
        while True:
            self.nodes += 1
            if self.nodes > MAX_NODES:
                raise Denied(N_("it is too complex"))
            more = self._infix(left, power)
            if more is None:
                self.depth -= 1
                return left
            left = more

    def _infix(self, left: Node, power: int) -> Node | None:
        sign = self.text.sign()
        if sign in _SIGNS and _SIGNS[sign] >= power:
            self.text.accept(sign)
            return tree.Arithmetic(sign, left, self.expression(_SIGNS[sign] + 1))
        if sign in _COMPARISONS and power <= COMPARISON:
            self.text.accept(sign)
            return self._comparison(sign, left, self.expression(SUM))
        word = "" if sign else self.text.word()
        if word in _WORDS and _WORDS[word] >= power:
            return _INFIX[word](self, left)
        return None

    def _comparison(self, sign: str, left: Node, right: Node) -> Node:
        if self.text.sign() in _COMPARISONS:
            raise Denied(N_("comparisons do not chain: join two of them by “and”"))
        if sign in ("=", "==", "!="):
            left, right = _asked(left, right), _asked(right, left)
        return tree.Compare("=" if sign == "==" else sign, left, right)

    def _or(self, left: Node) -> Node:
        self.text.accept_word("or")
        return tree.Logic("or", left, self.expression(AND))

    def _and(self, left: Node) -> Node:
        self.text.accept_word("and")
        return tree.Logic("and", left, self.expression(COMPARISON))

    def _between(self, left: Node) -> Node:
        self.text.accept_word("between")
        low = self.expression(SUM)
        self.text.expect_word("and")
        return tree.Between(left, low, self.expression(SUM))

    def _in(self, left: Node) -> Node:
        self.text.accept_word("in")
        return tree.In(left, self.test())

    def _not_in(self, left: Node) -> Node:
        self.text.accept_word("not")
        self.text.expect_word("in")
        return tree.Not(tree.In(left, self.test()))

    def _instance(self, left: Node) -> Node:
        self.text.accept_word("instance")
        self.text.expect_word("of")
        return tree.InstanceOf(left, forms.kind(self.text))

    def tests(self) -> tuple[Node, ...]:
        """Read tests between commas."""
        found = [self._cell_test()]
        while self.text.accept(","):
            found.append(self._cell_test())
        return tuple(found)

    def _cell_test(self) -> Node:
        self.asks = False
        found = self.test(0)
        return tree.Asked(found) if self.asks and not isinstance(found, tree.Test) else found

    def test(self, power: int = SUM) -> Node:
        """Read one test: a comparison with what is tested, or an expression."""
        sign = self.text.sign()
        if sign in _COMPARISONS:
            self.text.accept(sign)
            return tree.Test("=" if sign == "==" else sign, self.expression(SUM))
        return self.expression(power)

    def _prefix(self) -> Node:
        text = self.text
        if text.accept("-"):
            return tree.Negative(self.expression(KIND))
        return self._postfix(self._literal() or self._form() or self._bracket() or self._name())

    def _literal(self) -> Node | None:
        text = self.text
        found = text.take(NUMBER)
        if found is not None:
            try:
                return tree.Literal(NUMBERS.create_decimal(found[0]))
            except (DecimalException, ArithmeticError):
                raise Denied(N_("a number is too large")) from None
        found = text.take(STRING)
        if found is not None:
            return tree.Literal(unescaped(found[1] if found[1] is not None else found[2]))
        return self._at() if text.accept("@") else None

    def _at(self) -> Node:
        found = self.text.take(STRING)
        value = temporal.read_any(unescaped(found[1] or "")) if found else None
        if value is None:
            raise Denied(N_("“%(text)s” is no day, time or duration"), text=found[0] if found else "@")
        return tree.Literal(value)

    def _form(self) -> Node | None:
        word = self.text.word()
        if word in _CONSTANTS and not self._is_longer(word):
            self.text.accept_word(word)
            return tree.Literal(_CONSTANTS[word])
        if word in _FORMS and not self._is_longer(word):
            self.text.accept_word(word)
            return _FORMS[word](self)
        if word == "not" and not self._is_longer(word):
            self.text.accept_word("not")
            return self._not_called() if self.text.accept("(") else tree.Not(self.expression(COMPARISON))
        return None

    def _is_longer(self, word: str) -> bool:
        """Say whether a declared name of several words begins with this word."""
        place, left = self.text.place, self.text.left
        name = self.text.name()
        self.text.place, self.text.left = place, left - 1
        return name not in ("", word)

    def _not_called(self) -> Node:
        arguments, names = forms.arguments(self)
        if len(arguments) == 1 and not names:
            return tree.Not(arguments[0])
        return tree.Call(tree.Name("not"), arguments, names)

    def _bracket(self) -> Node | None:
        sign = self.text.sign()
        if sign not in _BRACKETS:
            return None
        self.text.accept(sign)
        before, self.at_end = self.at_end, False
        found = _BRACKETS[sign](self)
        self.at_end = before
        return found

    def _paren(self) -> Node:
        first = self.test(0)
        if self.text.accept(".."):
            return self._range(first, closed=False)
        if self.text.word() == "if":
            self.text.accept_word("if")
            test = self.expression()
            self.text.expect_word("else")
            first = tree.If(test, first, self.ternary())
        parts = [first]
        while self.text.accept(","):
            parts.append(self.test(0))
        self.text.expect(")")
        return first if len(parts) == 1 else tree.Tests(tuple(parts))

    def _square(self) -> Node:
        if self.text.accept("]"):
            return tree.ListOf(())
        first = self.test(0) if self.text.sign() in _COMPARISONS else self.inner()
        if self.text.accept(".."):
            return self._range(first, closed=True)
        if self.text.accept_word("for"):
            found = forms.selection(self, first)
            self.text.expect("]")
            return found
        parts = [first]
        while self.text.accept(","):
            parts.append(self.test(0) if self.text.sign() in _COMPARISONS else self.inner())
        self.text.expect("]")
        return tree.ListOf(tuple(parts))

    def _outward(self) -> Node:
        low = self.expression(SUM)
        self.text.expect("..")
        return self._range(low, closed=False)

    def _range(self, low: Node, *, closed: bool) -> Node:
        self.at_end = True
        high = self.expression(SUM)
        self.at_end = False
        sign = self.text.sign()
        if sign not in ("]", ")", "["):
            raise Denied(N_("“%(sign)s” is missing before “%(rest)s”"), sign="]", rest=self.text.rest)
        self.text.accept(sign)
        return tree.RangeOf(low, high, closed, sign == "]")

    def _context(self) -> Node:
        return forms.context(self)

    def _name(self) -> Node:
        if self.text.accept("?"):
            self.asks = True
            return tree.Name("?")
        name = self.text.name()
        if not name:
            raise Denied(N_("“%(rest)s” does not belong here"), rest=self.text.rest)
        return tree.Name(name)

    def _postfix(self, found: Node) -> Node:
        text = self.text
        while True:
            sign = text.sign()
            self.nodes += 1
            if sign == ".":
                text.accept(".")
                name = text.name(member=True)
                if not name:
                    raise Denied(N_("a name is missing before “%(rest)s”"), rest=text.rest)
                found = tree.Path(found, name)
            elif sign == "(" and _callable(found):
                text.accept("(")
                found = tree.Call(found, *forms.arguments(self))
            elif sign == "[" and not self.at_end:
                text.accept("[")
                found = tree.Filter(found, self.inner())
                text.expect("]")
            else:
                return found


def _callable(node: Node) -> bool:
    return isinstance(node, (tree.Name, tree.Path, tree.Call, tree.FunctionOf, tree.Filter))


def _asked(node: Node, other: Node) -> Node:
    """Where a member is compared with null it may be missing: that is the question."""
    if isinstance(node, tree.Path) and isinstance(other, tree.Literal) and other.value is None:
        return tree.Path(node.base, node.name, optional=True)
    return node


_INFIX: dict[str, Callable[[Parser, Node], Node]] = {
    "or": Parser._or,
    "and": Parser._and,
    "between": Parser._between,
    "in": Parser._in,
    "not": Parser._not_in,
    "instance": Parser._instance,
}
_BRACKETS: dict[str, Callable[[Parser], Node]] = {
    "(": Parser._paren,
    "[": Parser._square,
    "]": Parser._outward,
    "{": Parser._context,
}
_FORMS: dict[str, Callable[[Parser], Node]] = {
    "if": forms.choice,
    "for": forms.repetition,
    "some": forms.some,
    "every": forms.every,
    "function": forms.function,
}
