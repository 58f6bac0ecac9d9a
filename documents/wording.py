"""The words of a printed record in English, in Chinese or in both (URS-122).

Labels are gettext messages; data of the plant are ``{"en", "zh"}`` texts. On a bilingual page both stand
together, the language of the site's region first, each marked with its language for screen readers (PDF/UA).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

from core.clock import to_zone, wall_time
from core.languages import LANGUAGES, pick, translate
from documents.glyphs import visible
from documents.records import Layout, SiteStyle

TAGS = {"en": "en", "zh": "zh-CN"}
_CODE = re.compile(r"(?<![\w-])(?=[A-Za-z-]*\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+(?![\w-])")


@dataclass(frozen=True)
class Wording:
    """Says labels and data in the languages of one page; ``languages`` are in reading order."""

    languages: tuple[str, ...]
    zone: str

    @property
    def tag(self) -> str:
        """The page's main language as BCP 47 tag."""
        return TAGS[self.languages[0]]

    def gettext(self, msgid: str, **facts: object) -> Markup:
        """Say a label or sentence of the page itself."""
        return self._together([translate(msgid, language, **facts) for language in self.languages])

    def text(self, value: object) -> Markup:
        """Show a value of the record; a plain text is the same in every language."""
        return self._together([visible(pick(value, language)) for language in self.languages])

    def plain(self, value: object) -> str:
        """Show a value without markup, for titles and other attributes."""
        return _joined([visible(pick(value, language)) for language in self.languages])

    def plain_label(self, msgid: str, **facts: object) -> str:
        """Say a label without markup."""
        return _joined([translate(msgid, language, **facts) for language in self.languages])

    def first(self, msgid: str, **facts: object) -> str:
        """Say a label in the main language only, where there is no room for two."""
        return translate(msgid, self.languages[0], **facts)

    def both(self, msgid: str) -> dict[str, str]:
        """Give a label as a bilingual text, to stand among the plant's own."""
        return {language: translate(msgid, language) for language in LANGUAGES}

    def when(self, moment: datetime | str) -> str:
        """Write a moment on the site's wall clock with its zone, e.g. ``2026-11-22 16:10:05 UTC+08:00``."""
        return wall_time(_moment(moment), self.zone, precision="seconds")

    def utc(self, moment: datetime | str) -> str:
        """Write a moment in UTC, e.g. ``2026-11-22T08:10:05Z``."""
        return f"{to_zone(_moment(moment), 'UTC'):%Y-%m-%dT%H:%M:%SZ}"

    def _together(self, texts: list[str]) -> Markup:
        if len(set(texts)) == 1:
            return unbroken(texts[0])
        first, second = map(unbroken, texts)
        return Markup('<span class="first">{}</span> <span class="second" lang="{}">{}</span>').format(
            first, TAGS[self.languages[1]], second
        )


def wording(layout: Layout, house: SiteStyle) -> Wording:
    """Choose the languages of a page: one, or both with that of the site's region first."""
    if layout != "both":
        return Wording((layout,), house.zone)
    chinese = house.region.upper().startswith("CN")
    return Wording(("zh", "en") if chinese else ("en", "zh"), house.zone)


def unbroken(text: str) -> Markup:
    """Escape a text; a number, code or day such as ``CAPA-2026-0001`` does not end a line at its hyphens.

    Only the page is told so: the signs of the text stay what they are, also for who copies them.
    """
    shown, place = Markup(), 0
    for found in _CODE.finditer(text):
        shown += escape(text[place : found.start()])
        shown += Markup('<span class="unbroken">{}</span>').format(found[0])
        place = found.end()
    return shown + escape(text[place:])


def is_bilingual(value: object) -> bool:
    """Say whether a value is one text in both languages."""
    return isinstance(value, Mapping) and "en" in value and set(value) <= {"en", "zh"}


def _joined(texts: list[str]) -> str:
    return " / ".join(dict.fromkeys(texts))


def _moment(moment: datetime | str) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.fromisoformat(moment.replace("Z", "+00:00"))
