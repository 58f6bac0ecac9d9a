"""Breaks labels into lines for a drawing, Latin by words and Chinese by characters.

Widths are estimates in units of the font size; a renderer is not needed to draw a diagram.
"""

import unicodedata
from collections.abc import Iterator

LINE_HEIGHT = 1.22
_NARROW = frozenset("iIjlft.,:;'|!()[] -r/")
_BROAD = frozenset("mwMW@%&")
_NOT_FIRST = frozenset("，。、；：？！）》」』】,.;:?!)]}%")


def width_of(text: str, size: float) -> float:
    """Estimate the width of one line of text at a font size, in the unit of the size."""
    return size * sum(_width(character) for character in text)


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines not wider than ``width``; a line break in the text stays one."""
    return [line for part in text.split("\n") for line in _wrap_part(part.strip(), width, size)]


def fit(text: str, width: float, height: float, size: float, smallest: float) -> tuple[list[str], float]:
    """Break a text so that it fits a box, with a smaller font down to ``smallest`` if it must be."""
    while True:
        lines = wrap(text, width, size)
        if size <= smallest or len(lines) * size * LINE_HEIGHT <= height:
            return lines, size
        size -= 0.5


def _width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.32
    if character in _BROAD:
        return 0.87
    return 0.68 if character.isupper() else 0.57


def _wrap_part(text: str, width: float, size: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for token in _tokens(text, width, size):
        if line and width_of(line + token.rstrip(), size) > width and token[0] not in _NOT_FIRST:
            lines.append(line.rstrip())
            line = token.lstrip()
        else:
            line += token
    return [*lines, line.rstrip()] if line.strip() else lines


def _tokens(text: str, width: float, size: float) -> Iterator[str]:
    """Split into pieces a line may end behind: words with their space, single Chinese characters."""
    word = ""
    for character in text:
        if unicodedata.east_asian_width(character) in "WF":
            yield from (word, character) if word else (character,)
            word = ""
        elif width_of(word + character, size) > width and word:
            yield word
            word = character
        else:
            word += character
            if character in " -/":
                yield word
                word = ""
    if word:
        yield word
