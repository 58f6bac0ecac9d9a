"""The job behind a changed name: what is found by that name is indexed anew."""

import uuid
from typing import Any

from sqlalchemy import select

from app.objects.readers import AT_ONCE, INDEX_READERS, about, readers_of
from app.objects.search import index_objects
from core import clock, outbox
from core.actor import system_actor
from core.db import read_session, unit_of_work

INDEXER = system_actor("indexer")


@outbox.job(INDEX_READERS)
def index_readers(entry_id: uuid.UUID, payload: dict[str, Any], _secret: bytes | None) -> None:
    """Index all objects anew that name the rows of ``payload``, some in each transaction; safe to repeat."""
    table, ids = payload["table"], [uuid.UUID(one) for one in payload["ids"]]
    for kind in readers_of(table):
        with read_session() as session:
            key = kind.model.id  # type: ignore[attr-defined]
            found = session.scalars(select(key).where(about(kind, table, ids))).all()
        for start in range(0, len(found), AT_ONCE):
            with unit_of_work(INDEXER, now=clock.now()) as session:
                index_objects(session, kind, found[start : start + AT_ONCE])
    with unit_of_work(INDEXER, now=clock.now()) as session:
        outbox.done(session, entry_id)
