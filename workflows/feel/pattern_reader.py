"""Reading regular expressions of XML Schema and XPath into their parts."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from workflows.feel.faults import Wrong
from workflows.sentences import N_

MAX_PARTS = 500
MAX_DEPTH = 30
MAX_COUNT = 1_000
Fits = Callable[[str], bool]


@dataclass(frozen=True)
class Part:
    """One part of a pattern."""


@dataclass(frozen=True)
class One(Part):
    """One character that fits."""

    fits: Fits


@dataclass(frozen=True)
class Sequence(Part):
    """Parts one after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Alternatives(Part):
    """One of several parts."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Group(Part):
    """A part in round brackets; its number if it is kept."""

    part: Part
    number: int | None


@dataclass(frozen=True)
class Repeat(Part):
    """A part several times."""

    part: Part
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True)
class Edge(Part):
    """The beginning or the end of the text (or line)."""

    begin: bool


@dataclass(frozen=True)
class Back(Part):
    """What a group found, once more; ``fold`` where large and small letters are the same."""

    number: int
    fold: bool


def _space(one: str) -> bool:
    return one in " \t\n\r"


def _digit(one: str) -> bool:
    return unicodedata.category(one) == "Nd"


def _word(one: str) -> bool:
    return unicodedata.category(one)[0] not in "PZC"


def _name_start(one: str) -> bool:
    return one.isalpha() or one in "_:"


def _name_part(one: str) -> bool:
    return one.isalnum() or one in "-._:\u00b7"


def inverse(fits: Fits) -> Fits:
    """Fit every other character."""
    return lambda one: not fits(one)


def _is(sign: str) -> Fits:
    return lambda one: one == sign


_CLASSES: dict[str, Fits] = {"d": _digit, "w": _word, "s": _space, "i": _name_start, "c": _name_part}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_LITERAL = "\\|.-^?*+{}()[]$ "
_BLOCKS = {
    "BasicLatin": (0x0, 0x7F),
    "Latin-1Supplement": (0x80, 0xFF),
    "LatinExtended-A": (0x100, 0x17F),
    "LatinExtended-B": (0x180, 0x24F),
    "Greek": (0x370, 0x3FF),
    "GreekandCoptic": (0x370, 0x3FF),
    "Cyrillic": (0x400, 0x4FF),
    "Hebrew": (0x590, 0x5FF),
    "Arabic": (0x600, 0x6FF),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
}


def _broken() -> Wrong:
    return Wrong(N_("the pattern is not well formed"))


def read_pattern(source: str, flags: str) -> tuple[Part, int]:
    """Read a pattern; gives its part and the number of its groups.

    Raises:
        Wrong: it is not well formed, or too large.
    """
    if "q" in flags:
        reader = _Reader("", flags)
        return Sequence(tuple(One(reader.folded(_is(sign), sign)) for sign in source)), 0
    if "x" in flags:
        source = _without_spaces(source)
    reader = _Reader(source, flags)
    found = reader.alternatives(0)
    if reader.place < len(source):
        raise _broken()
    return found, reader.groups


def _without_spaces(source: str) -> str:
    made, inside, escaped = [], 0, False
    for sign in source:
        inside += (sign == "[") - (sign == "]") if not escaped else 0
        if not _space(sign) or inside:
            made.append(sign)
        escaped = sign == "\\" and not escaped
    return "".join(made)


class _Reader:
    def __init__(self, source: str, flags: str) -> None:
        self.source = source
        self.dot_all, self.fold = "s" in flags, "i" in flags
        self.place = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.parts = 0

    def peek(self) -> str:
        return self.source[self.place] if self.place < len(self.source) else ""

    def take(self) -> str:
        sign = self.peek()
        if not sign:
            raise _broken()
        self.place += 1
        return sign

    def folded(self, fits: Fits, sign: str = "") -> Fits:
        if not self.fold:
            return fits
        if sign:
            folds = {sign, sign.lower(), sign.upper()}
            return lambda one: one in folds or one.lower() in folds
        return lambda one: fits(one) or fits(one.lower()) or fits(one.upper())

    def alternatives(self, depth: int) -> Part:
        if depth > MAX_DEPTH:
            raise _broken()
        found = [self.sequence(depth)]
        while self.peek() == "|":
            self.take()
            found.append(self.sequence(depth))
        return found[0] if len(found) == 1 else Alternatives(tuple(found))

    def sequence(self, depth: int) -> Part:
        found: list[Part] = []
        while self.peek() not in ("", "|", ")"):
            self.parts += 1
            if self.parts > MAX_PARTS:
                raise _broken()
            found.append(self.repeated(self.atom(depth)))
        return Sequence(tuple(found))

    def atom(self, depth: int) -> Part:
        sign = self.take()
        if sign == "(":
            return self.group(depth)
        if sign == "[":
            return One(self.choice(depth))
        if sign == "\\":
            return self.escape()
        if sign == ".":
            return One((lambda _one: True) if self.dot_all else (lambda one: one not in "\n\r"))
        if sign in "^$":
            return Edge(sign == "^")
        if sign in "?*+{}]":
            raise _broken()
        return One(self.folded(_is(sign), sign))

    def group(self, depth: int) -> Part:
        number = None
        if self.source.startswith("?:", self.place):
            self.place += 2
        else:
            self.groups += 1
            number = self.groups
        found = self.alternatives(depth + 1)
        if self.take() != ")":
            raise _broken()
        if number is not None:
            self.closed.add(number)
        return Group(found, number)

    def escape(self) -> Part:
        sign = self.peek()
        if sign.isdecimal() and sign != "0":
            number = int(self.take())
            while self.peek().isdecimal() and number * 10 + int(self.peek()) in self.closed:
                number = number * 10 + int(self.take())
            if number not in self.closed:
                raise _broken()
            return Back(number, self.fold)
        return One(self.folded(self.escaped()))

    def escaped(self) -> Fits:
        sign = self.take()
        if sign.lower() in _CLASSES:
            fits = _CLASSES[sign.lower()]
            return inverse(fits) if sign.isupper() else fits
        if sign in "pP":
            fits = self.category()
            return inverse(fits) if sign == "P" else fits
        if sign not in _CONTROLS and sign not in _LITERAL:
            raise _broken()
        return _is(_CONTROLS.get(sign, sign))

    def category(self) -> Fits:
        end = self.source.find("}", self.place)
        if self.take() != "{" or end < 0:
            raise _broken()
        name, self.place = self.source[self.place : end], end + 1
        if name.startswith("Is"):
            if name[2:] not in _BLOCKS:
                raise Wrong(N_("the block %(name)s of characters is not known"), name=name)
            low, high = _BLOCKS[name[2:]]
            return lambda one: low <= ord(one) <= high
        if not name or len(name) > 2 or name[0] not in "LMNPZSC":
            raise _broken()
        return lambda one: unicodedata.category(one).startswith(name)

    def choice(self, depth: int) -> Fits:
        if depth > MAX_DEPTH:
            raise _broken()
        negative = self.peek() == "^"
        if negative:
            self.take()
        found: list[Fits] = []
        but: Fits | None = None
        while self.peek() != "]" or not found:
            if self.peek() == "-" and self.source.startswith("-[", self.place) and found:
                self.place += 2
                but = self.choice(depth + 1)
                break
            found.append(self.member())
        if self.take() != "]":
            raise _broken()
        return _chosen(tuple(self.folded(one) for one in found), negative, but)

    def member(self) -> Fits:
        first = self.take()
        if first == "[":
            raise _broken()
        if first == "\\":
            sign = self.peek()
            if sign not in _CONTROLS and sign not in _LITERAL:
                return self.escaped()
            first = _CONTROLS.get(sign, self.take()) if sign not in _CONTROLS else _CONTROLS[self.take()]
        follows = self.source[self.place + 1 : self.place + 2]
        if self.peek() != "-" or follows in ("]", "[", ""):
            return _is(first)
        self.take()
        last = self.take()
        if last == "\\":
            last = self.take()
            last = _CONTROLS.get(last, last)
        if last < first:
            raise _broken()
        return lambda one: first <= one <= last

    def repeated(self, part: Part) -> Part:
        sign = self.peek()
        if sign not in ("?", "*", "+", "{"):
            return part
        self.take()
        least, most = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(sign) or self.counts()
        lazy = self.peek() == "?"
        if lazy:
            self.take()
        if self.peek() in ("?", "*", "+", "{") and self.peek():
            raise _broken()
        return Repeat(part, least, most, lazy)

    def counts(self) -> tuple[int, int | None]:
        end = self.source.find("}", self.place)
        low, comma, high = self.source[self.place : max(end, self.place)].partition(",")
        if end < 0 or not low.isdecimal() or (high and not high.isdecimal()) or len(low + high) > 8:
            raise _broken()
        self.place = end + 1
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if max(least, most or 0) > MAX_COUNT or (most is not None and most < least):
            raise _broken()
        return least, most


def _chosen(found: tuple[Fits, ...], negative: bool, but: Fits | None) -> Fits:
    def fits(one: str) -> bool:
        inside = any(member(one) for member in found) is not negative
        return inside and not (but is not None and but(one))

    return fits
