"""Locks on parents: who checks what two acts could break together first takes what both belong to."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
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
