"""One page of a list of objects, however long the list and however common the word that is looked for.

Up to :data:`MOST` objects are counted; of more it is only said that there are more. What finds few rows is
taken from the index for searching and sorted. What finds many is not: the list is walked in its own order and
each row asked whether it is meant, for then the next one is near.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, select, union_all
from sqlalchemy.orm import Session

from app.objects import queries, search
from app.objects.inputs import filters_of
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
    if asked.sort.removeprefix("-") in asked.chosen:  # one answer alone: it sorts nothing
        asked = replace(asked, sort=f"-{next(iter(kind.shown))}" if asked.sort.startswith("-") else "")
    if not asked.chosen.keys() <= search.facets(kind).keys() or not _narrowed(kind, asked):
        return _counted_page(session, kind, asked)
    match = search.match_of(kind, asked.words, asked.chosen, asked.sites)
    if match is None:
        return Page([], 1, asked.size, 0)
    found = _count(session, match.counted())
    if found > MOST:
        return _common_page(session, kind, asked)
    number = min(asked.number, pages_of(found, asked.size))
    wanted = select(kind.model).where(_key(kind).in_(_at_most(match.ids(), found)))
    ordered = wanted.order_by(*queries.order_of(kind, asked.sort))
    ordered = ordered.options(*queries.what_it_names(kind))
    rows = session.scalars(ordered.limit(asked.size).offset((number - 1) * asked.size)).unique().all()
    return Page(rows, number, asked.size, found)


def following(
    session: Session, kind: ObjectKind, asked: Asked, beyond: ColumnElement[bool] | None
) -> Sequence[Any]:
    """What is asked for in the list's own order beyond a place (None: from the start), and one more."""
    wanted = queries.objects(kind, words=asked.words, chosen=asked.chosen, sites=asked.sites)
    if beyond is not None:
        wanted = wanted.where(beyond)
    known = asked.chosen.keys() <= search.facets(kind).keys() and _narrowed(kind, asked)
    match = search.match_of(kind, asked.words, asked.chosen, asked.sites) if known else None
    if match is not None and _count(session, match.counted()) > MOST:
        keys = _walked(session, kind, replace(asked, sort=""), match, asked.size + 1, WALKED, beyond)
        if len(keys) > asked.size:
            wanted = select(kind.model).where(_key(kind).in_(keys)).order_by(*queries.order_of(kind))
    wanted = wanted.options(*queries.what_it_names(kind))
    return session.scalars(wanted.limit(asked.size + 1)).unique().all()


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
    ordered = ordered.options(*queries.what_it_names(kind))
    rows = session.scalars(ordered.limit(asked.size).offset((number - 1) * asked.size)).unique().all()
    return Page(rows, number, asked.size, total, more=found > MOST)


def _common_page(session: Session, kind: ObjectKind, asked: Asked) -> Page[Any]:
    """A page of what more than :data:`MOST` objects are."""
    number = min(asked.number, pages_of(REACH_OF_COMMON, asked.size))
    last = number * asked.size
    shown = _first(session, kind, asked, last, many=True)[last - asked.size :]
    held: Select[Any] = select(kind.model).where(_key(kind).in_(shown))
    held = held.options(*queries.what_it_names(kind))
    there = {row.id: row for row in session.scalars(held).unique()}
    rows = [there[key] for key in shown if key in there]
    return Page(rows, number, asked.size, MOST, more=True, reach=REACH_OF_COMMON)


