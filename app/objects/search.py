"""The index by which objects of every kind are found, kept in the transaction that changes an object.

It holds terms of the kind's words (app.objects.tokens), the answers of filters that are columns of the table,
and the site. Looking for several things is then one question to one index, whatever their number of rows:
GIN on PostgreSQL, FTS5 on SQLite. Nothing in it is a record: ``rebuild`` makes it from the objects.
"""

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache, partial
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    cast,
    delete,
    event,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.objects.inputs import filters_of
from app.objects.kinds import ObjectKind, kinds
from app.objects.models import FULL_TEXT, ObjectSearch
from app.objects.ordering import order_of, sorted_texts
from app.objects.texts import raw_text
from app.objects.tokens import Wanted, plain_text, terms_in, wanted
from core.db import before_commit, engine, on_every_commit

BATCH = 500
MARK = "¦"
"""Stands between a term and what it is a term of; no text has it in a term."""
OWN_WAY = (FULL_TEXT, "ix_object_search_tokens", "ix_sorted_")
"""How tables and indexes begin that the models do not say, because each database writes them its own way."""
_NO_SITE = "-"
_PENDING = "objects_to_index"
_WRITE = (
    "INSERT INTO object_search (kind, object_id, words, tokens, sorted_by)"
    " VALUES (:kind, :object_id, :words, :tokens, :sorted_by)"
)
_COPY = "INSERT INTO object_search_fts (rowid, tokens) SELECT id, tokens FROM object_search WHERE id > :last"
_FORGET = "INSERT INTO object_search_fts (object_search_fts, rowid, tokens) VALUES ('delete', :id, :tokens)"
_BRING = (
    "INSERT INTO object_search (kind, object_id, words, tokens, sorted_by) SELECT kind, object_id, words,"
    " array_to_tsvector(string_to_array(btrim(tokens), ' ')), sorted_by"
    " FROM json_to_recordset(CAST(:rows AS json))"
    " AS told(kind text, object_id uuid, words text, tokens text, sorted_by jsonb)"
)

Chosen = Mapping[str, str]
Sites = Collection[uuid.UUID] | None


@dataclass(frozen=True)
class Match:
    """What the index is asked for: of each group of terms one, and all parts in the text."""

    kind: str
    groups: tuple[tuple[str, ...], ...]
    parts: tuple[str, ...]

    def ids(self) -> Select[Any]:
        """The query for the objects found, out of the index."""
        found = select(ObjectSearch.object_id)
        if _on_sqlite():
            rows_found = self._full_text()
            found = found.join(rows_found, ObjectSearch.id == rows_found.c.rowid)
        else:
            found = found.where(self._tsquery())
        return found.where(*self._literally())

    def counted(self) -> Select[Any]:
        """The query for as many rows as objects are found, without looking at more than it must."""
        if _on_sqlite() and not self.parts:
            return select(self._full_text().c.rowid)
        return self.ids()

    def holds(self) -> ColumnElement[bool]:
        """Whether a row of the index that has been found otherwise is asked for."""
        if not _on_sqlite():
            return and_(self._tsquery(), *self._literally())
        tokens = ObjectSearch.tokens
        there = [or_(*(func.instr(tokens, f" {term} ") > 0 for term in group)) for group in self.groups]
        return and_(*there, *self._literally())

    def _full_text(self) -> Any:
        asked = text("SELECT rowid FROM object_search_fts WHERE object_search_fts MATCH :asked")
        rows = asked.bindparams(asked=self._asked("OR", '"')).columns(literal_column("rowid"))
        return rows.subquery("found")

    def _tsquery(self) -> ColumnElement[bool]:
        return ObjectSearch.tokens.op("@@", is_comparison=True)(cast(self._asked("|", "'", " & "), TSQUERY))

    def _asked(self, either: str, quote: str, both: str = " AND ") -> str:
        groups = [f" {either} ".join(f"{quote}{term}{quote}" for term in group) for group in self.groups]
        return both.join(f"({group})" for group in groups)

    def _literally(self) -> list[ColumnElement[bool]]:
        return [ObjectSearch.words.contains(part, autoescape=True) for part in self.parts]


