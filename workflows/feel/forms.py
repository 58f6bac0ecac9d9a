"""The longer forms of FEEL: loops, functions, contexts, types."""

import re
from typing import Protocol

from workflows.feel import tree
from workflows.feel.faults import Denied
from workflows.feel.kinds import NAMES, Kind
from workflows.feel.tokens import NAME, STRING, Text, unescaped
from workflows.feel.tree import Loop, Node
from workflows.sentences import N_

_FREE = r"([^\"'(){}\[\],:]{1,100}?)"
_LOOP_NAME = re.compile(_FREE + r"\s+in\b")
_KEY = re.compile(_FREE + r"\s*:")
_PARAMETER = re.compile(_FREE + r"\s*(?=[:,)])")
_ARGUMENT = re.compile(r"((?!\d)[^\W\d][^\"'(){}\[\],:<>=]{0,100}?)\s*:")
_KIND = re.compile(
    r"({})(?!\w)|([\w.]+(?: +\w+)*)".format("|".join(name.replace(" ", r"\s+") for name in NAMES))
)


class Grammar(Protocol):
    """What these forms need of the parser."""

    text: Text

    def expression(self, power: int = 0) -> Node:
        """Read an expression that binds at least this tightly."""

    def inner(self, power: int = 0) -> Node:
        """Read an expression between brackets."""


def choice(grammar: Grammar) -> Node:
    """Read ``if condition then a else b``."""
    test = grammar.expression()
    grammar.text.expect_word("then")
    then = grammar.expression()
    grammar.text.expect_word("else")
    return tree.If(test, then, grammar.expression())


def repetition(grammar: Grammar) -> Node:
    """Read ``for name in list return result``."""
    found = _loops(grammar)
    grammar.text.expect_word("return")
    return tree.For(found, grammar.expression())


def some(grammar: Grammar) -> Node:
    """Read ``some name in list satisfies test``."""
    return _quantified(grammar, "some")


def every(grammar: Grammar) -> Node:
    """Read ``every name in list satisfies test``."""
    return _quantified(grammar, "every")


def _quantified(grammar: Grammar, which: str) -> Node:
    found = _loops(grammar)
    grammar.text.expect_word("satisfies")
    return tree.Quantified(which, found, grammar.expression())


def _loops(grammar: Grammar) -> tuple[Loop, ...]:
    found = [_loop(grammar)]
    while grammar.text.accept(","):
        found.append(_loop(grammar))
    return tuple(found)


def _loop(grammar: Grammar) -> Loop:
    name = grammar.text.until(_LOOP_NAME)
    if not name:
        raise Denied(N_("a name and “in” are missing before “%(rest)s”"), rest=grammar.text.rest)
    grammar.text.declare(name)
    grammar.text.expect_word("in")
    low = grammar.expression()
    return Loop(name, low, grammar.expression() if grammar.text.accept("..") else None)


def selection(grammar: Grammar, result: Node) -> Node:
    """Read what follows ``[result`` in ``[result for name in list if condition]``."""
    name = grammar.text.until(_LOOP_NAME)
    if not name:
        raise Denied(N_("a name and “in” are missing before “%(rest)s”"), rest=grammar.text.rest)
    grammar.text.expect_word("in")
    loop = Loop(name, grammar.expression())
    where = grammar.expression() if grammar.text.accept_word("if") else None
    return tree.For((loop,), result, where)


def function(grammar: Grammar) -> Node:
    """Read ``function(a, b: type) body``."""
    grammar.text.expect("(")
    parameters: list[tuple[str, Kind | None]] = []
    while not grammar.text.accept(")"):
        if parameters:
            grammar.text.expect(",")
        name = grammar.text.until(_PARAMETER)
        if not name:
            raise Denied(N_("a name is missing before “%(rest)s”"), rest=grammar.text.rest)
        grammar.text.declare(name)
        parameters.append((name, kind(grammar.text) if grammar.text.accept(":") else None))
    if grammar.text.word() == "external":
        raise Denied(N_("functions of other programs cannot be called"))
    return tree.FunctionOf(tuple(parameters), grammar.expression())


def context(grammar: Grammar) -> Node:
    """Read what follows ``{``."""
    entries: dict[str, Node] = {}
    while not grammar.text.accept("}"):
        if entries:
            grammar.text.expect(",")
        key = _key(grammar.text)
        grammar.text.expect(":")
        if key in entries:
            raise Denied(N_("the entry “%(name)s” stands twice"), name=key)
        entries[key] = grammar.inner()
    return tree.ContextOf(tuple(entries.items()))


def _key(text: Text) -> str:
    found = text.take(STRING)
    if found is not None:
        return unescaped(found[1] if found[1] is not None else found[2])
    name = text.until(_KEY)
    if not NAME.match(name):
        raise Denied(N_("a name is missing before “%(rest)s”"), rest=text.rest)
    text.declare(name)
    return name


def arguments(grammar: Grammar) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """Read the arguments behind ``(``: all by place, or all by name."""
    found: list[Node] = []
    names: list[str] = []
    while not grammar.text.accept(")"):
        if found:
            grammar.text.expect(",")
        name = grammar.text.until(_ARGUMENT)
        if name:
            grammar.text.expect(":")
            names.append(name)
        found.append(_argument(grammar))
    if names and len(set(names)) != len(found):
        raise Denied(N_("either every argument has a name of its own, or none has one"))
    return tuple(found), tuple(names)


def _argument(grammar: Grammar) -> Node:
    found = grammar.inner()
    return selection(grammar, found) if grammar.text.accept_word("for") else found


def kind(text: Text) -> Kind:
    """Read a type, such as ``list<number>`` or ``days and time duration``."""
    found = text.take(_KIND)
    if found is None:
        raise Denied(N_("a type is missing before “%(rest)s”"), rest=text.rest)
    name = " ".join(found[0].split())
    if not text.accept("<"):
        return Kind(name)
    return _KINDS.get(name, _members)(name, text)


def _members(name: str, text: Text) -> Kind:
    of = kind(text)
    text.expect(">")
    return Kind(name, of)


def _context_kind(name: str, text: Text) -> Kind:
    entries: list[tuple[str, Kind]] = []
    while not text.accept(">"):
        if entries:
            text.expect(",")
        key = _key(text)
        text.expect(":")
        entries.append((key, kind(text)))
    return Kind(name, None, tuple(entries))


def _function_kind(name: str, text: Text) -> Kind:
    parameters: list[tuple[str, Kind]] = []
    while not text.accept(">"):
        if parameters:
            text.expect(",")
        parameters.append(("", kind(text)))
    text.expect("->")
    return Kind(name, kind(text), tuple(parameters))


_KINDS = {"context": _context_kind, "function": _function_kind}
