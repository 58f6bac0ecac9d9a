"""Reading the text of an expression piece by piece.

FEEL names may hold spaces and signs (``Monthly Salary``, ``Approved/Declined``): which ones are meant is
known only from the names that are declared, so the parser says at each place what it looks for.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from workflows.feel.faults import Denied
from workflows.sentences import N_

SPACED_FUNCTIONS = (
    "years and months duration",
    "get or else",
    "round half down",
    "round half up",
    "round down",
    "round up",
    "day of year",
    "day of week",
    "month of year",
    "week of year",
    "date and time",
    "substring before",
    "substring after",
    "string length",
    "string join",
    "starts with",
    "ends with",
    "upper case",
    "lower case",
    "list contains",
    "list replace",
    "insert before",
    "index of",
    "distinct values",
    "get value",
    "get entries",
    "context put",
    "context merge",
    "met by",
    "overlaps before",
    "overlaps after",
    "finished by",
    "started by",
)
_START = (
    "?A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
NAME = re.compile(f"[{_START}][{_PART}]*")
_PART_OF_NAME = re.compile(f"[{_PART}]")
_PLAIN = re.compile(f"[{_START}][{_PART}]*$")
# Spaces, line and block comments.
_SPACE = re.compile(
    r"(?:[\s\u00a0\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.S
)
NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"' + r"|'((?:[^'\\]|\\.)*)'", re.S)
SIGN = re.compile(r"\*\*|\.\.|<=|>=|!=|==|->|[-+*/<>=()\[\]{},.:@?]")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", re.S)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}

# Names of several words that are always known: functions before their bracket, members behind their point.
_CALLED = re.compile(
    r"(?:{})(?=\s*\()".format("|".join(name.replace(" ", r"\s+") for name in SPACED_FUNCTIONS))
)
_MEMBERS = re.compile(r"time\s+offset|start\s+included|end\s+included")
KEYWORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "between",
        "instance",
        "of",
        "function",
        "external",
        "true",
        "false",
        "null",
    ]
)


def is_plain(name: str) -> bool:
    """Say whether a name needs no declaration: one word without signs."""
    return bool(_PLAIN.match(name)) and name not in KEYWORDS


@lru_cache(maxsize=64)
def declared(names: frozenset[str]) -> dict[str, tuple[tuple[int, ...], frozenset[str]]]:
    """Sort the names that hold spaces or signs by their first word; with their lengths, longest first."""
    found: dict[str, set[str]] = {}
    for name in names:
        if name and not is_plain(name):
            first = NAME.match(name)
            found.setdefault(first[0] if first else "", set()).add(" ".join(name.split()))
    return {
        word: (tuple(sorted({len(name) for name in group}, reverse=True)), frozenset(group))
        for word, group in found.items()
    }


def _longest(source: str, place: int, group: tuple[tuple[int, ...], frozenset[str]]) -> int:
    """Say where the longest of these names ends that stands at a place; 0 if none does."""
    lengths, names = group
    letters: list[str] = []
    ends: list[int] = []
    while place < len(source) and len(letters) <= lengths[0]:
        space = source[place].isspace()
        while space and place + 1 < len(source) and source[place + 1].isspace():
            place += 1
        letters.append(" " if space else source[place])
        place += 1
        ends.append(place)
    text = "".join(letters)
    for length in lengths:
        goes_on = (
            length < len(text) and _PART_OF_NAME.match(text[length]) and _PART_OF_NAME.match(text[length - 1])
        )
        if length <= len(text) and text[:length] in names and not goes_on:
            return ends[length - 1]
    return 0


def unescaped(text: str) -> str:
    """Read the escapes of a text literal."""
    if "\\" not in text:
        return text
    found = _ESCAPE.sub(_unescape, text)
    # Two halves of a character beyond the first plane become one; a half by itself is no text.
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) == 1:
        return _ESCAPED.get(code, code if code in "\"'\\" else f"\\{code}")
    point = int(code[1:], 16)
    return chr(point) if point < 0x110000 else found[0]


class Text:
    """The text of an expression, and how far it has been read."""

    def __init__(self, source: str, names: Iterable[str], most: int) -> None:
        self.source = source
        self.place = 0
        self.names = frozenset(names)
        self.left = most
        self._skip()

    def _skip(self) -> None:
        found = _SPACE.match(self.source, self.place)
        if found is not None:
            self.place = found.end()
        self.left -= 1
        if self.left < 0:
            raise Denied(N_("it is too complex"))

    def declare(self, name: str) -> None:
        """Know a name from here on."""
        if not is_plain(name):
            self.names |= {name}

    @property
    def done(self) -> bool:
        """Say whether everything has been read."""
        return self.place >= len(self.source)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what fits a pattern, and the spaces behind it."""
        found = pattern.match(self.source, self.place)
        if found is not None:
            self.place = found.end()
            self._skip()
        return found

    def sign(self) -> str:
        """Look at the next sign without reading it; empty if there is none."""
        found = SIGN.match(self.source, self.place)
        return found[0] if found else ""

    def accept(self, sign: str) -> bool:
        """Read a sign if it is next."""
        if self.sign() != sign:
            return False
        self.place += len(sign)
        self._skip()
        return True

    def expect(self, sign: str) -> None:
        """Read a sign that has to be there.

        Raises:
            Denied: it is not.
        """
        if not self.accept(sign):
            raise Denied(N_("“%(sign)s” is missing before “%(rest)s”"), sign=sign, rest=self.rest)

    @property
    def rest(self) -> str:
        """The beginning of what has not been read."""
        return self.source[self.place : self.place + 20] or "…"

    def word(self) -> str:
        """Look at the next word without reading it; a keyword or one word of a name."""
        found = NAME.match(self.source, self.place)
        return found[0] if found else ""

    def accept_word(self, word: str) -> bool:
        """Read a keyword if it is next."""
        if self.word() != word:
            return False
        self.place += len(word)
        self._skip()
        return True

    def expect_word(self, word: str) -> None:
        """Read a keyword that has to be there.

        Raises:
            Denied: it is not.
        """
        if not self.accept_word(word):
            raise Denied(N_("“%(sign)s” is missing before “%(rest)s”"), sign=word, rest=self.rest)

    def name(self, *, member: bool = False) -> str:
        """Read a name, the longest declared one first; empty if there is none."""
        group = declared(self.names).get(self.word()) if self.names else None
        end = _longest(self.source, self.place, group) if group else 0
        if end:
            return self._read_to(end)
        found = (_MEMBERS if member else _CALLED).match(self.source, self.place)
        if found is None:
            found = NAME.match(self.source, self.place)
            if found is None or found[0] in KEYWORDS:
                return ""
        return self._read_to(found.end())

    def _read_to(self, end: int) -> str:
        name = " ".join(self.source[self.place : end].split())
        self.place = end
        self._skip()
        return name

    def until(self, pattern: re.Pattern[str]) -> str:
        """Read a new name up to what has to follow it, which stays unread; empty if that does not follow."""
        found = pattern.match(self.source, self.place)
        if found is None:
            return ""
        self.place = found.end(1)
        self._skip()
        return " ".join(found[1].split())
