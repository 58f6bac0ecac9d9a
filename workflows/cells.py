"""Cells of decision tables in signs and words that people use, told from the tests that are carried out."""

from collections.abc import Callable
from decimal import Decimal

from core.languages import LANGUAGES
from core.types import Bilingual
from workflows.feel import parser, tree
from workflows.feel.faults import Fault
from workflows.sentences import N_, said, same

Say = Callable[[str], Bilingual | None]
_SIGNS = {"=": "=", "!=": "≠", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}
_JOINTS = {"en": ", ", "zh": "、"}


def tell(cell: str, say: Say) -> Bilingual | None:
    """Tell a cell; ``say`` gives the words of a code. None if it calculates, or a code has no words."""
    try:
        tests = parser.unary_tests(cell)
    except Fault:
        return None
    if not tests.parts:
        return said(N_("any"))
    told = [_part(one, say) for one in tests.parts]
    known = [one for one in told if one is not None]
    if len(known) < len(told):
        return None
    listed = {language: _JOINTS[language].join(one[language] for one in known) for language in LANGUAGES}
    return said(N_("not %(values)s"), values=listed) if tests.inverse else listed


def codes_of(cell: str) -> tuple[str, ...]:
    """The codes of a cell that compares with one or several of them; none for any other cell."""
    try:
        tests = parser.unary_tests(cell)
    except Fault:
        return ()
    codes = [one.value for one in tests.parts if isinstance(one, tree.Literal) and isinstance(one.value, str)]
    return tuple(codes) if len(codes) == len(tests.parts) and not tests.inverse else ()


def _part(node: tree.Node, say: Say) -> Bilingual | None:
    if isinstance(node, tree.Test):
        bound = _number(node.operand)
        return same(f"{_SIGNS[node.sign]} {bound}") if bound else None
    if isinstance(node, tree.RangeOf):
        return _span(node)
    if isinstance(node, tree.Literal) and isinstance(node.value, bool):
        return said(N_("yes")) if node.value else said(N_("no"))
    if isinstance(node, tree.Literal) and isinstance(node.value, str):
        return say(node.value)
    number = _number(node)
    return same(number) if number else None


def _span(node: tree.RangeOf) -> Bilingual | None:
    low, high = _number(node.low), _number(node.high)
    if not low or not high:
        return None
    if node.low_closed and node.high_closed:
        return same(f"{low} – {high}")
    return same(f"{'≥' if node.low_closed else '>'} {low}, {'≤' if node.high_closed else '<'} {high}")


def _number(node: tree.Node | None) -> str:
    """A number that is written out; nothing for anything else."""
    if isinstance(node, tree.Negative):
        inner = _number(node.operand)
        return f"-{inner}" if inner else ""
    return f"{node.value:f}" if isinstance(node, tree.Literal) and isinstance(node.value, Decimal) else ""
