"""Regular expressions of FEEL (XML Schema and XPath), matched step by step within the budget.

Python's own matcher cannot be stopped: a hostile pattern would hold the server. This one pays for each step.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from workflows.feel.faults import Denied, Wrong
from workflows.feel.pattern_reader import (
    Alternatives,
    Back,
    Edge,
    Group,
    One,
    Part,
    Repeat,
    Sequence,
    read_pattern,
)
from workflows.sentences import N_

Spend = Callable[[int], None]
Next = Callable[[int], bool]
_MOST_RESULT = 10_000


@dataclass(frozen=True)
class Found:
    """Where a pattern was found, and what its groups hold."""

    start: int
    end: int
    groups: dict[int, tuple[int, int]]


@dataclass(frozen=True)
class Pattern:
    """A pattern that has been read."""

    part: Part
    groups: int
    multiline: bool

    def search(self, text: str, spend: Spend, begin: int = 0) -> Found | None:
        """Find the first place where the pattern fits."""
        for start in range(begin, len(text) + 1):
            run = _Run(text, spend, self.multiline)
            if run.match(self.part, start, run.stop):
                return Found(start, run.end, dict(run.groups))
        return None


@lru_cache(maxsize=256)
def read(source: str, flags: str) -> Pattern:
    """Read a pattern with its flags (``s m i x q``).

    Raises:
        Wrong: it is no pattern, or a flag is unknown.
    """
    if set(flags) - set("smixq"):
        raise Wrong(N_("the flags of a pattern are s, m, i, x and q"))
    part, groups = read_pattern(source, flags)
    return Pattern(part, groups, "m" in flags)


@dataclass
class _Run:
    """One try to match at one place."""

    text: str
    spend: Spend
    multiline: bool
    end: int = -1
    groups: dict[int, tuple[int, int]] = field(default_factory=dict)

    def stop(self, place: int) -> bool:
        """Note where the match ends."""
        self.end = place
        return True

    def match(self, part: Part, place: int, then: Next) -> bool:
        """Match a part here, and what follows it."""
        self.spend(1)
        return _MATCH[type(part)](self, part, place, then)

    def _one(self, part: One, place: int, then: Next) -> bool:
        return place < len(self.text) and part.fits(self.text[place]) and then(place + 1)

    def _sequence(self, part: Sequence, place: int, then: Next, index: int = 0) -> bool:
        if index == len(part.parts):
            return then(place)
        return self.match(
            part.parts[index], place, lambda after: self._sequence(part, after, then, index + 1)
        )

    def _alternatives(self, part: Alternatives, place: int, then: Next) -> bool:
        return any(self.match(one, place, then) for one in part.parts)

    def _group(self, part: Group, place: int, then: Next) -> bool:
        if part.number is None:
            return self.match(part.part, place, then)
        number = part.number
        before = self.groups.get(number)

        def close(after: int) -> bool:
            kept = self.groups.get(number)
            self.groups[number] = (place, after)
            if then(after):
                return True
            if kept is None:
                del self.groups[number]
            else:
                self.groups[number] = kept
            return False

        if self.match(part.part, place, close):
            return True
        if before is not None:
            self.groups[number] = before
        return False

    def _repeat(self, part: Repeat, place: int, then: Next) -> bool:
        if isinstance(part.part, One):
            return self._run_of(part, part.part, place, then)
        return self._again(part, place, then, 0, -1)

    def _run_of(self, part: Repeat, one: One, place: int, then: Next) -> bool:
        """Repeat a single character without going deeper for each."""
        most = len(self.text) - place if part.most is None else min(part.most, len(self.text) - place)
        count = 0
        if part.lazy:
            while count < part.least or not then(place + count):
                if count >= most or not one.fits(self.text[place + count]):
                    return False
                self.spend(1)
                count += 1
            return True
        while count < most and one.fits(self.text[place + count]):
            count += 1
        self.spend(count)
        while count >= part.least:
            self.spend(1)
            if then(place + count):
                return True
            count -= 1
        return False

    def _again(self, part: Repeat, place: int, then: Next, count: int, last: int) -> bool:
        self.spend(1)
        can_stop = count >= part.least
        can_go = (part.most is None or count < part.most) and (place != last or not can_stop)

        def go() -> bool:
            return self.match(
                part.part, place, lambda after: self._again(part, after, then, count + 1, place)
            )

        if part.lazy:
            return (can_stop and then(place)) or (can_go and go())
        return (can_go and go()) or (can_stop and then(place))

    def _edge(self, part: Edge, place: int, then: Next) -> bool:
        if part.begin:
            here = place == 0 or (self.multiline and self.text[place - 1] == "\n")
        else:
            here = place == len(self.text) or (self.multiline and self.text[place] == "\n")
        return here and then(place)

    def _back(self, part: Back, place: int, then: Next) -> bool:
        start, end = self.groups.get(part.number, (0, 0))
        self.spend((end - start) // 20)
        wanted, found = self.text[start:end], self.text[place : place + end - start]
        if part.fold:
            wanted, found = wanted.lower(), found.lower()
        return wanted == found and then(place + end - start)


_MATCH: dict[type, Callable[[_Run, Any, int, Next], bool]] = {
    One: _Run._one,
    Sequence: _Run._sequence,
    Alternatives: _Run._alternatives,
    Group: _Run._group,
    Repeat: _Run._repeat,
    Edge: _Run._edge,
    Back: _Run._back,
}


def _pieces(pattern: Pattern, text: str, spend: Spend) -> list[Found]:
    found, place = [], 0
    while place <= len(text):
        one = pattern.search(text, spend, place)
        if one is None:
            break
        if one.end == one.start:
            raise Wrong(N_("the pattern fits an empty text"))
        found.append(one)
        place = one.end
    return found


def split(pattern: Pattern, text: str, spend: Spend) -> list[str]:
    """Split a text where the pattern fits.

    Raises:
        Wrong: the pattern fits an empty text.
    """
    made, place = [], 0
    for one in _pieces(pattern, text, spend):
        made.append(text[place : one.start])
        place = one.end
    return [*made, text[place:]]


def replace(pattern: Pattern, text: str, by: str, spend: Spend) -> str:
    """Replace what fits the pattern; ``$1`` stands for the first group, ``\\$`` for a dollar.

    Raises:
        Wrong: the pattern fits an empty text, or the replacement is none.
        Denied: the text becomes too long.
    """
    made, place, length = [], 0, 0
    for one in _pieces(pattern, text, spend):
        piece = text[place : one.start] + _replacement(by, text, one, pattern.groups)
        length += len(piece)
        spend(len(piece) // 20 + 1)
        if length > _MOST_RESULT:
            raise Denied(N_("a value is too long"))
        made.append(piece)
        place = one.end
    return "".join(made) + text[place:]


def _replacement(by: str, text: str, found: Found, groups: int) -> str:
    made, index = [], 0
    while index < len(by):
        sign = by[index]
        index += 1
        if sign == "\\":
            if index >= len(by) or by[index] not in "\\$":
                raise Wrong(N_("a backslash in the replacement stands before \\ or $"))
            made.append(by[index])
            index += 1
        elif sign == "$":
            number, index = _group_number(by, index, groups)
            start, end = (found.start, found.end) if number == 0 else found.groups.get(number, (0, 0))
            made.append(text[start:end])
        else:
            made.append(sign)
    return "".join(made)


def _group_number(by: str, index: int, groups: int) -> tuple[int, int]:
    if index >= len(by) or not by[index].isdecimal():
        raise Wrong(N_("a dollar in the replacement stands before the number of a group"))
    number = int(by[index])
    index += 1
    while index < len(by) and by[index].isdecimal() and number * 10 + int(by[index]) <= groups:
        number = number * 10 + int(by[index])
        index += 1
    return number, index
