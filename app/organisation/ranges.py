"""Ranges of days that must not meet: posts, deputies and absences of one thing (URS-140)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.sheets.rows import Row


@dataclass(frozen=True)
class Range:
    """Days from ``first`` to ``last``, both included; None goes on. ``key`` says whose row it is."""

    first: date
    last: date | None
    key: Any = None

    def holds(self, day: date) -> bool:
        """Whether a day lies in the range."""
        return self.first <= day and (self.last is None or day <= self.last)

    def meets(self, other: "Range") -> bool:
        """Whether two ranges have a day in common."""
        return (self.last is None or other.first <= self.last) and (
            other.last is None or self.first <= other.last
        )


@dataclass
class Taken:
    """The ranges of each thing as they will be: those that are there, and those of earlier rows."""

    ranges: dict[Any, dict[Any, Range]] = field(default_factory=dict)

    def there(self, thing: Any, held: Iterable[Range]) -> None:
        """Note what is there already."""
        for one in held:
            self.ranges.setdefault(thing, {})[one.key] = one

    def take(self, thing: Any, wanted: Range) -> Range | None:
        """Note a range that is wanted; gives one that it meets, None if there is none."""
        others = self.ranges.setdefault(thing, {})
        met = next((one for key, one in others.items() if key != wanted.key and one.meets(wanted)), None)
        others[wanted.key] = wanted
        return met

    def after(self, thing: Any, day: date) -> bool:
        """Whether any range of a thing goes on after a day."""
        return any(one.last is None or one.last > day for one in self.ranges.get(thing, {}).values())


def in_order(row: Row, first: date | None, last: date | None) -> Iterator[Any]:
    """Find a range that ends before it begins."""
    if first is not None and last is not None and last < first:
        sentence = N_("It would end on %(last)s, before it begins on %(first)s. Check both days.")
        days = {"first": first.isoformat(), "last": last.isoformat()}
        yield row.wrong("valid_to", Invalid("range.backwards", sentence, field="valid_to", **days))


def overlap(met: Range) -> Conflict:
    """Refuse a range that meets another one of the same thing."""
    days = {"first": met.first.isoformat()}
    if met.last is None:
        sentence = N_(
            "There is one from %(first)s on, without an end. End that one first, or choose other days."
        )
    else:
        days["last"] = met.last.isoformat()
        sentence = N_(
            "There is one from %(first)s to %(last)s already. End that one first, or choose other days."
        )
    return Conflict("range.overlap", sentence, field="valid_from", **days)
