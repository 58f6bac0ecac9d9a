"""Widths of table columns, worked out from the texts: trying them out takes a renderer most of its time."""

import re
import unicodedata
from collections.abc import Sequence

TIGHT = 14
"""Widest cell, in widths of a Latin letter, of a column that is never broken into lines."""

_ROOM = 112
"""How many widths of a Latin letter stand beside each other across the page in the type of a table."""
_PADDING = 3
_LONGEST = 60


def breadth(text: str) -> int:
    """Say how wide a text stands on one line: 1 for a Latin letter, 2 for a hanzi."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def is_tight(cells: Sequence[str]) -> bool:
    """Say whether every cell of a column is short enough to stand on one line."""
    return all(breadth(cell) <= TIGHT for cell in cells)


def widths(headings: Sequence[str], columns: Sequence[Sequence[str]]) -> list[float]:
    """Share the page among columns, in percent: short columns get what they need, long ones the rest."""
    needs = [_need(heading, cells) for heading, cells in zip(headings, columns, strict=True)]
    fixed = [is_tight(cells) for cells in columns]
    rest = _ROOM - sum(need for need, tight in zip(needs, fixed, strict=True) if tight)
    long = sum(need for need, tight in zip(needs, fixed, strict=True) if not tight)
    if not long or rest < long / 4:
        return [round(100 * need / sum(needs), 2) for need in needs]
    shares = [need if tight else need * rest / long for need, tight in zip(needs, fixed, strict=True)]
    return [round(100 * share / sum(shares), 2) for share in shares]


def _need(heading: str, cells: Sequence[str]) -> int:
    longest = max((min(breadth(cell), _LONGEST) for cell in cells), default=0)
    words = [min(breadth(word), TIGHT) for word in re.split(r"[\s/]+", heading)]
    return max(longest, *words, 4) + _PADDING
