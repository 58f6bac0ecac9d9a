"""The relay: hands due outbox entries to the queue, again and again until a worker has struck them out."""

import logging
import signal
import threading
from datetime import datetime

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.utils import as_text
from sqlalchemy import exists, select
from sqlalchemy.exc import DBAPIError

from app.jobs.clock_watch import ClockWatch, note_step, steady_seconds
from app.jobs.days import Days
from app.jobs.lost import OVER, job_id, take_back
from app.jobs.queue import RELAY_ALIVE, SIGN_SECONDS, connect, open_queue
from app.notifications import services as notices
from core import clock, log
from core.actor import system_actor
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry, lease_due
from workflows import runtime
from workflows.store import FIRE
from workflows.waits import DELIVER

POLL_SECONDS = 0.2
SEARCH_SECONDS = 2.0
"""How often it looks for jobs that were handed out and lost."""
TELL_SECONDS = 5.0
"""How often it looks for what people should be told."""
JOB_SECONDS = 540
"""Longer than a list of 200,000 rows takes to store, and shorter than the lease."""
KEEP_FAILURES_SECONDS = 86_400
HURRIED = frozenset({DELIVER, FIRE})
"""Jobs that bring people their next step; they go before pages that wait to be printed."""
RELAY = system_actor("relay")

logger = logging.getLogger(__name__)


def hand_out(queue: Queue, *, now: datetime) -> int:
    """Lease what is due and put it into the queue; give how many entries were handed out.

    The queue is asked first: an entry is leased only while somebody can receive it. A job carries the key of
    its entry and, to be found by, the correlation id; no secret and no command ever lies in the queue.

    Raises:
        RedisError: the queue does not answer; what was leased comes up again when its lease ends.
    """
    queue.connection.ping()
    if not _anything_due(now):
        return 0
    with unit_of_work(RELAY, now=now) as session:
        leased = lease_due(session, now=now)
    calm = [entry for entry in leased if entry.job not in HURRIED]
    hurried = [entry for entry in leased if entry.job in HURRIED]
    for entry in (*calm, *reversed(hurried)):  # each hurried one to the front: the first ends up first
        with log.correlated(entry.correlation_id):
            _enqueue(queue, entry)
    return len(leased)


def _enqueue(queue: Queue, entry: OutboxEntry) -> None:
    told = {"job": entry.job, "entry": str(entry.id), "attempt": entry.attempts}
    _forget_ended(queue, job_id(entry))
    try:
        queue.enqueue(
            "outbox",
            str(entry.id),
            job_id=job_id(entry),
            unique=True,
            at_front=entry.job in HURRIED,
            meta={"correlation_id": entry.correlation_id},
            job_timeout=JOB_SECONDS,
            result_ttl=0,
            failure_ttl=KEEP_FAILURES_SECONDS,
        )
        logger.info("job handed out", extra=told)
    except DuplicateJobError:
        logger.info("job queued already", extra=told)


def _forget_ended(queue: Queue, name: str) -> None:
    """Make room for an attempt of the same number: an administrator's second round begins with the first."""
    status = queue.connection.hget(Job.key_for(name), "status")
    if status and as_text(status) in OVER:
        queue.connection.delete(Job.key_for(name))


def main() -> None:
    """Relay until told to stop (SIGTERM or SIGINT); a queue or a database that is away is waited for."""
    log.configure()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    rounds, away = Rounds(open_queue(connect())), ""
    while not stop.is_set():
        missing = _missing_in(rounds)
        if missing and missing != away:
            logger.warning(f"{missing} does not answer; waiting for it")
        away = missing
        stop.wait(POLL_SECONDS)


class Rounds:
    """What the relay does again and again: clock, calendar, lost jobs, and handing out what is due."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._watch = ClockWatch(clock.now(), steady_seconds())
        self._days = Days(RELAY)
        self._searched = self._told = 0.0
        self._listed = False

    def go(self) -> None:
        """Make one round.

        Raises:
            RedisError: the queue does not answer.
            DBAPIError: the database does not.
        """
        if step := self._watch.look(clock.now(), steady_seconds()):
            note_step(step, now=clock.now())
        if steady_seconds() - self._searched >= SEARCH_SECONDS:
            take_back(self._queue, actor=RELAY, now=clock.now())
            self._searched = steady_seconds()
        self._days.look(clock.now(), steady_seconds())
        if not self._listed:
            self._listed = _waits_are_listed()
        hand_out(self._queue, now=clock.now())
        if steady_seconds() - self._told >= TELL_SECONDS:
            _tell_people()
            self._told = steady_seconds()
        _say_alive(self._queue.connection)


def _waits_are_listed() -> bool:
    """List what cases from earlier versions wait for, some in each round; say whether all are listed."""
    now = clock.now()
    with unit_of_work(RELAY, reason="listing what cases wait for", now=now) as session:
        return runtime.list_waits(session, now=now) == 0


def _tell_people() -> None:
    """Write notices; whatever goes wrong with them never holds up work."""
    try:
        notices.gather(now=clock.now())
    except Exception:
        logger.exception("notices were not written; they will be")


def _missing_in(rounds: Rounds) -> str:
    """Make a round; name what was away, if anything."""
    try:
        rounds.go()
    except RedisError:
        return "the queue"
    except DBAPIError:
        return "the database"
    return ""


def _anything_due(now: datetime) -> bool:
    """Look without taking the write lock, for most looks find nothing."""
    due = exists().where(OutboxEntry.due_at <= now, OutboxEntry.dead.is_(False))
    with read_session() as session:
        return bool(session.scalar(select(due)))


def _say_alive(connection: "Redis") -> None:
    connection.set(RELAY_ALIVE, clock.now().isoformat(), ex=SIGN_SECONDS)


if __name__ == "__main__":
    main()
