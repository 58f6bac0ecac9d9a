"""Chinese and English sentences for every floor, from one gettext catalogue (URS-122)."""

import gettext
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")
CATALOGUE = Path(__file__).with_name("translations")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation("messages", CATALOGUE, languages=[language], fallback=True)


def pick(text: object, language: str) -> str:
    """Choose the reader's side of a bilingual ``{"en": …, "zh": …}`` text; plain values pass as they are."""
    if isinstance(text, Mapping):
        return str(text.get(language) or text.get("en") or text.get("zh") or "")
    return str(text)


def listed(names: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Put bilingual names one behind the other, as each language separates them."""
    found = list(names)
    between = {"en": ", ", "zh": "、"}
    return {lang: sign.join(name[lang] for name in found) for lang, sign in between.items()}


def in_layout(text: Mapping[str, str], layout: str) -> str:
    """Give a bilingual text as a page in ``en``, ``zh`` or ``both`` languages prints it in one line."""
    english, chinese = text.get("en", ""), text.get("zh", "") or text.get("en", "")
    both = english if english == chinese else f"{english} {chinese}"
    return {"en": english, "zh": chinese}.get(layout, both)


def translate(msgid: str, language: str, **facts: object) -> str:
    """Say an English ``msgid`` in a language, with its ``%(fact)s`` places filled in that language too."""
    sentence = _catalogue(language).gettext(msgid) if msgid else ""
    return sentence % {name: pick(fact, language) for name, fact in facts.items()} if facts else sentence


def count(one: str, many: str, number: int, language: str) -> str:
    """Say a number of things in a language; ``%(num)d`` stands for the number in both msgids."""
    return _catalogue(language).ngettext(one, many, number) % {"num": number}
