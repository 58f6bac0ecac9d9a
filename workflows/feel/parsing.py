"""Reading a range from its text alone, as ``range("[1..3]")`` does: ends are literals."""

from typing import Any

from workflows.feel import operators, parser, tree
from workflows.feel.faults import Denied, Wrong
from workflows.feel.temporal import read_any
from workflows.feel.values import Range
from workflows.sentences import N_


def literal_range(text: str) -> Range:
    """Read a range whose ends are written out.

    Raises:
        Wrong: it is none.
    """
    try:
        found = parser.expression(text)
    except Denied:
        raise _no_range(text) from None
    if isinstance(found, tree.Test):
        end = _end(found.operand, text)
        if found.sign in ("<", "<="):
            return Range(None, end, low_closed=False, high_closed=found.sign == "<=")
        if found.sign in (">", ">="):
            return Range(end, None, low_closed=found.sign == ">=", high_closed=False)
    if not isinstance(found, tree.RangeOf) or found.low is None or found.high is None:
        raise _no_range(text)
    low, high = _end(found.low, text), _end(found.high, text)
    if operators.order(low, high) > 0:
        raise _no_range(text)
    return Range(low, high, found.low_closed, found.high_closed)


def _end(node: tree.Node, text: str) -> Any:
    if isinstance(node, tree.Negative):
        return operators.negative(_end(node.operand, text))
    if isinstance(node, tree.Literal) and node.value is not None:
        return node.value
    if isinstance(node, tree.Call) and node.function in _READS and len(node.arguments) == 1:
        argument = node.arguments[0]
        found = read_any(argument.value) if isinstance(argument, tree.Literal) else None
        if found is not None:
            return found
    raise _no_range(text)


_READS = tuple(tree.Name(name) for name in ("date", "time", "date and time", "duration"))


def _no_range(text: str) -> Wrong:
    return Wrong(N_("“%(text)s” is no %(kind)s"), text=text[:60], kind="range")
