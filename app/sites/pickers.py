"""Sites can be picked in forms, by their code."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.sites.queries import site_by_code, sites
from core.types import Bilingual
from forms.pickers import SUGGESTED, picker


def _suggest(session: Session, words: str, _site_id: uuid.UUID | None) -> Sequence[tuple[str, Bilingual]]:
    asked = words.lower().split()
    named = [(site.code, dict(site.name)) for site in sites(session)]
    meant = [
        one for one in named if all(word in " ".join((one[0], *one[1].values())).lower() for word in asked)
    ]
    return meant[:SUGGESTED]


def _label(session: Session, key: str) -> Bilingual | None:
    site = site_by_code(session, key)
    return dict(site.name) if site is not None else None


picker("sites.site", title={"en": "site", "zh": "场所"}, suggest=_suggest, label=_label)
