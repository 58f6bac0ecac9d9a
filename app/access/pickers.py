"""Persons can be picked in forms, by their login."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session

from app.access.models import Person, PersonState
from core.types import Bilingual
from forms.pickers import SUGGESTED, picker


def _suggest(session: Session, words: str, _site_id: uuid.UUID | None) -> Sequence[tuple[str, Bilingual]]:
    query = select(Person).where(Person.state == PersonState.ACTIVE).order_by(Person.login).limit(SUGGESTED)
    for word in words.split():
        texts = (Person.login, cast(Person.name, Text))
        query = query.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return [(person.login, dict(person.name)) for person in session.scalars(query)]


def _label(session: Session, key: str) -> Bilingual | None:
    query = select(Person).where(Person.login == key, Person.state == PersonState.ACTIVE)
    person = session.scalar(query)
    return dict(person.name) if person is not None else None


picker("access.person", title={"en": "person", "zh": "人员"}, suggest=_suggest, label=_label)