def match_of(kind: ObjectKind, words: str, chosen: Chosen, sites: Sites) -> Match | None:
    """What the index is asked for; None when nothing can be found.

    ``chosen`` may hold only filters that :func:`facets` knows.
    """
    asked = wanted(words) if words.strip() else Wanted(frozenset(), ())
    if asked is None:
        return None
    groups: list[tuple[str, ...]] = [(_term(kind, term),) for term in sorted(asked.terms)]
    groups += [(_facet(kind, key, answer),) for key, answer in sorted(chosen.items())]
    if sites is not None and has_site(kind):
        places = [_NO_SITE, *(site.hex for site in sites)]
        groups.append(tuple(_facet(kind, "site_id", place) for place in sorted(places)))
    return Match(kind.name, tuple(groups), asked.parts)


def facets(kind: ObjectKind) -> dict[str, Any]:
    """The filters of a kind that are columns of its table: the index knows their answers."""
    return {
        key: column
        for key in filters_of(kind)
        if isinstance(column := kind.shown[key], InstrumentedAttribute) and column.class_ is kind.model
    }


def index_objects(session: Session, kind: ObjectKind, ids: Collection[uuid.UUID]) -> None:
    """Write the index of some objects anew, from what their rows hold now."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        _forget(session, ObjectSearch.kind == kind.name, ObjectSearch.object_id.in_(batch))
        _index(session, kind, batch)


def _index(session: Session, kind: ObjectKind, batch: Sequence[uuid.UUID]) -> None:
    """Bring some objects into the index, in their order; those that are gone are left out."""
    wanted = _contents(kind).where(kind.model.id.in_(batch))  # type: ignore[attr-defined]
    there = {row[0]: row for row in session.execute(wanted)}
    _add(session, kind, [there[key] for key in batch if key in there])


def rebuild(session: Session, kind: ObjectKind, done: Callable[[int], None] = lambda _count: None) -> int:
    """Make the index of all objects of a kind anew, in the order of the list; gives how many there are.

    A common word often goes with codes or names: what it finds lies together then, and is read sooner.
    """
    _forget(session, ObjectSearch.kind == kind.name)
    count = 0
    listed = _contents(kind).order_by(*order_of(kind)).execution_options(yield_per=BATCH)
    for rows in session.execute(listed).partitions():
        _add(session, kind, rows)
        count += len(rows)
        done(count)
    return count


def lacking(session: Session) -> dict[str, int]:
    """The kinds whose index has not as many rows as there are objects: name → difference."""
    counted = select(ObjectSearch.kind, func.count()).group_by(ObjectSearch.kind)
    held: dict[str, int] = dict(iter(session.execute(counted)))
    there = {kind.name: session.scalar(select(func.count()).select_from(kind.model)) or 0 for kind in kinds()}
    return {name: count - held.get(name, 0) for name, count in there.items() if count != held.get(name, 0)}


def is_own(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table or index is one of the models: each database has its own for searching besides."""
    return kind not in ("table", "index") or not str(name).startswith(OWN_WAY)


def _contents(kind: ObjectKind) -> Select[Any]:
    """Key, site, answers of filters, texts to sort by, and words of objects, as the database gives them."""
    site = [kind.model.site_id] if has_site(kind) else []  # type: ignore[attr-defined]
    told = (*site, *facets(kind).values(), *sorted_texts(kind).values(), *kind.words)
    return select(kind.model.id, *told)  # type: ignore[attr-defined]


def _add(session: Session, kind: ObjectKind, rows: Sequence[Any]) -> None:
    names = [*(["site_id"] if has_site(kind) else []), *facets(kind)]
    texts = list(sorted_texts(kind))
    made = [_row(kind, names, texts, row) for row in rows]
    if not made:
        return
    if _on_sqlite():
        last = session.scalar(select(func.max(ObjectSearch.id))) or 0
        session.execute(text(_WRITE), [_on_disk(one) for one in made])
        session.execute(text(_COPY), {"last": last})
        return
    session.execute(text(_BRING), {"rows": orjson.dumps(made).decode()})


