"""Sentences that are said later, in the reader's language."""

from core.languages import LANGUAGES, translate
from core.types import Bilingual


def N_(text: str) -> str:
    """Mark a sentence for the translators."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:
    """Mark a sentence for one thing, and that for several, for the translators."""
    return one, many


def said(sentence: str, **facts: object) -> Bilingual:
    """Say a marked sentence in every language."""
    return {language: translate(sentence, language, **facts) for language in LANGUAGES}


def same(text: str) -> Bilingual:
    """Give a text that is the same in every language."""
    return dict.fromkeys(LANGUAGES, text)
