"""Whether a printed record can show a text: asked where the text is entered, never first in the worker."""

import unicodedata

from documents.fonts import coverage

_INVISIBLE = frozenset(map(ord, "\t\n\r"))


def missing(text: str) -> set[str]:
    """Give the characters of a text that the record font cannot show, such as an emoji."""
    covered = coverage() | _INVISIBLE
    return {sign for sign in unicodedata.normalize("NFC", text) if ord(sign) not in covered}
