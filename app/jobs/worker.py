"""Workers: RQ's, narrowed to outbox entries whose handler is registered by name.

RQ imports and calls any function named in the queue, callbacks included, so whoever reaches the queue could
run programs. Here a job is only the key of an outbox entry; everything else in it is ignored.
"""

import contextlib
import logging
import os
import signal
import time
import uuid
from typing import Any

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

from app.jobs import handlers
from app.jobs.lost import HEARTBEAT_SECONDS
from app.jobs.queue import QUEUE, SIGN_SECONDS, WORKERS_ALIVE, connect
from app.jobs.work import do_entry, note_killed
from core import clock, log
from core.db import engine
from core.memory import give_back, set_aside

CORES = os.cpu_count() or 1
LOOK_SECONDS = 0.2

logger = logging.getLogger(__name__)


class RegisteredJob(Job):
    """A job that does one outbox entry and can name no other function."""

    def restore(self, raw_data: Any) -> Any:
        """Read the job from the queue, leaving out the callbacks and web calls that RQ would make for it."""
        restored = super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        return restored

    @property
    def func(self) -> Any:
        """The only function there is, whatever name lies in the queue."""
        return do_entry

    def perform(self) -> bool:
        """Do the outbox entry whose key is the job's only argument.

        Raises:
            ValueError: the argument is not a key.
        """
        return do_entry(uuid.UUID(str(self.args[0])))


class RegisteredWorker(Worker):
    """A worker that runs each job in a forked child, with libraries loaded and fonts warm before the fork."""

    job_class = RegisteredJob
    max_connection_wait_time = 2.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"job_monitoring_interval": HEARTBEAT_SECONDS, **options})

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Forget the database connections of the parent, then work: two processes must never share one."""
        engine().dispose(close=False)
        super().main_work_horse(job, queue)

    def handle_work_horse_killed(self, job: Job, _pid: int, status: int, _usage: Any) -> None:
        """Keep with the entry that its child was killed: it is tried again soon, and the reason is known."""
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        name = signal.Signals(number).name if number else f"exit status {os.waitstatus_to_exitcode(status)}"
        note_killed(uuid.UUID(str(job.args[0])), name)

    def work(self, *arguments: Any, **options: Any) -> bool:
        """Work without RQ's own scheduler: due times live in the outbox."""
        return bool(super().work(*arguments, **{**options, "with_scheduler": False}))

    def teardown(self) -> None:
        """Sign off; where the queue has ended first, its own list of workers ends with it."""
        with contextlib.suppress(RedisError):
            super().teardown()


class PatientPool(WorkerPool):
    """A pool that starts workers only while the queue answers: without it each would end with a fault."""

    away = False

    def check_workers(self, respawn: bool = True) -> None:
        """Replace workers that have ended, once the queue is there, and give a sign of life if one works."""
        there = self._queue_answers()
        super().check_workers(respawn=respawn and there)
        if there and self.number_of_active_workers:
            with contextlib.suppress(RedisError):
                self.connection.set(WORKERS_ALIVE, clock.now().isoformat(), ex=SIGN_SECONDS)

    def wait_for_queue(self) -> None:
        """Wait until the queue answers."""
        while not self._queue_answers():
            time.sleep(LOOK_SECONDS)

    def _queue_answers(self) -> bool:
        try:
            self.connection.ping()
        except RedisError:
            if not self.away:
                logger.warning("the queue does not answer; waiting for it")
            self.away = True
            return False
        self.away = False
        return True


def main() -> None:
    """Keep as many workers alive as there are cores to spare, until told to stop."""
    log.configure(logging.WARNING)
    logging.getLogger("rq.worker").setLevel(logging.CRITICAL)  # a failed job is logged once, by do_entry
    handlers.warm_up()
    set_aside()
    give_back()
    pool = PatientPool(
        [QUEUE],
        connection=connect(),
        num_workers=int(os.environ.get("QMS_WORKERS", max(1, CORES - 1))),
        worker_class=RegisteredWorker,
        job_class=RegisteredJob,
        serializer=JSONSerializer,
    )
    pool.wait_for_queue()
    pool.start(logging_level="WARNING")


if __name__ == "__main__":
    main()
