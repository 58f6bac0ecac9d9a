"""Whom somebody stands in for: a person, or a position with whoever holds it today."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.access.models import Person, PersonState
from app.objects.named import say_more
from app.organisation.models import Position, Post
from app.organisation.queries import covers
from app.organisation.references import SUBJECT
from app.web import current_person, request_time
from core.clock import site_day
from core.languages import listed
from core.types import Bilingual
from forms.pickers import SUGGESTED, picker, picker_of

_KINDS = ("organisation.position", "access.person")
_HELD: Bilingual = {"en": "held by ", "zh": "现任："}
_VACANT: Bilingual = {"en": "vacant", "zh": "空缺"}


def holders_today(session: Session, subjects: Sequence[Any]) -> Mapping[uuid.UUID, Bilingual]:
    """Who holds some positions today, on the reader's clock; nothing is said of persons."""
    today = site_day(request_time(), current_person().zone)
    positions = [one.id for one in subjects if isinstance(one, Position)]
    query = (
        select(Post)
        .join(Post.person)
        .where(Post.position_id.in_(positions), covers(Post, today), Person.state != PersonState.LEFT)
        .options(joinedload(Post.person))
        .order_by(Post.main.desc(), Post.valid_from, Post.id)
    )
    names: dict[uuid.UUID, list[Bilingual]] = {key: [] for key in positions}
    for post in session.scalars(query) if positions else ():
        names[post.position_id].append(post.person.name)
    return {key: _said(holders) for key, holders in names.items()}


def _said(holders: Sequence[Bilingual]) -> Bilingual:
    if not holders:
        return _VACANT
    return {lang: _HELD[lang] + names for lang, names in listed(holders).items()}


def _suggest(session: Session, words: str, site_id: uuid.UUID | None) -> Sequence[tuple[str, Bilingual]]:
    most = SUGGESTED // len(_KINDS)
    return [one for kind in _KINDS for one in picker_of(kind).suggest(session, words, site_id)[:most]]


def _label(session: Session, key: str) -> Bilingual | None:
    return next((name for kind in _KINDS if (name := picker_of(kind).label(session, key))), None)


picker(SUBJECT.kind, title={"en": "person or position", "zh": "人员或岗位"}, suggest=_suggest, label=_label)
say_more(SUBJECT.kind, holders_today)
