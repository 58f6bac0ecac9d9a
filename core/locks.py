"""Locks on parents: who checks what two acts could break together first takes what both belong to."""

import uuid
import zlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, func, literal, select
from sqlalchemy.orm import Session

_AT_ONCE = 500


def lock_parents(session: Session, kind: type[Any], ids: Iterable[uuid.UUID]) -> None:
    """Lock rows until commit and read them afresh, so that of two acts below one of them the second waits.

    They are taken in the order of their ids: two acts with some rows in common never wait for each other.
    Other rows may go on pointing to them meanwhile. A session that only reads locks nothing, and on SQLite a
    unit of work is alone anyway. What is below them has to be read after this, and afresh.
    """
    if "write" not in session.info:
        return
    ordered = sorted(set(ids))
    for first in range(0, len(ordered), _AT_ONCE):
        some = select(kind).where(kind.id.in_(ordered[first : first + _AT_ONCE])).order_by(kind.id)
        locking = some.with_for_update(of=kind, key_share=True).execution_options(populate_existing=True)
        session.scalars(locking).all()


def lock_names(session: Session, *names: str) -> None:
    """Lock names until commit, so that of two acts on what one of them stands for the second waits.

    For what no single row stands for, such as the shape of a tree or the days of a rule. What they guard has
    to be read after this, and afresh (:func:`read_afresh`). On SQLite a unit of work is alone anyway.
    """
    if "write" not in session.info or session.get_bind().dialect.name != "postgresql":
        return
    for place in sorted({zlib.crc32(name.encode()) for name in names}):
        session.execute(select(func.pg_advisory_xact_lock(literal(place, BigInteger))))


def read_afresh(session: Session, kind: type[Any]) -> None:
    """Read the rows of a table again that this session has read before it got its lock."""
    known = sorted(row.id for row in session.identity_map.values() if isinstance(row, kind))
    for first in range(0, len(known), _AT_ONCE):
        some = select(kind).where(kind.id.in_(known[first : first + _AT_ONCE]))
        session.scalars(some.execution_options(populate_existing=True)).all()
