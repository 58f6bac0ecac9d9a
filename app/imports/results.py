"""What a dry run found, kept as a file of its own: outcome of each row, changes, findings.

The file is what the proposal shows and what storing is compared with: a list is stored only if each row still
does what it did when it was checked.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from core.languages import translate
from documents.sheets.examining import Examined
from documents.sheets.rows import Outcome


@dataclass(frozen=True)
class KeptFinding:
    """One bad cell as the dry run kept it; ``column`` is the key of the column, empty for the whole row."""

    row: int
    column: str
    value: str
    code: str
    message: str
    facts: dict[str, Any]

    def text(self, language: str) -> str:
        """Say in a language why the cell is not taken."""
        return translate(self.message, language, **self.facts)


@dataclass(frozen=True)
class KeptChange:
    """What one row changes, as people read it: column → (there, brought)."""

    row: int
    key: str
    fields: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Result:
    """A dry run as it was kept; one of an earlier release has findings only."""

    findings: list[KeptFinding] = field(default_factory=list)
    changed: list[KeptChange] = field(default_factory=list)
    outcomes: Mapping[int, Outcome] = field(default_factory=dict)

    def count(self, outcome: str) -> int:
        """How many rows have an outcome."""
        return self.counts()[Outcome(outcome)]

    def counts(self) -> Counter[Outcome]:
        """How many rows have which outcome."""
        return Counter(self.outcomes.values())


def as_bytes(examined: Examined) -> bytes:
    """Write down what a dry run found."""
    found = {
        "outcomes": {str(row): outcome.value for row, outcome in examined.outcomes.items()},
        "changed": [
            {"row": one.row, "key": one.key, "fields": _texts(one.fields)} for one in examined.changed
        ],
        "findings": [
            {
                "row": one.row,
                "column": one.column,
                "value": one.value,
                "code": one.error.code,
                "message": one.error.message,
                "facts": one.error.facts,
            }
            for one in examined.findings
        ],
    }
    return json.dumps(found, ensure_ascii=False, default=str).encode()


def from_bytes(data: bytes) -> Result:
    """Read what :func:`as_bytes` has written, or the mere findings of an earlier release."""
    found = json.loads(data)
    if isinstance(found, list):
        return Result([KeptFinding(**one) for one in found])
    return Result(
        [KeptFinding(**one) for one in found["findings"]],
        [
            KeptChange(one["row"], one["key"], {name: tuple(pair) for name, pair in one["fields"].items()})
            for one in found["changed"]
        ],
        {int(row): Outcome(outcome) for row, outcome in found["outcomes"].items()},
    )


def first_difference(kept: Result, again: Examined) -> int | None:
    """The first row that would do something else now than when the list was checked; None if none does."""
    if not kept.outcomes:
        return None
    then = {one.row: one.fields for one in kept.changed}
    now = {one.row: _texts(one.fields) for one in again.changed}
    for row, outcome in again.outcomes.items():
        if kept.outcomes.get(row) is not outcome or then.get(row) != now.get(row):
            return row
    return None


def plain(value: Any) -> str:
    """A raw cell as people read it."""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value) if not isinstance(value, Decimal) else f"{value:f}"


def _texts(fields: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[str, str]]:
    return {column: (plain(there), plain(brought)) for column, (there, brought) in fields.items()}
