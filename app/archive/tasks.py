"""The job that turns a signed record into its sealed PDF (URS-020, URS-021)."""

import uuid
from datetime import datetime
from typing import Any

from app.archive import services
from app.archive.queries import record_of
from core import clock, outbox
from core.actor import system_actor
from core.db import read_session, unit_of_work
from documents import store
from documents.models import Record, RecordState

PAGE = "page"
"""Where the hash of a page that was made stands in the payload of its job."""


@outbox.job("archive.seal_record")
def seal_record(entry_id: uuid.UUID, payload: dict[str, Any], secret: bytes | None) -> None:
    """Print, sign, seal, check and store the page of ``payload["record_id"]``, then strike the outbox entry.

    The entry holds the signers' wrapped keys: they vanish in the transaction that notes the stored page. A
    second run finds the record sealed and only strikes the entry; a crash anywhere leaves the entry. A page's
    hash is noted with the entry before the page is stored: after a crash that page is the one that counts.

    Raises:
        QmsError: the page cannot be made; the entry stays, with the reason, for the next attempt.
    """
    record_id = uuid.UUID(payload["record_id"])
    now = clock.now()
    pdf_sha256 = _made(entry_id, record_id, secret, now)
    with unit_of_work(system_actor("sealer"), now=now) as session:
        record = session.get_one(Record, record_id, with_for_update=True)
        if pdf_sha256 is not None:
            services.note_sealed(session, record, pdf_sha256, now=now)
        outbox.done(session, entry_id)


def _made(entry_id: uuid.UUID, record_id: uuid.UUID, secret: bytes | None, now: datetime) -> str | None:
    with read_session() as session:
        record = record_of(session, record_id)
        if record.state is RecordState.SEALED:
            return None
        stored = outbox.noted(session, entry_id).get(PAGE)
        if stored and store.path_of(stored).exists():
            return str(stored)
        page = services.make_page(session, record, secret, now=now)
    with unit_of_work(system_actor("sealer"), now=now) as session:
        outbox.note(session, entry_id, {PAGE: store.sha256_of(page)})
    return store.put(page)
