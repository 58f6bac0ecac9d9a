"""Whether the parts of an installation work: database, queue, relay, workers, keys, disk, clock (URS-134).

Each check answers within a moment and says no secret; the administrator's page and ``/readyz`` show the same.
"""

import shutil
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from redis import Redis
from sqlalchemy import text

from app.jobs.queue import RELAY_ALIVE, WORKERS_ALIVE
from app.web.probes import Finding, State, check
from core import clock, schema
from core.config import settings
from core.db import engine, read_session
from signatures import keys
from signatures.audit_clock import TOLERANCE, latest_moment, open_step

SILENT = timedelta(seconds=10)
"""Relay and workers give a sign at least every second or two."""
ANSWER_SECONDS = 2.0
SCARCE_MIB, TOO_LITTLE_MIB = 2048, 256
"""Free space at which somebody should look, and at which work should stop being sent here."""


@check("database", _l("Database"))
def database() -> Finding:
    """Whether it answers."""
    with engine().connect() as connection:
        connection.execute(text("SELECT 1"))
    return State.OK, engine().dialect.name


@check("schema", _l("Schema of the database"))
def schema_step() -> Finding:
    """Whether the database is at the newest step of this version, no less and no more."""
    found = schema.step_of_database()
    return (State.OK if found == schema.newest_step() else State.FAILING), found or "-"


@check("queue", _l("Queue"))
def queue() -> Finding:
    """Whether it answers."""
    with ask_queue() as connection:
        connection.ping()
    return State.OK, ""


@check("relay", _l("Relay"))
def relay() -> Finding:
    """Whether somebody hands out jobs."""
    return _heard_of(RELAY_ALIVE)


@check("worker", _l("Workers"))
def worker() -> Finding:
    """Whether somebody does them."""
    return _heard_of(WORKERS_ALIVE)


@check("keys", _l("Signing keys"))
def signing_keys() -> Finding:
    """Whether they are there and open."""
    keys.root_certificate()
    keys.load()
    return State.OK, ""


@check("disk", _l("Free disk space"))
def disk() -> Finding:
    """Whether there is room for records and the database."""
    free = free_mib()
    state = State.OK if free >= SCARCE_MIB else State.WARNING if free >= TOO_LITTLE_MIB else State.FAILING
    return state, f"{free} MiB"


@check("clock", _l("Clock"))
def plant_clock() -> Finding:
    """Whether it agrees with the audit trail, so that records can be signed."""
    behind = seconds_behind(clock.now())
    with read_session() as session:
        step = open_step(session)
    if behind > TOLERANCE.total_seconds():
        return State.FAILING, f"-{behind:.0f} s"
    return (State.OK if step is None else State.WARNING), "0 s" if behind < 1 else f"-{behind:.0f} s"


def seconds_behind(now: datetime) -> float:
    """By how much the clock lies behind the latest moment of the trail; zero when it is ahead of it."""
    with read_session() as session:
        latest = latest_moment(session)
    return max((latest - now).total_seconds(), 0.0) if latest is not None else 0.0


def free_mib() -> int:
    """Free space of the data folder, in MiB."""
    return shutil.disk_usage(settings().home).free // 2**20


def ask_queue() -> "Redis":
    """Connect to the queue for a question: an answer that takes longer than a moment is none."""
    wait = ANSWER_SECONDS
    return Redis.from_url(settings().redis_url, socket_timeout=wait, socket_connect_timeout=wait)


def last_sign(connection: "Redis", name: str) -> datetime | None:
    """When relay or workers last gave a sign of life; None when that is long ago."""
    given = connection.get(name)
    return datetime.fromisoformat(given.decode()) if isinstance(given, bytes) else None


def _heard_of(name: str) -> Finding:
    with ask_queue() as connection:
        at = last_sign(connection, name)
    if at is None or clock.now() - at > SILENT:
        return State.FAILING, "-"
    return State.OK, f"{max((clock.now() - at).total_seconds(), 0):.0f} s"
