"""Looking at a decision table without a case: rows that overlap, and combinations that no row holds for.

Every cell that compares with written values cuts its column into pieces within which nothing changes; one
value stands for each piece, and the cells themselves say whether they hold for it. Cells that say anything
else may hold or not: nothing is claimed of them.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from core.types import Bilingual
from workflows.dmn_model import Decision, DecisionTable, Input, Model, Rule
from workflows.dmn_tables import compared, constant, passes
from workflows.feel import calendar, tree
from workflows.feel.values import Day, Days, Months, normal
from workflows.feel.writing import written
from workflows.findings import Finding
from workflows.outcomes import MULTIPLE
from workflows.sentences import N_, said, same

MOST_PLACES = 20_000
MOST_CELLS = 100_000
_OTHER = "\u2026"
_OTHER_SAID = N_("any other text")
Holds = frozenset[int] | None
"""The pieces of a column for which a cell holds; ``None`` where that is not known."""


def check(model: Model) -> list[Finding]:
    """Look at every table of a file."""
    found: list[Finding] = []
    for decision in model.decisions.values():
        if decision.table is not None:
            found += _Look(decision, decision.table).findings()
    return found


class _Look:
    """One table: the pieces of its columns, and where each cell holds."""

    def __init__(self, decision: Decision, table: DecisionTable) -> None:
        self.decision = decision
        self.table = table
        self.pieces = [_pieces(table, place) for place in range(len(table.inputs))]
        self.too_large = sum(map(len, self.pieces)) * len(table.rules) > MOST_CELLS
        rules = () if self.too_large else table.rules
        self.cells: dict[int, list[Holds]] = {rule.number: self._cells(rule) for rule in rules}
        self.left = MOST_PLACES

    def _cells(self, rule: Rule) -> list[Holds]:
        return [
            _where(test, pieces) if _is_written(test) else None
            for test, pieces in zip(rule.tests, self.pieces, strict=True)
        ]

    def findings(self) -> Iterator[Finding]:
        """Say which rows overlap and what is missing."""
        if self.too_large:
            yield self._finding("dmn.gap_unknown", warning=True)
            return
        if self.table.policy in ("UNIQUE", "ANY"):
            yield from self._overlaps()
        needs_row = self.table.policy not in MULTIPLE or self.table.aggregation in ("SUM", "MIN", "MAX")
        if needs_row and not any(output.default for output in self.table.outputs):
            yield from self._gaps()

    def _finding(self, code: str, *, warning: bool, **facts: object) -> Finding:
        facts["table"] = self.table.name
        severity = "warning" if warning else "error"
        return Finding(code, self.decision.id, self.table.line, facts, severity)  # type: ignore[arg-type]

    def _overlaps(self) -> Iterator[Finding]:
        rules = self.table.rules
        depends = _depend(self.table.inputs)
        for place, rule in enumerate(rules):
            for other in rules[place + 1 :]:
                example = self._common(rule, other)
                if example is None or (self.table.policy == "ANY" and not _differ(rule, other)):
                    continue
                code = "dmn.overlap" if self.table.policy == "UNIQUE" else "dmn.differs"
                facts = {"first": rule.number, "other": other.number, "example": self._said(example)}
                yield self._finding(code, warning=depends, **facts)

    def _common(self, rule: Rule, other: Rule) -> list[int] | None:
        """Find a piece of each column for which both rows hold."""
        found: list[int] = []
        for one, two in zip(self.cells[rule.number], self.cells[other.number], strict=True):
            if one is None or two is None or not one & two:
                return None
            found.append(min(one & two))
        return found

    def _gaps(self) -> Iterator[Finding]:
        try:
            missing = self._uncovered(0, list(self.table.rules), [])
        except _TooMany:
            yield self._finding("dmn.gap_unknown", warning=True)
            return
        if missing is not None:
            yield self._finding("dmn.gap", warning=True, example=self._said(missing))

    def _uncovered(self, column: int, rules: list[Rule], chosen: list[int]) -> list[int] | None:
        """Find a combination that no row can hold for; ``rules`` may hold for what is chosen so far."""
        self.left -= 1
        if self.left < 0:
            raise _TooMany
        if not rules:
            rest = [0] * (len(self.pieces) - column)
            return chosen + rest if all(self.pieces[column:]) else None
        if column == len(self.pieces) or any(self._always(rule, column) for rule in rules):
            return None
        for piece in range(len(self.pieces[column])):
            holding = [rule for rule in rules if self._may(rule, column, piece)]
            found = self._uncovered(column + 1, holding, [*chosen, piece])
            if found is not None:
                return found
        return None

    def _may(self, rule: Rule, column: int, piece: int) -> bool:
        cell = self.cells[rule.number][column]
        return cell is None or piece in cell

    def _always(self, rule: Rule, column: int) -> bool:
        cells = self.cells[rule.number][column:]
        return all(
            cell is None or len(cell) == len(pieces)
            for cell, pieces in zip(cells, self.pieces[column:], strict=True)
        )

    def _said(self, example: list[int]) -> Bilingual:
        parts = [
            _shown(column, pieces[piece])
            for column, pieces, piece in zip(self.table.inputs, self.pieces, example, strict=True)
            if len(pieces) > 1
        ] or [same("-")]
        return {language: ", ".join(part[language] for part in parts) for language in parts[0]}


class _TooMany(Exception):
    """There are more combinations than can be looked at."""


def _shown(column: Input, value: Any) -> Bilingual:
    what = said(_OTHER_SAID) if value == _OTHER else same(written(value, lambda _steps: None))
    return {language: f"{column.label[language]} = {text}" for language, text in what.items()}


def _is_written(test: tree.Tests) -> bool:
    """Say whether a cell compares with written values only."""
    return all(_is_written_part(part) for part in test.parts)


def _is_written_part(part: tree.Node) -> bool:
    if isinstance(part, tree.Test):
        known, value = constant(part.operand)
        return known and (part.sign in ("=", "!=") or not isinstance(value, (str, bool, list, dict)))
    if isinstance(part, tree.RangeOf):
        ends = [constant(end) for end in (part.low, part.high) if end is not None]
        return all(known and not isinstance(value, (str, bool)) for known, value in ends)
    known, value = constant(part)
    return known and not isinstance(value, dict) and not isinstance(part, tree.Asked)


def _where(test: tree.Tests, pieces: list[Any]) -> frozenset[int]:
    return frozenset(place for place, value in enumerate(pieces) if passes(test, value))


def _pieces(table: DecisionTable, place: int) -> list[Any]:
    """Give a value for each piece of a column."""
    column = table.inputs[place]
    tests = [rule.tests[place] for rule in table.rules if _is_written(rule.tests[place])]
    if column.allowed is not None and _is_written(column.allowed):
        tests.append(column.allowed)
    values = [normal(value) for test in tests for value in compared(test)]
    found: list[Any] = [True, False] if _is_truth(column, values) else []
    for kind in sorted({type(value) for value in values}, key=str):
        of_kind = [value for value in values if type(value) is kind]
        found += _PIECES.get(kind, _each)(of_kind, column)
    if column.allowed is not None:
        found = [value for value in found if passes(column.allowed, value)]
    return found or [None]


def _is_truth(column: Input, values: list[Any]) -> bool:
    return any(isinstance(value, bool) for value in values) or (
        column.kind is not None and column.kind.name == "boolean"
    )


def _each(values: list[Any], _column: Input) -> list[Any]:
    return [] if isinstance(values[0], bool) else list(dict.fromkeys(map(_hashable, values)))


def _hashable(value: Any) -> Any:
    return None if isinstance(value, (list, dict)) else value


def _texts(values: list[Any], _column: Input) -> list[Any]:
    return [*dict.fromkeys(values), _OTHER]


def _numbers(values: list[Any], column: Input) -> list[Any]:
    if not column.whole:
        return _between(values, lambda one, other: (one + other) / 2, Decimal(1))
    whole = sorted({value.to_integral_value() for value in values})
    return [one for one in _between(whole, lambda one, _other: one + 1, Decimal(1)) if one % 1 == 0]


def _between(values: list[Any], middle: Callable[[Any, Any], Any], step: Any) -> list[Any]:
    ends = sorted(set(values))
    found = [ends[0] - step, ends[0]]
    for one, other in pairwise(ends):
        inside = middle(one, other)
        found += [inside, other] if one < inside < other else [other]
    return [*found, ends[-1] + step]


def _days(values: list[Any], _column: Input) -> list[Any]:
    numbers = [calendar.number_of(value) for value in values]
    return [calendar.day_from(one) for one in _between(numbers, lambda one, _other: one + 1, 1)]


def _months(values: list[Any], _column: Input) -> list[Any]:
    return [Months(one) for one in _between([v.months for v in values], lambda one, _other: one + 1, 1)]


def _times(values: list[Any], _column: Input) -> list[Any]:
    return [Days(one) for one in _between([v.nanos for v in values], lambda a, b: (a + b) // 2, 1)]


_PIECES: dict[type, Callable[[list[Any], Input], list[Any]]] = {
    str: _texts,
    Decimal: _numbers,
    Day: _days,
    Months: _months,
    Days: _times,
}


def _depend(inputs: tuple[Input, ...]) -> bool:
    """Say whether two columns read the same facts, so that not every combination can occur."""
    read = [_paths(column.node) for column in inputs]
    return any(
        one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
        for place, paths in enumerate(read)
        for others in read[place + 1 :]
        for one in paths
        for other in others
    )


def _paths(node: tree.Node) -> frozenset[str]:
    """List the longest paths of names that an expression reads."""
    text = tree.dotted(node)
    if text:
        return frozenset((text,))
    return frozenset().union(*(_paths(part) for part in tree.parts_of(node)))


def _differ(rule: Rule, other: Rule) -> bool:
    """Say whether two rows are known to say different things."""
    for one, two in zip(rule.results, other.results, strict=True):
        (known, value), (also, another) = constant(one), constant(two)
        if known and also and value != another:
            return True
    return False
