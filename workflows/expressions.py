"""Expressions of models and decision tables, interpreted from a short list of allowed constructs.

A model is written by people who may not be trusted with the server (URS-010): conditions, parameters and
table cells are Python *expressions* in syntax only. They are parsed and walked here; nothing is ever compiled
or run by Python itself, no attribute of an object is ever looked up, and every evaluation has a budget.
Numbers are exact: a literal ``0.1`` and every division give decimals.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal, DecimalException
from functools import lru_cache
from typing import Any

from core.errors import Invalid
from core.types import Bilingual
from workflows.expression_functions import FUNCTIONS, MAX_NUMBER, METHODS, Denied
from workflows.sentences import N_, said

MAX_SOURCE = 2_000
MAX_NODES = 300
MAX_DEPTH = 40
MAX_STEPS = 20_000
MAX_LENGTH = 10_000

_NOT_ALLOWED = N_("%(what)s is not allowed")
_NO_NAME = N_("there is no “%(name)s”")
_NO_FIT = N_("it does not fit the facts (%(detail)s)")
_LINES = N_("only lines of “name = expression” are allowed")
_PLAIN = (str, int, bool, float, Decimal, date, datetime, type(None), list, tuple, dict)


class ExpressionError(Invalid):
    """An expression that is not allowed, not finished within its budget, or does not fit the facts."""

    def __init__(self, source: str, reason: Bilingual) -> None:
        super().__init__(
            "expression.refused",
            N_("The expression “%(source)s” cannot be used: %(reason)s"),
            source=source[:120],
            reason=reason,
        )
        self.reason = reason


def evaluate(source: str, names: Mapping[str, Any], *, now: datetime | None = None) -> Any:
    """Work out an expression over named facts and give its value; the facts are never changed.

    ``item.key`` reads ``item["key"]`` of a JSON object. ``today()`` is the UTC day of ``now`` as
    ``YYYY-MM-DD``.

    Raises:
        ExpressionError: ``expression.refused``: not allowed, over budget, or the facts lack what it names.
    """
    try:
        return _Walk(names, now).value(_parse(source, "eval").body)
    except Denied as denied:
        raise ExpressionError(source, denied.said) from None
    except KeyError as missing:
        raise ExpressionError(source, said(_NO_NAME, name=missing.args[0])) from None
    except (ArithmeticError, DecimalException, TypeError, ValueError, LookupError, RecursionError) as wrong:
        raise ExpressionError(source, said(_NO_FIT, detail=str(wrong) or type(wrong).__name__)) from None


def check(source: str) -> frozenset[str]:
    """Check an expression without facts and list the top names it reads.

    Raises:
        ExpressionError: ``expression.refused``: it could never be evaluated.
    """
    try:
        tree = _parse(source, "eval")
        _check_tree(tree.body)
    except Denied as denied:
        raise ExpressionError(source, denied.said) from None
    bound = {
        n.target.id
        for n in ast.walk(tree)
        if isinstance(n, ast.comprehension) and isinstance(n.target, ast.Name)
    }
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    return frozenset(n.id for n in ast.walk(tree) if isinstance(n, ast.Name)) - bound - called


def assignments(script: str) -> list[tuple[str, str]]:
    """Read a script task: lines of ``name = expression`` and nothing else, as (name, expression) pairs.

    Raises:
        ExpressionError: ``expression.refused``: another statement, or an expression that is not allowed.
    """
    try:
        tree = _parse(script, "exec")
    except Denied as denied:
        raise ExpressionError(script, denied.said) from None
    found = []
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise ExpressionError(script, said(_LINES))
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or target.id.startswith("_"):
            raise ExpressionError(script, said(_LINES))
        expression = ast.unparse(statement.value)
        check(expression)
        found.append((target.id, expression))
    return found


@lru_cache(maxsize=2048)
def _parse(source: str, mode: str) -> Any:
    if len(source) > MAX_SOURCE:
        raise Denied(N_("it is longer than %(most)s characters"), most=MAX_SOURCE)
    try:
        tree = ast.parse(source.strip(), mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as wrong:
        raise Denied(
            N_("it is not well formed (%(detail)s)"), detail=wrong.args[0] if wrong.args else "–"
        ) from None
    count = 0
    waiting: list[tuple[ast.AST, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise Denied(N_("it is too complex"))
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return tree


def _check_tree(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and type(node) not in _NODES:
            raise Denied(_NOT_ALLOWED, what=type(node).__name__)
        if isinstance(node, (ast.Name, ast.Attribute)):
            _public(node.id if isinstance(node, ast.Name) else node.attr)
        if isinstance(node, ast.Call):
            _callee(node)


def _public(name: str) -> str:
    if name.startswith("_"):
        raise Denied(_NOT_ALLOWED, what=name)
    return name


def _callee(node: ast.Call) -> str:
    if any(isinstance(argument, ast.Starred) for argument in node.args) or node.keywords:
        raise Denied(N_("only plain arguments are allowed"))
    if isinstance(node.func, ast.Name) and (node.func.id in FUNCTIONS or node.func.id == "today"):
        return node.func.id
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        return node.func.attr
    raise Denied(
        N_("only these can be called: %(known)s"), known=", ".join(sorted([*FUNCTIONS, "today", *METHODS]))
    )


class _Walk:
    """One evaluation: the facts, the local names of comprehensions, and the steps used so far."""

    def __init__(self, names: Mapping[str, Any], now: datetime | None) -> None:
        self.names = names
        self.now = now
        self.local: dict[str, Any] = {}
        self.steps = 0

    def value(self, node: ast.expr) -> Any:
        """Work out one node; every value made on the way is measured and costs its size."""
        read = _NODES.get(type(node))
        if read is None:
            raise Denied(_NOT_ALLOWED, what=type(node).__name__)
        return self._measure(read(self, node))

    def _measure(self, value: Any) -> Any:
        if not isinstance(value, _PLAIN):
            raise Denied(_NOT_ALLOWED, what=type(value).__name__)
        self.steps += 1
        if isinstance(value, (str, list, tuple, dict)):
            self.steps += len(value) // 20
            if len(value) > MAX_LENGTH:
                raise Denied(N_("a value is too long"))
        elif isinstance(value, (int, Decimal, float)) and not -MAX_NUMBER <= value <= MAX_NUMBER:
            raise Denied(N_("a number is too large"))
        if self.steps > MAX_STEPS:
            raise Denied(N_("it takes too long"))
        return value

    def constant(self, node: ast.Constant) -> Any:
        """Read a literal; a decimal point makes an exact decimal."""
        if isinstance(node.value, float):
            return Decimal(repr(node.value))
        if isinstance(node.value, (str, int, bool, type(None))):
            return node.value
        raise Denied(_NOT_ALLOWED, what=repr(node.value))

    def name(self, node: ast.Name) -> Any:
        """Read a fact, or the loop name of a comprehension."""
        _public(node.id)
        return self.local[node.id] if node.id in self.local else self.names[node.id]

    def boolean(self, node: ast.BoolOp) -> Any:
        """Evaluate ``and`` / ``or``, stopping as soon as the answer is known."""
        result: Any = None
        stop_at = isinstance(node.op, ast.Or)
        for part in node.values:
            result = self.value(part)
            if bool(result) is stop_at:
                break
        return result

    def unary(self, node: ast.UnaryOp) -> Any:
        """Evaluate ``not x`` and ``-x``."""
        operand = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not operand
        if isinstance(node.op, ast.USub):
            return -operand
        raise Denied(N_("this operator is not allowed"))

    def binary(self, node: ast.BinOp) -> Any:
        """Evaluate ``+ - * / // %`` on numbers, and ``+`` on texts and lists."""
        act = _BINARY.get(type(node.op))
        if act is None:
            raise Denied(N_("this operator is not allowed"))
        left, right = self.value(node.left), self.value(node.right)
        if not isinstance(node.op, ast.Add) and not (_is_number(left) and _is_number(right)):
            raise Denied(N_("only numbers can be multiplied, divided or subtracted"))
        return act(_exact(left), _exact(right))

    def comparison(self, node: ast.Compare) -> bool:
        """Evaluate chained comparisons; comparing long values costs their length."""
        left = self.value(node.left)
        for sign, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.value(comparator)
            if not _COMPARE[type(sign)](_exact(left), _exact(right)):
                return False
            left = right
        return True

    def choice(self, node: ast.IfExp) -> Any:
        """Evaluate ``a if condition else b``."""
        return self.value(node.body if self.value(node.test) else node.orelse)

    def sequence(self, node: ast.List | ast.Tuple) -> list[Any]:
        """Make a list."""
        return [self.value(part) for part in node.elts]

    def mapping(self, node: ast.Dict) -> dict[str, Any]:
        """Make a JSON object; its keys are texts."""
        made = {}
        for key, part in zip(node.keys, node.values, strict=True):
            name = self.value(key) if key is not None else None
            if not isinstance(name, str):
                raise Denied(N_("keys are texts"))
            made[name] = self.value(part)
        return made

    def subscript(self, node: ast.Subscript) -> Any:
        """Read ``value[key]`` of an object, a list or a text."""
        holder = self.value(node.value)
        if not isinstance(holder, (dict, list, tuple, str)) or isinstance(node.slice, ast.Slice):
            raise Denied(N_("only objects and lists have parts, and no slices"))
        return holder[self.value(node.slice)]

    def attribute(self, node: ast.Attribute) -> Any:
        """Read ``object.key`` of a JSON object; never an attribute of a Python object."""
        _public(node.attr)
        holder = self.value(node.value)
        if not isinstance(holder, dict):
            raise Denied(N_("“.%(name)s” needs an object before it"), name=node.attr)
        return holder[node.attr]

    def call(self, node: ast.Call) -> Any:
        """Call one of the listed functions or text methods."""
        name = _callee(node)
        arguments = [self.value(argument) for argument in node.args]
        if isinstance(node.func, ast.Attribute):
            holder = self.value(node.func.value)
            if not isinstance(holder, str):
                raise Denied(N_("“.%(name)s()” needs a text before it"), name=name)
            return METHODS[name](holder, *arguments)
        if name == "today":
            if self.now is None:
                raise Denied(N_("there is no day here"))
            return self.now.date().isoformat()
        return FUNCTIONS[name](*arguments)

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
        """Make a list from a list: ``[expression for name in list if condition]``."""
        if len(node.generators) != 1:
            raise Denied(N_("only one “for” is allowed"))
        loop = node.generators[0]
        if not isinstance(loop.target, ast.Name) or loop.is_async:
            raise Denied(N_("only a plain name can run through a list"))
        made = []
        for member in self.value(loop.iter):
            with self._bound(_public(loop.target.id), member):
                if all(self.value(condition) for condition in loop.ifs):
                    made.append(self.value(node.elt))
        return made

    @contextmanager
    def _bound(self, name: str, member: Any) -> Iterator[None]:
        before = dict(self.local)
        self.local[name] = self._measure(member)
        try:
            yield
        finally:
            self.local = before


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _divide(left: Any, right: Any) -> Decimal:
    return Decimal(left) / Decimal(right)


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}
_NODES: dict[type[ast.expr], Callable[[_Walk, Any], Any]] = {
    ast.Constant: _Walk.constant,
    ast.Name: _Walk.name,
    ast.BoolOp: _Walk.boolean,
    ast.UnaryOp: _Walk.unary,
    ast.BinOp: _Walk.binary,
    ast.Compare: _Walk.comparison,
    ast.IfExp: _Walk.choice,
    ast.List: _Walk.sequence,
    ast.Tuple: _Walk.sequence,
    ast.Dict: _Walk.mapping,
    ast.Subscript: _Walk.subscript,
    ast.Attribute: _Walk.attribute,
    ast.Call: _Walk.call,
    ast.ListComp: _Walk.comprehension,
    ast.GeneratorExp: _Walk.comprehension,
}
