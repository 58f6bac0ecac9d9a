"""One page of a list of objects, however long the list and however common the word that is looked for.

Up to :data:`MOST` objects are counted; of more it is only said that there are more. What finds few rows is
taken from the index for searching and sorted. What finds many is not: the list is walked in its own order and
each row asked whether it is meant, for then the next one is near.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, select, text, union_all
from sqlalchemy.orm import Session

from app.objects import queries, search
from app.objects.inputs import filters_of
from app.objects.kinds import ObjectKind
from app.objects.models import ObjectSearch
from app.objects.ordering import order_in_index, order_of
from app.objects.search import Match, Sites
from app.web.paging import SIZE, Page, pages_of

MOST = 10_000
"""More objects than this are not counted, and pages do not lead further."""
REACH_OF_COMMON = 250
"""So far pages lead into what a common word finds."""
WALKED = (1_000, 4_000, 20_000)
"""Rows of the list that are asked, stretch after stretch, before everything found is sorted after all."""
SOME = 1_000
"""So many are sorted at once; for more the list is walked on."""
FEW = 100
"""So many rows are read and sorted as they are; of more, the page alone is read."""


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
    with _by_index(session):
        return _page(session, kind, asked)


def _page(session: Session, kind: ObjectKind, asked: Asked) -> Page[Any]:
    if asked.sort.removeprefix("-") in asked.chosen:  # one answer alone: it sorts nothing
        asked = replace(asked, sort=f"-{next(iter(kind.shown))}" if asked.sort.startswith("-") else "")
    if not asked.chosen.keys() <= search.facets(kind).keys() or not _narrowed(kind, asked):
        return _counted_page(session, kind, asked)
    match = search.match_of(kind, asked.words, asked.chosen, asked.sites)
    if match is None:
        return Page([], 1, asked.size, 0)
    found = _count(session, _counted(kind, asked, match), MOST)
    if found > MOST:
        return _common_page(session, kind, asked)
    number = min(asked.number, pages_of(found, asked.size))
    place = ((number - 1) * asked.size, asked.size)
    return Page(_sorted_rows(session, kind, match, asked.sort, place, found), number, asked.size, found)


def following(
    session: Session, kind: ObjectKind, asked: Asked, beyond: ColumnElement[bool] | None
) -> Sequence[Any]:
    """What is asked for in the list's own order beyond a place (None: from the start), and one more."""
    with _by_index(session):
        return _following(session, kind, asked, beyond)


def _following(
    session: Session, kind: ObjectKind, asked: Asked, beyond: ColumnElement[bool] | None
) -> Sequence[Any]:
    wanted = queries.objects(kind, words=asked.words, chosen=asked.chosen, sites=asked.sites)
    if beyond is not None:
        wanted = wanted.where(beyond)
    known = asked.chosen.keys() <= search.facets(kind).keys() and _narrowed(kind, asked)
    match = search.match_of(kind, asked.words, asked.chosen, asked.sites) if known else None
    if match is not None and _count(session, match.counted(), MOST) > MOST:
        walk = _Walk(session, _listed(kind, replace(asked, sort=""), beyond), match, asked.size + 1)
        if walk.on(*WALKED):
            wanted = select(kind.model).where(_key(kind).in_(walk.found)).order_by(*order_of(kind))
    wanted = wanted.options(*queries.what_it_names(kind))
    return session.scalars(wanted.limit(asked.size + 1)).unique().all()


@contextmanager
def _by_index(session: Session) -> Iterator[None]:
    """Have PostgreSQL take indexes where there are some.

    It takes what is looked for to be spread evenly and would rather read a table until it has found enough;
    words go with codes, and all of them may stand at the end.
    """
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        session.execute(text("SET LOCAL enable_seqscan = off"))
    yield
    if on_postgresql:
        session.execute(text("SET LOCAL enable_seqscan = on"))


def _narrowed(kind: ObjectKind, asked: Asked) -> bool:
    sited = asked.sites is not None and hasattr(kind.model, "site_id")
    return bool(asked.words.strip() or asked.chosen or sited)


def _counted_page(session: Session, kind: ObjectKind, asked: Asked) -> Page[Any]:
    """A page of what the table itself can tell."""
    wanted = queries.objects(kind, words=asked.words, chosen=asked.chosen, sites=asked.sites)
    found = _count(session, wanted.order_by(None).with_only_columns(_key(kind)), MOST)
    total = min(found, MOST)
    number = min(asked.number, pages_of(total, asked.size))
    ordered = wanted.order_by(None).order_by(*order_of(kind, asked.sort))
    ordered = ordered.options(*queries.what_it_names(kind))
    rows = session.scalars(ordered.limit(asked.size).offset((number - 1) * asked.size)).unique().all()
    return Page(rows, number, asked.size, total, more=found > MOST)


