"""From texts to the terms they are found by: two signs of Chinese at a time, beginnings of other words.

A run of Chinese, Japanese or Korean signs gives each sign and each pair of neighbours; any other word or
number its beginnings of some lengths. What was typed becomes terms of the same making, so that every look-up
asks for whole terms; what they cannot tell exactly is looked for in the text itself (``Wanted.parts``).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LENGTHS = (1, 2, 3, 4, 6, 8, 10, 12, 16)
"""Beginnings of a word that are kept; one in between is looked for by the next shorter, then in the text."""
_PAIRED = (
    r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
)
_RUNS = re.compile(rf"(?P<paired>[{_PAIRED}]+)|(?:(?![{_PAIRED}])[^\W_])+")


@dataclass(frozen=True)
class Wanted:
    """What typed words ask for: all ``terms``, and all ``parts`` somewhere in the text."""

    terms: frozenset[str]
    parts: tuple[str, ...]


def plain_text(text: str) -> str:
    """A text as it is compared: one form of each sign, no capitals, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def terms_of(text: str) -> set[str]:
    """The terms a text is found by."""
    return terms_in(plain_text(text))


def terms_in(plain: str) -> set[str]:
    """The terms by which a text is found that :func:`plain_text` has written."""
    terms: set[str] = set()
    for run in _RUNS.finditer(plain):
        signs = run[0]
        if run["paired"]:
            terms.update(signs)
            terms.update(_pairs(signs))
        else:
            terms.update([signs[:length] for length in LENGTHS if length <= len(signs)])
    return terms


def wanted(text: str) -> Wanted | None:
    """What somebody looks for; None when a word has neither a letter nor a digit: no text is found by it."""
    terms: set[str] = set()
    parts = []
    for word in plain_text(text).split():
        runs = list(_RUNS.finditer(word))
        if not runs:
            return None
        for run in runs:
            terms |= _asked(run)
        if len(runs) > 1 or runs[0][0] != word or word not in terms:
            parts.append(word)
    return Wanted(frozenset(terms), tuple(parts))


def _asked(run: re.Match[str]) -> set[str]:
    signs = run[0]
    if run["paired"]:
        return set(_pairs(signs)) or {signs}
    return {signs[: max(length for length in LENGTHS if length <= len(signs))]}


def _pairs(signs: str) -> Iterator[str]:
    return (signs[at : at + 2] for at in range(len(signs) - 1))
