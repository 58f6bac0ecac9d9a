"""One page of a list of objects, however long the list and however common the word that is looked for.

Up to :data:`MOST` objects are counted; of more it is only said that there are more. What finds few rows is
taken from the index for searching and sorted. What finds many is not: the list is walked in its own order and
each row asked whether it is meant, for then the next one is near.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.orm import Session

from app.objects import queries, search
from app.objects.kinds import ObjectKind
from app.objects.models import ObjectSearch
from app.objects.search import Match, Sites
from app.web.paging import SIZE, Page, pages_of

MOST = 10_000
"""More objects than this are not counted, and pages do not lead further."""
REACH_OF_COMMON = 250
"""So far pages lead into what a common word finds."""
WALKED = (1_000, 4_000, 20_000)
"""Rows of the list that are asked, stretch after stretch, before everything found is sorted after all."""


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see of a list; no ``sites`` is every site, ``sort`` as ``order_of`` takes it."""

    words: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    sites: Sites = None
    sort: str = ""
    number: int = 1
    size: int = SIZE


def page(session: Session, kind: ObjectKind, asked: Asked) -> Page[Any]:
    """The page of a list that is asked for; one beyond the end gives the last."""
    if not asked.chosen.keys() <= search.facets(kind).keys() or not _narrowed(kind, asked):
        return _counted_page(session, kind, asked)
    match = search.match_of(kind, asked.words, asked.chosen, asked.sites)
    if match is None:
        return Page([], 1, asked.size, 0)
    found = _count(session, match.counted())
    if found > MOST:
        return _common_page(session, kind, asked, match)
    number = min(asked.number, pages_of(found, asked.size))
    wanted = select(kind.model).where(_key(kind).in_(_at_most(match.ids(), found)))
    ordered = wanted.order_by(*queries.order_of(kind, asked.sort))
    rows = session.scalars(ordered.limit(asked.size).offset((number - 1) * asked.size)).unique().all()
    return Page(rows, number, asked.size, found)


def _narrowed(kind: ObjectKind, asked: Asked) -> bool:
    sited = asked.sites is not None and hasattr(kind.model, "site_id")
    return bool(asked.words.strip() or asked.chosen or sited)


def _counted_page(session: Session, kind: ObjectKind, asked: Asked) -> Page[Any]:
    """A page of what the table itself can tell."""
    wanted = queries.objects(kind, words=asked.words, chosen=asked.chosen, sites=asked.sites)
    found = _count(session, wanted.order_by(None).with_only_columns(_key(kind)))
    total = min(found, MOST)
    number = min(asked.number, pages_of(total, asked.size))
    ordered = wanted.order_by(None).order_by(*queries.order_of(kind, asked.sort))
    rows = session.scalars(ordered.limit(asked.size).offset((number - 1) * asked.size)).unique().all()
    return Page(rows, number, asked.size, total, more=found > MOST)


def _common_page(session: Session, kind: ObjectKind, asked: Asked, match: Match) -> Page[Any]:
    """A page of what more than :data:`MOST` objects are."""
    number = min(asked.number, pages_of(REACH_OF_COMMON, asked.size))
    last = number * asked.size
    keys = _walked(session, kind, asked, match, last)
    if len(keys) < last:
        wanted = select(_key(kind)).where(_key(kind).in_(match.ids()))
        ordered = wanted.order_by(*queries.order_of(kind, asked.sort)).limit(last)
        keys = session.scalars(ordered).all()
    shown = keys[last - asked.size : last]
    held: Select[Any] = select(kind.model).where(_key(kind).in_(shown))
    there = {row.id: row for row in session.scalars(held).unique()}
    rows = [there[key] for key in shown if key in there]
    return Page(rows, number, asked.size, MOST, more=True, reach=REACH_OF_COMMON)


def _walked(
    session: Session, kind: ObjectKind, asked: Asked, match: Match, wanted: int
) -> Sequence[uuid.UUID]:
    """The first keys of the list, in its order, that are meant; fewer where they stand too far apart."""
    key, found, passed = _key(kind), list[uuid.UUID](), 0
    here = (ObjectSearch.kind == kind.name, ObjectSearch.object_id == key)
    meant = select(match.holds()).where(*here).correlate(kind.model).scalar_subquery()
    for stretch in WALKED:
        rows = select(key, meant).order_by(*queries.order_of(kind, asked.sort)).limit(stretch).offset(passed)
        found += [one for one, holds in session.execute(rows) if holds]
        passed += stretch
        if len(found) >= wanted:
            break
    return found


def _count(session: Session, ids: Select[Any]) -> int:
    """How many there are, at most one more than :data:`MOST`."""
    return session.scalar(select(func.count()).select_from(_at_most(ids, MOST + 1).subquery())) or 0


def _at_most(ids: Select[Any], count: int) -> Select[Any]:
    """No more than so many, rounded up: a number in the statement itself, for the plan depends on it."""
    steps = (100, 300, 1_000, 3_000, MOST + 1)
    return ids.limit(literal_column(str(min(step for step in steps if count <= step))))


def _key(kind: ObjectKind) -> Any:
    return kind.model.id  # type: ignore[attr-defined]
