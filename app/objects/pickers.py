"""Every kind of object with a key of its own can be picked in forms, under the name of the kind."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.objects import finding
from app.objects.finding import Asked
from app.objects.kinds import ObjectKind
from core.types import Bilingual
from forms.pickers import SUGGESTED, picker


def offer(kind: ObjectKind) -> None:
    """Let forms name objects of a kind; one whose key has several parts cannot be named by one text."""
    if len(kind.key_columns) != 1:
        return

    def suggest(session: Session, words: str, site_id: uuid.UUID | None) -> Sequence[tuple[str, Bilingual]]:
        sites = None if site_id is None else frozenset({site_id})
        rows = finding.page(session, kind, Asked(words, sites=sites, size=SUGGESTED)).items
        return [(str(kind.key_of(row)[0]), name_of(kind, row)) for row in rows]

    def label(session: Session, key: str) -> Bilingual | None:
        row = kind.find(session, (key,))
        return name_of(kind, row) if row is not None else None

    picker(kind.name, title=_inside(kind.title), suggest=suggest, label=label)


def _inside(title: Bilingual) -> Bilingual:
    """A heading as it stands inside a sentence: small in English, unless it begins with an abbreviation."""
    english = title["en"]
    return {**title, "en": english[0].lower() + english[1:] if english[1:2].islower() else english}


def name_of(kind: ObjectKind, row: Any) -> Bilingual:
    """What an object is called, without the key before it: the key is shown beside it anyway."""
    called, key = kind.label(row), str(kind.key_of(row)[0])
    texts = called if isinstance(called, dict) else {"en": str(called), "zh": str(called)}
    return {lang: text.removeprefix(key).lstrip(" ·") or text for lang, text in texts.items()}
