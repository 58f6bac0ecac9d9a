"""The one database engine of a process, and the unit of work in which everything regulated happens.

A unit of work knows who acts, why and when; the triggers of the audit trail read that from the connection
(URS-024). Services never commit: leaving the block commits, raising rolls back.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, MetaData, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, registry

from core import clock
from core.actor import Actor, WriteContext
from core.config import settings
from core.engines import make_engine
from core.errors import Conflict
from core.log import caused_by
from core.turns import Turns
from core.types import JSON_TYPE, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of the product. A table is audited unless its ``info`` says ``{"audit": False}``."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: JSON_TYPE, dict[str, str]: JSON_TYPE},
    )


def new_id() -> uuid.UUID:
    """Make a key for a row; it says nothing about the row."""
    return uuid.uuid4()


Row = TypeVar("Row")

_CROSSED = ("40P01", "40001", "23505")
"""PostgreSQL's words for it: deadlock, serialization failure, a key that somebody has just taken."""

_engine: Engine | None = None
_turns: Turns | None = None
_inside = threading.local()
_every_commit: list[Callable[[Session], None]] = []


def configure(url: str | None = None) -> Engine:
    """Open the database of this process, by default that of the settings, closing an earlier one."""
    global _engine, _turns
    if _engine is not None:
        _engine.dispose()
    _engine = make_engine(url or settings().database_url)
    _turns = Turns(_lock_file(_engine)) if _engine.dialect.name == "sqlite" else None
    return _engine


def engine() -> Engine:
    """Give the engine of this process, opening it at first use."""
    return _engine if _engine is not None else configure()


@contextmanager
def owner_connection() -> Iterator[Connection]:
    """Open a transaction as the owner of the tables, who alone may change the schema; leaving it commits."""
    same = settings().owner_url == settings().database_url
    owner = engine() if same else make_engine(settings().owner_url)
    try:
        with owner.execution_options(qms_write=True).begin() as connection:
            yield connection
    finally:
        if not same:
            owner.dispose()


def on_every_commit(hook: Callable[[Session], None]) -> Callable[[Session], None]:
    """Have ``hook(session)`` run last in every unit of work, just before COMMIT (audit head)."""
    _every_commit.append(hook)
    return hook


def before_commit(session: Session, act: Callable[[], None]) -> None:
    """Do something at the end of this unit of work, still inside its transaction."""
    session.info.setdefault("before_commit", []).append(act)


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Do something once this unit of work has been committed; it is forgotten on rollback."""
    session.info.setdefault("after_commit", []).append(act)


@contextmanager
def unit_of_work(
    actor: Actor, *, reason: str | None = None, now: datetime | None = None, brief: bool = False
) -> Iterator[Session]:
    """Open the one transaction of an act: leaving commits all of it, raising leaves nothing.

    On SQLite it takes the write lock at once (``BEGIN IMMEDIATE``), fairly among the threads of a process.
    On PostgreSQL a ``brief`` act, such as one click, goes by plans that the server has kept; one that may
    make a table a thousand times longer has its statements planned for what is there.

    Raises:
        RuntimeError: a unit of work is open in this thread already; two would wait for each other for ever.
        Conflict: ``row.crossed``: another was at the same rows at once, and the database ended this one.
    """
    if getattr(_inside, "open", False):
        raise RuntimeError("a unit of work is open in this thread already")
    database = engine()
    with _turn():
        _inside.open = True
        try:
            session = Session(database.execution_options(qms_write=True), expire_on_commit=False)
            session.info["write"] = WriteContext(actor, reason, now or clock.now(), _caused_by())
            session.info["read"], session.info["locked"], session.info["brief"] = [], {}, brief
            with session:
                yield session
                _finish(session)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _CROSSED:
                raise Conflict(
                    "row.crossed",
                    "Somebody else was at the same things at the same moment. Please try again.",
                ) from error
            raise
        finally:
            _inside.open = False
    for act in session.info.get("after_commit", []):
        act()


@contextmanager
def write_connection() -> Iterator[Connection]:
    """Open a transaction for rows that are nobody's act, such as web sessions; leaving it commits.

    Raises:
        RuntimeError: a unit of work is open in this thread; the two would wait for each other for ever.
    """
    if getattr(_inside, "open", False):
        raise RuntimeError("a unit of work is open in this thread already")
    database = engine()
    with _turn(), database.execution_options(qms_write=True).begin() as connection:
        yield connection


@contextmanager
def read_session() -> Iterator[Session]:
    """Open a session that only reads: PostgreSQL refuses a write in it, elsewhere the triggers do, for nobody
    answers for it."""
    with Session(engine()) as session:
        yield session


def lock_row(session: Session, kind: type[Row], key: object) -> Row:
    """Lock a row until commit and read it afresh; one this unit of work has locked already is just given.

    Raises:
        NoResultFound: there is no such row.
    """
    held = lock_held(session, kind, key)
    if held is None:
        held = session.get_one(kind, key, with_for_update=True, populate_existing=True)
        hold_lock(session, kind, key, held)
    return held


def lock_held(session: Session, kind: type[Row], key: object) -> Row | None:
    """Give a row that this unit of work has locked, None when it has not."""
    row: Row | None = session.info.get("locked", {}).get((kind, key))
    return row


def hold_lock(session: Session, kind: type[Row], key: object, row: Row) -> None:
    """Note that a row has been locked by a statement of the caller's own, and read afresh by it."""
    session.info.setdefault("locked", {})[kind, key] = row