def _first(
    session: Session, kind: ObjectKind, asked: Asked, wanted: int, *, split: bool = True, many: bool = False
) -> Sequence[uuid.UUID]:
    """The first keys of what is asked for, in its order.

    Sorted by a column with a choice of answers, they are taken answer by answer. What the list's own order
    does not bring soon is looked for under each answer apart (``split``): words and codes often go with the
    kind of a thing. ``many`` says that more than :data:`MOST` are known to be there.
    """
    match = search.match_of(kind, asked.words, asked.chosen, asked.sites)
    assert match is not None  # it has found something
    column = asked.sort.removeprefix("-")
    if column in search.facets(kind).keys() - asked.chosen.keys():
        return _answer_by_answer(session, kind, asked, wanted)
    # Walking a little is cheaper than counting, and often enough.
    found = _walked(session, kind, asked, match, wanted, WALKED[:1])
    if len(found) >= wanted:
        return found
    if not many and _count(session, match.counted()) <= MOST:
        return _sorted_keys(session, kind, match.ids(), asked.sort, wanted)
    facets = [key for key in search.facets(kind) if key not in asked.chosen]
    if split and facets and column in ("", next(iter(kind.shown))):
        return _under_each_answer(session, kind, asked, facets[0], wanted)
    found = _walked(session, kind, asked, match, wanted, WALKED)
    if len(found) >= wanted:
        return found
    return _sorted_keys(session, kind, match.ids(), asked.sort, wanted)


def _under_each_answer(
    session: Session, kind: ObjectKind, asked: Asked, column: str, wanted: int
) -> Sequence[uuid.UUID]:
    """The first keys in the list's own order, out of the first ones under each answer."""
    some: list[uuid.UUID] = []
    groups = 0
    for answer in _answers(session, kind, column, turned=False):
        narrower = _narrower(asked, column, answer, asked.sort)
        found = _first(session, kind, narrower, wanted, split=False)
        groups += bool(found)
        some += found
    return some[:wanted] if groups < 2 else _sorted_keys(session, kind, some, asked.sort, wanted)


def _answer_by_answer(session: Session, kind: ObjectKind, asked: Asked, wanted: int) -> Sequence[uuid.UUID]:
    turned, column = asked.sort.startswith("-"), asked.sort.removeprefix("-")
    within = f"-{next(iter(kind.shown))}" if turned else ""
    found: list[uuid.UUID] = []
    for answer in _answers(session, kind, column, turned=turned):
        narrower = _narrower(asked, column, answer, within)
        found += _first(session, kind, narrower, wanted - len(found))
        if len(found) >= wanted:
            break
    return found


def _narrower(asked: Asked, column: str, answer: str, sort: str) -> Asked:
    return replace(asked, chosen={**asked.chosen, column: answer}, sort=sort)


def _answers(session: Session, kind: ObjectKind, column: str, *, turned: bool) -> Sequence[str]:
    """The answers of a column in the order in which the database sorts them."""
    every = union_all(*(select(literal(answer).label("answer")) for answer in filters_of(kind)[column]))
    answers = every.subquery().c.answer
    return session.scalars(select(answers).order_by(answers.desc() if turned else answers)).all()


def _sorted_keys(session: Session, kind: ObjectKind, ids: Any, sort: str, wanted: int) -> Sequence[uuid.UUID]:
    ordered = select(_key(kind)).where(_key(kind).in_(ids)).order_by(*queries.order_of(kind, sort))
    return session.scalars(ordered.limit(wanted)).all()


def _walked(
    session: Session,
    kind: ObjectKind,
    asked: Asked,
    match: Match,
    wanted: int,
    stretches: Sequence[int],
    beyond: ColumnElement[bool] | None = None,
) -> Sequence[uuid.UUID]:
    """The first keys of the list, in its order, that are meant; fewer where they stand too far apart.

    A stretch of the list is read in its order, and only as far as it must be; ``beyond`` is where it begins.
    """
    key, found, passed = _key(kind), list[uuid.UUID](), 0
    listed = select(key.label("id")).order_by(*queries.order_of(kind, asked.sort))
    for column, answer in asked.chosen.items():
        listed = listed.where(kind.shown[column] == answer)
    if beyond is not None:
        listed = listed.where(beyond)
    for stretch in stretches:
        rows = listed.limit(stretch).offset(passed).subquery()
        here = (ObjectSearch.kind == kind.name, ObjectSearch.object_id == rows.c.id)
        meant = select(match.holds()).where(*here).scalar_subquery()
        found += session.scalars(select(rows.c.id).where(meant).limit(wanted - len(found)))
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
