"""What a worker does with one outbox entry."""

import logging
import uuid

from core import clock
from core.actor import system_actor
from core.db import read_session, unit_of_work
from core.log import correlated
from core.outbox import OutboxEntry, failed, handler_of

WORKER = system_actor("worker")

logger = logging.getLogger(__name__)


def do_entry(entry_id: uuid.UUID) -> bool:
    """Do the job of an outbox entry; give False when it was done already.

    The handler strikes the entry in its own unit of work, so a crash leaves either the entry or the result.

    Raises:
        LookupError: no handler is registered under the entry's name.
        Exception: whatever the handler raised, after the reason has been kept with the entry.
    """
    with read_session() as session:
        entry = session.get(OutboxEntry, entry_id)
    if entry is None:
        return False
    with correlated(entry.correlation_id):
        _do(entry)
    return True


def _do(entry: OutboxEntry) -> None:
    told = {"job": entry.job, "entry": str(entry.id), "attempt": entry.attempts}
    try:
        handler_of(entry.job)(entry.id, entry.payload, entry.secret)
    except Exception as error:
        with unit_of_work(WORKER) as session:
            failed(session, entry.id, f"{type(error).__name__}: {error}", now=clock.now())
        logger.exception("job failed", extra=told)
        raise
    logger.info("job done", extra=told)


def note_killed(entry_id: uuid.UUID, how: str) -> None:
    """Keep that the process doing an entry was ended from outside, ``how`` by the name of the signal."""
    logger.error("the worker was killed at work", extra={"entry": str(entry_id), "because": how})
    with unit_of_work(WORKER) as session:
        failed(session, entry_id, f"The worker was killed at work: {how}.", now=clock.now())