def _common_page(session: Session, kind: ObjectKind, asked: Asked) -> Page[Any]:
    """A page of what more than :data:`MOST` objects are."""
    number = min(asked.number, pages_of(REACH_OF_COMMON, asked.size))
    last = number * asked.size
    shown = _first(session, kind, asked, last, many=True)[last - asked.size :]
    return Page(_rows(session, kind, shown), number, asked.size, MOST, more=True, reach=REACH_OF_COMMON)


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
    if not many and (there := _count(session, match.counted(), SOME)) <= SOME:
        return _sorted_keys(session, kind, match, asked.sort, (0, wanted)) if there else []
    walk = _Walk(session, _listed(kind, asked), match, wanted)
    if walk.on(WALKED[0]):
        return walk.found
    facets = [key for key in search.facets(kind) if key not in asked.chosen]
    if split and facets and column in ("", next(iter(kind.shown))):
        return _under_each_answer(session, kind, asked, facets[0], wanted)
    apart = not walk.found and order_in_index(kind, asked.sort)  # what is wanted stands somewhere else
    if not apart and walk.on(*WALKED):
        return walk.found
    return _sorted_keys(session, kind, match, asked.sort, (0, wanted))


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
    if groups < 2:
        return some[:wanted]
    among = select(_key(kind)).where(_key(kind).in_(some)).order_by(*order_of(kind, asked.sort))
    return session.scalars(among.limit(wanted)).all()


def _answer_by_answer(session: Session, kind: ObjectKind, asked: Asked, wanted: int) -> Sequence[uuid.UUID]:
    turned, column = asked.sort.startswith("-"), asked.sort.removeprefix("-")
    within = f"-{next(iter(kind.shown))}" if turned else ""
    found: list[uuid.UUID] = []
    for answer in _answers(session, kind, column, turned=turned):
        narrower = _narrower(asked, column, answer, within)
        found += _first(session, kind, narrower, wanted - len(found), split=False)
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


def _sorted_rows(
    session: Session, kind: ObjectKind, match: Match, sort: str, place: tuple[int, int], found: int
) -> Sequence[Any]:
    """Some rows, from which on and how many, of all that a word finds in their order."""
    if found > FEW and order_in_index(kind, sort):
        return _rows(session, kind, _sorted_keys(session, kind, match, sort, place))
    wanted = select(kind.model).where(_key(kind).in_(_at_most(match.ids(), found)))
    ordered = wanted.order_by(*order_of(kind, sort)).options(*queries.what_it_names(kind))
    return session.scalars(ordered.offset(place[0]).limit(place[1])).unique().all()


def _sorted_keys(
    session: Session, kind: ObjectKind, match: Match, sort: str, place: tuple[int, int]
) -> Sequence[uuid.UUID]:
    """The same as keys: sorted by the texts that the index holds, else by those of the list."""
    if held := order_in_index(kind, sort):
        ordered = match.ids().order_by(*held)
    else:
        ordered = select(_key(kind)).where(_key(kind).in_(match.ids())).order_by(*order_of(kind, sort))
    return session.scalars(ordered.offset(place[0]).limit(place[1])).all()


def _rows(session: Session, kind: ObjectKind, keys: Sequence[uuid.UUID]) -> Sequence[Any]:
    """The rows of some keys, in their order."""
    held: Select[Any] = select(kind.model).where(_key(kind).in_(keys))
    held = held.options(*queries.what_it_names(kind))
    there = {row.id: row for row in session.scalars(held).unique()}
    return [there[key] for key in keys if key in there]


def _listed(kind: ObjectKind, asked: Asked, beyond: ColumnElement[bool] | None = None) -> Select[Any]:
    """The keys of the list under the filters asked for, in its order, from a place on."""
    listed = select(_key(kind).label("id")).order_by(*order_of(kind, asked.sort))
    for column, answer in asked.chosen.items():
        listed = listed.where(kind.shown[column] == answer)
    return listed if beyond is None else listed.where(beyond)


@dataclass
class _Walk:
    """A walk along a list in its order, each row asked whether it is meant.

    ``passed`` rows have been asked, of which those ``found`` are meant, up to as many as are ``wanted``.
    """

    session: Session
    listed: Select[Any]
    match: Match
    wanted: int
    passed: int = 0
    found: list[uuid.UUID] = field(default_factory=list)

    def on(self, *stretches: int) -> bool:
        """Walk on, stretch after stretch, only as far as it must be; whether all wanted have been found."""
        for stretch in stretches:
            rows = self.listed.limit(stretch).offset(self.passed).subquery()
            here = (ObjectSearch.kind == self.match.kind, ObjectSearch.object_id == rows.c.id)
            meant = select(self.match.holds()).where(*here).scalar_subquery()
            still = self.wanted - len(self.found)
            self.found += self.session.scalars(select(rows.c.id).where(meant).limit(still))
            self.passed += stretch
            if len(self.found) >= self.wanted:
                return True
        return False


def _counted(kind: ObjectKind, asked: Asked, match: Match) -> Select[Any]:
    """The query for as many rows as are asked for; of one filter alone the table's own index tells."""
    if asked.words.strip() or len(asked.chosen) != 1 or (asked.sites is not None and search.has_site(kind)):
        return match.counted()
    [(name, answer)] = asked.chosen.items()
    column = search.facets(kind)[name]
    indexes = kind.model.__table__.indexes  # type: ignore[attr-defined]
    if all(next(iter(index.columns)).name != column.key for index in indexes):
        return match.counted()
    return select(literal_column("1")).select_from(kind.model).where(column == answer)


def _count(session: Session, rows: Select[Any], most: int) -> int:
    """How many there are, at most one more than so many."""
    return session.scalar(select(func.count()).select_from(_at_most(rows, most + 1).subquery())) or 0


def _at_most(ids: Select[Any], count: int) -> Select[Any]:
    """No more than so many, rounded up: a number in the statement itself, for the plan depends on it."""
    steps = (100, 300, SOME + 1, 3_000, MOST + 1)
    return ids.limit(literal_column(str(min(step for step in steps if count <= step))))


def _key(kind: ObjectKind) -> Any:
    return kind.model.id  # type: ignore[attr-defined]
