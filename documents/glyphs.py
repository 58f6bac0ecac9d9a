"""Whether a printed record can show a text: asked where the text is entered, never first in the worker."""

import unicodedata

from core.errors import Invalid
from documents.fonts import uncovered

CONTROLS = {code: f"‹{code:02X}›" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"}
"""Control signs and how a page writes them, for a scanned label has some: GS ends a field of GS1 data."""
CONTROLS[0x1D] = "‹GS›"

_PRINTABLE = frozenset(CONTROLS) | frozenset(map(ord, "\t\n\r"))


def visible(text: str) -> str:
    """Write control signs by their names, so that nothing in a text stays unseen on paper."""
    return text.translate(CONTROLS)


def missing(text: str) -> set[str]:
    """Give the characters of a text that the record font cannot show, such as an emoji."""
    lost = set(uncovered().findall(unicodedata.normalize("NFC", text)))
    return {sign for sign in lost if ord(sign) not in _PRINTABLE}


def refuse_unprintable(text: str) -> None:
    """Refuse a text that could not be printed as it is.

    Raises:
        Invalid: ``record.glyph``, with the characters.
    """
    lost = missing(text)
    if lost:
        raise Invalid("record.glyph", "The record font cannot print: %(signs)s", signs=" ".join(sorted(lost)))