def _on_disk(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the index as SQLite keeps it."""
    return {**row, "object_id": row["object_id"].hex, "sorted_by": orjson.dumps(row["sorted_by"]).decode()}


def _row(kind: ObjectKind, names: Sequence[str], texts: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    own, rest = row[1 : len(names) + 1], row[len(names) + 1 :]
    sorted_by = dict(zip(texts, rest, strict=False))
    words = plain_text(" ".join(raw_text(word) for word in rest[len(texts) :]))
    prefix = _term(kind, "")
    terms = {prefix + term for term in terms_in(words)}
    terms |= {_facet(kind, name, _answer(value)) for name, value in zip(names, own, strict=True)}
    tokens = f" {' '.join(sorted(terms))} "
    held = {"words": words, "tokens": tokens, "sorted_by": sorted_by}
    return {"kind": kind.name, "object_id": row[0], **held}


def _forget(session: Session, *of: ColumnElement[bool]) -> None:
    if _on_sqlite():
        gone = select(ObjectSearch.id, ObjectSearch.tokens).where(*of)
        rows = [{"id": key, "tokens": tokens} for key, tokens in session.execute(gone)]
        if rows:
            session.execute(text(_FORGET), rows)
    session.execute(delete(ObjectSearch).where(*of).execution_options(synchronize_session=False))


def _on_sqlite() -> bool:
    return engine().dialect.name == "sqlite"


def has_site(kind: ObjectKind) -> bool:
    """Whether each object of a kind belongs to a site, or to the whole company."""
    return isinstance(getattr(kind.model, "site_id", None), InstrumentedAttribute)


def _term(kind: ObjectKind, term: str) -> str:
    return f"{sign_of(kind.plural)}{term}"


def _facet(kind: ObjectKind, name: str, answer: str) -> str:
    return f"{sign_of(kind.plural)}{MARK}{_plain(name)}{MARK}{_plain(answer)}"


@lru_cache(maxsize=1_000)
def sign_of(plural: str) -> str:
    """Three signs that stand before the terms of a kind: each row holds dozens of them."""
    return base64.b32encode(hashlib.sha256(plural.encode()).digest()).decode().lower()[:3]


@lru_cache(maxsize=1_000)
def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]", MARK, name.casefold())


def _answer(value: Any) -> str:
    if isinstance(value, uuid.UUID):
        return value.hex
    return raw_text(value.value if isinstance(value, Enum) else value) or _NO_SITE


@dataclass
class _Noted:
    """Objects of a kind whose index is written before a unit of work commits; new ones in their order."""

    kind: ObjectKind
    new: dict[uuid.UUID, None] = field(default_factory=dict)
    changed: set[uuid.UUID] = field(default_factory=set)

    def note(self, key: uuid.UUID, *, new: bool) -> None:
        """Note an object; what is new already has nothing in the index that would have to be forgotten."""
        if new:
            self.new[key] = None
        elif key not in self.new:
            self.changed.add(key)

    def write(self, session: Session) -> None:
        """Write the index of what is noted."""
        index_objects(session, self.kind, self.changed)
        keys = list(self.new)
        for start in range(0, len(keys), BATCH):
            _index(session, self.kind, keys[start : start + BATCH])


def note_written(session: Session, model: type, ids: Collection[uuid.UUID], *, new: bool = False) -> None:
    """Have rows found that were written by a statement of a service's own, which no flush tells of."""
    for kind in kinds():
        if kind.model is model:
            for key in ids:
                _pending(session, kind).note(key, new=new)


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: object) -> None:
    if "write" not in session.info:
        return
    by_model: dict[type, list[ObjectKind]] = {}
    for kind in kinds():
        by_model.setdefault(kind.model, []).append(kind)
    for new, rows in ((True, session.new), (False, session.dirty), (False, session.deleted)):
        for row in rows:
            for kind in by_model.get(type(row), ()):
                _pending(session, kind).note(row.id, new=new)


def _pending(session: Session, kind: ObjectKind) -> _Noted:
    """What of a kind is written into the index before this unit of work commits."""
    if _PENDING not in session.info:
        session.info[_PENDING] = {}
        before_commit(session, partial(_write_noted, session))  # before the trail's last lock
    noted: _Noted = session.info[_PENDING].setdefault(kind.name, _Noted(kind))
    return noted


@on_every_commit
def _write_noted(session: Session) -> None:
    session.flush()
    for noted in session.info.pop(_PENDING, {}).values():
        noted.write(session)