@contextmanager
def acting_as(
    session: Session, *, actor: Actor | None = None, reason: str | None = None, **facts: str
) -> Iterator[None]:
    """Change who or why for a part of a unit of work, e.g. while a service operation acts for the signer.

    Flushes on both sides, because a trigger sees the context of the moment of the flush.
    """
    before: WriteContext = session.info["write"]
    session.flush()
    inner = replace(
        before, actor=actor or before.actor, reason=reason or before.reason, facts={**before.facts, **facts}
    )
    _set_context(session, inner)
    try:
        yield
        session.flush()
    finally:
        _set_context(session, before)


def write_context(session: Session) -> WriteContext:
    """Say who acts, why and when in this unit of work.

    Raises:
        LookupError: the session only reads.
    """
    context: WriteContext | None = session.info.get("write")
    if context is None:
        raise LookupError("this session only reads")
    return context


def _caused_by() -> dict[str, str]:
    given = caused_by()
    return {"correlation_id": given} if given else {}


def _turn() -> AbstractContextManager[None]:
    return nullcontext() if _turns is None else _turns.mine()


def _lock_file(database: Engine) -> Path | None:
    name = database.url.database
    return Path(f"{name}-turn") if name and name != ":memory:" else None


def _finish(session: Session) -> None:
    session.flush()
    for act in session.info.pop("before_commit", []):
        act()
        session.flush()
    for hook in _every_commit:
        hook(session)
    session.commit()


def _set_context(session: Session, context: WriteContext) -> None:
    session.info["write"] = context
    _tell_connection(session.connection(), context, brief=session.info["brief"])


def _tell_connection(connection: Connection, context: WriteContext, *, brief: bool) -> None:
    if connection.dialect.name == "sqlite":
        connection.info["audit"]["context"] = context
        return
    connection.execute(
        text(
            "SELECT set_config('app.actor', :actor, true), set_config('app.reason', :reason, true),"
            " set_config('app.now', :now, true), set_config('app.context', :context, true),"
            " set_config('plan_cache_mode', :plans, true)"
        ),
        {
            "plans": "auto" if brief else "force_custom_plan",
            "actor": context.actor.id,
            "reason": context.reason or "",
            "now": context.now.isoformat(),
            "context": context.as_json(),
        },
    )


@event.listens_for(Session, "loaded_as_persistent")
def _keep_what_was_read(session: Session, row: object) -> None:
    """Hold on to the rows a unit of work has read: the session's own references are weak, and who asks for
    the same site or case five times would read it five times."""
    if "read" in session.info:
        session.info["read"].append(row)


@event.listens_for(Session, "after_begin")
def _tell_new_transaction(session: Session, _transaction: object, connection: Connection) -> None:
    context = session.info.get("write")
    if context is not None:
        _tell_connection(connection, context, brief=session.info["brief"])
